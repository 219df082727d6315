"""How often a 95 % interval held the truth, with the interval of that share itself."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median

from joulemark.core.student import NORMAL_975

LEAST = 0.93
"""A share that is significantly below this is a failure."""
MOST = 0.97
"""A share above this is a wider interval than need be."""


@dataclass(frozen=True, slots=True)
class Held:
    """One interval beside the truth.

    Attributes:
        value: what was said.
        u95: half-width that was said.
        truth: what was so.
        warned: whether a warning said that this interval may not hold.
    """

    value: float
    u95: float
    truth: float
    warned: bool = False

    @property
    def held(self) -> bool:
        """Whether the interval holds the truth."""
        return abs(self.value - self.truth) <= self.u95


@dataclass(frozen=True, slots=True)
class Coverage:
    """How often the intervals of one kind held.

    Attributes:
        case: what was measured, and how.
        quantity: what the interval is of.
        draws: how many intervals.
        held: how many of them hold the truth.
        low: lower end of the 95 % interval of the share.
        high: upper end of it.
        bias: mean error, relative to the mean truth.
        half_width: median half-width, relative to the mean truth.
        missed_unwarned: intervals that do not hold the truth and that nothing warned of.
    """

    case: str
    quantity: str
    draws: int
    held: int
    low: float
    high: float
    bias: float
    half_width: float
    missed_unwarned: int

    @property
    def share(self) -> float:
        """Share of the intervals that hold the truth."""
        return self.held / self.draws

    @property
    def failed(self) -> bool:
        """Whether intervals hold significantly less often than they must, and nothing warned."""
        return self.high < LEAST and self.missed_unwarned > 0


def coverage(case: str, quantity: str, intervals: Sequence[Held]) -> Coverage:
    """Return how often some intervals hold their truths.

    Raises:
        ValueError: if there are none, or if their mean truth is zero.
    """
    scale = abs(fmean(one.truth for one in intervals)) if intervals else 0.0
    if scale == 0:
        raise ValueError(f"{case}, {quantity}: nothing to be held against")
    held = sum(one.held for one in intervals)
    low, high = wilson(held, len(intervals))
    return Coverage(
        case=case,
        quantity=quantity,
        draws=len(intervals),
        held=held,
        low=low,
        high=high,
        bias=fmean(one.value - one.truth for one in intervals) / scale,
        half_width=median(one.u95 for one in intervals) / scale,
        missed_unwarned=sum(not one.held and not one.warned for one in intervals),
    )


def wilson(count: int, of: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927), which stays between 0 and 1.

    Args:
        count: how often.
        of: of how many, at least one.
    """
    z, share = NORMAL_975, count / of
    middle = share + z * z / (2 * of)
    reach = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    whole = 1 + z * z / of
    return max((middle - reach) / whole, 0.0), min((middle + reach) / whole, 1.0)
