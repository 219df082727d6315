"""Scores as a table and as JSON, whatever they hold."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest

from joulemark.core.finding import Finding, Severity
from joulemark.procedures.checked import Measured
from joulemark.procedures.scored import (
    Both,
    LogFigures,
    RunFigures,
    Scored,
    TinyScore,
    TrainingFigures,
    Window,
)
from joulemark.report.json_lines import JsonLines
from joulemark.report.scored import Table, summary
from joulemark.report.scored_figures import signed
from joulemark.report.scored_json import scored_json

ENERGY = Both(20_644_274.6, Measured(20_625_943.9, 3_097_463.6))
TRAINED = TrainingFigures(
    algorithm="2024-05",
    scale=1.0347,
    ttt_s=329.31,
    whole=ENERGY,
    compute=Both(15_342_397.4, Measured(15_324_066.7, 800_000)),
    interconnect=Both(5_301_877.2, Measured(5_301_877.2, 3_000_000)),
    budget={"model": 1_500_000.0, "gain": 400_000.0},
    logs=(
        LogFigures(name="node_0", kind="node", energy=ENERGY, readings=139, longest_gap_s=19.0),
        LogFigures(name="sw_0", kind="switch", energy=Both()),
    ),
    runs=(
        RunFigures(name="result_0.txt", seconds=318.3, converged=True, counted=True, energy=ENERGY),
        RunFigures(
            name="result_1.txt", seconds=None, converged=False, counted=False, energy=Both()
        ),
    ),
)
TRAINING = Scored(
    kind="training",
    tree="t",
    path="Us/results/8xBox/llama2_70b_lora",
    round="v4.0",
    submitter="Us",
    system="8xBox",
    benchmark="llama2_70b_lora",
    training=TRAINED,
    reasons={"official.u95": "none is stated"},
)
SESSION = TinyScore(
    mode="energy",
    meter="lpm01a",
    volts=1.8,
    rate_hz=1000.0,
    reported_uj=203.368,
    places=3,
    recomputed=Measured(203.36812, 4.1),
    windows=(Window(10.5, 2000, 203.355, 203.355, 0.0387), Window(10.6, 0, None, None, None)),
    throughput=190.4,
    reported_throughput=190.4,
    power_w=Measured(0.0387, 0.0008),
    macs=264_192,
    energy_per_mac_j=Measured(7.7e-10, 1.5e-11),
)
TINY = Scored(
    kind="tiny",
    tree="t",
    path="closed/Us/results/Board/ad/energy",
    round="v1.2",
    division="closed",
    submitter="Us",
    system="Board",
    benchmark="ad",
    tiny=SESSION,
)
FINDING = Finding(
    rule="tiny/short-window", severity=Severity.ERROR, message="1.1 s", file="a/b", line=3
)


def printed(*every: Scored) -> list[str]:
    table = Table()
    for one in every:
        table.add(one)
    table.close()
    file = io.StringIO()
    table.print(file)
    lines = file.getvalue().splitlines()
    assert all(len(line) <= 80 for line in lines)
    return lines


def test_a_row_of_training() -> None:
    head, system, row, *_ = printed(TRAINING)
    assert head.split() == ["benchmark", "published", "in", "the", "run", "apart", "links", "time",
                            "power"]  # fmt: skip
    assert system == "v4.0 Us 8xBox"
    assert row[:16].strip() == "llama2_70b_lo…"
    assert row.split()[1:] == [
        "20.64", "MJ", "20.6", "±", "3.1", "MJ", "-0.1", "%", "26", "%", "5m29s", "62.63", "kW",
    ]  # fmt: skip


def test_a_row_of_tiny() -> None:
    _, system, row, *_ = printed(TINY)
    assert system == "v1.2 closed Us Board"
    assert row.split() == ["ad", "203.368", "µJ", "203.4", "±", "4.1", "µJ", "2", "×", "10.5", "s",
                           "38.70", "mW", "770.0", "pJ"]  # fmt: skip


def test_a_system_is_named_once_and_each_kind_has_its_head() -> None:
    lines = printed(TINY, replace(TINY, benchmark="kws"), TRAINING, replace(TINY, system=""))
    assert sum("v1.2 closed Us Board" in line for line in lines) == 1
    assert sum("recomputed" in line for line in lines) == 2


def test_what_is_missing_is_a_dash() -> None:
    nothing = replace(TRAINED, whole=Both(), interconnect=Both(), ttt_s=None)
    _, _, row, *_ = printed(replace(TRAINING, training=nothing))
    assert row.split()[1:] == ["–"] * 6
    _, _, row, *_ = printed(replace(TINY, tiny=TinyScore(mode="energy")))
    assert row.split() == ["ad", *["–"] * 5]
    *_, row, _, _ = printed(replace(TINY, tiny=None, benchmark="", reasons={"energy": "lost"}))
    assert row == "  energy: lost"


def test_a_long_printed_energy_keeps_to_its_column() -> None:
    one = replace(SESSION, reported_uj=30_746_401.81, places=4)
    _, _, row, *_ = printed(replace(TINY, tiny=one))
    assert "30.7464 J" in row


@pytest.mark.parametrize(
    ("session", "said"),
    [
        (replace(SESSION, mode="performance"), "performance: 190.4 1/s (printed 190.4 1/s)"),
        (TinyScore(mode="performance"), "performance: no figure"),
        (
            TinyScore(mode="accuracy", metric="auc", accuracy=0.86, inputs=140),
            "accuracy: auc 86 % of 140 inputs",
        ),
        (
            TinyScore(
                mode="accuracy", metric="top1", accuracy=0.9, inputs=10, reported_accuracy=0.9
            ),
            "accuracy: top1 90 % of 10 inputs (printed 90 %)",
        ),
        (TinyScore(mode="accuracy", reported_accuracy=0.853), "accuracy: printed 85.3 %"),
    ],
)
def test_sessions_without_energy(session: TinyScore, said: str) -> None:
    _, _, row, *_ = printed(replace(TINY, tiny=session))
    assert row.endswith(said)


def test_findings_are_told_by_rule_and_marked() -> None:
    lines = printed(replace(TINY, findings=(FINDING, FINDING)), TINY)
    assert lines[2].startswith("✗ ad")
    assert any("tiny/short-window" in line and "2 on 1 of 2 results" in line for line in lines)
    assert "        a/b:3" in lines
    assert "not verified by MLCommons" in lines[-1]


def test_hostile_names_do_nothing_but_show() -> None:
    bad = "\x1b[31m\u202e[bold]" + "x" * 300
    lines = printed(
        replace(TRAINING, submitter=bad, benchmark=bad, path=bad, findings=(FINDING,)),
        replace(TINY, submitter=bad, system=bad, tiny=replace(SESSION, variant=bad)),
    )
    assert not any("\x1b" in line or "\u202e" in line for line in lines)


def test_nothing_is_said_of_nothing() -> None:
    assert printed() == []


def test_the_summary() -> None:
    table = Table()
    table.add(TINY)
    table.add(replace(TINY, findings=(FINDING,)))
    assert summary(table, 2) == "2 results scored: 1 pass, 0 warn, 1 fail"
    assert summary(table, 5) == "2 of 5 results scored: 1 pass, 0 warn, 1 fail"


def test_shares() -> None:
    assert [signed(x) for x in (0.204, -0.001, 40.0, None)] == ["+20.4 %", "-0.1 %", ">999 %", "–"]


def test_json_of_training() -> None:
    record = scored_json(replace(TRAINING, findings=(FINDING,)))
    assert record["official"]["energy_j"] == {"value": 20_644_274.6, "u95": None}
    assert record["in_run"]["energy_j"] == {"value": 20_625_943.9, "u95": 3_097_463.6}
    assert record["kwh"]["official"]["value"] == pytest.approx(5.7345, rel=1e-4)
    assert record["average_w"]["in_run"]["value"] == pytest.approx(62_634, rel=1e-4)
    assert record["nodes"][1]["energy_j"]["official"] == {"value": None, "u95": None}
    assert [run["counted"] for run in record["runs"]] == [True, False]
    assert record["findings"][0] == {
        "rule": "tiny/short-window",
        "severity": "error",
        "message": "1.1 s",
        "where": "a/b:3",
        "file": "a/b",
        "line": 3,
    }
    assert record["verdict"] == "fail"
    assert record["division"] is None


def test_json_of_a_session() -> None:
    record = scored_json(replace(TINY, tiny=replace(SESSION, detected=(48, 2, 1))))
    assert record["windows_s"] == [10.5, 10.6]
    assert record["per_window_uj"] == [203.355, None]
    assert (record["recomputed_uj"], record["u95"]) == (203.36812, 4.1)
    assert record["detections"] == {
        "true_positives": 48,
        "false_negatives": 2,
        "false_positives": 1,
    }


def test_a_missing_figure_is_null() -> None:
    record = scored_json(replace(TINY, tiny=TinyScore(), reasons={"reported_uj": "why"}))
    for name in ("reported_uj", "recomputed_uj", "u95", "windows_s", "per_window_uj"):
        assert record[name] is None
    assert record["reasons"] == {"reported_uj": "why"}
    nothing = replace(TRAINED, ttt_s=None)
    record = scored_json(replace(TRAINING, training=nothing))
    assert record["average_w"]["official"]["value"] is None


def test_a_line_an_object() -> None:
    file = io.StringIO()
    sink = JsonLines(file, scored_json)
    sink.add(TRAINING)
    sink.add(TINY)
    sink.close()
    assert [json.loads(line)["kind"] for line in file.getvalue().splitlines()] == [
        "training",
        "tiny",
    ]
