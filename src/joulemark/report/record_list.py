"""A few results of the record, one below the other, in 80 columns."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import IO

from joulemark.analysis.record.entry import Entry, Evidence
from joulemark.core.units import plural, si
from joulemark.report.format import NOTHING, clean

WIDTH = 80
MOST = 30
"""So many results are listed; of more, JSON, CSV and Parquet tell."""
HEAD = ("round", "result", "system", "power", "of one", "work/J", "from")
_RUN = "run"
"""Nobody counts trainings by the joule."""
_FROM = {
    Evidence.LOGS: "logs",
    Evidence.REPOSITORY: "list",
    Evidence.PAGE: "page",
    Evidence.OWN: "own",
}


def print_list(entries: Collection[Entry], file: IO[str] | None = None) -> None:
    """Print results, each with its power, energy and where they come from.

    Args:
        entries: a few.
        file: where to; standard output if None.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    rows = list(list_rows(entries))
    if not rows:
        return
    console = Console(file=file, width=WIDTH, highlight=False, markup=False, emoji=False)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in HEAD:
        right = name in ("power", "of one", "work/J")
        wraps = name in ("result", "system")
        table.add_column(
            name, justify="right" if right else "left", no_wrap=not wraps, overflow="fold"
        )
    for cells in rows:
        table.add_row(*map(Text, cells))
    console.print()
    console.print(table)
    if any(entry.passed is not None for entry in entries):
        console.print(Text("✓ ✗: whether joulemark check passes the log"))


def list_rows(entries: Iterable[Entry]) -> Iterator[tuple[str, ...]]:
    """Yield a row of :data:`HEAD` for each result."""
    for entry in entries:
        yield (
            entry.round or entry.date,
            clean(" ".join(filter(None, (entry.name, entry.scenario))), 60),
            clean(f"{entry.submitter} {entry.system or entry.system_name}".strip(), 60),
            _shown(entry.power_w, "W"),
            _shown(entry.energy_j, "J"),
            _rate(entry),
            _FROM[entry.evidence] + {True: " ✓", False: " ✗", None: ""}[entry.passed],
        )


def _shown(value: float | None, unit: str) -> str:
    return NOTHING if value is None else si(value, unit, 3)


def _rate(entry: Entry) -> str:
    if entry.per_joule is None or not entry.work or entry.work == _RUN:
        return NOTHING
    return si(entry.per_joule, plural(entry.work), 3)
