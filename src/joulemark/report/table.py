"""A run in the terminal, in at most 80 columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.padding import Padding
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from joulemark.accounting.results import PhaseResult
from joulemark.core.clock import NS
from joulemark.core.run import Run, Status
from joulemark.core.units import duration
from joulemark.core.window import Role
from joulemark.report.about import counted
from joulemark.report.calibrated import calibration_rows
from joulemark.report.diffusion import batch_rows
from joulemark.report.disturbed import disturbance_rows
from joulemark.report.format import clean, harmless, iso
from joulemark.report.table_balance import balance_table, has_balance
from joulemark.report.table_budget import budget_table
from joulemark.report.table_evidence import evidence_lines, evidence_tables
from joulemark.report.table_parts import parts_table
from joulemark.report.table_phases import phase_table
from joulemark.report.warned import Warned, all_cautions, grouped
from joulemark.report.words import STATUS, disclaimer, listed

WIDTH = 80
_MOST_DETAILS = 4


def print_run(
    run: Run,
    results: Sequence[PhaseResult],
    path: Path | str,
    *,
    budget: bool = False,
    evidence: bool = False,
    first: Sequence[RenderableType] = (),
    file: TextIO | None = None,
) -> None:
    """Print a run in 80 columns, in colour only on a terminal (and not with ``NO_COLOR``).

    Args:
        run: the record.
        results: what each phase came to.
        path: run directory.
        budget: show the uncertainty of each measured phase term by term.
        evidence: show every condition of every tier of evidence.
        first: what stands in the place of the table of phases.
        file: where to print; standard output by default.
    """
    console = Console(file=file, width=WIDTH, highlight=False, markup=False, emoji=False)
    console.print(run_tables(run, results, path, budget=budget, evidence=evidence, first=first))


@dataclass(frozen=True, slots=True)
class Guarded:
    """Something to print, less every character that does more than show.

    Attributes:
        inner: what to print.
    """

    inner: RenderableType

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        """Yield the inner segments, made harmless; line ends stay."""
        for segment in console.render(self.inner, options):
            lines = segment.text.split("\n")
            yield Segment("\n".join(map(harmless, lines)), segment.style)


def run_tables(
    run: Run,
    results: Sequence[PhaseResult],
    path: Path | str,
    *,
    budget: bool = False,
    evidence: bool = False,
    first: Sequence[RenderableType] = (),
) -> Guarded:
    """Return everything that ``show`` prints of a run.

    Args:
        run: the record.
        results: what each phase came to.
        path: run directory.
        budget: show the uncertainty of each measured phase term by term.
        evidence: show every condition of every tier of evidence.
        first: what stands in the place of the table of phases.
    """
    measured = [result for result in results if result.role is Role.MEASURE]
    shown: list[RenderableType] = [header(run, path, results), Text()]
    shown += [*first, Text()] if first else []
    if results:
        shown += [] if first else [phase_table(results), Text()]
        shown += [evidence_lines(measured), Text()] if measured else []
    else:
        shown += [Text("No phase of this run has ended: there is nothing to show."), Text()]
    for result in measured:
        for table in _tables(result, results, budget=budget, evidence=evidence):
            shown += [table, Text()]
    groups = grouped(all_cautions(run, results))
    if groups:
        shown += [warnings(groups), Text()]
    said = disclaimer(run)
    if said:
        shown.append(Text(f"Figures {said}."))
    while isinstance(shown[-1], Text) and not shown[-1].plain:
        shown.pop()
    return Guarded(Group(*shown))


def _tables(
    result: PhaseResult, results: Sequence[PhaseResult], *, budget: bool, evidence: bool
) -> list[RenderableType]:
    """Return the tables of one phase."""
    found: list[RenderableType] = [parts_table(result, results)] if result.parts else []
    found += [balance_table(result)] if has_balance(result) else []
    found += [budget_table(result)] if budget else []
    return [*found, evidence_tables(result)] if evidence else found


def header(run: Run, path: Path | str, results: Sequence[PhaseResult] = ()) -> RenderableType:
    """Return title, run, time, system, meters and calibration."""
    system = run.system
    machine = [clean(system.cpu or system.machine or "unknown processor", 60)]
    if system.threads:
        machine.append(f"{system.threads} hardware threads")
    gpus = counted([clean(name, 60) for name in system.gpus])
    machine += [f"{name} (×{count})" if count > 1 else name for name, count in gpus]
    if system.virtual:
        machine.append(f"virtual machine ({clean(system.virtual, 30)})")
    rows = [("run", clean(run.id, 200)), ("path", clean(path, 200)), ("when", _when(run))]
    rows.append(("system", f"{clean(system.host, 60)}: {', '.join(machine)}"))
    rows += [("meters", listed(_meters(run)) or "none"), *calibration_rows(results)]
    rows += [*disturbance_rows(run.results), *batch_rows(run.results)]
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, text in rows:
        grid.add_row(Text(name), Text(text))
    title = Text(clean(run.title or run.id, 200), style="bold", overflow="fold")
    if run.status is Status.COMPLETE:
        return Group(title, grid)
    grid.add_row(Text("status"), Text(STATUS[run.status], style="bold yellow"))
    return Group(title, grid)


def _when(run: Run) -> str:
    started = (iso(run.anchor.utc_ns) or "").replace("T", " ")[:19] + " UTC"
    if run.stopped is None:
        return started
    return f"{started}, {duration((run.stopped - run.anchor.utc_ns) / NS)}"


def _meters(run: Run) -> list[str]:
    """Return each meter that gives energy, with its provenance."""
    carrying = [channel for channel in run.channels if channel.carries_energy]
    return list(dict.fromkeys(f"{clean(c.meter, 40)} ({c.provenance.value})" for c in carrying))


def warnings(groups: Sequence[Warned]) -> RenderableType:
    """Return warnings: what each kind means and what to do, then what was seen where."""
    shown: list[RenderableType] = [Text("Warnings", style="bold")]
    for group in groups:
        line = Text("! ", style="yellow")
        where = f"{group.phases}: " if group.phases else ""
        line.append(f"{where}{group.text}", style="default")
        shown.append(line)
        shown += [_detail(text) for text in group.details[:_MOST_DETAILS]]
        if len(group.details) > _MOST_DETAILS:
            shown.append(_detail(f"… and {len(group.details) - _MOST_DETAILS} more (see --json)"))
    return Group(*shown)


def _detail(text: str) -> RenderableType:
    return Padding(Text(text, style="dim", overflow="fold"), (0, 0, 0, 4))
