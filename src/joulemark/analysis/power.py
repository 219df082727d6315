"""How many more repeats would tell a difference of a given size."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from joulemark.analysis.quantile import factor
from joulemark.analysis.scatter import CONFIDENCE, Scatter

POWER = 0.80
"""A difference is to be seen in four of five trials."""
MOST = 10_000
"""More repeats than this are no advice."""
_ONE_SIDED = 2 * POWER - 1
"""Two-sided level whose factor is the 80 % point."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What more repeats would bring.

    Attributes:
        difference: relative difference that is to be told.
        more: how many more repeats of each side; 0 where there are enough; None where no number
            helps or it cannot be known.
        seconds: how long these take, s; None likewise.
        floor: smallest relative difference that any number of repeats could tell.
        unknown: whether nothing repeats, so that the scatter is unknown.
    """

    difference: float
    more: int | None
    seconds: float | None
    floor: float
    unknown: bool = False


def outlook(scatter: Scatter, u_random: float, u_systematic: float, difference: float) -> Outlook:
    """Return how many more repeats a side would tell a relative difference.

    Args:
        scatter: of the repeats there are.
        u_random: standard uncertainty of the log ratio that more repeats reduce.
        u_systematic: standard uncertainty of it that they do not reduce.
        difference: relative difference to be told, above zero.
    """
    wanted = math.log1p(difference)
    floor = math.expm1(_reach(math.inf) * u_systematic)
    if not math.isfinite(scatter.u):
        return Outlook(
            difference=difference, more=None, seconds=None, floor=floor, unknown=floor < difference
        )
    a, b = scatter.counts
    now = 2 * a * b / (a + b)
    each = u_random**2 * now

    def enough(count: int) -> bool:
        dof = (count - 1) * (1.0 if scatter.paired else 2.0)
        room = (wanted / _reach(math.inf)) ** 2 - u_systematic**2
        return each / count * (_reach(dof) / _reach(math.inf)) ** 2 <= room

    needed = _least(enough)
    if needed is None:
        return Outlook(difference=difference, more=None, seconds=None, floor=floor)
    more = max(needed - min(a, b), 0)
    return Outlook(difference=difference, more=more, seconds=more * scatter.seconds, floor=floor)


def _reach(dof: float) -> float:
    """Return how many standard errors a difference must have to be seen four times of five."""
    return factor(CONFIDENCE, dof) + factor(_ONE_SIDED, dof)


def _least(enough: Callable[[int], bool]) -> int | None:
    """Return the smallest number of at least 2 that is enough; None where MOST is not."""
    if not enough(MOST):
        return None
    low, high = 1, MOST
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
