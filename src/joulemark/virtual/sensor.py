"""The power sensor of a virtual instrument: a value at each tick, and statistics of them all."""

from __future__ import annotations

from dataclasses import dataclass

from joulemark.virtual.faults import Faults
from joulemark.virtual.watts import Watts

MOST_TICKS = 1_000_000
"""Ticks that are gone through between two reads; of a longer rest the older ones are left out."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the sensor shows.

    Attributes:
        watts: W at its last tick.
        low: lowest of all ticks so far, W.
        high: highest, W.
        mean: their mean, W.
        moment: time of the last tick, s after the start.
    """

    watts: float
    low: float
    high: float
    mean: float
    moment: float


class PowerSensor:
    """Shows the power of its last tick.

    Args:
        watts: the truth.
        update_s: time between two ticks.
        faults: what is wrong with it.
    """

    def __init__(self, watts: Watts, update_s: float = 1.0, faults: Faults | None = None) -> None:
        """Take the first value, of the moment 0."""
        self._watts = watts
        self.update_s = update_s
        self.faults = faults or Faults()
        first = watts(0.0)
        self._low, self._high, self._sum, self._ticks = first, first, first, 1
        self._last = 0.0
        self._shown = first

    def at(self, moment: float) -> Reading:
        """Return what it shows at a moment, s after the start; moments never go back."""
        shown = self.faults.moment_shown(moment, self.update_s)
        pace = max(self.update_s, self.faults.coarse_every)
        first = round(self._last / pace) + 1
        last = round(shown / pace)
        for tick in range(max(first, last - MOST_TICKS), last + 1):
            value = self._watts(tick * pace)
            self._low, self._high = min(self._low, value), max(self._high, value)
            self._sum, self._ticks = self._sum + value, self._ticks + 1
            self._shown, self._last = value, tick * pace
        return Reading(self._shown, self._low, self._high, self._sum / self._ticks, self._last)
