"""What a check found, as table, JSON lines, JUnit and SARIF."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from joulemark.core.finding import Finding, Severity, verdict
from joulemark.formats.inference.directory import Place
from joulemark.procedures.checked import Amount, Checked, Measured
from joulemark.procedures.described import Described
from joulemark.report.checked import Tally, print_checked, summary
from joulemark.report.checked_json import checked_json
from joulemark.report.checked_junit import JUnit
from joulemark.report.checked_sarif import Sarif, root_of
from joulemark.report.json_lines import JsonLines

HOSTILE = 'evil \x00\x1b[31m"quotes" <&> ]]> \u202e\ufffe 😀 ' + "long " * 300


def finding(rule: str, severity: Severity, message: str = "seen", line: int | None = 7) -> Finding:
    file = "closed/A/results/s/b/Offline/performance/run_1/spl.txt"
    return Finding(rule=rule, severity=severity, message=message, file=file, line=line)


def checked(*findings: Finding, submitter: str = "A", system: str = "s", **others: Any) -> Checked:
    path = f"closed/{submitter}/results/{system}/b/Offline/performance"
    place = Place("v2.1", "closed", submitter, system, "b", "Offline")
    known = {"tree": "r.tar/r", "path": path, "round": "v2.1", "place": place}
    return Checked(**{**known, "verdict": verdict(findings), "findings": findings, **others})


ERROR = finding("inference/uncertainty", Severity.ERROR, "544 of 600 samples are over 1 %")
WARNING = finding("inference/power-factor", Severity.WARNING, "power factor is 0.31")
NOTE = finding("inference/left-behind", Severity.NOTE, line=None)


# ------------------------------------------------------------------ JSON


def test_a_line_of_json_has_what_was_promised() -> None:
    one = checked(
        ERROR,
        NOTE,
        metric=Amount(25.2, "W"),
        efficiency=Amount(55.7, "samples/J"),
        energy_j=Measured(18130.0, 90.0),
        average_power_w=Measured(25.2, 0.13),
    )
    record = checked_json(one)
    assert list(record)[:8] == [
        *("path", "round", "verdict", "findings"),
        *("metric", "efficiency", "energy_j", "average_power_w"),
    ]
    assert record["path"] == "closed/A/results/s/b/Offline/performance"
    assert record["round"] == "v2.1"
    assert record["verdict"] == "fail"
    assert record["findings"][0] == {
        "rule": "inference/uncertainty",
        "severity": "error",
        "message": "544 of 600 samples are over 1 %",
        "where": "closed/A/results/s/b/Offline/performance/run_1/spl.txt:7",
    }
    assert record["findings"][1]["where"].endswith("spl.txt")
    assert record["metric"] == {"value": 25.2, "unit": "W"}
    assert record["efficiency"] == {"value": 55.7, "unit": "samples/J"}
    assert record["energy_j"] == {"value": 18130.0, "u95": 90.0}
    assert record["average_power_w"] == {"value": 25.2, "u95": 0.13}
    assert "official" not in record
    assert record["tree"] == "r.tar/r"


def test_what_cannot_be_had_is_null_and_official_verdicts_stand_beside() -> None:
    nan = float("nan")
    one = checked(
        official={"uuid": "OK", "ptd_logs": "EXC"},
        revision="v2.1",
        metric=Amount(nan, "W"),
        energy_j=Measured(1.0, float("inf")),
    )
    record = checked_json(one)
    for name in ("metric", "efficiency", "energy_j", "average_power_w"):
        assert record[name] is None
    assert record["official"] == {"uuid": "OK", "ptd_logs": "EXC"}


def test_lines_are_written_as_they_come() -> None:
    file = io.StringIO()
    lines = JsonLines(file, checked_json)
    for number in range(3):
        lines.add(checked(finding("inference/x", Severity.ERROR, HOSTILE)))
        assert file.getvalue().count("\n") == number + 1
    lines.close()
    for line in file.getvalue().splitlines():
        assert json.loads(line)["findings"][0]["message"] == HOSTILE


# ------------------------------------------------------------------ the table


def table(*results: Checked, most: int = 40) -> str:
    tally, file = Tally(), io.StringIO()
    for one in results:
        tally.add(one)
    tally.close()
    print_checked(tally, most, file)
    return file.getvalue()


def test_systems_with_the_most_failures_come_first_within_80_columns() -> None:
    long = "a_system_with_a_name_that_nobody_could_ever_fit_into_a_column"
    text = table(
        *[checked() for _ in range(3)],
        checked(ERROR, WARNING, WARNING, system=long),
        checked(ERROR, system=long),
        checked(WARNING, NOTE, submitter="B" * 30),
    )
    lines = text.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].split() == [
        *("submitter", "system", "all", "pass", "warn", "fail", "worst", "finding")
    ]
    assert "uncertainty" in lines[1]
    assert lines[1].split()[2:6] == ["2", "–", "–", "2"]
    assert lines[2].split()[2:6] == ["1", "–", "1", "–"]
    assert lines[3].split()[:6] == ["A", "s", "3", "3", "–", "–"]
    assert lines[4].split() == ["total", "3", "systems", "6", "3", "1", "2"]
    assert "error   inference/uncertainty" in text
    assert "2 on 2 of 6 results" in text
    assert "3 on 2 of 6 results" in text
    assert text.index("inference/uncertainty") < text.index("inference/power-factor")
    assert text.index("inference/power-factor") < text.index("inference/left-behind")
    assert "544 of 600 samples are over 1 %" in text
    assert "run_1/spl.txt:7" in text


def test_what_does_not_fit_is_said() -> None:
    text = table(*[checked(system=f"s{n}") for n in range(9)], most=4)
    assert "and 5 more systems" in text
    assert text.count("\nA ") == 4


def test_one_system_needs_no_sum_and_hostile_text_does_nothing() -> None:
    text = table(checked(finding("inference/x", Severity.ERROR, HOSTILE), system="\x1b[2J"))
    assert "total" not in text
    for character in "\x00\x1b\u202e":
        assert character not in text
    assert max(map(len, text.splitlines())) <= 80


def test_the_last_sentence() -> None:
    tally = Tally()
    tally.add(checked(ERROR, kept=True))
    assert summary(tally, 1) == (
        "1 power directory: 0 pass, 0 warn, 1 fail; 1 unchanged since an earlier check"
    )
    assert summary(tally, 5) == (
        "1 of 5 power directories: 0 pass, 0 warn, 1 fail; 1 unchanged since an earlier check"
    )


# ------------------------------------------------------------------ JUnit


def junit(*results: Checked) -> ET.Element:
    file = io.StringIO()
    document = JUnit(file)
    for one in results:
        document.add(one)
    document.close()
    return ET.fromstring(file.getvalue())


def test_a_suite_a_system_and_a_case_a_directory() -> None:
    root = junit(checked(), checked(ERROR, WARNING), checked(NOTE, system="t"))
    assert [suite.get("name") for suite in root] == ["v2.1.closed.A.s", "v2.1.closed.A.t"]
    assert [suite.get("tests") for suite in root] == ["2", "1"]
    assert [suite.get("failures") for suite in root] == ["1", "0"]
    passed, failed = root[0]
    assert len(passed) == 0
    failure = failed.find("failure")
    assert failure is not None
    assert failure.get("type") == "inference/uncertainty"
    assert failure.text is not None
    assert "spl.txt:7" in failure.text
    assert "power factor" not in failure.text
    assert "power factor is 0.31" in (failed.findtext("system-out") or "")
    assert "left-behind" in (root[1][0].findtext("system-out") or "")


def test_any_text_makes_a_document_and_none_too() -> None:
    root = junit(checked(finding("inference/x", Severity.ERROR, HOSTILE), system=HOSTILE))
    assert "quotes" in (root[0][0].findtext("failure") or "")
    assert len(junit()) == 0


# ------------------------------------------------------------------ SARIF

RULES = {
    "inference/uncertainty": Described(
        "inference/uncertainty",
        "At most 1 % of uncertainty a reading.",
        "official check 18",
        Severity.ERROR,
        "Choose a smaller range.",
    )
}


def sarif(*results: Checked, root: str = "") -> Any:
    file = io.StringIO()
    document = Sarif(file, "0.1.0", RULES, lambda tree: root)
    for one in results:
        document.add(one)
    document.close()
    return json.loads(file.getvalue())


def test_results_point_to_rules_files_and_lines() -> None:
    log = sarif(checked(ERROR, NOTE), checked(WARNING, ERROR), root="review/")
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-schema-2.1.0.json")
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "joulemark"
    names = [rule["id"] for rule in driver["rules"]]
    assert len(names) == len(set(names)) == 3
    for result in run["results"]:
        assert names[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")
        assert result["message"]["text"]
        (location,) = result["locations"]
        uri = location["physicalLocation"]["artifactLocation"]["uri"]
        assert uri.startswith("review/closed/A/results/")
    first, second = run["results"][:2]
    assert first["locations"][0]["physicalLocation"]["region"] == {"startLine": 7}
    assert "region" not in second["locations"][0]["physicalLocation"]
    (known,) = [rule for rule in driver["rules"] if rule["id"] == "inference/uncertainty"]
    assert known["name"] == "InferenceUncertainty"
    assert known["shortDescription"]["text"] == "At most 1 % of uncertainty a reading."
    assert "Choose a smaller range." in known["help"]["text"]
    assert known["defaultConfiguration"] == {"level": "error"}


def test_fingerprints_outlive_a_move_and_tell_files_apart() -> None:
    moved = finding("inference/uncertainty", Severity.ERROR, line=90)
    other = finding("inference/power-factor", Severity.ERROR, line=7)
    prints = [
        result["partialFingerprints"]["joulemark/v1"]
        for result in sarif(checked(ERROR, moved, other))["runs"][0]["results"]
    ]
    assert prints[0] == prints[1] != prints[2]


def test_a_log_without_findings_and_one_with_hostile_ones() -> None:
    assert sarif(checked())["runs"][0]["results"] == []
    one = checked(
        Finding(rule="inference/x", severity=Severity.ERROR, message=HOSTILE, file="a b/ü:?#.txt"),
        Finding(rule="inference/x", severity=Severity.ERROR, message="", line=0),
    )
    first, second = sarif(one)["runs"][0]["results"]
    uri = first["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "a%20b/%C3%BC%3A%3F%23.txt"
    assert second["message"]["text"] == "inference/x"
    assert "region" not in second["locations"][0]["physicalLocation"]


def test_paths_are_as_seen_from_where_the_check_ran(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = tmp_path / "in here" / "tree"
    inner.mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert root_of("in here/tree") == "in%20here/tree/"
    assert root_of(str(inner)) == "in%20here/tree/"
    assert root_of(".") == ""
    assert root_of("archive.tar.gz") == ""
    monkeypatch.chdir(inner)
    assert root_of("..") == f"file://{os.path.realpath(tmp_path)}/in%20here/"
