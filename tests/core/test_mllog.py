"""Lines of MLPerf's log."""

from __future__ import annotations

import json

import pytest

from joulemark.core.mllog import Event, mllog


def test_a_line_is_a_marker_and_six_fields() -> None:
    line = mllog(1_728_509_261_000_000_000, Event.POINT, "power_reading", 3418.0, {"host": "0"})
    assert line == (
        ':::MLLOG {"namespace": "", "time_ms": 1728509261000, "event_type": "POINT_IN_TIME", '
        '"key": "power_reading", "value": 3418.0, "metadata": {"host": "0"}}'
    )


def test_times_are_whole_milliseconds() -> None:
    text = mllog(1_600_000, Event.START, "run_start").removeprefix(":::MLLOG ")
    assert json.loads(text)["time_ms"] == 2
    assert json.loads(text)["metadata"] == {}


def test_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        mllog(0, Event.POINT, "power_reading", float("nan"))
