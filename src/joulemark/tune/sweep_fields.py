"""Fields of a sweep's file, each checked, with its place in messages."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joulemark.core.errors import FormatError, UsageError
from joulemark.core.units import parse_time

Label = str | int | float | bool
"""A value of an axis."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: file and field."""

    path: str

    def __truediv__(self, name: str) -> Place:
        """Return the place of a field in it."""
        return Place(f"{self.path}: {name:.60}" if ": " not in self.path else f"{self.path}.{name}")

    def wrong(self, what: str, remedy: str) -> FormatError:
        """Return the error that something here is wrong."""
        return FormatError(what, where=self.path, remedy=remedy)


def only(record: Mapping[str, Any], known: tuple[str, ...], at: Place) -> None:
    """Refuse fields that nobody knows: a misspelt one must not be left out silently."""
    for name in record:
        if name not in known:
            raise at.wrong(f"no field {name!r:.40}", f"there is {', '.join(known)}")


def table(record: Mapping[str, Any], name: str, at: Place) -> dict[str, Any]:
    """Return a table; an empty one if it is not there."""
    value = record.get(name, {})
    if not isinstance(value, dict):
        raise at.wrong(f"{name} is no table", f"write [{name}]")
    return value


def text(record: Mapping[str, Any], name: str, at: Place) -> str:
    """Return a text; an empty one if it is not there."""
    value = record.get(name, "")
    if not isinstance(value, str) or "\0" in value:
        raise at.wrong(f"{name} is {value!r:.40}", "write it in quotes")
    return value


def texts(record: Mapping[str, Any], name: str, at: Place) -> tuple[str, ...] | None:
    """Return a list of texts; None if it is not there."""
    value = record.get(name)
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(v, str) and "\0" not in v for v in value):
        raise at.wrong(f"{name} is {value!r:.40}", "write a list of texts in quotes")
    return tuple(value)


def count(record: Mapping[str, Any], name: str, at: Place, *, least: int, otherwise: int) -> int:
    """Return a whole number, or what stands for it if it is not there."""
    value = record.get(name, otherwise)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value < 1 << 53:
        raise at.wrong(f"{name} is {value!r:.40}", f"give a whole number of at least {least}")
    return value


def seconds(record: Mapping[str, Any], name: str, at: Place, *, otherwise: float) -> float:
    """Return a duration: seconds, or a text like ``250ms``."""
    value = record.get(name, otherwise)
    try:
        return parse_time("" if isinstance(value, bool) else f"{value}")
    except UsageError as error:
        raise at.wrong(f"{name}: {error.what}", error.remedy) from error


def labels(value: Any, at: Place) -> tuple[Label, ...]:
    """Return the values of an axis."""
    values = value if isinstance(value, list) else []
    good = [one for one in values if isinstance(one, str | bool) or is_number(one)]
    if not good or len(good) != len(values) or any(isinstance(v, str) and "\0" in v for v in good):
        raise at.wrong("no list of texts and numbers", "write it like [1, 2, 4]")
    if len({str(one) for one in good}) < len(good):
        raise at.wrong("a value stands there twice", "name each value once")
    return tuple(good)


def is_number(value: Any) -> bool:
    """Whether a value is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
