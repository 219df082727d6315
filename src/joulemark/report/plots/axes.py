"""Axes of numbers, logarithmic or not, and of names, with ticks in real units."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from joulemark.report.format import axis_unit
from joulemark.report.plots.quantity import Quantity, plain, quantity, tick_label
from joulemark.report.svg import Scale, labelled, nice_step, ticks

Tick = tuple[float, str]
Mapped = tuple[float, float]

_STEPS = (1.0, 2.0, 5.0)
_FINE = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0)
"""Where an axis of logarithms has less than a power of ten."""
LEAST, MOST = 1e-30, 1e30
"""What is beyond is not drawn on an axis of logarithms."""


@dataclass(frozen=True, slots=True)
class Axis:
    """From numbers to places.

    Attributes:
        scale: of the numbers, or of their logarithms to ten.
        log: whether it is of logarithms.
        ticks: numbers and labels.
        minor: numbers that have a short mark.
        label: what it shows, with its unit.
        quantity: the same in parts.
    """

    scale: Scale
    log: bool
    ticks: tuple[Tick, ...]
    minor: tuple[float, ...]
    label: str
    quantity: Quantity

    def __call__(self, value: float) -> float:
        """Return the place of a number; NaN where it has none."""
        if not drawable(value, log=self.log):
            return math.nan
        return self.scale(math.log10(value) if self.log else value)

    @property
    def base(self) -> float:
        """Return the place from which bars rise."""
        return self.scale.start if self.log else self.scale(min(max(0.0, self.low), self.high))

    @property
    def low(self) -> float:
        """Return the least number, or its logarithm."""
        return self.scale.low

    @property
    def high(self) -> float:
        """Return the greatest."""
        return self.scale.high


def drawable(value: float | None, *, log: bool) -> bool:
    """Return whether a number has a place on an axis."""
    if value is None or not math.isfinite(value):
        return False
    return LEAST < value < MOST if log else abs(value) < MOST


def number_axis(
    values: Sequence[float], label: str, ends: Mapped, *, log: bool, zero: bool, most: int
) -> Axis:
    """Return an axis that holds some numbers.

    Args:
        values: to be drawn; may be none.
        label: of the axis, with its unit.
        ends: its places.
        log: whether it is of logarithms.
        zero: whether it begins at zero whatever the numbers are.
        most: about so many ticks.
    """
    of = quantity(label)
    known = [value for value in values if drawable(value, log=log)]
    if log:
        return _log_axis(known or [1.0, 10.0], of, label, ends, most, zero=zero)
    return _linear_axis(known or [0.0, 1.0], of, label, ends, most, zero=zero)


def tight(axis: Axis, values: Sequence[float]) -> Axis:
    """Return an axis that begins and ends with the numbers it holds."""
    at = [math.log10(v) for v in values] if axis.log else list(values)
    low, high = min(at), max(at)
    scale = Scale(low, high, axis.scale.start, axis.scale.stop)
    inside = [t for t in axis.ticks if low <= (math.log10(t[0]) if axis.log else t[0]) <= high]
    minor = [v for v in axis.minor if low <= (math.log10(v) if axis.log else v) <= high]
    return replace(axis, scale=scale, ticks=tuple(inside), minor=tuple(minor))


def _linear_axis(
    values: Sequence[float], of: Quantity, label: str, ends: Mapped, most: int, *, zero: bool
) -> Axis:
    low, high = min(values), max(values)
    if zero or 0 <= low < 0.4 * high:
        low, high = min(low, 0.0), max(high, 0.0)
    if low == high:
        low, high = (low - 0.5, high + 0.5) if low else (0.0, 1.0)
    step = nice_step(high - low, most)
    low, high = step * math.floor(low / step + 1e-6), step * math.ceil(high / step - 1e-6)
    marked = ticks(low, high, most)
    if not of.unit:
        shown = _grouped(marked)
        return Axis(Scale(low, high, *ends), log=False, ticks=shown, minor=(), label=label,
                    quantity=of)  # fmt: skip
    factor, unit = axis_unit(max(abs(low), abs(high)) * of.factor, of.unit)
    scaled = labelled([value * of.factor / factor for value in marked])
    shown = tuple((at, text) for at, (_, text) in zip(marked, scaled, strict=True))
    return Axis(Scale(low, high, *ends), log=False, ticks=shown, minor=(),
                label=f"{of.text}, {unit}", quantity=of)  # fmt: skip


def _grouped(marked: Sequence[float]) -> tuple[Tick, ...]:
    if max(map(abs, marked), default=0.0) >= 10_000:
        return tuple((value, plain(value, 4)) for value in marked)
    return tuple(labelled(marked))


def _log_axis(
    values: Sequence[float], of: Quantity, label: str, ends: Mapped, most: int, *, zero: bool
) -> Axis:
    least, greatest = min(values) * (0.6 if zero else 1.0), max(values)
    steps = _FINE if greatest < 7 * least else _STEPS
    low, high = round_decade(least, steps, up=False), round_decade(greatest, steps, up=True)
    if low == high:
        low, high = low / 2, high * 2
    marked, minor = log_ticks(low, high, most)
    named = label if not of.unit or "/" not in of.unit else f"{of.text}, {of.unit}"
    return Axis(
        Scale(math.log10(low), math.log10(high), *ends),
        log=True,
        ticks=tuple((value, tick_label(value * of.factor, of.unit)) for value in marked),
        minor=tuple(minor),
        label=of.text if of.unit and "/" not in of.unit else named,
        quantity=of,
    )


def round_decade(value: float, steps: Sequence[float] = _STEPS, *, up: bool) -> float:
    """Return the nearest 1, 2 or 5 times a power of ten that is not below, or not above."""
    power = math.floor(math.log10(value))
    near = [m * 10.0**p for p in (power - 1, power, power + 1) for m in steps]
    if up:
        return min(each for each in near if each >= value * (1 - 1e-9))
    return max(each for each in near if each <= value * (1 + 1e-9))


def log_ticks(low: float, high: float, most: int) -> tuple[list[float], list[float]]:
    """Return what is labelled and what has a short mark on an axis of logarithms.

    Powers of ten are labelled where there are three of them, as many as have room, every third
    with the prefixes of SI first; else 1, 2 and 5 times.
    """
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    powers = [10.0**p for p in range(first, last + 1)]
    between = [m * 10.0**p for p in range(first - 1, last + 1) for m in range(1, 10)]
    inside = [v for v in between if low * (1 - 1e-9) <= v <= high * (1 + 1e-9)]
    if len(powers) < 3:
        steps = _FINE if high <= 10 * low * (1 + 1e-9) else _STEPS
        every = [m * 10.0**p for p in range(first - 1, last + 1) for m in steps]
        fine = [v for v in every if low * (1 - 1e-9) <= v <= high * (1 + 1e-9)]
        return fine if len(fine) <= most + 2 else _coarser(fine, powers), inside
    step = next((s for s in (1, 2, 3) if len(powers) / s <= most), 3)
    while len(powers) / step > most:
        step += 3
    return [v for p, v in zip(range(first, last + 1), powers, strict=True) if p % step == 0], (
        inside if len(powers) <= 6 else powers
    )


def _coarser(fine: list[float], powers: list[float]) -> list[float]:
    return powers if len(powers) > 1 else fine[::2]


def named_axis(places: Sequence[Tick], label: str, ends: Mapped, pad: float) -> Axis:
    """Return an axis of numbers or dates that bears names.

    Args:
        places: numbers and their names.
        label: of the axis.
        ends: its places.
        pad: from its ends to the first and last name, px.
    """
    low, high = min(at for at, _ in places), max(at for at, _ in places)
    scale = Scale(low, high, ends[0] + pad, ends[1] - pad)
    return Axis(scale, log=False, ticks=tuple(sorted(places)), minor=(), label=label,
                quantity=Quantity(label))  # fmt: skip
