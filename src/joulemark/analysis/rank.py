"""Order several sides, and name a best only where it can be told from every other.

All pairs are compared at once: each interval has the confidence 1 - 0.05/m for m pairs
(Bonferroni), so that with 95 % confidence none of them errs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from joulemark.analysis.compare import Comparison, Question, compare
from joulemark.analysis.observed import Observation
from joulemark.analysis.scatter import CONFIDENCE
from joulemark.analysis.sides import figure_of
from joulemark.core.errors import UsageError
from joulemark.core.value import Value

Alike = Mapping[str, set[str]]
"""For each side those that it cannot be told from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One side in its place.

    Attributes:
        name: of the side.
        figure: its figure; None where it was not measured.
        over_first: interval of its ratio to the lowest, all pairs at once; None for the lowest.
        groups: numbers; two sides that share one cannot be told apart. None where no order is.
    """

    name: str
    figure: Value | None
    over_first: tuple[float, float] | None = None
    groups: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """The sides from the lowest figure to the highest.

    Attributes:
        question: what was asked.
        phase: which phase.
        places: in order; as given, without groups, where they are not comparable.
        best: name of the lowest, where it can be told from all others.
        refused: why no best is named; empty where one is.
        level: confidence of each pair's interval.
    """

    question: Question
    phase: str
    places: tuple[Place, ...]
    best: str | None
    refused: str
    level: float


def rank(sides: Mapping[str, Sequence[Observation]], question: Question | None = None) -> Ranking:
    """Return several sides in order, lowest figure first.

    Args:
        sides: one phase of the runs of each side, by name; at least two sides of at least one run.
        question: what is asked.

    Raises:
        UsageError: if there are fewer than two sides.
    """
    if len(sides) < 2:
        raise UsageError("a ranking needs at least two sides", remedy="name more runs")
    question = question or Question()
    figures = {name: figure_of(runs, question.metric) for name, runs in sides.items()}
    names = sorted(sides, key=lambda name: _height(figures[name]))
    pairs = {(x, y): compare(sides[x], sides[y], question) for x, y in combinations(names, 2)}
    level = 1 - (1 - CONFIDENCE) / len(pairs)
    hindered = [f"{x} and {y}: {one.refused[0]}" for (x, y), one in pairs.items() if one.refused]
    best, refused = None, f"not comparable: {hindered[0]}" if hindered else ""
    places = [Place(name=name, figure=figures[name]) for name in sides]
    if not hindered:
        alike = _alike(names, pairs, level)
        places = _places(names, figures, pairs, alike, level)
        close = [name for name in names if name in alike[names[0]]]
        best = None if close else names[0]
        refused = f"{names[0]} cannot be told from {', '.join(close)}" if close else ""
    return Ranking(
        question=question,
        phase=next(iter(sides.values()))[0].phase,
        places=tuple(places),
        best=best,
        refused=refused,
        level=level,
    )


def _height(figure: Value | None) -> float:
    return math.inf if figure is None else figure.value


def _alike(
    names: list[str], pairs: Mapping[tuple[str, str], Comparison], level: float
) -> dict[str, set[str]]:
    alike: dict[str, set[str]] = {name: set() for name in names}
    for (x, y), one in pairs.items():
        limits = one.interval(level)
        if limits is not None and limits[0] <= 1 <= limits[1]:
            alike[x].add(y)
            alike[y].add(x)
    return alike


def _places(
    names: list[str],
    figures: Mapping[str, Value | None],
    pairs: Mapping[tuple[str, str], Comparison],
    alike: Alike,
    level: float,
) -> list[Place]:
    groups = groups_of(names, alike)
    return [
        Place(
            name=name,
            figure=figures[name],
            over_first=pairs[names[0], name].interval(level) if name != names[0] else None,
            groups=tuple(number for number, group in enumerate(groups, 1) if name in group),
        )
        for name in names
    ]


def groups_of(names: Sequence[str], alike: Alike) -> list[set[str]]:
    """Return the largest sets in which no two can be told apart, in the order of the names.

    The maximal cliques of a graph (Bron and Kerbosch, CACM 16, 1973, with a pivot).
    """
    found: list[set[str]] = []

    def grow(clique: set[str], open_: set[str], done: set[str]) -> None:
        if not open_ and not done:
            found.append(clique)
            return
        pivot = max(sorted(open_ | done), key=lambda name: len(open_ & alike[name]))
        for name in sorted(open_ - alike[pivot]):
            grow(clique | {name}, open_ & alike[name], done & alike[name])
            open_, done = open_ - {name}, done | {name}

    grow(set(), set(names), set())
    place = {name: number for number, name in enumerate(names)}
    return sorted(found, key=lambda group: sorted(place[name] for name in group))
