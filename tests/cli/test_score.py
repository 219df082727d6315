"""``joulemark score``: exit codes, JSON, files, signals; and every result that lies beside us."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from joulemark.cli import main
from tests.formats.tiny import sample as tiny
from tests.formats.training import samples as training

WITHIN = "training_results_v5.0/Us/results/2xBox/bert/"
REAL = training.REAL
Printed = pytest.CaptureFixture[str]
needs_data = pytest.mark.skipif(
    not training.EXPECTED.exists(), reason="the published results do not lie beside this checkout"
)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    training.write(root, {WITHIN + name: data for name, data in training.benchmark().items()})
    tiny.energy_runner(root)
    return root


def scored(capsys: Printed, *words: object) -> tuple[int, list[dict[str, Any]]]:
    """Return exit code and results with one process."""
    capsys.readouterr()
    code = main(["score", *map(str, words), "--json", "--jobs", "1"])
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_the_table(tree: Path, capsys: Printed) -> None:
    main(["score", str(tree), "--jobs", "1"])
    said = capsys.readouterr()
    assert max(map(len, said.out.splitlines())) <= 80
    assert "168.3 kJ" in said.out
    assert "2200.000 µJ" in said.out
    assert "not verified by MLCommons" in said.out
    assert "2 results scored" in said.err


def test_json_has_a_line_a_result(tree: Path, capsys: Printed) -> None:
    _, (kws, bert) = scored(capsys, tree)
    assert kws["path"] == tiny.PLACE
    assert bert["path"] == WITHIN.rstrip("/")
    assert bert["official"]["energy_j"]["value"] == pytest.approx(168_300)
    assert bert["official"]["energy_j"]["u95"] is None
    assert "no uncertainty" in bert["reasons"]["official.u95"]
    assert kws["recomputed_uj"] == pytest.approx(2200)


def test_a_result_that_breaks_a_rule_is_1(tree: Path, capsys: Printed) -> None:
    log = tree / WITHIN / "power/result_2/node_0.txt"
    log.write_bytes(b"")
    code, (_, bert) = scored(capsys, tree)
    assert code == 1
    assert bert["official"]["energy_j"] == {"value": None, "u95": None}
    assert any(f["where"].endswith("result_2/node_0.txt") for f in bert["findings"])


def test_a_warning_counts_with_strict(tree: Path, capsys: Printed) -> None:
    short = tree / "tiny_results_v1.2/closed/Nobody/results/Board_A/kws/energy"
    (short / "trace1-energy.bin").unlink()
    (short / "trace1-timestamps.json").unlink()
    code, (one,) = scored(capsys, tree, "--submitter", "nobody")
    strict, _ = scored(capsys, tree, "--submitter", "nobody", "--strict")
    assert one["verdict"] == "warn"
    assert (code, strict) == (0, 1)


def test_a_session_that_keeps_the_rules_is_0(tree: Path, capsys: Printed) -> None:
    code, (one,) = scored(capsys, tree, "--submitter", "Nobody")
    assert one["verdict"] == "pass", one["findings"]
    assert code == 0


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["nowhere"], 2),
        (["{tree}", "--submitter", "Else"], 2),
        (["{tree}", "--algorithm", "2019"], 2),
        (["{tree}", "--jobs", "0"], 2),
        (["{empty}"], 4),
        (["{tree}", "--output", "{taken}"], 2),
        (["{tree}", "--output", "{empty}"], 2),
        (["{tree}", "--output", "{missing}"], 4),
    ],
)
def test_exit_codes(
    tree: Path, tmp_path: Path, words: list[str], code: int, capsys: Printed
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "taken").write_text("mine")
    named = {
        "tree": tree,
        "empty": tmp_path / "empty",
        "taken": tmp_path / "taken",
        "missing": tmp_path / "no" / "file",
    }
    try:
        got = main(["score", *(word.format(**named) for word in words)])
    except SystemExit as error:
        got = int(error.code or 0)
    assert got == code
    assert "Traceback" not in capsys.readouterr().err
    assert (tmp_path / "taken").read_text() == "mine"


def test_objects_are_written_to_a_file_too(tree: Path, tmp_path: Path, capsys: Printed) -> None:
    out = tmp_path / "out.jsonl"
    _, printed = scored(capsys, tree, "--output", out)
    assert [json.loads(line) for line in out.read_text().splitlines()] == printed
    _, again = scored(capsys, tree, "--output", out, "--force")
    assert again == printed


def test_the_algorithm_can_be_named(tree: Path, capsys: Printed) -> None:
    for word, name in (("2024", "2024-05"), ("present", "2024-09"), ("own", "2024-09")):
        _, (_, bert) = scored(capsys, tree, "--algorithm", word)
        assert bert["official"]["algorithm"] == name


def test_an_archive_and_its_folder_say_the_same(
    tree: Path, tmp_path: Path, capsys: Printed
) -> None:
    packed = tmp_path / "all.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted(tree.rglob("*")):
            archive.write(path, path.relative_to(tree))
    _, inside = scored(capsys, packed)
    _, folder = scored(capsys, tree)
    assert [{**one, "tree": ""} for one in inside] == [{**one, "tree": ""} for one in folder]


@pytest.mark.parametrize("verb", ["score", "check"])
@pytest.mark.parametrize(
    ("pattern", "above"),
    [("**/result_0.txt", 1), ("**/power/result_0/node_0.txt", 3), ("**/*energy.bin", 1)],
)
def test_a_file_stands_for_its_result(
    tree: Path, capsys: Printed, pattern: str, above: int, verb: str
) -> None:
    file = sorted(tree.glob(pattern))[0]
    folder = file.parents[above - 1]
    by_folder = main([verb, str(folder), "--json"]), capsys.readouterr().out
    assert by_folder[1].count("\n") == 1
    code, printed = main([verb, str(file), "--json"]), capsys.readouterr()
    assert (code, printed.out) == by_folder
    assert f"joulemark {verb}: {file} is part of a result, {folder} is taken" in printed.err


def test_a_file_beside_us_stands_for_the_folder_here(
    tree: Path, capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(sorted(tree.glob("**/result_0.txt"))[0].parent)
    main(["score", "result_0.txt"])
    assert "result_0.txt is part of a result, . is taken" in capsys.readouterr().err
    monkeypatch.chdir("power/result_0")
    main(["score", "node_0.txt"])
    assert f"is part of a result, {Path.cwd().parents[1]} is taken" in capsys.readouterr().err


def test_help_has_examples_and_exit_codes(capsys: Printed) -> None:
    with pytest.raises(SystemExit):
        main(["score", "--help"])
    said = capsys.readouterr().out
    assert "examples:" in said
    assert "exit codes:" in said
    assert max(map(len, said.splitlines())) <= 80


def test_an_interrupted_score_keeps_what_it_printed(tree: Path, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    last = tree / WITHIN / "result_0.txt"
    script = (
        "import sys\n"
        "from joulemark.procedures import score_worker as worker\n"
        "from joulemark.cli import main\n"
        "desk = worker.Desk._training\n"
        f"worker.Desk._training = lambda *a: (open({str(gate)!r}), desk(*a))[1]\n"
        f"sys.exit(main(['score', {str(tree)!r}, '--json', '--jobs', '1']))\n"
    )
    assert last.exists()
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stdout is not None
        first = running.stdout.readline()  # the second waits at the gate
        running.send_signal(signal.SIGINT)
        rest, said = running.communicate(timeout=60)
    assert running.returncode == 130
    assert json.loads(first)["kind"] == "tiny"
    assert rest == b""
    assert b"interrupted; 1 of 2 results scored" in said
    assert b"Traceback" not in said


@needs_data
def test_every_result_beside_us_is_met(capsys: Printed) -> None:
    _, records = scored(capsys, REAL)
    by_path = {r["path"]: r for r in records}
    with training.EXPECTED.open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        path = f"{row['submitter']}/results/{row['system']}/{row['bench']}"
        (one,) = [r for r in records if r["path"].endswith(f"/{path}")]
        kilojoules = one["official"]["energy_j"]["value"] / 1e3
        assert kilojoules == pytest.approx(float(row["official_kJ"]), abs=0.01)
        assert one["in_run"]["energy_j"]["u95"] > 0
        assert one["ttt_s"] == pytest.approx(60 * float(row["ttt_min"]))
    assert len(rows) == 6
    with (training.EXPECTED.parent / "tiny.csv").open(newline="") as file:
        boards = list(csv.DictReader(file))
    for row in boards:
        one = by_path[f"tiny_results_{row['round']}/{row['dir']}"]
        assert one["reported_uj"] == float(row["reported_uj"])
        digit = 10.0 ** -one["reported_places"]
        assert abs(one["recomputed_uj"] - one["reported_uj"]) <= 0.51 * digit + 1e-9
        assert one["recomputed_uj"] == pytest.approx(float(row["recomputed_uj"]), rel=1e-12)
        assert min(one["windows_s"]) == pytest.approx(float(row["shortest_window_s"]))
    assert len(boards) == 46


def test_a_page_is_written(tree: Path, tmp_path: Path, capsys: Printed) -> None:
    page = tmp_path / "page.html"
    main(["score", str(tree), "--jobs", "1", "--html", str(page)])
    text = page.read_text()
    assert text.startswith("<!doctype html>")
    assert text.endswith("</html>")
    assert "2200.000 µJ" in text
    assert "168.3 kJ" in text
    assert main(["score", str(tree), "--html", str(page)]) == 2
    assert "exists already" in capsys.readouterr().err
