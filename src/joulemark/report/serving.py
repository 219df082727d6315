"""What a run of serving came to, in the terminal."""

from __future__ import annotations

from typing import TextIO

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from joulemark.accounting.serving_windows import Unknown
from joulemark.core.units import si
from joulemark.loads.serving.latency import Spread
from joulemark.procedures.serving.figures import NAMES, figures_of, metrics_of, spreads_of
from joulemark.procedures.serving.results import ServingResult


def serving_tables(result: ServingResult) -> list[RenderableType]:
    """Return energies by definition, times, and what is to be said of the windows."""
    figures, shown = figures_of(result), list[RenderableType]()
    if figures:
        table = Table.grid(padding=(0, 2, 0, 0))
        kind = "" if result.provenance is None else result.provenance.value
        for name, value in figures.items():
            table.add_row(Text(name), Text(str(value)), Text(kind))
        shown.append(table)
    shown.append(_times(result))
    for repeat in result.repeats:
        if isinstance(repeat.window, Unknown):
            why = f"load {repeat.number + 1} has no window {result.rule}: {repeat.window.reason}"
            shown.append(Text(why))
    return shown


def print_serving(result: ServingResult, file: TextIO | None = None) -> None:
    """Print it in 80 columns."""
    console = Console(file=file, width=80, highlight=False, markup=False, emoji=False)
    for shown in serving_tables(result):
        console.print(shown)


def _times(result: ServingResult) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_row("", "mean", "p50", "p90", "p99")
    for name, spread in spreads_of(result).items():
        if name in NAMES:
            table.add_row(NAMES[name], *_cells(spread))
    metrics = metrics_of(result)
    for name in ("output_tokens_per_s", "requests_per_s", "mean_batch", "requests", "failed"):
        if name in metrics:
            table.add_row(name.replace("_", " "), f"{metrics[name]:.4g}")
    return table


def _cells(spread: Spread) -> list[str]:
    values = [spread.mean, *(spread.percentiles[p] for p in (50.0, 90.0, 99.0))]
    return [si(value, "s") for value in values]
