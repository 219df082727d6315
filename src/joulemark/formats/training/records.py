"""One line of MLPerf's log: JSON after the last ``:::MLLOG`` of the line."""

from __future__ import annotations

import json
import math
from typing import Any, NamedTuple

from joulemark.formats.inference.jsontext import whole_text
from joulemark.formats.inference.text import MAX_LINE, Problems, shown

MARKER = b":::MLLOG"
LAST_MS = 9_183_000_000_000
"""No stamp is later: the beginning of 2261."""
MS = 1_000_000
"""Nanoseconds of a millisecond."""


class Record(NamedTuple):
    """One record.

    Attributes:
        time: ns.
        key: what it is.
        value: its value, as JSON has it.
        metadata: beside it; empty where it is no object.
    """

    time: int
    key: str
    value: Any
    metadata: dict[str, Any]


def record_of(line: bytes, number: int, problems: Problems) -> Record | None:
    """Return what a line holds; None, which is a problem, if that is no record.

    Bytes that are no ASCII are taken as Latin-1, as the official parser does.
    """
    if len(line) > MAX_LINE:
        problems.add(number, f"the line is longer than {MAX_LINE} bytes")
        return None
    text = line[line.rfind(MARKER) + len(MARKER) :]
    try:
        fields = json.loads(text.decode("latin-1"))
        key, value, stamp = fields["key"], fields["value"], fields["time_ms"]
    except (ValueError, RecursionError, KeyError, TypeError):
        problems.add(number, f"no record of time, key and value: {shown(text)}")
        return None
    time = _time(stamp)
    if time is None:
        problems.add(number, f"time_ms {shown(repr(stamp))} is no time between 1970 and 2261")
        return None
    if not isinstance(key, str):
        problems.add(number, f"the key is no text: {shown(repr(key))}")
        return None
    metadata = fields.get("metadata")
    if b"\\u" in text:
        key, value, metadata = whole_text(key), whole_text(value), whole_text(metadata)
    return Record(time, key, value, metadata if isinstance(metadata, dict) else {})


def _time(stamp: object) -> int | None:
    """Return ns of a stamp in ms; None if it is none."""
    if isinstance(stamp, str):
        try:
            stamp = float(stamp)
        except ValueError:
            return None
    if isinstance(stamp, bool) or not isinstance(stamp, int | float):
        return None
    if not 0 <= stamp <= LAST_MS:
        return None
    return stamp * MS if isinstance(stamp, int) else round(stamp * MS)


def number_of(value: object, name: str, line: int, problems: Problems) -> float:
    """Return a value that should be a number; NaN, which is a problem, if it is none.

    A number written as text is taken as one, which is a problem too.
    """
    number = math.nan
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
    elif isinstance(value, str):
        try:
            number = float(value)
        except ValueError:
            number = math.nan
    if not math.isfinite(number):
        problems.add(line, f"{name} {shown(repr(value))} is no number")
        return math.nan
    if isinstance(value, str):
        problems.add(line, f"{name} {shown(repr(value))} is a text, not a number")
    return number
