"""Search and score of training and tiny results: order, workers, places, reasons."""

from __future__ import annotations

import io
import json
import shutil
import tarfile
from pathlib import Path

import pytest

from joulemark.core.errors import FormatError, UnavailableError, UsageError
from joulemark.core.finding import Finding, Severity, Verdict
from joulemark.procedures.score_paths import Published
from joulemark.procedures.score_worker import (
    Desk,
    decoded,
    encoded,
    first_line,
    guarded,
    main,
    request,
)
from joulemark.procedures.scored import ALGORITHMS, NOT_SCORED, Scored, TinyScore, TrainingFigures
from joulemark.procedures.scoring import Found, score, search
from tests.formats.tiny import sample as tiny
from tests.formats.training import samples as training

WITHIN = "training_results_v5.0/Us/results/2xBox/bert/"
BERT = "Us/results/2xBox/bert"
KWS = tiny.PLACE
RUNNER = "tiny_results_v1.3/closed/Nobody/results/Board_B/kws/energy"


def trained(root: Path, files: dict[str, bytes] | None = None) -> Path:
    there = training.benchmark() if files is None else files
    return training.write(root, {WITHIN + name: data for name, data in there.items()})


def scores(*paths: Path, jobs: int = 1, algorithm: str = "own") -> list[Scored]:
    with search([str(path) for path in paths]) as found:
        return list(score(found, ALGORITHMS[algorithm], jobs=jobs))


def only(*paths: Path, algorithm: str = "own") -> Scored:
    (one,) = scores(*paths, algorithm=algorithm)
    return one


def figures(scored: Scored) -> TrainingFigures:
    assert scored.training is not None
    return scored.training


def session(scored: Scored) -> TinyScore:
    assert scored.tiny is not None
    return scored.tiny


def rules(scored: Scored) -> set[str]:
    return {finding.rule for finding in scored.findings}


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    trained(tmp_path)
    tiny.energy_runner(tmp_path)
    tiny.python_runner(tmp_path)
    return tmp_path


def test_a_mixed_tree_is_scored_in_the_order_of_its_paths(mixed: Path) -> None:
    kws, runner, bert = scores(mixed)
    assert [one.path for one in (kws, runner, bert)] == [KWS, RUNNER, WITHIN.rstrip("/")]
    assert [one.round for one in (kws, runner, bert)] == ["v1.2", "v1.3", "v5.0"]
    assert (bert.submitter, bert.system, bert.benchmark) == ("Us", "2xBox", "bert")
    whole = figures(bert).whole
    assert whole.official == pytest.approx(1.5 * 102 * 1100)
    assert whole.in_run is not None
    assert whole.in_run.value == pytest.approx(1.5 * 102 * 1100)
    assert whole.in_run.u95 > 0
    for one in (kws, runner):
        recomputed = session(one).recomputed
        assert recomputed is not None
        assert recomputed.value == pytest.approx(tiny.MEDIAN_UJ)
        assert session(one).reported_uj == pytest.approx(tiny.MEDIAN_UJ)
        assert one.benchmark == "kws"


def test_workers_say_the_same_as_one_process(mixed: Path) -> None:
    assert scores(mixed, jobs=2) == scores(mixed)


def test_a_tree_is_named_once_for_each_path_it_was_given_as(mixed: Path) -> None:
    first, second = scores(mixed / "training_results_v5.0", mixed / WITHIN)
    assert first.path == second.path == BERT
    assert first.training == second.training
    assert first.tree != second.tree


@pytest.mark.parametrize("inner", ["Us", "Us/results", "Us/results/2xBox/bert"])
def test_a_finding_is_named_alike_from_wherever_it_is_seen(tmp_path: Path, inner: str) -> None:
    files = training.benchmark() | {"power/result_2/node_1.txt": b"\n"}
    one = only(trained(tmp_path, files) / "training_results_v5.0" / inner)
    assert one.path == BERT
    assert f"{BERT}/power/result_2/node_1.txt" in {f.file for f in one.findings}


def test_a_folder_by_itself_is_the_root(tmp_path: Path) -> None:
    one = only(training.write(tmp_path / "mine", training.benchmark()))
    assert (one.path, one.benchmark, one.submitter) == (".", "bert", "")
    assert figures(one).whole.official is not None


def test_an_archive_says_the_same(mixed: Path, tmp_path: Path) -> None:
    packed = tmp_path / "all.tar.gz"
    with tarfile.open(packed, "w:gz") as archive:
        for name in ("training_results_v5.0", "tiny_results_v1.2", "tiny_results_v1.3"):
            archive.add(mixed / name, arcname=name)
    folder, inside = scores(mixed), scores(packed, jobs=2)
    assert [(a.path, a.training, a.tiny, a.findings) for a in folder] == [
        (b.path, b.training, b.tiny, b.findings) for b in inside
    ]


def test_what_is_known_of_a_benchmark(tmp_path: Path) -> None:
    known = figures(only(trained(tmp_path)))
    assert known.scale == 1.5
    assert known.ttt_s == pytest.approx(1.5 * 102)
    assert known.algorithm == "2024-09"
    assert known.interconnect.official == pytest.approx(1.5 * 102 * 100)
    assert [log.name for log in known.logs] == ["node_0", "node_1", "sw_0"]
    assert [log.kind for log in known.logs] == ["node", "node", "switch"]
    assert known.logs[0].readings == 101, "the fewest of a counted run"
    assert known.logs[2].readings is None, "a declared power has no readings"
    assert [run.counted for run in known.runs] == [False, True, True, True, False]
    assert known.runs[0].energy.official == pytest.approx(100 * 1100)
    assert known.runs[0].seconds == 100
    assert sum(u * u for u in known.budget.values()) > 0


def test_the_official_algorithm_can_be_chosen(tmp_path: Path) -> None:
    root = trained(tmp_path)
    assert figures(only(root, algorithm="2024")).algorithm == "2024-05"
    assert figures(only(root, algorithm="present")).algorithm == "2024-09"


def test_one_node_has_no_interconnect_and_the_reason_is_said(tmp_path: Path) -> None:
    files = {name: data for name, data in training.benchmark(nodes=1).items() if "sw_" not in name}
    one = only(trained(tmp_path, files))
    assert figures(one).interconnect.official is None
    assert figures(one).interconnect.in_run is None
    assert one.reasons["interconnect"] == "there is no log of a switch"


def test_a_switch_that_was_read_is_nothing_to_the_official_summarizer(tmp_path: Path) -> None:
    files = training.benchmark()
    for run in range(5):
        files[f"power/result_{run}/sw_0.txt"] = training.node(100 + run, 100)
    one = only(trained(tmp_path, files))
    link = figures(one).interconnect
    assert link.official == 0
    assert "0 J" in one.reasons["interconnect.official"]
    assert link.in_run is not None
    assert link.in_run.value == pytest.approx(1.5 * 102 * 100)


def test_what_cannot_be_read_leaves_figures_out_with_the_reason(tmp_path: Path) -> None:
    files = training.benchmark() | {"power/result_2/node_1.txt": b"\n"}
    one = only(trained(tmp_path, files))
    assert figures(one).whole.official is None
    assert figures(one).whole.in_run is None
    assert "node_1.txt: the file is empty" in one.reasons["official"]
    assert "node_1.txt: the file is empty" in one.reasons["in_run"]
    assert "official.u95" not in one.reasons
    assert one.verdict is Verdict.FAIL
    assert NOT_SCORED in rules(one)
    assert [run.energy.official is None for run in figures(one).runs] == [
        False, False, True, False, False,
    ]  # fmt: skip


def test_no_run_that_counts(tmp_path: Path) -> None:
    files = {f"result_{run}.txt": training.result(status="aborted") for run in range(5)}
    one = only(trained(tmp_path, training.benchmark() | files))
    assert figures(one).ttt_s is None
    assert "none is left to count" in one.reasons["ttt_s"]
    assert figures(one).logs == ()


def test_many_reasons_are_told_in_few_words(tmp_path: Path) -> None:
    files = training.benchmark()
    for name in list(files):
        if "node_" in name:
            files[name] = files[name].replace(b"power_measurement_start", b"power_begin")
    one = only(trained(tmp_path, files))
    assert one.reasons["official"].count("power_measurement_start") == 3
    assert one.reasons["official"].endswith("; and 3 more")
    assert "in_run" not in one.reasons


def test_logs_of_another_year_have_no_energy_in_the_run(tmp_path: Path) -> None:
    files = training.benchmark()
    for name in list(files):
        if "node_" in name:
            files[name] = files[name].replace(b'"time_ms": 17', b'"time_ms": 16')
    one = only(trained(tmp_path, files))
    assert figures(one).whole.official is not None, "the official summarizer does not look"
    assert figures(one).whole.in_run is None
    assert "which is no time zone" in one.reasons["in_run"]


def test_a_session_tells_its_windows(tmp_path: Path) -> None:
    tiny.energy_runner(tmp_path)
    one = session(only(tmp_path))
    assert [window.seconds for window in one.windows] == pytest.approx([11.0] * 5)
    assert one.windows[0].reported_uj == pytest.approx(tiny.MEDIAN_UJ)
    assert one.power_w is not None
    assert one.power_w.value == pytest.approx(tiny.BUSY / 1000)
    assert one.macs == 2_656_768
    assert one.energy_per_mac_j is not None
    assert one.energy_per_mac_j.value == pytest.approx(tiny.MEDIAN_UJ * 1e-6 / 2_656_768)
    assert (one.meter, one.volts, one.rate_hz) == ("lpm01a", 1.8, 1000.0)
    assert one.throughput == pytest.approx(100 / 11)


def test_the_network_of_the_open_division_is_not_known(tmp_path: Path) -> None:
    tiny.energy_runner(tmp_path)
    (tmp_path / "tiny_results_v1.2/closed").rename(tmp_path / "tiny_results_v1.2/open")
    one = only(tmp_path)
    assert session(one).energy_per_mac_j is None
    assert "open division" in one.reasons["energy_per_mac_j"]


@pytest.mark.parametrize("name", ["results.json", "trace1-energy.bin"])
def test_a_file_of_samples_alone(tmp_path: Path, name: str) -> None:
    make = tiny.python_runner if name == "results.json" else tiny.energy_runner
    made = make(tmp_path / "from") / name
    (tmp_path / "alone").mkdir()
    shutil.copy(made, tmp_path / "alone" / name)
    one = only(tmp_path / "alone")
    assert one.path == "."
    if name == "results.json":
        recomputed = session(one).recomputed
        assert recomputed is not None
        assert recomputed.value == pytest.approx(tiny.MEDIAN_UJ)
    else:
        assert session(one).recomputed is None
        assert "missing" in one.reasons["recomputed_uj"]
        assert NOT_SCORED in rules(one)
    assert session(one).reported_uj is None
    assert "reported_uj" in one.reasons


def test_a_session_without_samples_keeps_what_is_printed(tmp_path: Path) -> None:
    folder = tiny.energy_runner(tmp_path)
    (folder / "trace1-energy.bin").unlink()
    (folder / "trace1-timestamps.json").unlink()
    one = only(tmp_path)
    assert session(one).reported_uj == pytest.approx(tiny.MEDIAN_UJ)
    assert session(one).recomputed is None
    assert one.reasons["recomputed_uj"] == "neither a trace nor results.json is there"
    assert NOT_SCORED not in rules(one), "the rule about the trace says so"


def test_a_damaged_session_is_a_finding(tmp_path: Path) -> None:
    folder = tiny.python_runner(tmp_path)
    (folder / "results.json").write_text("{")
    one = only(tmp_path)
    assert session(one).recomputed is None
    assert NOT_SCORED in rules(one)
    assert one.verdict is Verdict.FAIL


def test_a_streaming_session(tmp_path: Path) -> None:
    folder = tmp_path / "tiny_results_v1.3/closed/Nobody/results/Board_B/sww/energy"
    folder.mkdir(parents=True)
    made = tiny.trial(0)
    made["dutycycle"] = {
        "start_times_s": [0.1 * n for n in range(100)],
        "stop_times_s": [0.1 * n + 0.025 for n in range(100)],
    }
    (folder / "results.json").write_text(json.dumps([made]))
    (folder / "results.txt").write_text(
        "Energy data for trial 0\n  Elapsed time  : 11.0\n  Power         : 20.0000 mW.\n"
        "Average duty cycle: 0.25\nAverage period: 0.1 s\nEstimated throughput: 40.0 inf./sec.\n"
        "Accuracy: 48 True positives, 2 False negatives, 1 False positives\n"
    )
    one = session(only(tmp_path))
    assert one.duty is not None
    assert one.duty.value == pytest.approx(0.25)
    assert one.reported_duty == 0.25
    assert one.period_s == pytest.approx(0.1)
    assert one.reported_power_w == pytest.approx(0.02)
    assert one.detected == (48, 2, 1)
    assert one.throughput == pytest.approx(40)
    assert one.energy_per_mac_j is not None
    assert one.energy_per_mac_j.value == pytest.approx(0.02 * 0.1 / 826_368)


def test_a_session_of_performance(tmp_path: Path) -> None:
    folder = tmp_path / "tiny_results_v1.3/closed/Nobody/results/Board_B/kws/performance"
    folder.mkdir(parents=True)
    (folder / "results.txt").write_text("Median throughput is 12.5 inf./sec.\n")
    (folder / "log.txt").write_text(tiny.RUNNER_LOG)
    one = only(tmp_path)
    assert session(one).mode == "performance"
    assert session(one).reported_throughput == 12.5
    assert one.reasons["reported_uj"] == "the session is one of performance"
    assert one.reasons["recomputed_uj"] == "the session is one of performance"


def test_only_of_a_submitter(mixed: Path) -> None:
    with search([str(mixed)], submitters=["us"]) as found:
        assert len(found.targets) == 1
    with pytest.raises(UsageError, match="submitters here: Nobody, Us"):
        search([str(mixed)], submitters=["them"])


def test_a_tree_without_results(tmp_path: Path) -> None:
    (tmp_path / "readme.txt").write_text("none")
    with pytest.raises(FormatError, match="nothing to score"):
        search([str(tmp_path)])


def test_progress_is_told(mixed: Path) -> None:
    found_so_far: list[int] = []
    told: list[tuple[int, int]] = []
    with search([str(mixed)], tell=found_so_far.append) as found:
        for _ in score(found, jobs=1, tell=lambda done, of: told.append((done, of))):
            pass
    assert found_so_far == [1, 2, 3]
    assert told == [(0, 3), (1, 3), (2, 3), (3, 3)]


def test_what_fails_costs_one_result(mixed: Path) -> None:
    with search([str(mixed)]) as found:
        shutil.rmtree(mixed / "tiny_results_v1.2")
        gone, *others = score(found, jobs=1)
    assert gone.verdict is Verdict.FAIL
    assert all(one.training or one.tiny for one in others)


def test_an_error_of_ours_is_a_finding(tmp_path: Path) -> None:
    trained(tmp_path)

    def broken(number: int) -> object:
        raise ZeroDivisionError("by zero")

    with search([str(tmp_path)]) as found:
        one = Desk(broken).answer(found.targets[0])  # type: ignore[arg-type]
    (finding,) = one.findings
    assert (finding.rule, finding.severity) == ("joulemark/internal", Severity.ERROR)
    assert finding.message == "ZeroDivisionError: by zero"
    assert one.reasons == {"energy": "ZeroDivisionError: by zero"}


def test_what_cannot_be_opened_is_a_finding(tmp_path: Path) -> None:
    trained(tmp_path)

    def gone(number: int) -> object:
        raise UnavailableError("gone", where="tree")

    with search([str(tmp_path)]) as found:
        one = Desk(gone).answer(found.targets[0])  # type: ignore[arg-type]
    assert [finding.message for finding in one.findings] == ["tree: gone"]


def test_rules_that_fail_are_a_finding() -> None:
    def broken() -> list[Finding]:
        raise IndexError("list index out of range")

    (finding,) = guarded(broken)
    assert finding.rule == "joulemark/internal"
    assert finding.message == "the rules failed: IndexError: list index out of range"


def test_workers_that_end_leave_a_finding_for_each_result(mixed: Path) -> None:
    with search([str(mixed)]) as found:
        results = list(score(found, "no such algorithm", jobs=2))
    assert len(results) == 3
    assert {one.findings[0].message for one in results} == {
        "its worker process ended with exit code 1"
    }
    assert results[0].path == KWS


def test_a_network_named_by_a_folder(tmp_path: Path) -> None:
    folder = tiny.energy_runner(tmp_path)
    named = tmp_path / "tiny_results_v1.4/closed/Nobody/results/Board_A/ic02/energy"
    named.parent.mkdir(parents=True)
    folder.rename(named)
    assert session(only(tmp_path)).macs == 76_473_920


def test_a_worker_answers_lines(mixed: Path) -> None:
    with search([str(mixed)]) as found:
        lines = [first_line(found.trees, "own"), *map(request, found.targets)]
        sink = io.BytesIO()
        assert main(io.BytesIO(b"\n".join(lines) + b"\n"), sink) == 0
        answers = [decoded(line) for line in sink.getvalue().splitlines()]
        assert answers == list(score(found, jobs=1))
        assert [decoded(encoded(one)) for one in answers] == answers
    assert isinstance(found, Found)


@pytest.mark.parametrize(
    ("location", "path", "submitter", "division", "file", "expected"),
    [
        ("data/v5.0", "Us/results/a/bert", "Us", "", "", "Us/results/a/bert"),
        (
            "data",
            "v5.0/Us/results/a/bert",
            "Us",
            "",
            "v5.0/Us/systems/a.json",
            "v5.0/Us/systems/a.json",
        ),
        ("data/Us/results", "a/bert", "Us", "", "a/bert/x", "Us/results/a/bert/x"),
        ("data/Us/results/a", "bert", "Us", "", "systems/a.json", "Us/systems/a.json"),
        ("d/closed/Us/results", "a", "Us", "closed", "systems/a.json", "closed/Us/systems/a.json"),
        ("d/closed/Us/results/a", "", "Us", "closed", "", "closed/Us/results/a"),
        ("d", "x/y", "", "", "x/y/z", "x/y/z"),
        ("d", "", "", "", "", "."),
        ("d", "x/y", "Else", "", "", "x/y"),
    ],
)
def test_files_are_named_as_published(
    location: str, path: str, submitter: str, division: str, file: str, expected: str
) -> None:
    names = Published(location.split("/"), path, submitter, division)
    assert names.of(file) == expected
