"""Which statements are of one result: logs, lists of a repository and pages of results, joined.

Two statements of one suite and round are of one result where they name the same directory of the
repository of results. A page names no directory: its row is of the result that goes by the names it
gives (:mod:`.pages`). Nothing is dropped: a row is behind one result, or left out with a reason.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from joulemark.analysis.record.pages import Pages
from joulemark.analysis.record.places import places
from joulemark.formats.results.declared import (
    LOGS,
    PER_INFERENCE,
    PER_OUTPUT,
    PER_QUERY,
    PER_RUN,
    WATTS,
    DeclaredResult,
)
from joulemark.rules.results.others import place, trust

PAGE = "results-page"
SILENT = "states no power and no energy"
UNUSABLE = "its power or energy is no positive number, or has no unit"
UNKNOWN = "its benchmark is not known"
_UNITS = (WATTS, PER_QUERY, PER_RUN, PER_INFERENCE, *PER_OUTPUT)


@dataclass(frozen=True, slots=True)
class Statements:
    """All statements of one result.

    Attributes:
        rows: the most trusted first.
        remarks: what was seen in joining them.
    """

    rows: tuple[DeclaredResult, ...]
    remarks: tuple[str, ...] = ()

    @property
    def best(self) -> DeclaredResult:
        """The most trusted one, which states a power or an energy."""
        return next(row for row in self.rows if usable(row))


@dataclass(frozen=True, slots=True)
class Joined:
    """All rows of a table, by result.

    Attributes:
        results: in the order of suite, round and place.
        left_out: keys of the rows that are behind no result, with why.
    """

    results: tuple[Statements, ...]
    left_out: Mapping[str, str]


def joined(rows: Iterable[DeclaredResult]) -> Joined:
    """Join rows, whatever their order.

    Args:
        rows: of the table of stated results.

    Returns:
        The results, and what was left out.
    """
    ordered = sorted(rows, key=_order)
    located, loose = _by_place(ordered)
    left_out: dict[str, str] = {}
    kept = _with_power(located, left_out)
    pages = Pages(kept)
    alone: list[Statements] = []
    for row in loose:
        if why := _unusable(row):
            left_out[row.key] = why
            continue
        said = pages.take(row)
        if said is not None:
            alone.append(Statements((row,), said))
    found = [Statements((*of, *pages.taken(of)), pages.remarks(of)) for of in kept]
    return Joined((*found, *_merged(alone)), left_out)


def usable(row: DeclaredResult) -> bool:
    """Return whether a row states a power or an energy that can be, in a unit that is known."""
    return row.power is not None and 0 < row.power < math.inf and row.power_unit in _UNITS


def _order(row: DeclaredResult) -> tuple[object, ...]:
    where = (row.suite, row.round, trust(row), row.location.casefold(), row.kind)
    return (*where, places(row), row.power or 0.0, row.performance or 0.0, row.identity)


def _by_place(
    rows: Sequence[DeclaredResult],
) -> tuple[list[list[DeclaredResult]], list[DeclaredResult]]:
    """Return the rows of each directory, and those that name none."""
    located: dict[tuple[str, ...], list[DeclaredResult]] = {}
    loose = []
    for row in rows:
        if row.kind == PAGE:
            loose.append(row)
        else:
            where = place(row) or (row.round, row.key)
            located.setdefault((row.suite, *where), []).append(row)
    return list(located.values()), loose


def _with_power(
    groups: Iterable[list[DeclaredResult]], left_out: dict[str, str]
) -> list[tuple[DeclaredResult, ...]]:
    """Return the groups that state a power; note the rows of the others."""
    kept = []
    for group in groups:
        if any(map(usable, group)):
            kept.append(tuple(sorted(group, key=lambda row: (not usable(row), *_order(row)))))
        else:
            left_out |= {row.key: SILENT if row.power is None else UNUSABLE for row in group}
    return kept


def _unusable(row: DeclaredResult) -> str:
    if row.power is None:
        return SILENT
    if not usable(row):
        return UNUSABLE
    return "" if row.benchmark else UNKNOWN


def _merged(alone: Iterable[Statements]) -> list[Statements]:
    """Return results that stand on pages only; equal rows of two pages once."""
    found: dict[tuple[object, ...], Statements] = {}
    for one in alone:
        row = one.best
        name = (row.suite, row.public_id, row.system_type, row.benchmark, row.scenario, row.power)
        seen = found.setdefault((*name, row.nodes, row.system_name), one)
        if seen is not one:
            found[(*name, row.nodes, row.system_name)] = Statements((*seen.rows, row), seen.remarks)
    return list(found.values())


def from_logs(row: DeclaredResult) -> bool:
    """Return whether a row was computed from a power log whose run is stored."""
    return row.kind == LOGS and bool(row.run)
