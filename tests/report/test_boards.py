"""Tables of boards beside a shunt meter: what they say, how wide they are."""

from __future__ import annotations

import io
import json
import math
from dataclasses import replace

import pytest

from joulemark.analysis.boards import CaseResult, Interval
from joulemark.analysis.clocks import Fit
from joulemark.analysis.coverage import Held
from joulemark.analysis.sensors import Found, Sensor
from joulemark.core.errors import FormatError
from joulemark.report.boards import WIDTH, boards_json, boards_markdown, print_boards

SENSOR = Sensor(
    period=Found(0.1, 0.001),
    window=Found(0.98, 0.05),
    nominal_s=1.0,
    delay=Found(0.003, 0.001),
    misfit=0.1,
    read_s=0.01,
)
LAGS = Sensor(period=None, lag=Found(0.05, 0.002), misfit=math.nan, read_s=math.inf)


def result(board: str, case: str, *errors: float, u95: float = 10.0) -> CaseResult:
    intervals = [Interval(100 + 2 * e, Held(100 + e, u95, 100.0)) for e in errors]
    return CaseResult(
        board=board,
        field="instant",
        case=case,
        sensor=SENSOR,
        seen=replace(SENSOR, nominal_s=None),
        clock=Fit(0.001, 1e-4, 0.001, 0.99),
        without=("RTX 3090",),
        intervals=tuple(intervals),
    )


GOOD = [result("a/3090", "step", -5.0), replace(result("b/K40m", "step", 3.0), sensor=LAGS)]
BAD = result("a/3090", "square", *[-50.0] * 30, 1.0)


def printed(results: list[CaseResult], *refused: FormatError) -> str:
    out = io.StringIO()
    print_boards(results, refused, out)
    return out.getvalue()


def test_errors_stand_side_by_side_and_nothing_is_wide() -> None:
    text = printed(GOOD)
    assert max(len(line) for line in text.splitlines()) <= WIDTH
    row = next(line for line in text.splitlines() if line.startswith("3090"))
    assert row.split() == ["3090", "instant", "step", "-10", "%", "-5", "%", "±10", "%", "1/1"]
    assert "No case of any board holds less often than 93 %." in text
    assert "50.0 lag" in text
    assert "980.0 ± 50" in text


def test_where_intervals_fail_is_said_with_the_case_and_the_board() -> None:
    text = printed([*GOOD, BAD])
    assert "! square: 3.2 % of 31 held, wanted 93 %" in text
    assert "! a/3090, instant, square: the interval holds 1 of 31" in text
    assert "No case" not in text


def test_what_was_refused_is_said() -> None:
    text = printed(GOOD, FormatError("time goes back", where="x/gpudata.csv:3"))
    assert "! not judged: x/gpudata.csv:3: time goes back" in text


def test_folders_of_one_name_are_told_apart() -> None:
    text = printed([result("a/3090", "step", 1.0), result("b/3090", "step", 1.0)])
    assert "a/3090" in text
    assert "b/3090" in text


def test_markdown_holds_the_same() -> None:
    text = boards_markdown([*GOOD, BAD])
    assert "| 3090 | instant | step | -10 % | -5 % | ±10 % | 1/1 |" in text
    assert "| square | 1 | 31 | 3.2 % |" in text
    assert "* ! square: 3.2 % of 31 held, wanted 93 %" in text


def test_json_holds_every_window_and_no_number_that_is_none() -> None:
    value = json.loads(json.dumps(boards_json([*GOOD, BAD], []), allow_nan=False))
    assert value["results"][0]["windows"] == [
        {"true_j": 100.0, "naive_j": 90.0, "value_j": 95.0, "u95_j": 10.0, "held": True}
    ]
    assert value["results"][1]["sensor"]["misfit"] is None
    assert value["results"][1]["sensor"]["read_s"] is None
    assert value["results"][0]["left_out"] == ["RTX 3090"]
    square = value["shares"][1]
    assert (square["case"], square["below"], square["failed"]) == ("square", True, True)
    assert square["share"] == pytest.approx(1 / 31)
    assert value["refused"] == []
