"""The uncertainty budget of one phase, term by term."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from joulemark.accounting.results import PhaseResult
from joulemark.report.figures.budget import Row, budget
from joulemark.report.format import clean
from joulemark.report.table_phases import new_table

WIDTHS = (11, 14, 8, 7, 11, 24)
"""Columns: term, standard uncertainty, relative, share of variance, bar, what it comes from."""
_HEADINGS = ("term", "standard u", "relative", "share", "of variance", "comes from")


def budget_table(result: PhaseResult) -> RenderableType:
    """Return the budget of energy per unit, or of energy where no work was counted."""
    phase, found = clean(result.phase, 50), budget(result)
    if found is None:
        return Text(f"Uncertainty of {phase}: nothing is known of it.")
    table = new_table()
    title = f"Uncertainty of {phase}: {found.result} ({found.relative})"
    for heading, width in zip(_HEADINGS, WIDTHS, strict=True):
        right = heading in ("standard u", "relative", "share")
        table.add_column(
            Text(heading), width=width, justify="right" if right else "left", overflow="fold"
        )
    for row in found.rows:
        table.add_row(*(Text(text) for text in _cells(row)))
    note = (
        f"{found.figure}; combined standard uncertainty {found.u}, "
        f"times {found.factor} for the 95 % interval"
    )
    return Group(
        Text(clean(title), style="bold", overflow="fold"),
        table,
        Text(clean(note), style="dim", overflow="fold"),
    )


def _cells(row: Row) -> tuple[str, ...]:
    return row.term, row.u, row.relative, row.percent, bar(row.share, WIDTHS[4]), row.what


def bar(share: float, width: int) -> str:
    """Return a bar of eighths of a character, as long as a share (0 to 1) of the width."""
    eighths = round(min(max(share, 0.0), 1.0) * width * 8)
    whole, rest = divmod(eighths, 8)
    return "█" * whole + (chr(0x2590 - rest) if rest else "")
