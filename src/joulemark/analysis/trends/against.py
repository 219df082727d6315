"""Efficiency against something else of the same results: performance, size, accuracy target.

A rank correlation says whether the two go together over the results of one line. It says nothing
of causes: results of many rounds and machines lie in a line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from joulemark.analysis.record.definitions import Definitions
from joulemark.analysis.record.entry import Entry
from joulemark.analysis.trends.best import best, efficiency
from joulemark.analysis.trends.changes import Change, Changes, changes_of, measurement, once
from joulemark.analysis.trends.lines import Line, Subject, lines
from joulemark.analysis.trends.organisations import hardware, organisation
from joulemark.analysis.trends.statistics import Correlation, correlation
from joulemark.core.words import StrEnum

LOW, HIGH = "99", "99.9"


class Against(StrEnum):
    """What efficiency is shown against."""

    PERFORMANCE = "performance"
    ACCELERATORS = "accelerators"
    NODES = "nodes"


OF: Mapping[Against, Callable[[Entry], float | None]] = {
    Against.PERFORMANCE: lambda entry: entry.performance,
    Against.ACCELERATORS: lambda entry: entry.accelerators,
    Against.NODES: lambda entry: entry.nodes,
}


@dataclass(frozen=True, slots=True)
class Group:
    """Results of the lowest or highest third of the other quantity, equal ones not parted.

    Attributes:
        least: of the other quantity.
        most: of it.
        median: work a joule, the middle of the results (the lower one of two).
        count: of results.
    """

    least: float
    most: float
    median: float
    count: int


@dataclass(frozen=True, slots=True)
class Beside:
    """One line, against another quantity.

    Attributes:
        line: with the entries for which that is known; one measurement occurs once.
        what: the other quantity.
        correlation: of efficiency with it; None where too few differ.
        low: results of its lowest third; None where there is no correlation.
        high: likewise.
    """

    line: Line
    what: Against
    correlation: Correlation | None
    low: Group | None
    high: Group | None

    def points(self) -> list[tuple[float, float]]:
        """Return the other quantity and work a joule of each result."""
        return [(OF[self.what](e) or 0.0, efficiency(e)) for e in self.line.entries]


def against(
    entries: Iterable[Entry], what: Against, known: Definitions | None = None
) -> tuple[Beside, ...]:
    """Return every line against another quantity; lines for which nothing is known are left out.

    Args:
        entries: of the record, in any order.
        what: the other quantity.
        known: what benchmarks mean; what comes with the package if None.
    """
    found = (_beside(line, what) for line in lines(entries, known))
    return tuple(beside for beside in found if beside.line.entries)


def _beside(line: Line, what: Against) -> Beside:
    once = {measurement(entry): entry for entry in reversed(line.entries) if OF[what](entry)}
    kept = replace(line, entries=tuple(reversed(once.values())))
    beside = Beside(kept, what, None, None, None)
    points = sorted(beside.points())
    made = correlation([x for x, _ in points], [y for _, y in points])
    if made is None:
        return beside
    low, high = _outer([x for x, _ in points])
    return replace(
        beside,
        correlation=made,
        low=_group([point for point in points if point[0] <= low]),
        high=_group([point for point in points if point[0] >= high]),
    )


def _outer(x: Sequence[float]) -> tuple[float, float]:
    """Return the end of the lowest third and the start of the highest, of at least two values."""
    third = (len(x) - 1) // 3
    low = min(x[third], max(value for value in x if value < x[-1]))
    return low, max(x[-1 - third], min(value for value in x if value > low))


def _group(points: Sequence[tuple[float, float]]) -> Group:
    values = sorted(y for _, y in points)
    return Group(points[0][0], points[-1][0], values[(len(values) - 1) // 2], len(points))


def accuracy(entries: Iterable[Entry], known: Definitions | None = None) -> Changes:
    """Return what the stricter accuracy target changes: 99.9 after 99, on one machine in one round.

    Where both targets are met by the same measurement the change is nought.

    Args:
        entries: of the record, in any order.
        known: what benchmarks mean; what comes with the package if None.
    """
    machines: dict[object, dict[str, list[Entry]]] = {}
    subjects: dict[object, Subject] = {}
    for line in lines(entries, known):
        target = line.subject.target
        plain = replace(line.subject, target="")
        for entry in line.entries if target in (LOW, HIGH) else ():
            machine = (entry.round, organisation(entry), *hardware(entry))
            name = (plain, line.part, line.work, *machine)
            machines.setdefault(name, {}).setdefault(target, []).append(entry)
            subjects[name] = plain
    return changes_of(
        once(
            Change(subjects[name], best(targets[LOW]), best(targets[HIGH]))
            for name, targets in machines.items()
            if len(targets) > 1
        )
    )
