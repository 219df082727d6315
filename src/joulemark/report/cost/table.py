"""The declared block in the terminal, in at most 80 columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from joulemark.analysis.cost.costs import PhaseCost
from joulemark.analysis.cost.factors import Factors
from joulemark.analysis.cost.hourly import Hourly
from joulemark.analysis.cost.regions import Region
from joulemark.report.cost.words import HEAD, cells, factor_rows, heads, notes
from joulemark.report.format import clean

WIDTH = 80


def print_costs(
    title: str, costs: Sequence[PhaseCost], factors: Factors, file: IO[str] | None = None
) -> None:
    """Print what a run comes to.

    Args:
        title: of the run.
        costs: of its measured phases.
        factors: what was declared.
        file: where to; standard output by default.
    """
    console = console_of(file)
    console.print(Text(clean(title, 200), style="bold", overflow="fold"))
    console.print(Text(f"{HEAD}: what its energy would emit and cost."))
    console.print()
    console.print(factors_table(factors))
    for cost in costs:
        console.print()
        energy = f"{clean(cost.phase, 30)}: {cost.energy}, gross"
        console.print(Text(energy, style="bold", overflow="fold"))
        if isinstance(factors.grid, Hourly) and cost.g_per_kwh is not None:
            console.print(Text(f"{cost.g_per_kwh:.4g} gCO2e/kWh as its energy was used"))
        console.print(_phase(cost, factors))
        if cost.lacks:
            lacks = f"Not in the energy, nor here: {clean(', '.join(cost.lacks), 300)}."
            console.print(Text(lacks, overflow="fold"))
    console.print()
    print_notes(console, factors)


def console_of(file: IO[str] | None) -> Console:
    """Return where to print, 80 columns wide."""
    return Console(file=file, width=WIDTH, highlight=False, markup=False, emoji=False)


def factors_table(factors: Factors) -> Table:
    """Return the factors, each with who said it."""
    table = table_of(("declared", "value", "said by"), left=3)
    for row in factor_rows(factors):
        table.add_row(*map(Text, row))
    return table


def print_notes(console: Console, factors: Factors) -> None:
    """Print what a reader must know of the numbers."""
    for note in notes(factors):
        console.print(Text(note, style="dim", overflow="fold"))


def _phase(cost: PhaseCost, factors: Factors) -> Table:
    table = table_of(("of", *(f"{head} (declared)" for head in heads(factors))))
    for line in cost.lines:
        table.add_row(Text(clean(line.of, 30)), *map(Text, cells(line.amounts, factors)))
    return table


def print_regions(regions: Sequence[Region], file: IO[str] | None = None) -> None:
    """Print the regions whose intensity is known, with year and source."""
    console = console_of(file)
    table = table_of(("code", "region", "gCO2e/kWh", "year"), left=2)
    for region in regions:
        shown = (region.code, clean(region.name, 40), f"{region.g_per_kwh:.0f}", str(region.year))
        table.add_row(*map(Text, shown))
    console.print(table)
    told = dict.fromkeys(
        (one.source["what"], one.source["basis"], one.source["licence"]) for one in regions
    )
    for what, basis, licence in told:
        console.print()
        console.print(Text(f"{what}: {basis}. {licence}.", style="dim", overflow="fold"))


def table_of(head: Sequence[str], left: int = 1) -> Table:
    """Return an empty table; the first columns are text, the others numbers."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for place, name in enumerate(head):
        table.add_column(name, justify="left" if place < left else "right", overflow="fold")
    return table
