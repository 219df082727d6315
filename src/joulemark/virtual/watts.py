"""Power of a virtual instrument, told in a few letters: a constant or a square wave.

The energy of each is known in closed form, so that whoever reads the instrument can be held
against it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from joulemark.core.errors import UsageError
from joulemark.core.units import parse, parse_time

Watts = Callable[[float], float]
"""Power (W) at a moment, s after the instrument was started."""


@dataclass(frozen=True, slots=True)
class Wave:
    """A square wave that begins low; a constant if both levels are the same.

    Attributes:
        low: W in the first half of each period.
        high: W in the second half.
        period: s.
    """

    low: float
    high: float
    period: float = 1.0

    def __call__(self, moment: float) -> float:
        """Return the power at a moment (s), W."""
        return self.high if moment % self.period >= self.period / 2 else self.low

    def energy(self, start: float, stop: float) -> float:
        """Return the energy between two moments (s), J."""
        return self._since_zero(stop) - self._since_zero(start)

    def _since_zero(self, moment: float) -> float:
        whole, rest = divmod(moment, self.period)
        half = self.period / 2
        in_low, in_high = whole * half + min(rest, half), whole * half + max(rest - half, 0.0)
        return self.low * in_low + self.high * in_high


def wave(text: str) -> Wave:
    """Return the power that is written as ``350``, ``1.2kW`` or ``200..600/20s``.

    >>> wave("200..600/20s")
    Wave(low=200.0, high=600.0, period=20.0)

    Raises:
        UsageError: if it is not written so, or is below zero.
    """
    levels, slash, period = text.partition("/")
    low, dots, high = levels.partition("..")
    if bool(slash) is not bool(dots):
        raise _misspelt(text)
    first = parse(low, "W")
    told = Wave(first, parse(high, "W"), parse_time(period)) if dots else Wave(first, first)
    if min(told.low, told.high) < 0 or told.period <= 0 or not math.isfinite(told.period):
        raise _misspelt(text)
    return told


def _misspelt(text: str) -> UsageError:
    return UsageError(f"{text!r} is no power", remedy="write it like 350W or 200W..600W/20s")
