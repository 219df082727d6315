"""The meters of a run against each other, phase by phase."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

from rich.console import Console, Group, RenderableType
from rich.text import Text

from joulemark.accounting.results import PhaseResult
from joulemark.core.run import Run
from joulemark.report.format import clean
from joulemark.report.plain_trust import balance_json
from joulemark.report.table import WIDTH, Guarded, warnings
from joulemark.report.table_balance import balance_table, has_balance
from joulemark.report.warned import grouped


def crosscheck_json(run: Run, results: Sequence[PhaseResult], path: Path | str) -> dict[str, Any]:
    """Return what the meters of a run say of each other, as JSON values."""
    return {
        "id": run.id,
        "path": str(path),
        "impossible": any(result.crosscheck.impossible for result in results),
        "phases": [
            {"phase": r.phase, "role": r.role.value, **balance_json(r.crosscheck)} for r in results
        ],
    }


def print_crosscheck(
    run: Run, results: Sequence[PhaseResult], *, file: TextIO | None = None
) -> None:
    """Print the balances of every phase and the findings of all, in 80 columns.

    Args:
        run: the record.
        results: what each phase came to.
        file: where to print; standard output by default.
    """
    console = Console(file=file, width=WIDTH, highlight=False, markup=False, emoji=False)
    console.print(Guarded(_tables(run, results)))


def _tables(run: Run, results: Sequence[PhaseResult]) -> RenderableType:
    shown: list[RenderableType] = [Text(clean(run.id, 200), style="bold", overflow="fold")]
    compared = [result for result in results if has_balance(result)]
    for result in compared:
        shown += [balance_table(result), Text()]
    if not compared:
        shown.append(Text("No two meters of this run cover the same part.", overflow="fold"))
    cautions = [c for r in results for c in r.cautions if c.code in _codes(r)]
    if cautions:
        return Group(*shown, warnings(grouped(cautions)))
    return Group(*shown, Text("Nothing impossible or doubtful was found."))


def _codes(result: PhaseResult) -> set[str]:
    return {finding.code for finding in result.crosscheck.findings}
