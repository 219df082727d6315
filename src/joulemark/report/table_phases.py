"""The table of phases: two lines for each, the figures and below them their intervals."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from joulemark.accounting.results import PhaseResult
from joulemark.core.channel import Provenance
from joulemark.core.units import plural
from joulemark.core.value import Value
from joulemark.core.window import Role
from joulemark.report.format import (
    NOTHING,
    clean,
    percent,
    plus_minus,
    quantity,
    short_time,
)
from joulemark.report.words import ROLES

WIDTHS = (12, 7, 8, 9, 9, 9, 9, 10)
"""Columns: phase, time, mean W, gross J, net J, J per unit, units per J, provenance."""
COLOUR = {
    Provenance.MEASURED: "green",
    Provenance.ESTIMATED: "yellow",
    Provenance.DECLARED: "magenta",
}
_COVERED = 0.9995


def phase_table(results: Sequence[PhaseResult]) -> RenderableType:
    """Return the table of all phases; 80 columns wide."""
    units = list(dict.fromkeys(clean(r.work.unit, 40) for r in results if r.work is not None))
    each, many = _headings(units)
    table = new_table()
    headings = ("phase", "time", "mean W", "gross J", "net J", each, many, "provenance")
    add_columns(table, headings, WIDTHS, left=("phase", "provenance"))
    for result in results:
        _add(table, result)
    said = "Second lines: 95 % half-width of the figure above."
    if units and each == "J/unit":
        said += f" Unit of work: {_units(results) if len(units) > 1 else units[0]}."
    return Group(table, Text(said, style="dim", overflow="fold"))


def new_table() -> Table:
    """Return an empty table in the style of all tables: columns one space apart, no frame."""
    return Table(box=SIMPLE_HEAD, show_edge=False, padding=0, header_style="bold")


def add_columns(
    table: Table, headings: Sequence[str], widths: Sequence[int], *, left: Collection[str]
) -> None:
    """Add columns of fixed width whose cells are cut, not wrapped.

    Args:
        table: what they are added to.
        headings: of the columns.
        widths: of the columns, characters.
        left: headings of those that are flush left; the others are numbers.
    """
    for heading, width in zip(headings, widths, strict=True):
        table.add_column(
            Text(heading),
            width=width,
            justify="left" if heading in left else "right",
            no_wrap=True,
            overflow="ellipsis",
        )


def _headings(units: list[str]) -> tuple[str, str]:
    if len(units) != 1:
        return "J/unit", "units/J"
    each, many = f"J/{units[0]}", f"{plural(units[0])}/J"
    if len(many) > WIDTHS[6] or len(each) > WIDTHS[5]:
        return "J/unit", "units/J"
    return each, many


def _units(results: Sequence[PhaseResult]) -> str:
    named = {clean(r.phase, 40): clean(r.work.unit, 40) for r in results if r.work is not None}
    return ", ".join(f"{phase}: {unit}" for phase, unit in named.items())


def _add(table: Table, result: PhaseResult) -> None:
    total = result.total
    joules = None if total is None else total.joules
    figures: list[Value | None] = [
        result.power,
        joules,
        result.net,
        result.per_unit,
        result.units_per_joule,
    ]
    first = [Text(clean(result.phase, 80)), Text(short_time(result.duration_s))]
    first += [Text(_cell(value)) for value in figures]
    second = [Text(_about(result), style="dim"), Text()]
    second += [Text(plus_minus(value), style="dim") for value in figures]
    if total is None:
        first.append(Text(NOTHING))
        second.append(Text("no data", style="yellow"))
    else:
        first.append(Text(total.provenance.value, style=COLOUR[total.provenance]))
        lacking = total.coverage < _COVERED
        covered = f"{percent(total.coverage)} cov" if lacking else ""
        second.append(Text(covered, style="yellow"))
    table.add_row(*first)
    table.add_row(*second)


def _cell(value: Value | None) -> str:
    """Return a figure with its prefix; joules and watts with their unit, too."""
    if value is None:
        return NOTHING
    unit = value.unit.partition("/")[0]
    return quantity(value, unit if unit in ("J", "W") else "")


def _about(result: PhaseResult) -> str:
    count = len(result.windows)
    role = "" if result.role is Role.MEASURE else ROLES[result.role]
    if role == result.phase:
        role = ""
    windows = f"{count} windows" if count > 1 else ""
    return ", ".join(filter(None, (role, windows)))
