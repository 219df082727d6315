"""One time axis: int64 nanoseconds UTC, carried by a monotonic clock.

A run notes UTC and the monotonic clock together once, at its start, and from then on counts time
by the monotonic clock alone. A step of the system clock therefore never moves a sample; it shows
in the channel ``clock/offset`` instead. This module only does the arithmetic; clocks are read by
those who are handed a :data:`Clock`.
"""

from __future__ import annotations

from joulemark.core.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

Clock: TypeAlias = "Callable[[], int]"
"""A function that returns the time of the run, ns."""

NS = 1_000_000_000
"""Nanoseconds in a second."""


@record(frozen=True, slots=True)
class Anchor:
    """UTC and the monotonic clock of one host, read together.

    Attributes:
        utc_ns: ns since 1970-01-01 UTC.
        monotonic_ns: the host's monotonic clock at that instant.
    """

    utc_ns: int
    monotonic_ns: int

    def clock(self, monotonic: Clock) -> Clock:
        """Return the run's clock on this host, given the host's monotonic clock."""
        shift = self.utc_ns - self.monotonic_ns
        return lambda: monotonic() + shift

    def offset_ns(self, utc_ns: int, monotonic_ns: int) -> int:
        """Return how far UTC has moved away from the run's clock since the anchor, ns."""
        return (utc_ns - self.utc_ns) - (monotonic_ns - self.monotonic_ns)
