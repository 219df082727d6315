"""The Pareto set of two metrics, and what cannot be told from it.

A candidate is on the frontier if no other is at least as good in both metrics and better in one.
Where numbers have intervals, a candidate that is beaten may still be as good: it is *tied* unless
some other is better beyond doubt. In each metric the doubt is the half-width of the difference,
``hypot(u95, u95)``, errors of two candidates taken as independent; a number without an interval
counts as exact. Where there are no intervals at all, nothing is tied.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from joulemark.analysis.frontier.candidate import Candidate, Measure, Metric


@dataclass(frozen=True, slots=True)
class Tie:
    """A candidate that is beaten, though not beyond doubt.

    Attributes:
        candidate: it.
        by: names of the candidates of the frontier that beat it by the numbers.
    """

    candidate: Candidate
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Frontier:
    """The Pareto set.

    Attributes:
        points: that nobody beats, by the first metric, the best first.
        tied: that cannot be told from them.
        exact: whether no number of either metric has an interval.
    """

    points: tuple[Candidate, ...]
    tied: tuple[Tie, ...]
    exact: bool


def frontier(candidates: Sequence[Candidate], first: Metric, second: Metric) -> Frontier:
    """Return the Pareto set; candidates without one of the numbers are left out.

    Args:
        candidates: in any order.
        first: one metric.
        second: the other one.
    """
    names = (first.name, second.name)
    known = [one for one in candidates if one.has(*names)]
    ordered = sorted(known, key=lambda one: (*_costs(one, first, second), one.name))
    points: list[Candidate] = []
    for one in ordered:
        if not points or not _beaten(points[-1], one, first, second):
            points.append(one)
    kept = {id(one) for one in points}
    exact = all(one.measures[name].u95 is None for one in known for name in names)
    rest = [] if exact else [one for one in ordered if id(one) not in kept]
    tied = [tie for one in rest if (tie := _tie(one, known, points, first, second)) is not None]
    return Frontier(tuple(points), tuple(tied), exact)


def doubt(one: Measure, other: Measure) -> float:
    """Return the half-width of the 95 % interval of a difference."""
    return math.hypot(one.u95 or 0.0, other.u95 or 0.0)


def told_apart(one: Measure, other: Measure) -> bool:
    """Return whether two numbers differ beyond doubt."""
    return abs(one.value - other.value) > doubt(one, other)


def _costs(one: Candidate, first: Metric, second: Metric) -> tuple[float, float]:
    return (
        first.cost(one.measures[first.name].value),
        second.cost(one.measures[second.name].value),
    )


def _beaten(by: Candidate, one: Candidate, first: Metric, second: Metric) -> bool:
    """Return whether a candidate is beaten by the numbers."""
    better, worse = _costs(by, first, second), _costs(one, first, second)
    return better[0] <= worse[0] and better[1] <= worse[1] and better != worse


def _beaten_surely(by: Candidate, one: Candidate, first: Metric, second: Metric) -> bool:
    """Return whether a candidate is beaten beyond doubt."""
    for metric in (first, second):
        better, worse = by.measures[metric.name], one.measures[metric.name]
        if metric.cost(better.value) + doubt(better, worse) > metric.cost(worse.value):
            return False
    return _beaten(by, one, first, second)


def _tie(
    one: Candidate,
    known: Sequence[Candidate],
    points: Sequence[Candidate],
    first: Metric,
    second: Metric,
) -> Tie | None:
    if any(_beaten_surely(other, one, first, second) for other in known):
        return None
    return Tie(one, tuple(p.name for p in points if _beaten(p, one, first, second)))
