"""The mean power of a run, as the official checker takes it from the power log."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from datetime import UTC, datetime

from joulemark.rules.official.texts import LoadWindow, day_ms, stamp_seconds

_SAMPLE = re.compile(
    rb"\nTime[^,\r\n]*,([0-9]{2})-([0-9]{2})-([0-9]{4}) "
    rb"((?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{3})"
    rb",[^,\r\n]*,([^,\r\n]*)(?:,[^,\r\n]*){5},([^,\r\n]*)"
)
Field = tuple[bytes | str, bytes | str]
"""Power and power factor of a line, as written."""
MOST_BYTES = 16 << 20
"""A larger log is read line by line, so that it does not take much memory."""
WATTS, POWER_FACTOR = 3, 9
"""Places of the fields in a line."""


def mean_power(
    data: bytes, window: LoadWindow, *, lines_passed_over: bool, most_bytes: int = MOST_BYTES
) -> tuple[float, float]:
    """Return mean power, W, and mean power factor of the positive readings within a window.

    Args:
        data: the power log.
        window: readings strictly within it count.
        lines_passed_over: lines that do not begin with "Time" are no error.
        most_bytes: a larger log is read line by line.

    Returns:
        Each -1 where no reading counts.

    Raises:
        ValueError, IndexError: where the official checker raises them, for lines it cannot read.
    """
    begin = datetime.fromtimestamp(window.begin, tz=UTC)
    end = datetime.fromtimestamp(window.end, tz=UTC)
    every = not lines_passed_over
    whole = len(data) <= most_bytes
    plain = _plain_fields(data, begin, end, every_line=every) if whole else None
    fields = _odd_fields(data, window, every_line=every) if plain is None else plain
    watts = [float(text) for text, _ in fields]
    factors = [float(text) for _, text in fields]
    return _mean(watts), _mean(factors)


def _mean(values: list[float]) -> float:
    positive = [value for value in values if value > 0]
    return sum(positive) / len(positive) if positive else -1.0


def _sortable(moment: datetime) -> bytes:
    date = f"{moment.year:04d}{moment.month:02d}{moment.day:02d}"
    return f"{date}{moment:%H:%M:%S.%f}".encode()


def _plain_fields(
    data: bytes, begin: datetime, end: datetime, *, every_line: bool
) -> Sequence[Field] | None:
    """Return power and power factor of the lines within; None if any line is out of the usual."""
    if not data.isascii() or data.count(b"\r") != data.count(b"\r\n"):
        return None
    lines = _SAMPLE.findall(b"\n" + data)
    if every_line:
        expected = data.count(b"\n") + (not data.endswith(b"\n"))
    else:
        expected = data.count(b"\nTime") + data.startswith(b"Time")
    if len(lines) != expected:
        return None
    for month, day, year in {line[:3] for line in lines}:
        day_ms(f"{month.decode()}-{day.decode()}-{year.decode()}")
    low, high = _sortable(begin), _sortable(end)
    return [
        (watts, factor)
        for month, day, year, time, watts, factor in lines
        if low < year + month + day + time + b"000" < high
    ]


def _odd_fields(data: bytes, window: LoadWindow, *, every_line: bool) -> Sequence[Field]:
    """The same, line by line; raises as the official checker does."""
    found = []
    for line in io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"):
        if not every_line and not line.startswith("Time"):
            continue
        fields = line.split(",")
        if window.begin < stamp_seconds(fields[1]) < window.end:
            found.append((fields[WATTS], fields[POWER_FACTOR]))
    return found
