"""What a run of serving came to, in the terminal, in 80 columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TextIO

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from joulemark.accounting.serving_energy import PER_OUTPUT
from joulemark.accounting.serving_requests import NAME, Costs
from joulemark.accounting.serving_windows import Unknown
from joulemark.core.units import digits, si
from joulemark.loads.serving.latency import Spread
from joulemark.procedures.serving.costs import Factors, all_requests, factors_of
from joulemark.procedures.serving.figures import figures_of, metrics_of
from joulemark.procedures.serving.findings import findings_of_run
from joulemark.procedures.serving.results import ServingResult
from joulemark.procedures.serving.settings import slo_of
from joulemark.report.flat import Row
from joulemark.report.format import clean
from joulemark.report.serving_aside import aside_rows
from joulemark.report.serving_beyond import beyond_rows
from joulemark.report.serving_energies import (
    IDLE,
    Scope,
    energy_rows,
    energy_text,
    idle_share,
    scopes_of,
    share_text,
    tokens_per_joule,
)
from joulemark.report.serving_findings import findings_text
from joulemark.report.serving_more import (
    mlenergy_rows,
    request_rows,
    sharing_words,
    shown_spreads,
    time_cells,
)
from joulemark.report.serving_words import (
    FACTORS,
    TIMES,
    load_rows,
    rate_rows,
)
from joulemark.report.table import Guarded
from joulemark.report.table_phases import COLOUR

WIDTH = 80
NO_WINDOW = (
    "No window, so no energies. --rule whole/1 takes the whole load, warm-up and drain with it."
)
QUARTERS = "Short and long: the quarter with the fewest and the most tokens."


def print_serving(
    result: ServingResult, file: TextIO | None = None, *, mlenergy: bool = False
) -> None:
    """Print it in 80 columns.

    Args:
        result: of the run.
        file: where to; standard output by default.
        mlenergy: show the figures of ML.ENERGY, too.
    """
    console = Console(file=file, width=WIDTH, highlight=False, markup=False, emoji=False)
    console.print(Guarded(Group(*serving_tables(result, mlenergy=mlenergy))))


def serving_tables(result: ServingResult, *, mlenergy: bool = False) -> list[RenderableType]:
    """Return load, energies by definition, times, rates, and what is to be said of them."""
    metrics = metrics_of(result)
    scopes = scopes_of(result)
    shown: list[RenderableType] = [_pairs(load_rows(result)), Text()]
    told = headline(result, scopes, metrics)
    shown[:0] = [Text(told, style="bold"), Text()] if told else []
    if scopes:
        shown += [_energies(result, scopes), Text()]
    elif result.repeats:
        shown += [Text(NO_WINDOW, style="yellow"), Text()]
    shown += [*_causes(result), Text()]
    if mlenergy:
        shown += [_headed("By the rules of ML.ENERGY", mlenergy_rows(result)), Text()]
    where, spreads = shown_spreads(result)
    if spreads:
        shown += [_times(where, spreads), Text()]
    rates = rate_rows(metrics, slo_of(result.settings), tokens_per_joule(result))
    for rows in (beyond_rows(result), rates, list(aside_rows(result))):
        shown += [_pairs(rows), Text()] if rows else []
    found = findings_of_run(result)
    if found:
        shown += [findings_text(found), Text()]
    return shown[:-1]


def headline(result: ServingResult, scopes: list[Scope], metrics: Mapping[str, float]) -> str:
    """Return the result in one line; empty where nothing is known."""
    said = []
    energy = figures_of(result).get(PER_OUTPUT)
    if energy is not None:
        kind = scopes[0].provenance.value if scopes and scopes[0].provenance else "unknown"
        said.append(f"{energy_text(energy)} per output token ({kind})")
    for name, words in (("tpot_p50_s", "a token"), ("ttft_p50_s", "the first after")):
        if name in metrics:
            said.append(f"{words} {si(metrics[name], 's', 3)}")
    if "output_tokens_per_s" in metrics:
        said.append(f"{digits(metrics['output_tokens_per_s'], 3)} tokens/s")
    return ", ".join(said)


def _pairs(rows: Iterable[Row]) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, text in rows:
        grid.add_row(Text(name), Text(text))
    return grid


def _headed(heading: str, rows: Iterable[Row]) -> Group:
    return Group(Text(heading, style="bold"), _pairs(rows))


def _table(headings: Sequence[Text]) -> Table:
    table = Table(box=SIMPLE_HEAD, show_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for number, heading in enumerate(headings):
        side = "left" if number == 0 else "right"
        table.add_column(heading, justify=side, no_wrap=True)  # type: ignore[arg-type]
    return table


def _energies(result: ServingResult, scopes: list[Scope]) -> RenderableType:
    single = len(scopes) == 1
    headings = [Text("energy")]
    for scope in scopes:
        kind = "" if scope.provenance is None else scope.provenance.value
        style = "" if scope.provenance is None else COLOUR[scope.provenance]
        headings.append(Text.assemble(f"{scope.name}\n", (kind, style)))
    table = _table(headings)
    if single:
        table.add_column(Text("definition"), style="dim", no_wrap=True)
    for row in energy_rows(result, scopes):
        cells = [Text(energy_text(value)) for value in row.values]
        table.add_row(Text(row.name), *cells, *([Text(row.definition)] if single else []))
    share = idle_share(result)
    if share is not None:
        blank = [Text()] * (len(scopes) - 1)
        said = Text(share_text(share))
        table.add_row(Text("of it idle power"), said, *blank, *([Text(IDLE)] if single else []))
    if single:
        return table
    names = ", ".join(row.definition for row in energy_rows(result, scopes))
    return Group(table, Text(f"Definitions, in this order: {names}.", style="dim"))


def _causes(result: ServingResult) -> list[RenderableType]:
    """Return what prompts, tokens, time and requests cost, or why that is not known."""
    factors, costs = factors_of(result), all_requests(result)
    if isinstance(factors, Unknown):
        return [Text(f"No split of the energy by cause: {clean(factors.reason)}.", style="dim")]
    shown: list[RenderableType] = [_factors(factors)]
    if isinstance(costs, Unknown):
        shown.append(Text(f"No energies of requests: {clean(costs.reason)}.", style="dim"))
        return shown
    return [*shown, Text(), _requests(costs)]


def _factors(factors: Factors) -> RenderableType:
    table = _table([Text("energy by cause"), Text("whole load")])
    table.add_column(Text("definition"), style="dim", no_wrap=True)
    for name, value in factors.values.items():
        words, definition = FACTORS.get(name, (name, ""))
        table.add_row(Text(words), Text(energy_text(value)), Text(definition))
    if not factors.inseparable:
        return table
    names = " and ".join(FACTORS.get(n, (n, ""))[0] for n in factors.inseparable)
    return Group(table, Text(f"Known together only: {names}.", style="yellow"))


def _requests(costs: Costs) -> RenderableType:
    table = _table([Text("energy of a request"), Text("whole load")])
    for name, value in request_rows(costs):
        table.add_row(Text(name), Text(str(value)))
    said = f"By {NAME}; intervals: of how the energy is divided among these requests. {QUARTERS}"
    said = " ".join(filter(None, (said, sharing_words(costs))))
    return Group(table, Text(said, style="dim"))


def _times(where: str, spreads: dict[str, Spread]) -> RenderableType:
    headings = (f"times, {where}", "mean", "p50", "p90", "p95", "p99")
    table = _table([Text(text) for text in headings])
    for name, spread in spreads.items():
        table.add_row(*map(Text, (TIMES[name], *time_cells(spread))))
    return table
