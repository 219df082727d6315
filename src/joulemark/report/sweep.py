"""The points of a sweep as a table of 80 columns."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import IO, Any

from joulemark.core.units import with_u95
from joulemark.report.format import NOTHING, clean

WIDTH = 80
_UNITS = {"j": "J", "s": "s", "w": "W"}
"""Ends of the names of columns."""
_LONG = 18
"""Characters of a name that stay on one line."""
_NUMBERS = 4
"""Columns of numbers that stand beside those of the axes."""


def print_points(
    rows: Sequence[Mapping[str, Any]],
    axes: Sequence[str],
    numbers: Sequence[str],
    file: IO[str] | None = None,
) -> None:
    """Print points, each number with the half-width of its 95 % interval where it is known.

    Args:
        rows: cells by column, ``NAME_u95`` beside ``NAME``.
        axes: columns that tell points apart.
        numbers: columns of numbers, the most wanted first.
        file: where to; standard output if None.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=file, highlight=False, width=WIDTH)
    table = Table(box=None, pad_edge=False, header_style="bold")
    shown = list(numbers)[:_NUMBERS]
    for name in (*axes, *shown):
        right = name in numbers
        head = name if len(name) <= _LONG else name.replace("_", " ")  # which breaks into lines
        table.add_column(clean(head, 60), justify="right" if right else "left", overflow="fold")
    for row in rows:
        cells = [clean(str(row.get(name)), 24) for name in axes]
        cells += [_told(name, row.get(name), row.get(f"{name}_u95")) for name in shown]
        table.add_row(*map(Text, cells))
    console.print(table)


def _told(name: str, value: Any, u95: Any) -> str:
    if not isinstance(value, int | float) or not math.isfinite(value):
        return NOTHING
    what, _, end = name.rpartition("_")
    unit = "" if what.endswith("_per") else _UNITS.get(end, "")
    return with_u95(value, u95 if isinstance(u95, int | float) else 0.0, unit).strip()
