"""The Pareto set of two metrics, and what cannot be told from it.

A candidate is on the frontier if no other is at least as good in both metrics and better in one, by
the numbers. A candidate that is not on it is *tied* with it where it cannot be told from one of its
points in either metric: where both differences are within ``hypot(u95, u95)``, the half-width of
the 95 % interval of a difference, errors of two candidates taken as independent. A number without
an interval counts as exact; where there are no intervals at all, nothing is tied.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from joulemark.analysis.frontier.candidate import Candidate, Measure, Metric


@dataclass(frozen=True, slots=True)
class Tie:
    """A candidate that cannot be told from points of the frontier.

    Attributes:
        candidate: it.
        by: names of these points.
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
    tied = [tie for one in rest if (tie := _tie(one, points, first, second)) is not None]
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


def _tie(one: Candidate, points: Sequence[Candidate], first: Metric, second: Metric) -> Tie | None:
    """Return which points of the frontier a candidate cannot be told from; None for none."""
    by = tuple(
        point.name
        for point in points
        if not any(
            told_apart(one.measures[m.name], point.measures[m.name]) for m in (first, second)
        )
    )
    return Tie(one, by) if by else None
