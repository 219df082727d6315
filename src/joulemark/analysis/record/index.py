"""The record: every result once, found by what it is of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from joulemark.analysis.record.definitions import definitions
from joulemark.analysis.record.entry import Category, Entry, Evidence
from joulemark.analysis.record.making import Maker
from joulemark.analysis.record.runs import facts_of
from joulemark.analysis.record.statements import joined
from joulemark.formats.results.declared import DeclaredResult
from joulemark.store.declared import read_declared, read_doubts


@dataclass(frozen=True, slots=True)
class Record:
    """All results.

    Attributes:
        entries: in the order of suite, round, division, submitter, system, benchmark, scenario.
        left_out: how many stated rows are behind no entry, by why.
    """

    entries: tuple[Entry, ...]
    left_out: Mapping[str, int] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Entry]:
        """Iterate over the entries."""
        return iter(self.entries)

    def __contains__(self, entry: object) -> bool:
        """Return whether a result is among the entries."""
        return entry in self.entries

    def __len__(self) -> int:
        """Return how many entries there are."""
        return len(self.entries)

    def by_key(self) -> dict[str, Entry]:
        """Return the entries by their keys."""
        return {entry.key: entry for entry in self.entries}

    def where(
        self,
        *,
        suite: str = "",
        category: Category | str = "",
        round_: str = "",
        division: str = "",
        benchmark: str = "",
        target: str | None = None,
        scenario: str = "",
        submitter: str = "",
        evidence: Evidence | None = None,
    ) -> Record:
        """Return the entries that are all of what is named; what is empty is not asked.

        Args:
            suite: ``inference``, ``training`` or ``tiny``.
            category: of the system.
            round_: ``v4.1``.
            division: ``closed``, ``open``, ``network``.
            benchmark: with or without its variant.
            target: the variant; the empty text asks for those without, None does not ask.
            scenario: LoadGen's name.
            submitter: as stated, whatever the case.
            evidence: how far it can be followed back.
        """
        wanted = {
            name: value
            for name, value in (
                ("suite", suite),
                ("category", category),
                ("round", round_),
                ("division", division),
                ("scenario", scenario),
                ("evidence", evidence),
            )
            if value
        }
        chosen = tuple(
            entry
            for entry in self.entries
            if all(getattr(entry, name) == value for name, value in wanted.items())
            and (not benchmark or benchmark in (entry.benchmark, entry.name))
            and (target is None or entry.target == target)
            and (not submitter or entry.submitter.casefold() == submitter.casefold())
        )
        return Record(chosen)

    def unknown(self, wanted: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
        """Return what no entry is, by argument of :meth:`where`: what there is instead."""
        found = {}
        for name, value in wanted.items():
            if not self.where(**{name: value}).entries:
                of = name.removesuffix("_")
                found[of] = tuple(sorted({str(getattr(e, of)) for e in self.entries} - {""}))
        return found


def made_from(store: Path, passed: Mapping[tuple[str, ...], bool]) -> Record:
    """Return the record of a store, made anew.

    Args:
        store: the directory of all runs.
        passed: whether our rules pass the log of a result, by round and place.

    Raises:
        FormatError: if the table of stated results is damaged.
        StoreError: if it cannot be read.
    """
    rows = read_declared(store)
    runs = facts_of(store, (row.run for row in rows if row.run))
    maker = Maker(runs, read_doubts(store), passed, definitions())
    return record_of(rows, maker)


def record_of(rows: Iterable[DeclaredResult], maker: Maker) -> Record:
    """Return the record of stated results.

    Args:
        rows: the results; their order does not matter.
        maker: makes entries of them.
    """
    found = joined(rows)
    entries = [entry for said in found.results for entry in maker.entries(said)]
    left_out = Counter(found.left_out.values())
    return Record(tuple(sorted(_linked(entries), key=_order)), dict(left_out))


def _linked(entries: Sequence[Entry]) -> Iterator[Entry]:
    """Yield the entries, each with the keys of those that were computed from the same log."""
    alike: dict[str, list[str]] = {}
    for entry in entries:
        for run in entry.runs:
            alike.setdefault(run, []).append(entry.key)
    for entry in entries:
        same = {key for run in entry.runs for key in alike[run]} - {entry.key}
        yield replace(entry, copies=tuple(sorted(same))) if same else entry


def _order(entry: Entry) -> tuple[str, ...]:
    return (
        entry.suite, entry.round, entry.division, entry.submitter.casefold(), entry.system,
        entry.benchmark, entry.target, entry.scenario, entry.category, entry.key,
    )  # fmt: skip
