"""The answer of ``joulemark list``."""

from __future__ import annotations

from pathlib import Path
from typing import IO

from joulemark.core.clock import NS
from joulemark.core.units import duration
from joulemark.report.format import clean
from joulemark.store.catalogue import RunSummary

WIDTH = 80


def print_list(
    runs: list[RunSummary],
    store: Path,
    file: IO[str] | None = None,
    *,
    of: int | None = None,
    asked: bool = False,
) -> None:
    """Print runs as a table of 80 columns; a broken one with the reason.

    Args:
        runs: what is shown.
        store: the directory of all runs.
        file: where to; standard output if None.
        of: how many there are, if not all are shown.
        asked: whether only some were asked for.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=file, highlight=False, width=WIDTH)
    if not runs:
        console.print(Text(f"no such runs in {store}" if of or asked else f"no runs in {store}"))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("run (UTC)", "took", "status", "what"):
        table.add_column(heading, overflow="fold", no_wrap=heading in ("took", "status"))
    for run in runs:
        took = "-" if run.stopped is None else duration((run.stopped - run.started) / NS)
        status = "unreadable" if run.status is None else run.status.value
        names = clean(run.id), clean(run.title or run.problem)
        table.add_row(*map(Text, (names[0], took, status, names[1])))
    console.print(table)
    shown = f"{len(runs)} of {of}" if of not in (None, len(runs)) else f"{len(runs)}"
    console.print(Text(f"\n{shown} in {store}"))
