"""How well the measured windows repeat: one dot for each, with its interval."""

from __future__ import annotations

from dataclasses import dataclass

from joulemark.accounting.repeats import RANDOM, half_width
from joulemark.accounting.results import PhaseResult
from joulemark.core.units import with_u95
from joulemark.core.value import Value
from joulemark.report import svg
from joulemark.report.format import axis_unit, percent, short_unit


@dataclass(frozen=True, slots=True)
class Dot:
    """One window: places as percentages of the axis, and what it says.

    Attributes:
        label: number of the window.
        text: value with its interval.
        at: place of the value.
        low: left end of the interval of all terms.
        high: right end of it.
        near: left end of the interval of those terms that differ from window to window.
        far: right end of it.
    """

    label: str
    text: str
    at: float
    low: float
    high: float
    near: float
    far: float


@dataclass(frozen=True, slots=True)
class Repeats:
    """The dots of one phase, with the mean of all and its interval behind them."""

    unit: str
    dots: list[Dot]
    ticks: list[tuple[float, str]]
    mean: float | None
    left: float
    width: float
    spread: str
    summary: str


def repeats(result: PhaseResult) -> Repeats | None:
    """Return the picture of the windows of a phase; None where fewer than two can be compared."""
    values = window_values(result)
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return None
    mean = result.per_unit
    around = [*known, *([mean] if mean is not None else [])]
    low = min(value.value - value.u95 for value in around)
    high = max(value.value + value.u95 for value in around)
    margin = 0.04 * (high - low) or abs(high) * 0.01 or 1.0
    per = short_unit(known[0].unit)
    factor, unit = axis_unit(max(abs(low), abs(high)), per)
    axis = svg.Scale((low - margin) / factor, (high + margin) / factor, 0.0, 100.0)
    shown = [(n, v.scaled(1 / factor, unit)) for n, v in enumerate(values, 1) if v is not None]
    wide = percent(half_width([value.value for value in known]), sign="±")
    left, width = _interval(mean.scaled(1 / factor, unit), axis) if mean is not None else (0.0, 0.0)
    return Repeats(
        unit=unit,
        dots=[_dot(n, value, per, factor, axis) for n, value in shown],
        ticks=[
            (round(axis(value), 3), text)
            for value, text in svg.labelled(svg.ticks(axis.low, axis.high, 4))
        ],
        mean=round(axis(mean.value / factor), 3) if mean is not None else None,
        left=left,
        width=width,
        spread=wide,
        summary=f"{len(known)} windows of {result.phase}; they repeat within {wide} (95 %).",
    )


def window_values(result: PhaseResult) -> list[Value | None]:
    """Return energy per unit of each window; watts where no work was counted."""
    return [_value(result, place) for place in range(len(result.windows))]


def _value(result: PhaseResult, place: int) -> Value | None:
    one = result.windows[place]
    work, total = one.window.work, one.total
    if total is None:
        return None
    if result.per_unit is not None:
        if work is None or work.count <= 0:
            return None
        return total.joules.scaled(1 / work.count, f"J/{work.unit}")
    covered = total.coverage * one.window.duration_s
    return total.joules.scaled(1 / covered, "W") if covered > 0 else None


def _dot(number: int, value: Value, unit: str, factor: float, axis: svg.Scale) -> Dot:
    own = value.only(lambda source: source.term in RANDOM).u95
    return Dot(
        label=str(number),
        text=with_u95(value.value * factor, value.u95 * factor, unit),
        at=round(axis(value.value), 3),
        low=round(axis(value.value - value.u95), 3),
        high=round(axis(value.value + value.u95), 3),
        near=round(axis(value.value - own), 3),
        far=round(axis(value.value + own), 3),
    )


def _interval(value: Value, axis: svg.Scale) -> tuple[float, float]:
    left = axis(value.value - value.u95)
    return round(left, 3), round(axis(value.value + value.u95) - left, 3)
