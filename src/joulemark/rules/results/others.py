"""A stated result among all others: what the same accelerator, the logs and other tables say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from joulemark.formats.results.declared import LOGS, DeclaredResult

TRUST: Mapping[str, int] = {LOGS: 0, "cm-result": 1}
"""Kinds of tables, the most trustworthy first: what a program took from logs before the rest."""
AGREE = 0.005
"""Figures of one result that differ by more than this contradict each other."""
MOST = 100
"""So many others are enough to count."""
SHORT = 6
"""A figure of fewer digits may well stand in two rows."""

_VARIANT = re.compile(r"-99(\.9)?$")
Name = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Others:
    """All results of a store, by what is asked of them.

    Attributes:
        alike: of one accelerator, benchmark and scenario of the closed division, work per joule
            and whose it is, in the order of the former.
        places: by round and path in the repository of results.
        named: by round, submitter, name of the system, benchmark and scenario.
        powers: by round and stated power.
    """

    alike: Mapping[Name, list[tuple[float, Name]]] = field(default_factory=dict)
    places: Mapping[Name, list[DeclaredResult]] = field(default_factory=dict)
    named: Mapping[Name, list[DeclaredResult]] = field(default_factory=dict)
    powers: Mapping[Name, list[DeclaredResult]] = field(default_factory=dict)

    @staticmethod
    def among(rows: Iterable[DeclaredResult]) -> Others:
        """Return an index of results."""
        found = Others({}, {}, {}, {})
        for row in rows:
            for index, name in (
                (found.places, place(row)),
                (found.named, named(row)),
                (found.powers, power(row)),
            ):
                if name:
                    index.setdefault(name, []).append(row)  # type: ignore[attr-defined] # ours
            if row.per_joule is not None and (name := alike(row)):
                of = found.alike.setdefault(name, [])  # type: ignore[attr-defined] # ours
                of.append((row.per_joule, result_of(row)))
        for pairs in found.alike.values():
            pairs.sort()
        return found


@dataclass(frozen=True, slots=True)
class Stated:
    """A result, and all of its store.

    Attributes:
        row: the result.
        others: all, itself included.
    """

    row: DeclaredResult
    others: Others

    @property
    def comparable(self) -> tuple[float, float, int]:
        """Least and most work per joule that others have with the same accelerator; how many.

        Others are of another system, or of another round.
        """
        pairs, own = self.others.alike.get(alike(self.row), []), result_of(self.row)
        low = next((value for value, of in pairs if of != own), 0.0)
        high = next((value for value, of in reversed(pairs) if of != own), 0.0)
        return low, high, len({of for _, of in pairs[:MOST]} - {own})

    @property
    def same_result(self) -> list[DeclaredResult]:
        """Statements of the same result in other tables, or computed from its logs.

        Several systems may go by one name. Then a row is that of none of them in particular, but
        must be one of those that a more trusted table has.
        """
        named_so = self.others.named.get(named(self.row), [])
        if sum(other.kind == self.row.kind for other in named_so) > 1:
            named_so = [other for other in named_so if trust(other) < trust(self.row)]
        found = [*self.others.places.get(place(self.row), ()), *named_so]
        return list({o.key: o for o in found if o.kind != self.row.kind}.values())

    @property
    def same_power(self) -> list[DeclaredResult]:
        """Results of another system, benchmark or scenario with the same power to the digit."""
        found = self.others.powers.get(power(self.row), ())
        return [other for other in found if _elsewhere(self.row, other)]


def agrees(one: float | None, other: float | None) -> bool:
    """Return whether two figures of one result may be the same; what is not stated does."""
    if one is None or other is None:
        return True
    return abs(one - other) <= AGREE * max(abs(one), abs(other))


def alike(row: DeclaredResult) -> Name:
    """Return what results must share for their work per joule to be compared."""
    if not row.accelerator or not row.benchmark or not row.scenario or not closed(row):
        return ()
    accelerator = plain(row.accelerator)
    return row.suite, row.benchmark, row.scenario, accelerator, row.per_joule_unit


def closed(row: DeclaredResult) -> bool:
    """Return whether a result is of the closed division, as those are whose table does not say."""
    return row.division in ("", "closed")


def place(row: DeclaredResult) -> Name:
    """Return round and path of a result; empty without a path."""
    return (row.round, row.location.casefold()) if row.location else ()


def named(row: DeclaredResult) -> Name:
    """Return a result by the names that people give it; empty where one of them is not said."""
    names = (row.round, row.submitter, row.system_name, row.benchmark, row.scenario)
    if not all(names) or not closed(row):
        return ()
    return row.suite, *system_types(row), *map(plain, names)


def system_types(row: DeclaredResult) -> Name:
    """Return what kind of system it is, where it is of one kind only."""
    return () if "," in row.system_type else (row.system_type,)


def power(row: DeclaredResult) -> Name:
    """Return round and power to the digit; empty where it is not stated or has few digits."""
    if row.power is None or row.kind == LOGS:
        return ()
    long = significant(row.power) > SHORT
    return (row.suite, row.round, row.power_unit, f"{row.power:.9e}") if long else ()


def significant(value: float) -> int:
    """Return how many digits a figure has that are not zeros at its ends."""
    return len(f"{value:.9e}".partition("e")[0].replace(".", "").rstrip("0"))


def result_of(row: DeclaredResult) -> Name:
    """Return what makes a result another measurement, whichever table states it."""
    return row.round, plain(row.submitter), plain(row.system_name or row.system)


def trust(row: DeclaredResult) -> int:
    """Return how much the table of a result is trusted, the most first."""
    return TRUST.get(row.kind, len(TRUST))


def plain(text: str) -> str:
    """Return a name without case and signs."""
    return re.sub(r"[^a-z0-9]", "", text.casefold())


def family(benchmark: str) -> str:
    """Return a benchmark without its variant of accuracy."""
    return _VARIANT.sub("", benchmark)


def _elsewhere(row: DeclaredResult, other: DeclaredResult) -> bool:
    """Return whether two rows of the same power are of two measurements, the first less sure."""
    if other.key == row.key or trust(other) > trust(row):
        return False
    if result_of(row) != result_of(other):
        return plain(row.accelerator) != plain(other.accelerator) or row.kind == other.kind
    same = (family(row.benchmark), row.scenario) == (family(other.benchmark), other.scenario)
    return not same and row.kind == other.kind
