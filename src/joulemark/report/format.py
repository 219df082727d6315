"""Text of numbers, times and names, short enough for a table and safe to print."""

from __future__ import annotations

import math
import unicodedata
from datetime import UTC, datetime, timedelta

from joulemark.core.units import digits, duration, si
from joulemark.core.value import Value

NOTHING = "–"
"""What is shown where there is no number."""

_BREAKS = "\t\n\r\v\f"
_UNSAFE = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}
_SHORTEST_S = 1e-9
_SMALLEST, _LARGEST = 1e-12, 1e15
_SMALLEST_SHOWN, _LARGEST_SHOWN = 0.01, 999.0


def clean(text: object, limit: int = 300) -> str:
    """Return text that does nothing but show: no control, direction or escape characters.

    Args:
        text: anything that a run may hold.
        limit: most characters; longer text ends in an ellipsis.
    """
    shown = " ".join(str(text)[: 4 * limit].split())
    safe = "".join("\N{REPLACEMENT CHARACTER}" if _unsafe(c) else c for c in shown)
    return safe if len(safe) <= limit else f"{safe[: limit - 1]}…"


def _unsafe(character: str) -> bool:
    return unicodedata.category(character) in _UNSAFE


def harmless(text: str) -> str:
    """Return text without control, direction and escape characters; line ends become spaces."""
    if text.isprintable():  # has none; thousands of coordinates are looked at in one step
        return text
    return "".join(" " if c in _BREAKS else c for c in text if c in _BREAKS or not _unsafe(c))


def short_unit(unit: str, most: int = 10) -> str:
    """Return a unit such as J/sample; with a long unit of work it becomes J/unit."""
    energy, slash, of = unit.partition("/")
    return unit if len(of) <= most else f"{energy}{slash}unit"


def iso(ns: int | None) -> str | None:
    """Return a time (ns UTC) as ISO 8601 with milliseconds; None for None."""
    if ns is None:
        return None
    moment = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=ns // 1000)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def short_time(seconds: float) -> str:
    """Return a duration of at most seven characters: 0.52 s, 61.2 s, 12m30s, 2h05m, 3d04h."""
    if not math.isfinite(seconds) or seconds < _SHORTEST_S:
        return NOTHING if seconds else "0 s"
    if seconds < 100:
        return duration(seconds)
    whole = round(seconds)
    if whole < 6000:
        return f"{whole // 60}m{whole % 60:02d}s"
    if whole < 100 * 3600:
        return f"{whole // 3600}h{whole % 3600 // 60:02d}m"
    return f"{whole // 86400}d{whole % 86400 // 3600:02d}h"


def quantity(value: Value | None, unit: str | None = None, *, count: int = 4) -> str:
    """Return a value with an SI prefix and no uncertainty; a dash for none.

    Args:
        value: the number.
        unit: shown instead of the value's own unit; empty shows the prefix alone.
        count: significant digits.
    """
    if value is None or not math.isfinite(value.value):
        return NOTHING
    shown = value.unit if unit is None else unit
    if value.value and not _SMALLEST <= abs(value.value) < _LARGEST:
        return f"{value.value:.1e} {shown}".strip()
    return si(value.value, shown, count).strip()


def share_of(value: Value | None) -> float | None:
    """Return the 95 % half-width relative to the value; None where that means nothing."""
    if value is None or value.value == 0:
        return None
    relative = value.u95 / abs(value.value)
    return relative if math.isfinite(relative) else None


def percent(share: float | None, *, sign: str = "") -> str:
    """Return a share as a percentage of two significant digits; a dash for none.

    >>> percent(0.0213), percent(0.4), percent(12.0), percent(1e-9, sign="±")
    ('2.1 %', '40 %', '>999 %', '±<0.01 %')
    """
    if share is None or not math.isfinite(share):
        return NOTHING
    number = 100 * share
    if 0 < abs(number) < _SMALLEST_SHOWN:
        return f"{sign}<{_SMALLEST_SHOWN} %"
    if abs(number) > _LARGEST_SHOWN:
        return f"{sign}>{_LARGEST_SHOWN:.0f} %"
    return f"{sign}{digits(number, max(2, len(str(int(abs(number))))))} %"


def plus_minus(value: Value | None) -> str:
    """Return the relative half-width of a value, like ``±2.1 %``; nothing where it is exact."""
    share = share_of(value)
    return percent(share, sign="±") if share else ""


_BINARY = (("GiB", 2.0**30), ("MiB", 2.0**20), ("KiB", 2.0**10), ("B", 1.0))
_PREFIXES = (("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e3), ("", 1.0))
_SMALL = (("m", 1e-3), ("µ", 1e-6), ("n", 1e-9), ("p", 1e-12))
_NEVER_SCALED = ("", "%", "°C", "threads")


def axis_unit(largest: float, unit: str) -> tuple[float, str]:
    """Return the factor and the name of the unit that fits an axis up to ``largest``.

    >>> axis_unit(0.02, "J/sample"), axis_unit(3e9, "B")[1], axis_unit(0.5, "%")
    ((0.001, 'mJ/sample'), 'GiB', (1.0, '%'))
    """
    if unit in _NEVER_SCALED or largest <= 0:
        return 1.0, unit
    if unit == "B":
        name, factor = next((row for row in _BINARY if largest >= row[1]), _BINARY[-1])
        return factor, name
    table = (*_PREFIXES, *_SMALL)
    prefix, factor = next((row for row in table if largest >= row[1]), table[-1])
    return factor, f"{prefix}{unit}"
