"""How often intervals held: a table of 80 columns, one for documentation, or JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import IO, Any

from joulemark.analysis.coverage import LEAST, MOST, Coverage
from joulemark.report.format import percent
from joulemark.report.markdown import markdown_table

WIDTH = 80
HEAD = ("case", "of", "held", "interval", "bias", "width")
_FOOT = (
    "held: share of the draws whose 95 % interval holds the truth, with the interval of that "
    "share; bias: mean error; width: the median half-width. Both are relative to the mean truth."
)


def print_coverage(
    rows: Sequence[Coverage], notes: Mapping[str, str], file: IO[str] | None = None
) -> None:
    """Print how often intervals held, and what failed.

    Args:
        rows: by case and quantity.
        notes: why the intervals of a case are wide, by its name.
        file: where to print; standard output by default.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=file, width=WIDTH, highlight=False, markup=False, emoji=False)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for place, heading in enumerate(HEAD):
        table.add_column(heading, justify="left" if place < 2 else "right", no_wrap=True)
    for row, cells in zip(rows, _cells(rows), strict=True):
        table.add_row(*map(Text, cells), style=_style(row))
    console.print(table)
    console.print(Text(f"\n{_FOOT}"))
    for name, note in notes.items():
        console.print(Text(f"{name}: {note}"))
    for row in rows:
        if row.failed:
            seen = f"at most {percent(row.high)}, wanted {percent(LEAST)}"
            console.print(Text(f"! {row.case}, {row.quantity}: {seen}", style="bold red"))


def _style(row: Coverage) -> str:
    if row.failed:
        return "bold red"
    return "" if LEAST <= row.share <= MOST else "yellow"


def _cells(rows: Sequence[Coverage]) -> list[tuple[str, ...]]:
    return [
        (
            row.case,
            row.quantity,
            f"{100 * row.share:.1f} %",
            f"{100 * row.low:.1f}–{100 * row.high:.1f} %",
            f"{100 * row.bias:+.2f} %",
            percent(row.half_width, sign="±"),
        )
        for row in rows
    ]


def coverage_markdown(rows: Sequence[Coverage], notes: Mapping[str, str]) -> str:
    """Return the same for documentation; the arguments are those of :func:`print_coverage`."""
    table = markdown_table(HEAD, _cells(rows), left=2)
    listed = "".join(f"* `{name}`: {note}\n" for name, note in notes.items())
    return f"{table}\n{_FOOT}\n" + (f"\n{listed}" if listed else "")


def coverage_json(rows: Sequence[Coverage], notes: Mapping[str, str]) -> dict[str, Any]:
    """Return the same as JSON values; the arguments are those of :func:`print_coverage`."""
    return {
        "least": LEAST,
        "most": MOST,
        "cases": [
            {
                "case": row.case,
                "quantity": row.quantity,
                "draws": row.draws,
                "held": row.held,
                "share": row.share,
                "share_low": row.low,
                "share_high": row.high,
                "bias": row.bias,
                "half_width": row.half_width,
                "missed_unwarned": row.missed_unwarned,
                "failed": row.failed,
                "note": notes.get(row.case),
            }
            for row in rows
        ],
    }
