"""Results counted for the page of a tree, as they come; a few hundred bytes are kept of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from sys import intern

from joulemark.core.finding import Severity, Verdict
from joulemark.procedures.checked import Amount
from joulemark.report.audit.summary import ORDER, Seen, Summary


@dataclass(frozen=True, slots=True)
class Row:
    """One result.

    Attributes:
        benchmark, scenario, path: of the result.
        verdict: ours.
        official: the official checker's; None if unknown.
        metric: as published.
        efficiency: per joule.
        watts: average power, W; None without.
        worst: rule of the gravest finding; empty for none above a note.
        count: findings that are more than a note.
        page: relative to the page of the tree; empty for none.
    """

    benchmark: str
    scenario: str
    path: str
    verdict: Verdict
    official: Verdict | None
    metric: Amount | None
    efficiency: Amount | None
    watts: float | None
    worst: str
    count: int
    page: str


@dataclass(slots=True)
class System:
    """The results of one system in one round and division.

    Attributes:
        rows: its results.
        verdicts: how many have each verdict.
        rules: how many results each rule found something on that is more than a note.
    """

    rows: list[Row] = field(default_factory=list)
    verdicts: Counter[Verdict] = field(default_factory=Counter)
    rules: Counter[tuple[int, str]] = field(default_factory=Counter)

    @property
    def worst(self) -> str:
        """The gravest rule, of those the most frequent; empty for none."""
        return min(self.rules, key=lambda k: (k[0], -self.rules[k], k[1]), default=(0, ""))[1]


@dataclass(slots=True)
class OfRule:
    """What one rule found.

    Attributes:
        severity: of its findings.
        message: the first of them.
        where: its file and line.
        page: of the result it was found on; empty for none.
        findings: how many.
        results: on how many results.
    """

    severity: Severity
    message: str
    where: str
    page: str
    findings: int = 0
    results: int = 0


Name = tuple[str, str, str, str]
"""Submitter, system, round and division."""


class Tally:
    """Counts.

    Attributes:
        systems: by submitter, system, round and division.
        rules: by severity and id.
        verdicts: how many results have each.
        pairs: how many have each verdict, ours and the official one.
        measurements: how many the results rest on.
        pages: how many pages there are.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self.systems: dict[Name, System] = {}
        self.rules: dict[tuple[int, str], OfRule] = {}
        self.verdicts: Counter[Verdict] = Counter()
        self.pairs: Counter[tuple[Verdict, Verdict]] = Counter()
        self.measurements = 0
        self.pages = 0

    @property
    def total(self) -> int:
        """How many results there are."""
        return self.verdicts.total()

    def add(self, summaries: Sequence[Summary]) -> None:
        """Count the results of one measurement."""
        self.measurements += 1
        self.pages += any(one.page for one in summaries)
        for one in summaries:
            self._add(one)

    def _add(self, one: Summary) -> None:
        place = one.place
        name = (place.submitter, place.system, place.round, place.division)
        system = self.systems.setdefault(name, System())
        grave = [seen for seen in one.seen if seen.severity is not Severity.NOTE]
        system.rows.append(_row(one, grave))
        system.verdicts[one.verdict] += 1
        system.rules.update((ORDER[seen.severity], intern(seen.rule)) for seen in grave)
        self.verdicts[one.verdict] += 1
        if one.official is not None:
            self.pairs[one.verdict, one.official] += 1
        for seen in one.seen:
            self._count(seen, one.page)

    def _count(self, seen: Seen, page: str) -> None:
        key = (ORDER[seen.severity], seen.rule)
        if key not in self.rules:
            self.rules[key] = OfRule(seen.severity, seen.message, seen.where, page)
        self.rules[key].findings += seen.count
        self.rules[key].results += 1


def _row(one: Summary, grave: Sequence[Seen]) -> Row:
    power = one.average_power_w
    return Row(
        benchmark=intern(one.place.benchmark),
        scenario=intern(one.place.scenario),
        path=one.path,
        verdict=one.verdict,
        official=one.official,
        metric=one.metric,
        efficiency=one.efficiency,
        watts=None if power is None else power.value,
        worst=intern(grave[0].rule) if grave else "",
        count=sum(seen.count for seen in grave),
        page=intern(one.page),
    )
