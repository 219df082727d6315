"""Results that a figure names by their public number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from joulemark.analysis.record.entry import Entry, Evidence


@dataclass(frozen=True, slots=True)
class Wanted:
    """One system of one round.

    Attributes:
        round: which.
        public_id: its number, which only pages of results tell.
        submitter: whose, for records without pages.
        system: its short name, likewise; repositories add a version to it at times.
    """

    round: str
    public_id: str
    submitter: str
    system: str

    def is_of(self, entry: Entry) -> bool:
        """Return whether a result is of it."""
        if entry.public_id:
            return entry.public_id == self.public_id
        named = entry.system == self.system or entry.system.startswith(f"{self.system}-qaic")
        same = entry.submitter.casefold() == self.submitter.casefold()
        return entry.round == self.round and same and named


def offline(
    entries: Sequence[Entry], wanted: Wanted, benchmark: str, target: str = ""
) -> Entry | None:
    """Return the Offline result of a system; the surest evidence first; None without."""
    ranks = list(Evidence)
    found = [
        entry
        for entry in entries
        if (entry.benchmark, entry.target, entry.scenario) == (benchmark, target, "Offline")
        and wanted.is_of(entry)
    ]
    return min(found, key=lambda entry: ranks.index(entry.evidence), default=None)


def systems(*rows: tuple[str, str, str, str]) -> tuple[Wanted, ...]:
    """Return systems, each from round, number, submitter and short name."""
    return tuple(Wanted(*row) for row in rows)
