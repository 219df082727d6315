"""What the name of a column says of its unit."""

from __future__ import annotations

from enum import StrEnum

from joulemark.core.errors import UsageError


class Meaning(StrEnum):
    """What a column holds."""

    ENERGY = "energy"
    POWER = "power"
    TIME = "time"


_READINGS = {
    "j": (Meaning.ENERGY, 1.0),
    "joule": (Meaning.ENERGY, 1.0),
    "joules": (Meaning.ENERGY, 1.0),
    "kj": (Meaning.ENERGY, 1e3),
    "wh": (Meaning.ENERGY, 3600.0),
    "kwh": (Meaning.ENERGY, 3.6e6),
    "w": (Meaning.POWER, 1.0),
    "watt": (Meaning.POWER, 1.0),
    "watts": (Meaning.POWER, 1.0),
    "kw": (Meaning.POWER, 1e3),
}
_MILLI = {
    "mj": (Meaning.ENERGY, 1e-3),
    "mwh": (Meaning.ENERGY, 3.6),
    "mw": (Meaning.POWER, 1e-3),
}
"""Taken as milli where a flag states them; in a column's name they may be mega, so they are not."""
_TIMES = {
    "s": (Meaning.TIME, 1.0),
    "sec": (Meaning.TIME, 1.0),
    "secs": (Meaning.TIME, 1.0),
    "second": (Meaning.TIME, 1.0),
    "seconds": (Meaning.TIME, 1.0),
    "ms": (Meaning.TIME, 1e-3),
    "min": (Meaning.TIME, 60.0),
    "minutes": (Meaning.TIME, 60.0),
    "h": (Meaning.TIME, 3600.0),
    "hours": (Meaning.TIME, 3600.0),
}
_ENDS = " _-.([/"


def reading_unit(column: str, stated: str = "") -> tuple[Meaning, float]:
    """Return whether a column is of energy or power, and the factor to J or W.

    Args:
        column: its name, ``wall_kwh`` for instance.
        stated: the unit, where a person states it.

    Raises:
        UsageError: if neither says it.
    """
    known = {**_READINGS, **_MILLI} if stated else _READINGS
    return _unit(column, stated, known, "j, kj, wh, kwh, w or kw; milli: mj, mwh, mw")


def time_unit(column: str, stated: str = "") -> float:
    """Return the factor to seconds; raises what :func:`reading_unit` does."""
    return _unit(column, stated, _TIMES, "s, ms, min or h")[1]


def _unit(
    column: str, stated: str, known: dict[str, tuple[Meaning, float]], choice: str
) -> tuple[Meaning, float]:
    word = stated or column
    for mark in _ENDS:
        word = word.rpartition(mark)[2]
    word = word.rstrip(")]").lower()
    if word in known:
        return known[word]
    what = f"{stated!r} is no unit that is known" if stated else "its name does not end in a unit"
    raise UsageError(what, where=f"column {column!r}", remedy=f"state one of {choice}")
