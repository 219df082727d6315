"""Axes of a sweep: parameters of its command and knobs of the machine, from its file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joulemark.tune import sweep_fields as fields
from joulemark.tune.knobs import make
from joulemark.tune.sweep_fields import Label

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
RESULT, STORE = "result", "store"
OWN = ("energy_j", "net_j", "time_s", "power_w")
"""Numbers that every run of joulemark's own gives."""
TAKEN = (RESULT, STORE, "point", "command", "repeats", "runs", "failed", "provenance")
_RANGE = ("from", "to", "step", "log")
_MOST = 10_000
"""Values of an axis."""


@dataclass(frozen=True, slots=True)
class Span:
    """A range that a search takes values from.

    Attributes:
        low, high: its ends, both in it.
        log: whether its logarithm is searched evenly.
        whole: whether its values are whole numbers.
    """

    low: float
    high: float
    log: bool
    whole: bool


@dataclass(frozen=True, slots=True)
class Axis:
    """One thing that differs among points.

    Attributes:
        name: of the axis; ``{name}`` in the command is its value.
        values: that it takes; none where a search takes them from a range.
        knob: name and settings of the knob that is set to them; None for a parameter alone.
        span: the range; None where values are listed.
    """

    name: str
    values: tuple[Label, ...]
    knob: tuple[str, Mapping[str, Any]] | None = None
    span: Span | None = None


def axes_of(record: Mapping[str, Any], at: fields.Place) -> tuple[Axis, ...]:
    """Return the axes of a file.

    Raises:
        FormatError: if one makes no sense.
        UsageError: if there is no such knob.
    """
    if not record:
        raise at.wrong("there are no axes", "write one like threads = [1, 2, 4]")
    return tuple(_axis(name, value, at / name) for name, value in record.items())


def _axis(name: str, value: Any, at: fields.Place) -> Axis:
    if not NAME.fullmatch(name) or name in (*TAKEN, *OWN):
        raise at.wrong(f"an axis cannot be called {name!r:.40}", "use letters, digits and _")
    if not isinstance(value, dict):
        return Axis(name, fields.labels(value, at))
    knob = fields.text(value, "knob", at)
    settings = {key: one for key, one in value.items() if key not in ("knob", "values", *_RANGE)}
    values, span = _values(value, at)
    if knob:
        make(knob, settings)  # refuses what it does not know
        return Axis(name, values, (knob, settings), span)
    if "values" in value or settings:
        raise at.wrong("an axis with settings needs a knob", 'write knob = "gpu-power-limit"')
    return Axis(name, values, None, span)


def _values(record: Mapping[str, Any], at: fields.Place) -> tuple[tuple[Label, ...], Span | None]:
    """Return the values of an axis that is a table, or its range."""
    if "from" not in record and "to" not in record:
        return fields.labels(record.get("values"), at / "values"), None
    step, log = record.get("step"), record.get("log", False)
    low, high = _number(record.get("from")), _number(record.get("to"))
    if "values" in record or low is None or high is None or not low < high:
        raise at.wrong("no range", "write it like {from = 1, to = 64}")
    if not isinstance(log, bool) or (log and (low <= 0 or step is not None)):
        raise at.wrong("log is for a range above zero without step", "leave one of them out")
    if step is None:
        whole = isinstance(low, int) and isinstance(high, int)
        return (), Span(low, high, log, whole)
    wide = _number(step)
    if wide is None or wide <= 0 or (high - low) / wide > _MOST:
        raise at.wrong(f"step is {step!r:.40}", f"give a step with at most {_MOST} values")
    count = int((high - low) / wide * (1 + 1e-12)) + 1
    return tuple(_plain(low + number * wide) for number in range(count)), None


def _plain(value: float) -> float:
    """Return a number without what binary arithmetic adds: 0.1 + 0.2 is 0.3."""
    return value if isinstance(value, int) else float(f"{value:.12g}")


def _number(value: Any) -> float | None:
    return value if fields.is_number(value) else None
