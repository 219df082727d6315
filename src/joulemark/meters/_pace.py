"""Periods and deadlines of the sampling loop, and how well they are kept."""

from __future__ import annotations

import math

from joulemark.core.clock import NS
from joulemark.core.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


PAUSE, RESUME = b"pause", b"resume"
"""What may be said to a sampling loop besides its end, a line each."""
GOLDEN = 0.6180339887498949
"""Its multiples, less their whole parts, never settle on any rhythm."""


class Pace:
    """Deadlines at whole multiples of a period after a start, so that lateness never adds up.

    A load that repeats at the pace of the deadlines would always be seen at the same moment of its
    period. Scattered deadlines, one in each period at ever another place of it, see all of them.

    Args:
        start: time of the first deadline, ns.
        period: time between two deadlines, ns.
        scattered: whether the deadlines after the first lie anywhere in their periods.

    Attributes:
        ticks: deadlines that were met or nearly so.
        skipped: deadlines that were left out, because the next one was due as well.
    """

    def __init__(self, start: int, period: int, *, scattered: bool = False) -> None:
        """Begin with the first deadline."""
        self._scattered = scattered
        self.ticks = 0
        self.skipped = 0
        self._start = start
        self._period = period
        self._tick = 0
        self._deadline = start
        self._late_sum = 0
        self._late_max = 0

    def arrived(self, now: int) -> int:
        """Note the arrival at a deadline; return its number."""
        late = now - self._deadline
        self.ticks += 1
        if late > 0:
            self._late_sum += late
            if late > self._late_max:
                self._late_max = late
        return self._tick

    def next_deadline(self, now: int) -> int:
        """Return the time of the next deadline that has not wholly passed, ns."""
        following, passed = self._tick + 1, (now - self._start) // self._period
        if passed > following:
            self.skipped += passed - following
            following = passed
        self._tick = following
        deadline = self._start + following * self._period
        if self._scattered:
            deadline += int(following * GOLDEN % 1.0 * self._period)
        self._deadline = deadline
        return deadline

    def rest(self, ns: int) -> None:
        """Put off all deadlines: while the loop was told to rest it was not late."""
        self._start += ns
        self._deadline += ns

    @property
    def late_mean_s(self) -> float:
        """Mean lateness of an arrival, s."""
        return self._late_sum / max(self.ticks, 1) / NS

    @property
    def late_max_s(self) -> float:
        """Worst lateness of an arrival, s."""
        return self._late_max / NS


def every_ticks(period: object, period_s: float, meter: str) -> int:
    """Return at each how many-th tick a meter with a period of its own is read.

    Args:
        period: its period, s; None for that of the loop.
        period_s: period of the loop, s.
        meter: its name, for the message.

    Raises:
        UsageError: if it is no number of seconds, or shorter than the period of the loop.
    """
    if period is None:
        return 1
    seconds = _seconds(period)
    if not period_s * 0.999 <= seconds <= 86400:
        raise UsageError(
            f"period_s is {period!r}, the sampler's is {period_s}",
            where=f"meter {meter}",
            remedy="a meter may be slower than the sampler (up to a day), not faster",
        )
    return round(seconds / period_s)


def check_period(period_s: object) -> float:
    """Return the period of the loop.

    Raises:
        UsageError: if it is not between 0.1 ms and an hour.
    """
    seconds = _seconds(period_s)
    if not 1e-4 <= seconds <= 3600:
        raise UsageError(
            f"a sampling period of {period_s!r} s", remedy="choose from 0.0001 s to 3600 s"
        )
    return seconds


def _seconds(value: object) -> float:
    """Return a number as it is; NaN, which fits no bounds, for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return math.nan
    return float(value)


def slow_and_own(settings: Mapping[str, Any]) -> tuple[object, dict[str, Any]]:
    """Return the setting that is the sampler's (``period_s``), and those that are the meter's."""
    own = {name: value for name, value in settings.items() if name != "period_s"}
    return settings.get("period_s"), own
