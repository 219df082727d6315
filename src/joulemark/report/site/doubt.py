"""Which results are in doubt, and which is the best of a benchmark."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from joulemark.analysis.record.definitions import Definitions, Kind, order
from joulemark.analysis.record.entry import Entry, Evidence
from joulemark.analysis.scales_stated import HARMLESS
from joulemark.core.caution import Code

NO_DOUBT, IN_DOUBT, ESTIMATED = "none", "in doubt", Code.ESTIMATED.value


def doubt_of(entry: Entry) -> str:
    """Return in a word whether a figure is in doubt, by a rule on stated results, or estimated.

    An odd row of a table is no reason where its figures are computed from logs, or come from a
    list of its own repository; where only a page has them, it is.
    """
    grave = any(why.partition(":")[0] not in HARMLESS for why in entry.doubts)
    if grave or (entry.doubts and entry.evidence is Evidence.PAGE):
        return IN_DOUBT
    own = entry.evidence is Evidence.OWN
    return ESTIMATED if own and ESTIMATED in entry.remarks else NO_DOUBT


@dataclass(frozen=True, slots=True)
class Best:
    """The result with the least energy of a unit of work, among those of one thing.

    Attributes:
        entry: it.
        among: how many results it was chosen from.
        doubted: how many were left out because they are in doubt.
        side: of the changes of meaning that divide the results: ``since v2.0``; may be empty.
    """

    entry: Entry
    among: int
    doubted: int
    side: str


def best_of(entries: Iterable[Entry], known: Definitions) -> list[Best]:
    """Return the best result of each suite, scale, division, benchmark, scenario and unit of work.

    Results in doubt are not chosen; both sides of a change of meaning have their own.

    Args:
        entries: the results.
        known: what benchmarks mean.
    """
    groups: dict[tuple[str, ...], list[Entry]] = {}
    for entry in entries:
        if entry.energy_j is not None and 0 < entry.energy_j < math.inf:
            of = (entry.suite, entry.category.value, entry.division, entry.name, entry.scenario)
            groups.setdefault((*of, entry.work, _side(entry, known)), []).append(entry)
    found = []
    for (*_, side), group in groups.items():
        sound = [entry for entry in group if doubt_of(entry) == NO_DOUBT]
        if sound:
            best = min(sound, key=lambda e: (e.energy_j or math.inf, e.key))
            found.append(Best(best, len(sound), len(group) - len(sound), side))
    return found


def _side(entry: Entry, known: Definitions) -> str:
    """Return on which side of breaks of meaning a result is."""
    breaks = [
        change
        for change in known.changes_of(entry.suite, entry.benchmark, entry.scenario)
        if change.kind is Kind.BREAK
    ]
    passed = [change.since for change in breaks if order(entry.round) >= order(change.since)]
    if passed:
        return f"since {passed[-1]}"
    return f"before {breaks[0].since}" if breaks else ""
