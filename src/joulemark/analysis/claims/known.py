"""What claims are held against: the record, the tables under audit, and what was found in them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from joulemark.analysis.claims.claim import Claim
from joulemark.analysis.claims.corpus import Corpus
from joulemark.analysis.claims.suspicion import Suspicion
from joulemark.analysis.record.comparing import converted
from joulemark.analysis.record.definitions import order
from joulemark.analysis.record.entry import Entry, Evidence
from joulemark.analysis.record.index import Record
from joulemark.core.errors import UsageError

LEAST_WINDOW_S: Mapping[str, float] = {"tiny": 10.0, "inference": 60.0}
"""How long a measurement must last, by suite: EEMBC's EnergyRunner, and the power rules."""


@dataclass(frozen=True, slots=True)
class Known:
    """All of it.

    Attributes:
        record: every result.
        corpus: the tables under audit, among all stated rows.
        found: what detectors found in them.
        windows_s: shortest window of a run, by its name.
        counts: what else was counted: by name, number and how it comes about.
    """

    record: Record
    corpus: Corpus
    found: Sequence[Suspicion] = ()
    windows_s: Mapping[str, float] = field(default_factory=dict)
    counts: Mapping[str, tuple[float | None, str]] = field(default_factory=dict)

    def asked(self, claim: Claim, **other: str) -> list[Entry]:
        """Return the closed results that a claim is about, in its unit of work.

        Args:
            claim: it.
            other: what to ask instead of what the claim says: ``scenario=""`` for all scenarios.
        """
        names = ("suite", "category", "benchmark", "scenario")
        wanted = {**{name: getattr(claim, name) for name in names}, **other}
        chosen = self.record.where(**wanted, division="closed")
        kept = [e for e in chosen if _between(e.round, claim.since, claim.until)]
        return [made for e in kept if (made := in_work(e, claim.work)) is not None]

    def numbered(self, number: str) -> list[Entry]:
        """Return the results under a public number."""
        return [entry for entry in self.record if entry.public_id == number]

    def about(self, entries: Sequence[Entry]) -> list[Suspicion]:
        """Return what was found in table rows that state some results."""
        places = {source for entry in entries for source in entry.sources}
        return [one for one in self.found if places & set(one.sources)]

    def short(self, entry: Entry) -> float | None:
        """Return the shortest window behind a result, if it is shorter than its suite demands."""
        least = LEAST_WINDOW_S.get(entry.suite, 0.0)
        lengths = [self.windows_s[run] for run in entry.runs if run in self.windows_s]
        return min(lengths) if lengths and min(lengths) < least else None


def _between(round_: str, since: str, until: str) -> bool:
    after = not since or order(round_) >= order(since)
    return after and (not until or order(round_) <= order(until))


def in_work(entry: Entry, work: str) -> Entry | None:
    """Return a result in a unit of work; None where nothing converts it."""
    if not work or not entry.work:
        return entry
    try:
        return converted(entry, work)
    except UsageError:
        return None


def relative(*entries: Entry) -> float | None:
    """Return the relative half-width of a ratio of results; None if one is not known."""
    known = [entry.u95 for entry in entries]
    if any(u95 is None for u95 in known):
        return None
    return math.hypot(*(u95 or 0.0 for u95 in known))


def untraced(entries: Sequence[Entry]) -> tuple[str, ...]:
    """Return which results could not be followed back to their logs, each once."""
    found = {}
    for entry in entries:
        if entry.evidence is not Evidence.LOGS:
            name = f"{entry.round} {entry.public_id or entry.system} {entry.name} {entry.scenario}"
            found[name.strip()] = f"{name.strip()}: {entry.evidence}, its logs are not in the store"
    return tuple(found.values())
