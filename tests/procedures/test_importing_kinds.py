"""Importing runs of MLPerf Training and sessions of MLPerf Tiny."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from joulemark.accounting.training_in_run import in_run
from joulemark.analysis.scales_stated import declared_points
from joulemark.core.caution import Code
from joulemark.core.channel import Domain, Instrument, Provenance
from joulemark.core.errors import FormatError
from joulemark.core.run import Run
from joulemark.core.value import total
from joulemark.formats.inference.parsed import Source
from joulemark.formats.tiny.sessions import sessions
from joulemark.formats.tiny.written import NOT_MEASURED
from joulemark.formats.training.power_log import read_power_log
from joulemark.formats.trees.opening import open_tree
from joulemark.procedures.imported import Imported
from joulemark.procedures.importing import import_paths
from joulemark.procedures.results import results_of
from joulemark.store.catalogue import list_runs
from joulemark.store.checksums import verify
from joulemark.store.declared import read_declared, read_doubts
from joulemark.store.reader import StoredRun, open_run
from tests.formats.tiny import sample
from tests.formats.training import samples

BERT = "training_results_v5.0/Example/results/box/bert"
T0 = samples.T0 * 1_000_000
SYSTEM = {
    "submitter": "Example",
    "division": "closed",
    "system_name": "Box of two",
    "number_of_nodes": "2",
    "accelerators_per_node": "8",
    "accelerator_model_name": "H100",
}


def training(root: Path, files: dict[str, bytes] | None = None) -> Path:
    """Write a benchmark's folder where a submitter has it; return the round's."""
    found = samples.benchmark() if files is None else files
    samples.write(root / BERT, found)
    described = json.dumps(SYSTEM).encode()
    samples.write(root / "training_results_v5.0/Example/systems", {"box.json": described})
    return root / "training_results_v5.0"


def tiny(root: Path, round_: str = "v1.2", **files: bytes | None) -> Path:
    """Write a session of EnergyRunner's; return the round's folder."""
    made: dict[str, bytes | None] = {
        "trace1-energy.bin": sample.trace(),
        "trace1-timestamps.json": json.dumps(sample.stamps()).encode(),
        "log.txt": sample.log().encode(),
        "results.txt": sample.results().encode(),
        **{name.replace("_", ".", 1): data for name, data in files.items()},
    }
    top = root / f"tiny_results_{round_}"
    folder = top / "closed/Nobody/results/Board_A/kws/energy"
    samples.write(folder, {name: data for name, data in made.items() if data is not None})
    return top


def imported(path: Path, store: Path, **more: Any) -> Imported:
    return import_paths([str(path)], store, jobs=more.pop("jobs", 1), **more)


def opened(store: Path) -> list[StoredRun]:
    return sorted((open_run(run.path) for run in list_runs(store)), key=lambda s: s.run.id)


def only(store: Path) -> StoredRun:
    (found,) = opened(store)
    return found


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


def test_each_run_of_a_training_result_is_a_run_and_each_result_a_row(
    tmp_path: Path, store: Path
) -> None:
    done = imported(training(tmp_path), store)
    assert (done.benchmarks, done.new, done.known, done.refused) == (1, 5, 0, [])
    assert done.rounds == {"training v5.0": 1}
    (row,) = read_declared(store)
    assert (row.suite, row.round, row.submitter, row.benchmark) == (
        "training", "v5.0", "Example", "bert"
    )  # fmt: skip
    assert (row.power_unit, row.performance_unit) == ("J/run", "s")
    assert row.performance == pytest.approx(102 * 1.5)
    assert row.power == pytest.approx((2 * 500 + 100) * 102 * 1.5)
    assert (row.accelerators, row.nodes, row.accelerator) == (16.0, 2.0, "H100")
    runs = opened(store)
    assert row.run in {stored.run.id for stored in runs}
    for stored in runs:
        assert verify(stored.path) == []
        assert stored.run.title.startswith("MLPerf Training v5.0 Example bert result_")


def test_a_training_run_has_a_channel_for_each_node_and_switch(tmp_path: Path, store: Path) -> None:
    imported(training(tmp_path), store)
    run = opened(store)[0].run
    found = {c.node: (c.domain, c.instrument, c.provenance) for c in run.channels}
    node = (Domain.NODE, Instrument.PLATFORM, Provenance.DECLARED)
    switch = (Domain.SWITCH, Instrument.MODEL, Provenance.DECLARED)
    assert found == {"node_0": node, "node_1": node, "sw_0": switch}
    assert "nobody read it" in next(c.note for c in run.channels if c.node == "sw_0")
    lengths = {s.run.windows[0].duration_s for s in opened(store)}
    assert lengths == {100, 101, 102, 103, 104}
    assert run.windows[0].start == T0
    assert run.results["training"]["result"]["interconnect_published_j"] == pytest.approx(
        100 * 102 * 1.5
    )
    counted = [s.run.results["training"]["run"]["counted"] for s in opened(store)]
    assert sorted(counted) == [False, False, True, True, True]


def uneven(run: int, node: int, *, factor: float | None = None, hours: int = 0) -> bytes:
    """A log with readings that vary, holes, and edges that it does not reach."""
    rng = np.random.default_rng(10 * run + node)
    times = np.arange(2, 98, 2) + rng.uniform(0, 0.5, 48)
    times = times[(times < 50) | (times > 62)] + 3600 * hours
    lines = [samples.line("power_measurement_start", None, 3600 * hours)]
    if factor is not None:
        lines.append(samples.line("conversion_eff", factor, 0))
    lines += [
        samples.reading(t, round(float(w)))
        for t, w in zip(times, rng.normal(5000, 400, 48), strict=False)
    ]
    lines.append(samples.line("power_measurement_stop", None, 100 + 3600 * hours))
    return "\n".join(lines).encode()


def test_the_one_accounting_agrees_with_the_score_in_the_run(tmp_path: Path, store: Path) -> None:
    files: dict[str, bytes] = {}
    for run in range(3):
        files[f"result_{run}.txt"] = samples.result(100)
        for node, more in enumerate(({}, {"factor": 0.9}, {"hours": 5})):
            files[f"power/result_{run}/node_{node}.txt"] = uneven(run, node, **more)  # type: ignore[arg-type]
        files[f"power/result_{run}/sw_0.txt"] = samples.switch(700)
    done = imported(training(tmp_path, files), store)
    assert done.new == 3
    for stored in opened(store):
        number = stored.run.settings["imported"]["run"]
        logs = [name for name in files if name.startswith(f"power/{number[:-4]}/")]
        records = [read_power_log(Source(name, files[name])).record for name in logs]
        energies = [in_run(record, T0, T0 + 100 * 10**9)[0].joules for record in records]
        wanted = total(energies, "J")
        (result,) = results_of(stored)
        assert result.total is not None
        got = result.total.joules
        assert got.value == pytest.approx(wanted.value, rel=1e-9)
        assert abs(got.value - wanted.value) <= min(got.u95, wanted.u95)
        assert got.u95 > 0.04 * got.value
        assert result.total.coverage == 1
        texts = [caution.detail for caution in stored.run.cautions]
        assert any("the line goes on" in text for text in texts)


def test_a_log_that_lies_elsewhere_is_a_part_that_is_missing(tmp_path: Path, store: Path) -> None:
    files = samples.benchmark(runs=3, nodes=1)
    for run in range(3):
        files[f"power/result_{run}/node_1.txt"] = samples.node(100, first=40_000_000)
        del files[f"power/result_{run}/sw_0.txt"]
    imported(training(tmp_path, files), store)
    (result,) = results_of(next(s for s in opened(store) if s.run.windows[0].duration_s == 100))
    assert result.total is not None
    assert result.total.joules.value == pytest.approx(50_000)
    assert [c for c in result.cautions if c.code == "missing-part"]
    assert any("node_1" in why for why in next(iter(read_doubts(store).values())))


def test_what_cannot_be_read_is_named_and_the_rest_kept(tmp_path: Path, store: Path) -> None:
    files = samples.benchmark(runs=3, nodes=1)
    files["power/result_1/node_0.txt"] = b"nothing of a log\n"
    files["result_2.txt"] = samples.result(status="aborted")
    done = imported(training(tmp_path, files), store)
    assert done.new == 3
    assert ["node_0.txt" in each.why for each in done.refused] == [True]
    by_name = {s.run.settings["imported"]["run"]: s for s in opened(store)}
    assert results_of(by_name["result_2.txt"])[0].work is None
    assert any("no line of MLPerf" in c.detail for c in by_name["result_1.txt"].run.cautions)


def test_importing_again_stores_nothing_twice(tmp_path: Path, store: Path) -> None:
    for place in (training(tmp_path), tiny(tmp_path)):
        imported(place, store)
        before = {path: path.read_bytes() for path in store.rglob("*") if path.is_file()}
        done = imported(place, store)
        assert (done.new, done.results) == (0, 0)
        assert done.known > 0
        assert {path: path.read_bytes() for path in store.rglob("*") if path.is_file()} == before


def test_workers_do_the_same(tmp_path: Path, store: Path) -> None:
    training(tmp_path)
    tiny(tmp_path)
    done = imported(tmp_path, store, jobs=2)
    assert (done.benchmarks, done.sessions, done.new, done.refused) == (1, 1, 6, [])
    assert {row.suite for row in read_declared(store)} == {"training", "tiny"}


def test_a_tiny_session_is_a_run_whose_accounting_gives_its_figures(
    tmp_path: Path, store: Path
) -> None:
    place = tiny(tmp_path)
    done = imported(place, store)
    assert (done.sessions, done.new, done.refused) == (1, 1, [])
    assert done.rounds == {"tiny v1.2": 1}
    stored = only(store)
    run: Run = stored.run
    assert run.title == "MLPerf Tiny v1.2 Nobody kws, Board_A"
    assert run.id.startswith("20240101-120000-kws-")
    (channel,) = run.channels
    assert (channel.domain, channel.unit, channel.provenance) == (
        Domain.BOARD, "µJ", Provenance.DECLARED
    )  # fmt: skip
    assert [(w.phase, w.work.count, w.work.unit) for w in run.windows if w.work] == [
        ("infer", 100.0, "inference")
    ] * 5
    (session,) = sessions(open_tree(str(place)))
    (result,) = results_of(stored)
    assert result.per_unit is not None
    median = session.figures.median
    off = abs(result.per_unit.value - median.value)
    assert off <= min(result.per_unit.u95, median.u95)
    assert result.per_unit.value == pytest.approx(sample.MEDIAN_UJ / 1e6, rel=1e-3)
    for one, window in zip(result.windows, session.figures.windows, strict=True):
        assert one.total is not None
        assert abs(one.total.joules.value - window.energy.value) <= window.energy.u95
    (row,) = read_declared(store)
    assert (row.power_unit, row.performance_unit) == ("J/inference", "inferences/s")
    assert row.power == pytest.approx(sample.MEDIAN_UJ / 1e6)
    assert row.run == run.id


def test_copies_in_several_rounds_are_one_run(tmp_path: Path, store: Path) -> None:
    tiny(tmp_path, "v1.1")
    tiny(tmp_path, "v1.2")
    done = imported(tmp_path, store)
    assert (done.sessions, done.new) == (2, 1)
    rows = read_declared(store)
    assert {row.round for row in rows} == {"v1.1", "v1.2"}
    stored = only(store)
    assert {row.run for row in rows} == {stored.run.id}
    assert {each["round"] for each in stored.run.results["published"]} == {"v1.1", "v1.2"}


def test_a_session_without_its_trace_is_published_only(tmp_path: Path, store: Path) -> None:
    place = tiny(tmp_path)
    energy = place / "closed/Nobody/results/Board_A/kws/energy"
    (energy / "trace1-energy.bin").unlink()
    (energy / "trace1-timestamps.json").unlink()
    done = imported(place, store)
    assert (done.new, done.results) == (0, 1)
    (row,) = read_declared(store)
    assert row.run == ""
    assert row.power == pytest.approx(sample.MEDIAN_UJ / 1e6)
    assert any("published only" in why for why in read_doubts(store)[row.key])


def test_a_damaged_trace_is_named_where_nothing_else_tells(tmp_path: Path, store: Path) -> None:
    place = tiny(tmp_path, log_txt=None, results_txt=None)
    energy = place / "closed/Nobody/results/Board_A/kws/energy"
    (energy / "trace1-energy.bin").write_bytes(b"\x00\x01")
    done = imported(place, store)
    assert done.new == 0
    assert ["0xF1" in each.why for each in done.refused] == [True]


def test_the_python_runners_results_are_a_run(tmp_path: Path, store: Path) -> None:
    trials = [
        {
            "file": f"tst_{at}.bin",
            "infer": {"iterations": 10, "warmups": 1, "results": [0.1, 0.9]},
            "power": {
                "samples": [*[1e-6] * 500, *[20e-6] * 10_000, *[1e-6] * 500],
                "timestamps": [["01", 400], ["02", 500], ["03", 10_500]],
                "voltage": 1.8,
            },
            "mode": "e",
        }
        for at in range(5)
    ]
    place = tmp_path / "tiny_results_v1.3/closed/Nobody/results/Board_B/ic/energy"
    samples.write(place, {"results.json": json.dumps(trials).encode(), "log.txt": b"a log\n"})
    imported(tmp_path, store)
    stored = only(store)
    assert [w.duration_s for w in stored.run.windows] == [10.0] * 5
    assert stored.run.anchor.utc_ns == 0
    (result,) = results_of(stored)
    assert result.per_unit is not None
    assert result.per_unit.value == pytest.approx(0.02, rel=1e-3)


def test_raw_files_are_kept_when_asked_for(tmp_path: Path, store: Path) -> None:
    training(tmp_path, samples.benchmark(runs=1, nodes=1))
    tiny(tmp_path)
    imported(tmp_path, store, keep_raw=True)
    kept = {path.name for stored in opened(store) for path in (stored.path / "raw").rglob("*.*")}
    assert {"node_0.txt", "sw_0.txt", "result_0.txt", "trace1-energy.bin", "log.txt"} <= kept


@pytest.mark.parametrize(
    ("name", "data", "runs"),
    [
        ("trace1-timestamps.json", b"[]", 0),
        ("trace1-timestamps.json", b"[9, 8, 7, 6, 5, 4, 3, 2, 1]", 0),
        ("trace1-timestamps.json", b"[0, 2, 13, 14, 9, 10, 8, 50, 60]", 1),
        ("trace1-timestamps.json", b"[0, 999999999, 1000000000]", 1),
        ("trace1-timestamps.json", b"[" * 100_000, 0),
        ("trace1-energy.bin", b"\xf1" + b"\x00\x00\x80\x00" + bytes(4000), 0),
        ("trace1-energy.bin", b"\xf1" + b"\x00\x00\x7a\x44" + b"\xff\xff\xff\x7f" * 60_000, 1),
        ("trace1-energy.bin", b"", 0),
        ("log.txt", b"00100.000 session: m-session-start-id[99991231235959]\n", 1),
        ("log.txt", b"\xff\xfe\x00\x01" * 1000, 1),
        ("results.txt", b"Median energy cost is " + b"9" * 500 + b" uJ/inf.\n", 1),
    ],
)
def test_hostile_sessions_end_no_import(
    tmp_path: Path, store: Path, name: str, data: bytes, runs: int
) -> None:
    top = tiny(tmp_path)
    (top / "closed/Nobody/results/Board_A/kws/energy" / name).write_bytes(data)
    try:
        imported(top, store)
    except FormatError:
        assert runs == 0
    found = opened(store) if store.is_dir() else []
    assert len(found) == runs
    for stored in found:
        results_of(stored)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("result_0.txt", samples.result(-100)),
        ("result_0.txt", b":::MLLOG {}\n"),
        ("scaling.json", b'{"scaling_factor": 1e400}'),
        ("scaling.json", b"[[" * 10_000),
        ("power/result_0/node_0.txt", samples.reading(5, 1e300).encode()),
        ("power/result_0/node_0.txt", samples.reading(5, -3).encode()),
        ("power/result_0/sw_0.txt", samples.line("interconnect_power_est", 1e308, 0).encode()),
        ("power/result_0/node_0.txt", samples.node(100, factor=-4.0)),
    ],
)
def test_hostile_logs_end_no_import(tmp_path: Path, store: Path, name: str, data: bytes) -> None:
    files = samples.benchmark(runs=3, nodes=1)
    done = imported(training(tmp_path, {**files, name: data}), store)
    assert done.new >= 2
    for stored in opened(store):
        results_of(stored)
    read_doubts(store)


def test_a_rehearsal_is_no_measurement(tmp_path: Path, store: Path) -> None:
    place = tiny(tmp_path)
    log = place / "closed/Nobody/results/Board_A/kws/energy/log.txt"
    log.write_text(sample.log() + f"00300.000 session: {NOT_MEASURED}\n")
    imported(place, store)
    assert Code.VIRTUAL in [caution.code for caution in only(store).run.cautions]
    points, left = declared_points(read_declared(store), read_doubts(store), {})
    assert (points, left.silent) == ([], 1)
