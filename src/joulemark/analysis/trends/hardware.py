"""A generation of hardware: the same organisation, and the next accelerator of a family.

Where both generations have results of one round, software is of one age and the two are compared
there. Else the older one's last round meets the newer one's first, and what software gained in
between is in the change: its note says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from joulemark.analysis.record.definitions import Definitions, order
from joulemark.analysis.record.entry import Entry
from joulemark.analysis.trends.best import best
from joulemark.analysis.trends.changes import Change, Changes, changes_of, once
from joulemark.analysis.trends.families import Family, families
from joulemark.analysis.trends.lines import Line, Subject, lines
from joulemark.analysis.trends.organisations import organisation

ByRound = Mapping[str, Sequence[Entry]]


@dataclass(frozen=True, slots=True)
class Generations:
    """From one accelerator to the next.

    Attributes:
        family: of both.
        older: name.
        newer: name.
        changes: what came of it.
    """

    family: Family
    older: str
    newer: str
    changes: Changes


def hardware_changes(
    entries: Iterable[Entry], known: Definitions | None = None
) -> tuple[Generations, ...]:
    """Return the changes from each generation to the next, by family.

    A step without changes stays in a family that has others: no organisation has results of both.

    Args:
        entries: of the record, in any order.
        known: what benchmarks mean; what comes with the package if None.
    """
    found = lines(entries, known)
    made = (tuple(_of(family, found)) for family in families())
    return tuple(of for steps in made if any(of.changes.changes for of in steps) for of in steps)


def _of(family: Family, found: Sequence[Line]) -> Iterator[Generations]:
    for older, newer in pairwise(range(len(family.generations))):
        changes = once(change for line in found for change in _changes(line, family, older, newer))
        names = [family.generations[number].name for number in (older, newer)]
        yield Generations(family, names[0], names[1], changes_of(changes))


def _changes(line: Line, family: Family, older: int, newer: int) -> Iterator[Change]:
    makers: dict[str, dict[int, dict[str, list[Entry]]]] = {}
    for entry in line.entries:
        place = family.place(entry.accelerator)
        if place in (older, newer):
            of = makers.setdefault(organisation(entry), {}).setdefault(place, {})
            of.setdefault(entry.round, []).append(entry)
    for generations in makers.values():
        if len(generations) > 1:
            change = _change(line.subject, generations[older], generations[newer])
            if change is not None:
                yield change


def _change(subject: Subject, older: ByRound, newer: ByRound) -> Change | None:
    """Return the change in the first round of both, else between two rounds; None if none fits."""
    first = min(newer, key=order)
    same = sorted(set(older) & set(newer), key=order)
    if same:
        first = last = same[0]
    else:
        earlier = [round_ for round_ in older if order(round_) < order(first)]
        if not earlier:
            return None
        last = max(earlier, key=order)
    before, after = best(older[last]), best(newer[first])
    return Change(subject, before, after, "; ".join(_differs(before, after)))


def _differs(before: Entry, after: Entry) -> Iterator[str]:
    if before.round != after.round:
        yield f"{before.round} and {after.round}: software changed as well"
    if before.accelerators != after.accelerators:
        yield f"{_count(before.accelerators)} and {_count(after.accelerators)} accelerators"


def _count(number: float | None) -> str:
    return "unknown" if number is None else f"{number:g}"
