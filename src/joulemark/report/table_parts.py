"""The table of the parts of one phase: what was added, what lies inside what, what is missing."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from joulemark.accounting.boundary import PartEnergy, part_of
from joulemark.accounting.results import PhaseResult
from joulemark.core.units import si
from joulemark.report.calibrated import part_name
from joulemark.report.families import listing
from joulemark.report.format import NOTHING, clean, percent, quantity
from joulemark.report.nesting import idle_watts
from joulemark.report.table_phases import COLOUR, add_columns, new_table
from joulemark.report.words import listed

WIDTHS = (23, 10, 8, 8, 9, 6, 10)
"""Columns: part, meter, mean W, idle W, energy, share of the total, provenance."""
_HEADINGS = ("part", "meter", "mean W", "idle W", "gross J", "share", "provenance")


def parts_table(result: PhaseResult, results: Sequence[PhaseResult]) -> RenderableType:
    """Return the parts of one phase.

    Args:
        result: the phase.
        results: all phases of the run; those that idle give the power at rest.
    """
    table = new_table()
    table.title = Text(f"Parts of {clean(result.phase, 50)}", style="bold")
    table.title_justify = "left"
    add_columns(table, _HEADINGS, WIDTHS, left=("part", "meter", "provenance"))
    idle = idle_watts(results)
    several = len({part.channel.node for part in result.parts}) > 1
    for part, depth, watts in listing(result):
        power = (_watts(watts), _watts(idle.get(part_of(part.channel))))
        _add(table, part, _name(part, depth, several=several), power, _share(part, result))
    missing = listed([clean(text, 60) for text in result.lacks])
    said = f"Not in the total: {missing or 'nothing that is known of'}."
    return Group(table, Text(said, style="dim", overflow="fold"))


def _name(part: PartEnergy, depth: int, *, several: bool) -> str:
    name = clean(part_name(part.channel), 40)
    if several:
        name = f"{clean(part.channel.node, 40)} {name}".strip()
    return f"{'  ' * min(depth - 1, 4)}└ {name}" if depth else name


def _watts(value: float | None) -> str:
    return NOTHING if value is None else si(value, "W", 4)


def _share(part: PartEnergy, result: PhaseResult) -> str:
    if not part.added:
        return "inside"
    if result.total is None or result.total.joules.value <= 0:
        return NOTHING
    return percent(part.energy.joules.value / result.total.joules.value)


def _add(table: Table, part: PartEnergy, name: str, power: tuple[str, str], share: str) -> None:
    style = "" if part.added else "dim"
    provenance = part.energy.provenance
    table.add_row(
        Text(name, style=style),
        Text(clean(part.channel.meter, 40), style=style),
        Text(power[0], style=style),
        Text(power[1], style="dim"),
        Text(quantity(part.energy.joules), style=style),
        Text(share, style=style),
        Text(provenance.value, style=COLOUR[provenance]),
    )
