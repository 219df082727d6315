"""``joulemark check`` and ``explain`` from end to end, on small directories of our own making."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from joulemark.cli import main
from tests.inference_samples import Sample, submission, written
from tests.rules.inference.made import Made

ROOT = Path(__file__).parents[2]
ROUND = "inference_results_v5.1"
GOOD = "closed/A/results/one/resnet50/Offline/performance"
ODD = "closed/A/results/two/resnet50/Offline/performance"
BAD = "open/B/results/one/resnet50/Offline/performance"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a tree of three results: one passes, one warns, one fails."""
    root = tmp_path / ROUND
    write(root, Made().files(), submitter="A", system="one")
    write(root, Sample().files(), submitter="A", system="two")
    bad = Made().files() | {"power/client.log": b"another\n"}
    write(root, bad, division="open", submitter="B", system="one")
    return root


def write(root: Path, files: Mapping[str, bytes | None], **place: str) -> None:
    """Write a power directory into a tree, with what lies beside it."""
    there = {name: data for name, data in files.items() if data is not None}
    written(submission(there, **place), root)


Printed = pytest.CaptureFixture[str]


def checked(capsys: Printed, *words: object) -> tuple[int, list[dict[str, Any]]]:
    """Return exit code and results of a check with one process."""
    capsys.readouterr()
    code = main(["check", *map(str, words), "--json", "--jobs", "1"])
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_the_table_says_who_fails_of_what(tree: Path, capsys: Printed) -> None:
    assert main(["check", str(tree), "--jobs", "1"]) == 1
    said = capsys.readouterr()
    lines = said.out.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[1].split() == ["B", "one", "1", "–", "–", "1", "hash-mismatch"]
    assert lines[3].split() == ["A", "one", "1", "1", "–", "–"]
    assert "error   inference/hash-mismatch" in said.out
    assert f"{BAD}/power/client.log" in said.out.replace("\n        ", "")
    assert "3 power directories: 1 pass, 1 warn, 1 fail" in said.err
    assert "checking: " in said.err


def test_json_has_a_line_a_directory(tree: Path, capsys: Printed) -> None:
    code, results = checked(capsys, tree)
    assert code == 1
    assert [one["path"] for one in results] == [GOOD, ODD, BAD]
    assert [one["verdict"] for one in results] == ["pass", "warn", "fail"]
    first, second, third = results
    assert (first["round"], first["submitter"], first["scenario"]) == ("v5.1", "A", "Offline")
    assert first["metric"]["unit"] == "W"
    assert first["metric"]["value"] == pytest.approx(200, abs=1)
    assert first["efficiency"]["unit"] == "samples/J"
    assert first["average_power_w"]["value"] == pytest.approx(200, abs=1)
    assert 0 < first["average_power_w"]["u95"] < 10
    assert first["energy_j"]["value"] == pytest.approx(200 * 600.5, rel=0.01)
    rules = [{f["rule"] for f in one["findings"] if f["severity"] != "note"} for one in results]
    assert rules == [set(), {"inference/range-for-test", "inference/short-run"}, {
        "inference/hash-mismatch"
    }]  # fmt: skip
    (mismatch,) = [f for f in third["findings"] if f["rule"] == "inference/hash-mismatch"]
    assert mismatch["where"] == f"{BAD}/power/client.log"
    assert any(f["where"].endswith("server.json:130") for f in second["findings"])


def test_a_directory_alone_says_the_same(tree: Path, capsys: Printed) -> None:
    _, results = checked(capsys, tree)
    _, (alone,) = checked(capsys, tree / ODD)
    assert {**alone, "tree": ""} == {**results[1], "tree": ""}


def test_an_archive_says_the_same(tree: Path, tmp_path: Path, capsys: Printed) -> None:
    packed = tmp_path / "x.tar.gz"
    with tarfile.open(packed, "w:gz") as archive:
        archive.add(tree, arcname=ROUND)
    _, folder = checked(capsys, tree)
    _, results = checked(capsys, packed)
    assert [{**one, "tree": ""} for one in results] == [{**one, "tree": ""} for one in folder]


def test_workers_say_the_same_as_one_process(tree: Path, capsys: Printed) -> None:
    _, alone = checked(capsys, tree)
    capsys.readouterr()
    assert main(["check", str(tree), "--json", "--jobs", "2"]) == 1
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == alone


def test_as_official_the_verdict_is_that_of_the_official_checker(
    tree: Path, capsys: Printed
) -> None:
    code, results = checked(capsys, tree, "--as-official")
    assert code == 1
    assert [one["verdict"] for one in results] == ["fail", "pass", "fail"]
    for one in results:
        assert set(one["official"].values()) <= {"OK", "WARN", "FAIL", "EXC"}
        assert one["official_revision"] == "v5.1"
        assert {f["rule"] for f in one["findings"]} == {
            f"official/{name}" for name, word in one["official"].items() if word != "OK"
        }
    assert results[0]["official"]["results"] == "OK"
    assert results[2]["official"]["results"] == "FAIL"
    assert checked(capsys, "--as-official", tree)[1] == results, "the path may stand behind"
    with pytest.raises(SystemExit) as raised:
        main(["check", str(tree), "--as-official", "v9.9"])
    assert raised.value.code == 2
    assert "neither an official checker nor a path 'v9.9'" in capsys.readouterr().err
    _, old = checked(capsys, tree, "--as-official", "v2.1")
    assert old[1]["official_revision"] == "v2.1"
    assert old[1]["official"]["ptd_messages"] == "FAIL", "PTDaemon of another round"


def test_rules_submitters_and_strictness(tree: Path, capsys: Printed) -> None:
    code, (one,) = checked(capsys, tree, "--submitter", "b", "--rule", "inference/uuid")
    assert (code, one["path"], one["verdict"]) == (0, BAD, "pass")
    assert checked(capsys, tree, "--ignore", "*/hash-mismatch")[0] == 0
    assert checked(capsys, tree, "--ignore", "hash-mismatch", "--strict")[0] == 1
    assert checked(capsys, tree, "--rule", "inference/range-*")[0] == 0
    assert checked(capsys, tree, "--rule", "inference/range-*", "--strict")[0] == 1


def test_files_are_written_and_not_replaced(tree: Path, tmp_path: Path, capsys: Printed) -> None:
    lines, junit, sarif = (tmp_path / name for name in ("a.jsonl", "a.xml", "a.sarif"))
    words = ["check", str(tree), "--jobs", "1", "--output", str(lines)]
    words += ["--junit", str(junit), "--sarif", str(sarif)]
    assert main(words) == 1
    assert len(lines.read_text().splitlines()) == 3
    suites = ET.fromstring(junit.read_text())
    assert [suite.get("name") for suite in suites] == [
        *("v5.1.closed.A.one", "v5.1.closed.A.two", "v5.1.open.B.one")
    ]
    log = json.loads(sarif.read_text())
    rules = log["runs"][0]["tool"]["driver"]["rules"]
    assert all(rule["help"]["text"] for rule in rules)
    for result in log["runs"][0]["results"]:
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"].startswith("file:///")
        assert place.get("region", {"startLine": 1})["startLine"] >= 1
    capsys.readouterr()
    assert main(words) == 2
    assert "exists already" in capsys.readouterr().err
    assert main([*words, "--force"]) == 1


def test_unchanged_directories_are_taken_over(tree: Path, tmp_path: Path, capsys: Printed) -> None:
    state = tmp_path / "state"
    first = checked(capsys, tree, "--resume", state)
    assert main(["check", str(tree), "--json", "--jobs", "2", "--resume", str(state)]) == 1
    said = capsys.readouterr()
    assert [json.loads(line) for line in said.out.splitlines()] == first[1]
    assert "3 unchanged since an earlier check" in said.err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["absent"], 2, "there is no such file or folder"),
        (["{tree}", "--rule", "inference/uuidd"], 2, "did you mean 'inference/uuid'?"),
        ([], 2, "nothing to check"),
        (["{tree}", "--round", "v9.9"], 2, "no round 'v9.9'"),
        (["{tree}", "--mend", "H1"], 2, "add --as-official"),
        (["{tree}", "--mend", "H9", "--as-official"], 2, "one of H1, H2, H3"),
        (["{tree}", "--submitter", "Nobody"], 2, "submitters here: A, B"),
        (["{empty}"], 4, "no power directory in it"),
        (["{file}"], 4, "neither folder nor archive"),
        (["{tree}", "--resume", "{file}"], 4, "no results of an earlier check"),
        (["{tree}", "--output", "{file}/x"], 4, "x"),
    ],
)
def test_what_cannot_be_checked_is_an_error_that_explains(
    tree: Path, tmp_path: Path, capsys: Printed, words: list[str], code: int, said: str
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("something else\n")
    places = {"tree": tree, "empty": tmp_path / "empty", "file": tmp_path / "file"}
    assert main(["check", *(word.format(**places) for word in words)]) == code
    printed = capsys.readouterr()
    assert printed.err.startswith("joulemark check: ")
    assert said in printed.err.replace("\n", " ")
    assert "Traceback" not in printed.err


def test_the_round_of_a_folder_that_does_not_tell(tree: Path, capsys: Printed) -> None:
    plain = tree.rename(tree.parent / "copy")
    _, results = checked(capsys, plain)
    assert results[0]["round"] == "v5.1"
    assert "joulemark/round" in {f["rule"] for f in results[0]["findings"]}
    _, results = checked(capsys, plain, "--round", "v4.1")
    assert results[0]["round"] == "v4.1"
    assert "joulemark/round" not in {f["rule"] for f in results[0]["findings"]}


# ------------------------------------------------------------------ interrupted


def test_ctrl_c_prints_and_writes_what_was_found(tmp_path: Path) -> None:
    pipe, output = tmp_path / "lines", tmp_path / "a.xml"
    os.mkfifo(pipe)
    for number in range(60):
        path = f"open/A/results/s{number:02d}/b/Offline/performance"
        written(Sample().files(), tmp_path / "tree" / path)
    words = ["check", str(tmp_path / "tree"), "--output", str(pipe), "--force", "--jobs", "2"]
    process = subprocess.Popen(
        [sys.executable, "-m", "joulemark", *words, "--junit", str(output)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )
    with pipe.open() as lines:
        assert lines.readline()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert "interrupted; " in err
    assert " of 60 power directories" in err
    assert "warning inference/short-run" in out
    suites = ET.fromstring(output.read_text())
    assert 1 <= len(suites) < 60


# ------------------------------------------------------------------ explain


def test_explain_knows_every_rule(capsys: Printed) -> None:
    assert main(["explain"]) == 0
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= 80
    for rule in (
        "inference/uuid",
        "official/ptd_logs",
        "joulemark/internal",
        "results/logs",
        "gather/hole",
    ):
        assert f"  {rule}  (" in text
        assert main(["explain", rule]) == 0
        said = capsys.readouterr().out
        for word in ("demands  ", "source   ", "advice   "):
            assert word in said
        assert max(map(len, said.splitlines())) <= 80
    assert main(["explain", "ptd_logs", "debug"]) == 0
    assert "official/debug" in capsys.readouterr().out
    assert main(["explain", "uuid"]) == 2
    assert "say inference/uuid or official/uuid" in capsys.readouterr().err
    assert main(["explain", "nothing-like-it-at-all"]) == 2
    assert "joulemark explain lists them" in capsys.readouterr().err
    assert main(["explain", "--markdown", "uuid"]) == 2


def test_the_page_of_rules_is_current(capsys: Printed) -> None:
    assert main(["explain", "--markdown"]) == 0
    page = (ROOT / "docs" / "rules.md").read_text()
    assert capsys.readouterr().out == page, "joulemark explain --markdown > docs/rules.md"


# ------------------------------------------------------------------ real directories


SHARED = ROOT.parent / "shared" / "data"


def _published() -> Iterator[dict[str, str]]:
    import csv

    with (SHARED / "expected" / "inference.csv").open() as file:
        yield from csv.DictReader(file)


def _read(output: Path) -> dict[tuple[str, str], Any]:
    lines = output.read_text().splitlines()
    return {(one["round"], one["path"]): one for one in map(json.loads, lines)}


@pytest.mark.skipif(not (SHARED / "expected").is_dir(), reason="no published results beside us")
def test_published_results_have_the_published_metric_and_the_official_verdict(
    tmp_path: Path,
) -> None:
    import csv

    output = tmp_path / "out.jsonl"
    words = ["check", str(SHARED / "mlcommons"), "--as-official", "--output", str(output)]
    assert main(words) == 1
    results = _read(output)
    for row in _published():
        metric = results[row["version"], row["dir"]]["metric"]
        assert metric["unit"] == row["unit"]
        assert metric["value"] == pytest.approx(float(row["metric"]), rel=4e-4)
    recorded: dict[str, list[dict[str, str]]] = {}
    with (SHARED / "expected" / "inference_official.csv").open() as file:
        for row in csv.DictReader(file):
            recorded.setdefault(row["checker"], []).append(row)
    assert len(recorded) == 4
    for checker, rows in recorded.items():
        faults = [] if checker == "own" else checker.split("+")
        if faults:
            mend = [word for fault in faults for word in ("--mend", fault)]
            words = ["check", str(SHARED / "mlcommons" / "inference_results_v5.1"), *mend]
            assert main([*words, "--as-official", "--output", str(output), "--force"]) == 1
            results = _read(output)
        for row in rows:
            one = results[row["version"], row["dir"]]
            assert one["official"][row["check"]] == row["verdict"], (row, one)
