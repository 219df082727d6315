"""The best so far: what each round reached, where it rose, and where nothing can be told.

A result is better if it does more work a joule. Two results can be told apart if their logarithms
differ by more than their two intervals, taken as independent (GUM 5.1.2): an interval holds what
the accuracy class of a meter leaves, not how a result would scatter if it were repeated.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from joulemark.analysis.record.definitions import Definitions
from joulemark.analysis.record.entry import Entry
from joulemark.analysis.trends.lines import Line, lines
from joulemark.analysis.trends.statistics import FEWEST
from joulemark.core.words import StrEnum


class Move(StrEnum):
    """What a round did to the best so far."""

    FIRST = "first"
    """There was none before."""
    HIGHER = "higher"
    """It is higher by more than the two intervals."""
    UNSURE = "higher, ± unknown"
    """It is higher, and an interval of one of the two is not known."""
    LEVEL = "within ±"
    """The two cannot be told apart; the higher of them is the best so far."""
    PLATEAU = "plateau"
    """It is lower, so the best before it stands."""


@dataclass(frozen=True, slots=True)
class Step:
    """One round of a line.

    Attributes:
        round: which.
        best: the best so far.
        here: the best of the round itself.
        move: what the round did to the best so far.
        times: the best so far over that of the first round.
        level: others of the round which cannot be told apart from ``here``.
        count: results of the round.
    """

    round: str
    best: Entry
    here: Entry
    move: Move
    times: float
    level: tuple[Entry, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Best:
    """A line and its best so far.

    Attributes:
        line: the entries.
        steps: a step for each round that has results.
    """

    line: Line
    steps: tuple[Step, ...]

    @property
    def is_trend(self) -> bool:
        """Whether there are rounds enough to speak of one."""
        return len(self.steps) >= FEWEST


def best_so_far(entries: Iterable[Entry], known: Definitions | None = None) -> tuple[Best, ...]:
    """Return the best so far of every line of a record; lines without a result are left out.

    Args:
        entries: of the record, in any order.
        known: what benchmarks mean; what comes with the package if None.
    """
    return tuple(best_of(line) for line in lines(entries, known) if line.entries)


def best_of(line: Line) -> Best:
    """Return the best so far of a line.

    Args:
        line: with one entry at least.
    """
    steps: list[Step] = []
    for round_ in line.rounds:
        found = line.of_round(round_)
        here = best(found)
        before = steps[-1].best if steps else None
        move = moved(before, here)
        stands = before if before is not None and move is Move.PLATEAU else here
        times = efficiency(stands) / efficiency(steps[0].here if steps else here)
        level = tuple(e for e in found if _is_level(here, e))
        steps.append(Step(round_, stands, here, move, times, level, len(found)))
    return Best(line, tuple(steps))


def best(entries: Iterable[Entry]) -> Entry:
    """Return the entry that does most work a joule; of equal ones that of the first key."""
    return min(entries, key=lambda entry: (-efficiency(entry), entry.key))


def efficiency(entry: Entry) -> float:
    """Return the work a joule of an entry that has one."""
    return entry.per_joule or 0.0


def moved(before: Entry | None, here: Entry) -> Move:
    """Return what a round's best does to the best before it."""
    if before is None:
        return Move.FIRST
    if efficiency(here) < efficiency(before):
        return Move.PLATEAU
    apart = told_apart(before, here)
    if apart is None:
        return Move.UNSURE
    return Move.HIGHER if apart else Move.LEVEL


def told_apart(one: Entry, other: Entry) -> bool | None:
    """Return whether two efficiencies differ by more than their intervals; None if one is unknown.

    An entry and itself, or two of one log, are never told apart.
    """
    if one.key == other.key or (one.runs and one.runs == other.runs):
        return False
    within = spread(one, other)
    if within is None:
        return None
    return abs(math.log(efficiency(other) / efficiency(one))) > within


def spread(one: Entry, other: Entry) -> float | None:
    """Return the half-width of the 95 % interval of the ratio of two, relative; None if unknown."""
    if one.u95 is None or other.u95 is None:
        return None
    return math.hypot(one.u95, other.u95)


def _is_level(here: Entry, other: Entry) -> bool:
    """Return whether another measurement of a round is as good as its best."""
    if other.key == here.key or (other.runs and other.runs == here.runs):
        return False
    return told_apart(here, other) is False
