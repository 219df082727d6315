"""A bound on the increase from A to B, for continuous integration."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from joulemark.analysis.compare import Comparison

ONE_SIDED = 0.90
"""Two-sided level whose limits are one-sided 95 % limits."""


class Outcome(StrEnum):
    """What a gate answers, from good to bad."""

    PASSED = "passed"
    """A larger increase is excluded: the one-sided 95 % upper limit is within the bound."""
    UNDECIDED = "undecided"
    """The bound lies between the limits."""
    EXCEEDED = "exceeded"
    """The one-sided 95 % lower limit is above the bound."""
    NOT_COMPARABLE = "not-comparable"


_ORDER = tuple(Outcome)


def gate(comparison: Comparison, max_increase: float) -> Outcome:
    """Return whether B is at most ``max_increase`` (0.05 for 5 %) above A."""
    if comparison.ratio is None:
        return Outcome.NOT_COMPARABLE
    limits = comparison.interval(ONE_SIDED)
    if limits is None:
        return Outcome.UNDECIDED
    low, high = limits
    if high <= 1 + max_increase:
        return Outcome.PASSED
    return Outcome.EXCEEDED if low > 1 + max_increase else Outcome.UNDECIDED


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """Return the worst of several outcomes.

    Raises:
        ValueError: if there is none.
    """
    return max(outcomes, key=_ORDER.index)
