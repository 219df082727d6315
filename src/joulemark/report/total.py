"""The answer of ``joulemark total``: a table of the largest groups, JSON, CSV, Parquet."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np

from joulemark.accounting.tally import Tally
from joulemark.analysis.total import Totals
from joulemark.core.units import si, with_u95
from joulemark.core.value import Term
from joulemark.report.format import clean, percent
from joulemark.report.markdown import markdown_table
from joulemark.store import duck
from joulemark.store.files import refuse_existing, store_error

WIDTH = 80
_LABEL = 24
"""Most characters of a label in a table."""
FIGURES = (
    *("energy_j", "u95_j", "coverage", "covered_s", "average_power_w"),
    *("samples", "gaps", "invalid", "provenance", "added"),
)
"""Names of the columns beside those of the groups."""
_HEAD = ("energy", "mean power", "covered", "samples")


def total_json(totals: Totals) -> dict[str, Any]:
    """Return an answer as JSON values; what is not known is null."""
    names = (*totals.by, *FIGURES)
    return {
        "by": list(totals.by),
        "groups": [dict(zip(names, row, strict=True)) for row in _rows(totals)],
        "total": _whole(totals),
        "budget_j": {
            term.value: float(u[0]) for term, u in totals.whole.u.items() if len(u) and u[0] > 0
        },
        "about": dict(totals.about),
        "warnings": [
            {"code": c.code.value, "text": c.code.text, "detail": c.detail, "phase": c.phase}
            for c in totals.cautions
        ],
    }


def _rows(totals: Totals) -> Iterator[list[Any]]:
    groups = totals.groups
    columns = [
        *totals.labels,
        *(groups.joules.tolist(), groups.u95.tolist(), groups.coverage.tolist()),
        groups.covered_s.tolist(),
        [watts if math.isfinite(watts) else None for watts in groups.watts.tolist()],
        *([int(count) for count in counts.tolist()] for counts in _counts(groups)),
        *(list(totals.provenance), totals.added.tolist()),
    ]
    return map(list, zip(*columns, strict=True))


def _counts(groups: Tally) -> tuple[Any, Any, Any]:
    return groups.samples, groups.gaps, groups.invalid


def _whole(totals: Totals) -> dict[str, Any] | None:
    whole = totals.whole
    if not len(whole.joules):
        return None
    figures = {"energy_j": whole.joules, "u95_j": whole.u95, "coverage": whole.coverage}
    return {name: float(values[0]) for name, values in figures.items()} | {
        "samples": int(whole.samples[0])
    }


def write_csv(totals: Totals, file: IO[str]) -> None:
    """Write all groups as CSV; what is not known is empty."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow((*totals.by, *FIGURES))
    writer.writerows(_rows(totals))


def write_parquet(totals: Totals, path: Path, *, force: bool = False) -> None:
    """Write all groups as Parquet.

    Raises:
        UsageError: if the file exists.
        StoreError: if it cannot be written.
    """
    refuse_existing(path, force=force)
    rows = list(zip(*_rows(totals), strict=True)) or [()] * (len(totals.by) + len(FIGURES))
    names = (*totals.by, *FIGURES)
    columns = {name: duck.column(row) for name, row in zip(names, rows, strict=True)}
    watts = columns["average_power_w"]
    columns["average_power_w"] = watts.astype(np.float64)
    part = path.with_name(f".{path.name}.part")
    try:
        with duck.failures(path), duck.connect() as database:
            database.register("groups", columns)
            database.execute(f"COPY groups TO {duck.text(str(part))} (FORMAT parquet)")
            part.replace(path)
    except OSError as error:
        raise store_error(error, path) from error
    finally:
        part.unlink(missing_ok=True)


def total_markdown(totals: Totals, most: int) -> str:
    """Return the largest groups and the total as a table for the documentation."""
    rows = [*_cells(totals, most), *_last(totals)]
    return markdown_table((*totals.by, *_HEAD), rows, left=len(totals.by))


def print_totals(totals: Totals, most: int, file: IO[str] | None = None) -> None:
    """Print the largest groups, the total, and what a reader must know, in 80 columns."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=file, width=WIDTH, highlight=False, markup=False, emoji=False)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in totals.by:
        table.add_column(clean(name, _LABEL), overflow="ellipsis", no_wrap=True)
    for heading in _HEAD:
        table.add_column(heading, justify="right", no_wrap=True)
    for cells in _cells(totals, most):
        table.add_row(*map(Text, cells))
    for cells in _last(totals):
        table.add_row(*(Text(cell, style="bold") for cell in cells))
    console.print(table)
    for line in _notes(totals, most):
        console.print(Text(line))


def _cells(totals: Totals, most: int) -> Iterator[list[str]]:
    """Return the groups with the most energy, as they are to be read."""
    groups = totals.groups
    for place in np.argsort(-groups.joules, kind="stable")[:most].tolist():
        labels = [clean(label[place], _LABEL) for label in totals.labels]
        if labels and not totals.added[place]:
            labels[0] = f"* {labels[0]}"
        yield [*labels, *_figures(groups, place)]


def _last(totals: Totals) -> Iterator[list[str]]:
    if len(totals.whole.joules) and totals.by:
        blank = [""] * (len(totals.by) - 1)
        yield ["total", *blank, *_figures(totals.whole, 0)]


def _figures(groups: Tally, place: int) -> list[str]:
    joules, u95 = float(groups.joules[place]), float(groups.u95[place])
    watts = float(groups.watts[place])
    samples = int(groups.samples[place])
    return [
        with_u95(joules, u95, "J"),
        si(watts, "W", 4) if math.isfinite(watts) else "–",
        percent(float(groups.coverage[place])),
        str(samples) if samples else "–",
    ]


def _notes(totals: Totals, most: int) -> Iterator[str]:
    count, about = len(totals.groups.joules), totals.about
    if not count:
        yield "No sample lies in any group: there is nothing to add up."
    if count > most:
        yield f"… and {count - most} smaller groups (--top, --json, --csv, --parquet show them)"
    if not totals.added.all():
        yield "* not in the total: inside another part, idle or warm-up"
    rows = f"{about['rows']} rows of {about['series']} series, " if "rows" in about else ""
    if rows:
        yield f"\n{rows}decoded by {about['decoded_by']}"
        yield "Mean power is that of one series. Readings as declared by the table."
        if not totals.whole.u[Term.GAIN].any():
            yield "± is without the meter's own accuracy; add it with --gain and --offset."
    for caution in totals.cautions:
        where = f"{caution.phase}: " if caution.phase else ""
        yield f"! {where}{caution.code.text} ({caution.detail})"
    yield from _terms(totals.whole)


def _terms(whole: Tally) -> Iterator[str]:
    known = [(float(u[0]), term.value) for term, u in whole.u.items() if len(u) and u[0] > 0]
    if known:
        listed = ", ".join(f"{name} {si(u, 'J', 2)}" for u, name in sorted(known, reverse=True))
        yield f"Standard uncertainty of the total: {listed}."
