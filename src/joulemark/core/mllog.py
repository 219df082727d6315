"""A line of MLPerf's log: ``:::MLLOG`` and a JSON object of six fields."""

from __future__ import annotations

from joulemark.core.words import StrEnum

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

MS = 1_000_000
"""Nanoseconds of a millisecond, in which the log counts."""


class Event(StrEnum):
    """What a line is: the begin or the end of something, or a point in time."""

    START = "INTERVAL_START"
    STOP = "INTERVAL_END"
    POINT = "POINT_IN_TIME"


def mllog(
    time: int,
    event: Event,
    key: str,
    value: object = None,
    metadata: Mapping[str, Any] | None = None,
) -> str:
    """Return a line without its end.

    Args:
        time: ns of Unix time; the line says it in whole milliseconds.
        event: what the line is.
        key: what it tells of.
        value: a JSON value.
        metadata: JSON values beside it.

    Raises:
        ValueError: if a number is not finite.
        TypeError: if something is no JSON value.
    """
    import json

    record = {
        "namespace": "",
        "time_ms": round(time / MS) if time % MS else time // MS,
        "event_type": str(event),
        "key": key,
        "value": value,
        "metadata": dict(metadata or {}),
    }
    return f":::MLLOG {json.dumps(record, allow_nan=False)}"
