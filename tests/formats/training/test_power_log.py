"""The power log of a node or switch."""

from __future__ import annotations

import json
import math

import pytest

from joulemark.accounting.training_record import Kind
from joulemark.core.errors import FormatError
from joulemark.formats.inference.parsed import Source
from joulemark.formats.training.parsed import PowerLog
from joulemark.formats.training.power_log import kind_of, read_power_log
from tests.formats.training.samples import T0, line, node, reading, switch

MS = 1_000_000


def read(*lines: str, name: str = "power/result_0/node_3.txt") -> PowerLog:
    return read_power_log(Source(name, "\n".join(lines).encode()))


def test_a_usual_log() -> None:
    log = read_power_log(Source("a/power/result_0/node_3.txt", node(3, 500, factor=0.94)))
    record = log.record
    assert record.name == "node_3"
    assert record.kind is Kind.NODE
    assert record.time.tolist() == [(T0 + 1000 * s) * MS for s in (1, 2, 3)]
    assert record.watts.tolist() == [500, 500, 500]
    assert record.line.tolist() == [3, 4, 5]
    assert [(mark.time, mark.line) for mark in record.starts] == [(T0 * MS, 1)]
    assert [mark.line for mark in record.stops] == [6]
    assert [(mark.value, mark.line) for mark in record.efficiencies] == [(0.94, 2)]
    assert log.hosts == ("0",)
    assert log.problems == ()


def test_a_declared_switch() -> None:
    log = read_power_log(Source("sw_0.txt", switch(59570)))
    assert log.record.kind is Kind.SWITCH
    assert [mark.value for mark in log.record.estimates] == [59570]
    assert len(log.record.time) == 0


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("node_0.txt", Kind.NODE),
        ("a/sw_12.txt", Kind.SWITCH),
        ("nodes_1_to_8.png", None),
        ("total_power.txt", None),
        ("nodes_1.txt", None),
    ],
)
def test_the_name_tells_the_kind(name: str, kind: Kind | None) -> None:
    assert kind_of(name) is kind


@pytest.mark.parametrize(
    "text",
    [
        reading(1, 500),
        reading(1, 500.0),
        reading(1, 500).replace(" 500,", " 5e2,"),
        "0: " + reading(1, 500),
        "noise :::MLLOG {} " + reading(1, 500),
        reading(1, 500).replace(": ", ":").replace(", ", ",") + "\r",
        reading(1, 500, {"a": {"b": ["}", "{"]}}),
        reading(1, 500, {"text": ":::MLLOG"}).replace('"text"', '"é"').replace(':::MLLOG"', 'x"'),
        reading(1, 500, None),
        reading(1, 500, []),
        ":::MLLOG " + json.dumps({"value": 500, "key": "power_reading", "time_ms": T0 + 1000}),
        ":::MLLOG " + json.dumps({"value": 500, "key": "power_reading", "time_ms": T0 + 1000.0}),
        ":::MLLOG " + json.dumps({"value": 500, "key": "power_reading", "time_ms": str(T0 + 1000)}),
        ":::MLLOG "
        + json.dumps({"value": 500, "key": "power_reading", "time_ms": T0 + 1000, "x": "\ud800"}),
    ],
)
def test_one_reading_in_many_forms(text: str) -> None:
    log = read(line("power_measurement_start", "null", 0), text, "")
    assert log.record.time.tolist() == [(T0 + 1000) * MS]
    assert log.record.watts.tolist() == [500]
    assert log.record.line.tolist() == [2]
    assert log.problems == ()


def test_the_last_marker_of_a_line_counts() -> None:
    log = read(reading(1, 500) + " " + reading(2, 700), reading(3, 100, "in text: :::MLLOG x"))
    assert log.record.watts.tolist() == [700]
    assert [problem.line for problem in log.problems] == [2]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("what?", "no line of MLPerf's log"),
        (":::MLLOG {", "no record"),
        (":::MLLOG []", "no record"),
        (":::MLLOG " + "[" * 5000, "no record"),
        (":::MLLOG " + json.dumps({"key": "power_reading", "value": 1}), "no record"),
        (reading(1, 500).replace(str(T0 + 1000), "9999999999999"), "no time between 1970 and 2261"),
        (reading(1, 500).replace(str(T0 + 1000), "1e30"), "no time between 1970 and 2261"),
        (reading(1, 500).replace(str(T0 + 1000), "true"), "no time between 1970 and 2261"),
        (reading(1, 500).replace(str(T0 + 1000), '"soon"'), "no time between 1970 and 2261"),
        (reading(1, 500).replace(str(T0 + 1000), "NaN"), "no time between 1970 and 2261"),
        (":::MLLOG " + json.dumps({"key": 1, "value": 1, "time_ms": T0}), "the key is no text"),
        (reading(1, 500, "x" * 70_000), "longer than"),
    ],
)
def test_lines_that_are_no_record(text: str, what: str) -> None:
    log = read(reading(0, 100), text, reading(2, 300))
    assert log.record.watts.tolist() == [100, 300]
    assert log.record.line.tolist() == [1, 3]
    assert [(problem.line, what in problem.what) for problem in log.problems] == [(2, True)]


@pytest.mark.parametrize("value", [None, "null", True, math.nan, math.inf, 10**400, {}])
def test_a_reading_that_is_no_number(value: object) -> None:
    log = read(reading(0, 100), reading(1, value))
    assert math.isnan(log.record.watts[1])
    assert [problem.line for problem in log.problems] == [2]


def test_a_number_as_text_counts_and_is_said() -> None:
    log = read(reading(0, "100"))
    assert log.record.watts.tolist() == [100]
    assert "a text" in log.problems[0].what


def test_lines_end_in_carriage_returns() -> None:
    log = read_power_log(Source("node_0.txt", node(3).replace(b"\n", b"\r")))
    assert log.record.line.tolist() == [2, 3, 4]


@pytest.mark.parametrize("data", [b"", b" \n", b"nothing\n", b"\xff\xfe:\0:\0"])
def test_files_that_are_no_log(data: bytes) -> None:
    with pytest.raises(FormatError, match="node_0"):
        read_power_log(Source("node_0.txt", data))


def test_a_log_of_many_pieces_keeps_its_lines() -> None:
    count = 20_000
    log = read_power_log(Source("node_0.txt", node(count)))
    assert log.record.line.tolist() == list(range(2, count + 2))
    assert log.record.stops[0].line == count + 2


def test_keys_of_other_things_are_passed_over() -> None:
    log = read(reading(0, 100), line("temperature", 40, 1), reading(2, 300))
    assert log.record.line.tolist() == [1, 3]
    assert log.problems == ()
