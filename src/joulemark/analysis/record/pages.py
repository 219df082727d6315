"""Rows of results pages among the results that directories name.

A page gives a public number, submitter, system, benchmark and scenario, each in its own spelling,
and at times no accuracy variant. Its row belongs to the result of those names whose figures it has;
to the only one of those names also where its figures contradict; where no name fits, to the only
one of its round, benchmark and scenario with its power to the last stated digit.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from joulemark.analysis.record.names import round_of, split
from joulemark.analysis.record.places import first_place
from joulemark.formats.results.declared import DeclaredResult
from joulemark.rules.results.others import agrees, closed, plain, significant

FEWEST = 3
"""A figure of fewer digits may well be that of two results."""
_STEPS = 1.01
"""Steps of the last digit by which a figure that was rounded twice may differ."""

Group = tuple[DeclaredResult, ...]
_Name = tuple[object, ...]


class Pages:
    """Takes rows of pages to results.

    Args:
        groups: the rows of each result, the most trusted first.
    """

    def __init__(self, groups: Sequence[Group]) -> None:
        """Index the results by their names, and by round, benchmark and scenario."""
        self._named: dict[_Name, list[Group]] = {}
        self._alike: dict[_Name, list[Group]] = {}
        self._taken: dict[str, list[DeclaredResult]] = {}
        self._said: dict[str, list[str]] = {}
        for group in groups:
            if not any(map(closed, group)):
                continue
            for name in dict.fromkeys(name for row in group for name in _names(row)):
                self._named.setdefault(name, []).append(group)
            for alike in dict.fromkeys(map(_alike, group)):
                self._alike.setdefault(alike, []).append(group)

    def take(self, row: DeclaredResult) -> tuple[str, ...] | None:
        """Give a row to its result; return None then, else remarks on it as one of its own."""
        named = [group for name in _names(row) for group in self._named.get(name, ())]
        named = [of for of in _once(named) if _may_be(row, of)]
        if found := min(named, key=lambda of: _unlike(row, of), default=None):
            if len(named) == 1 or _unlike(row, found) < _APART:
                self._give(row, found)
                return None
            return (f"{len(named)} results go by this name; none has its figures",)
        alike = [of for of in self._alike.get(_alike(row), ()) if _same_digits(row, of)]
        alike = [of for of in alike if _may_be(row, of)]
        if len(alike) == 1:
            self._give(row, alike[0])
            self._said[alike[0][0].key].append(f"joined to {first_place(row)} by its figure alone")
            return None
        return ()

    def _give(self, row: DeclaredResult, group: Group) -> None:
        self._taken.setdefault(group[0].key, []).append(row)
        self._said.setdefault(group[0].key, [])

    def taken(self, group: Group) -> list[DeclaredResult]:
        """Return the rows that were given to a result."""
        return self._taken.get(group[0].key, [])

    def remarks(self, group: Group) -> tuple[str, ...]:
        """Return what is to be said of that."""
        return tuple(self._said.get(group[0].key, ()))


_APART = 3
"""Neither power nor performance agrees."""


def _unlike(row: DeclaredResult, group: Group) -> int:
    """Return 0 where power and performance agree with a result, 3 where neither does."""
    power = any(_agree(row.power, row.power_unit, o.power, o.power_unit) for o in group)
    rate = any(
        _agree(row.performance, row.performance_unit, o.performance, o.performance_unit)
        for o in group
    )
    return (0 if power else 2) + (0 if rate else 1)


def _agree(one: float | None, unit: str, other: float | None, of: str) -> bool:
    return one is not None and other is not None and unit == of and agrees(one, other)


def _same_digits(row: DeclaredResult, group: Group) -> bool:
    """Return whether a result has a row's power, as far as its digits go."""
    if row.power is None or significant(row.power) < FEWEST:
        return False
    step = 10.0 ** (math.floor(math.log10(row.power)) - significant(row.power) + 1)
    known = (o.power for o in group if o.power is not None and o.power_unit == row.power_unit)
    return any(abs(power - row.power) <= _STEPS * step for power in known)


def _may_be(row: DeclaredResult, group: Group) -> bool:
    """Return whether variant, kind of system and size of a row are those of a result."""
    best, (_, target) = group[0], split(row.benchmark, row.suite)
    variants = {split(of.benchmark, of.suite)[1] for of in group}
    if target and target not in variants:
        return False
    kinds = [kind.strip().lower() for kind in best.system_type.split(",")]
    if row.system_type and best.system_type and row.system_type.lower() not in kinds:
        return False
    return row.suite != "training" or row.nodes is None or row.nodes == best.nodes


def _names(row: DeclaredResult) -> Iterator[_Name]:
    """Yield a row by the names that people give it, the surest first."""
    for system in dict.fromkeys(map(plain, (row.system_name, row.system))):
        if system:
            yield (*_alike(row), system)


def _alike(row: DeclaredResult) -> _Name:
    round_ = round_of(row.round, row.public_id)
    return row.suite, round_, split(row.benchmark, row.suite)[0], row.scenario


def _once(groups: Iterable[Group]) -> list[Group]:
    return list({group[0].key: group for group in groups}.values())
