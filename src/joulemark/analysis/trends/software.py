"""Software alone: the same machine of the same organisation in two rounds next to each other.

What is called software here is all that a submitter changed without saying so of the hardware:
libraries, settings, firmware, power limits, and how the repeat of a measurement scatters.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from joulemark.analysis.record.definitions import Definitions, definitions, order
from joulemark.analysis.record.entry import Category, Entry
from joulemark.analysis.trends.best import best
from joulemark.analysis.trends.changes import Change, Changes, changes_of
from joulemark.analysis.trends.lines import Subject, lines
from joulemark.analysis.trends.organisations import Hardware, hardware, organisation

_Machine = tuple[Subject, int, str, str, Hardware]
SAME = "the same software is stated"


def software_changes(entries: Iterable[Entry], known: Definitions | None = None) -> Changes:
    """Return the changes of machines that stayed, from each round to the next.

    Of several results of a machine in a round the best counts. Whether a system is published as
    edge or as datacenter makes no difference; one that is both counts once.

    Args:
        entries: of the record, in any order.
        known: what benchmarks mean; what comes with the package if None.
    """
    known = known or definitions()
    all_ = list(entries)
    rounds = {suite: rounds_of(suite, all_, known) for suite in {e.suite for e in all_}}
    machines: dict[_Machine, dict[str, list[Entry]]] = {}
    for line in lines(all_, known):
        of = replace(line.subject, category=Category.UNKNOWN)
        for entry in line.entries:
            name = (of, line.part, line.work, organisation(entry), hardware(entry))
            machines.setdefault(name, {}).setdefault(entry.round, []).append(entry)
    return changes_of(
        [
            _change(of, best(by_round[earlier]), best(by_round[later]))
            for (of, *_), by_round in machines.items()
            for earlier, later in pairwise(rounds[of.suite])
            if earlier in by_round and later in by_round
        ]
    )


def rounds_of(suite: str, entries: Iterable[Entry], known: Definitions) -> Sequence[str]:
    """Return all rounds of a suite in order: those with a date, and those of results."""
    named = {entry.round for entry in entries if entry.suite == suite and entry.round}
    return sorted(named | set(known.dates.get(suite, {})), key=order)


def _change(subject: Subject, before: Entry, after: Entry) -> Change:
    same = before.software and before.software.casefold() == after.software.casefold()
    of = replace(subject, category=before.category)
    return Change(of, before, after, SAME if same else "")
