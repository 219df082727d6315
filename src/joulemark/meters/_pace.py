"""Deadlines of the sampling loop, and how well they are kept."""

from __future__ import annotations

from joulemark.core.clock import NS


class Pace:
    """Deadlines at whole multiples of a period after a start, so that lateness never adds up.

    Args:
        start: time of the first deadline, ns.
        period: time between two deadlines, ns.

    Attributes:
        ticks: deadlines that were met or nearly so.
        skipped: deadlines that were left out, because the next one was due as well.
    """

    def __init__(self, start: int, period: int) -> None:
        """Begin with the first deadline."""
        self.ticks = 0
        self.skipped = 0
        self._start = start
        self._period = period
        self._tick = 0
        self._late_sum = 0
        self._late_max = 0

    def arrived(self, now: int) -> int:
        """Note the arrival at a deadline; return its number."""
        late = max(now - (self._start + self._tick * self._period), 0)
        self.ticks += 1
        self._late_sum += late
        self._late_max = max(self._late_max, late)
        return self._tick

    def next_deadline(self, now: int) -> int:
        """Return the time of the next deadline that has not wholly passed, ns."""
        following = max(self._tick + 1, (now - self._start) // self._period)
        self.skipped += following - self._tick - 1
        self._tick = following
        return self._start + following * self._period

    @property
    def late_mean_s(self) -> float:
        """Mean lateness of an arrival, s."""
        return self._late_sum / max(self.ticks, 1) / NS

    @property
    def late_max_s(self) -> float:
        """Worst lateness of an arrival, s."""
        return self._late_max / NS
