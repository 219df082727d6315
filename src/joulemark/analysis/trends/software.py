"""Software alone: the same machine of the same organisation in two rounds next to each other.

What is called software here is all that a submitter changed without saying so of the hardware:
libraries, settings, firmware, power limits, and how the repeat of a measurement scatters.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from joulemark.analysis.record.definitions import Definitions, definitions, order
from joulemark.analysis.record.entry import Entry
from joulemark.analysis.trends.best import best
from joulemark.analysis.trends.changes import Change, Changes, changes_of, once
from joulemark.analysis.trends.lines import Line, Subject, lines
from joulemark.analysis.trends.organisations import hardware, organisation

SAME = "the same software is stated"


def software_changes(entries: Iterable[Entry], known: Definitions | None = None) -> Changes:
    """Return the changes of machines that stayed, from each round to the next.

    Of several results of a machine in a round the best counts. A system that is published in two
    categories counts once.

    Args:
        entries: of the record, in any order.
        known: what benchmarks mean; what comes with the package if None.
    """
    known = known or definitions()
    all_ = list(entries)
    rounds = {suite: rounds_of(suite, all_, known) for suite in {e.suite for e in all_}}
    found = (c for line in lines(all_, known) for c in _of(line, rounds[line.subject.suite]))
    return changes_of(once(found))


def rounds_of(suite: str, entries: Iterable[Entry], known: Definitions) -> Sequence[str]:
    """Return all rounds of a suite in order: those with a date, and those of results."""
    named = {entry.round for entry in entries if entry.suite == suite and entry.round}
    return sorted(named | set(known.dates.get(suite, {})), key=order)


def _of(line: Line, rounds: Sequence[str]) -> Iterator[Change]:
    machines: dict[object, dict[str, list[Entry]]] = {}
    for entry in line.entries:
        name = (organisation(entry), *hardware(entry))
        machines.setdefault(name, {}).setdefault(entry.round, []).append(entry)
    for by_round in machines.values():
        for earlier, later in pairwise(rounds):
            if earlier in by_round and later in by_round:
                yield _change(line.subject, best(by_round[earlier]), best(by_round[later]))


def _change(subject: Subject, before: Entry, after: Entry) -> Change:
    same = before.software and before.software.casefold() == after.software.casefold()
    return Change(subject, before, after, SAME if same else "")
