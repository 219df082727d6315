"""The rows whose truth is asked, among all that is known."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median

from joulemark.analysis.claims.expected import Expected
from joulemark.analysis.claims.suspicion import Suspicion
from joulemark.formats.results.declared import WATTS, DeclaredResult
from joulemark.rules.results.others import (
    Others,
    Stated,
    agrees,
    alike,
    family,
    plain,
    result_of,
    trust,
)

Name = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """Figures of others.

    Attributes:
        low: the least.
        high: the greatest.
        count: how many results they are of.
    """

    low: float
    high: float
    count: int

    def far(self, value: float, factor: float) -> bool:
        """Return whether a value is further from all of them than a factor."""
        return not self.low / factor <= value <= self.high * factor

    def apart(self, value: float) -> float:
        """Return by which factor a value is outside; 1 within."""
        return max(self.low / value, value / self.high, 1.0)


@dataclass(frozen=True)
class Corpus:
    """Rows under audit, and all others.

    Attributes:
        audited: the rows whose truth is asked; figures that contradict each other both.
        known: all rows, these included.
    """

    audited: Sequence[DeclaredResult]
    known: Sequence[DeclaredResult]

    @staticmethod
    def of(audited: Iterable[DeclaredResult], known: Iterable[DeclaredResult] = ()) -> Corpus:
        """Return a corpus; rows that are in both count once."""
        rows = list(audited)
        keys = {row.key for row in rows}
        return Corpus(rows, [*rows, *(row for row in known if row.key not in keys)])

    @cached_property
    def others(self) -> Others:
        """All rows, by what is asked of them."""
        return Others.among(self.known)

    @cached_property
    def by_key(self) -> Mapping[str, DeclaredResult]:
        """All rows by key."""
        return {row.key: row for row in self.known}

    @cached_property
    def systems(self) -> Mapping[Name, Sequence[DeclaredResult]]:
        """Rows of the audited tables by the system that they name."""
        return _grouped(self.audited, system_of)

    @cached_property
    def expected(self) -> Expected:
        """What each row should give per joule."""
        return Expected.from_rows(self.known)

    def elsewhere(self, row: DeclaredResult) -> Span | None:
        """Return the powers that a system draws in its other results; None if few tell it.

        Of one benchmark and scenario, variants of accuracy and columns of a table count once.
        """
        found = {
            (family(other.benchmark), other.scenario): other.power
            for other in self.systems.get(system_of(row), ())
            if other.power_unit == WATTS and other.power and other.power > 0
        }
        own = (family(row.benchmark), row.scenario)
        return span([power for name, power in found.items() if name != own and power])

    def usual(self, row: DeclaredResult) -> float | None:
        """Return the median work per joule that others give with the same accelerator."""
        own = result_of(row)
        pairs = self.others.alike.get(alike(row), ())
        found = [value for value, of in pairs if of != own]
        return median(found) if found else None

    def trusted(self, row: DeclaredResult) -> DeclaredResult | None:
        """Return a more trusted statement of the same result; None without one.

        Several systems may go by one name: the statement that has the row's power is taken first,
        then the one that has its performance.
        """
        said = Stated(row, self.others).same_result
        better = [o for o in said if trust(o) < trust(row) and o.power is not None]
        if not better:
            return None
        return min(better, key=lambda o: (*_unlike(row, o), trust(o)))

    def strange(self, row: DeclaredResult) -> float:
        """Return by which factor a row is off what its system's other results foretell."""
        value, foretold = row.per_joule, self.expected.of(row)
        if value is None or foretold is None or value <= 0:
            return 1.0
        return max(value / foretold, foretold / value)

    def comparable(self, row: DeclaredResult) -> Span | None:
        """Return the work per joule that others give with the same accelerator; None without."""
        low, high, count = Stated(row, self.others).comparable
        return Span(low, high, count) if count and low > 0 else None


def _unlike(row: DeclaredResult, other: DeclaredResult) -> tuple[bool, bool]:
    return not agrees(row.power, other.power), not agrees(row.performance, other.performance)


def span(values: Sequence[float]) -> Span | None:
    """Return the span of values; None without any."""
    known = [value for value in values if 0 < value < math.inf]
    return Span(min(known), max(known), len(known)) if known else None


def system_of(row: DeclaredResult) -> Name:
    """Return the system of a row, within its round and submitter."""
    name = plain(row.system_name or row.system)
    return (row.suite, row.round, plain(row.submitter), name)


def _grouped(
    rows: Iterable[DeclaredResult], name: Callable[[DeclaredResult], Name]
) -> Mapping[Name, Sequence[DeclaredResult]]:
    found: dict[Name, list[DeclaredResult]] = {}
    for row in rows:
        found.setdefault(name(row), []).append(row)
    return found


def by_row(found: Iterable[Suspicion]) -> Mapping[str, list[Suspicion]]:
    """Return findings by the key of the doubtful row."""
    made: dict[str, list[Suspicion]] = {}
    for one in found:
        for key in one.keys[:1]:
            made.setdefault(key, []).append(one)
    return made
