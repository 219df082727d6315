"""The answer of ``joulemark calibrate``: a table, JSON, Markdown."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import IO, Any, Literal

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from joulemark.analysis.calibrating.check import Left
from joulemark.analysis.calibrating.make import Made
from joulemark.analysis.calibrating.outcome import Outcome
from joulemark.analysis.coverage import LEAST
from joulemark.core.calibration import MARGIN, Calibration, Span
from joulemark.core.student import student_975
from joulemark.core.units import digits, si, with_u95
from joulemark.report.format import clean, percent
from joulemark.report.markdown import markdown_table
from joulemark.report.plain import finite
from joulemark.report.table_phases import new_table
from joulemark.store.calibrations import record_of

WIDTH = 80

LEGEND = (
    "Before: mean error of the target's own readings. After: mean error of workloads left out, "
    "each calibrated by all the others. Inside: share of them in the predicted 95 % interval "
    "(of single points)."
)
WIDENED = (
    "only {held} of the workloads left out lay where the others expect them; the interval of all "
    "together, {times} times Student's, holds {now}"
)
_HEADINGS = ("calibration", "points", "groups", "before", "after", "worst", "inside")


def calibration_json(outcome: Outcome) -> dict[str, Any]:
    """Return everything as JSON values."""
    plain: dict[str, Any] = finite(
        {
            "target": outcome.target,
            "reference": outcome.reference,
            "calibrations": [
                {"calibration": record_of(one.calibration), "left_out": list(map(_left, one.left))}
                for one in outcome.made
            ],
            "refused": [
                {
                    "stratum": one.stratum,
                    "points": one.points,
                    "reason": one.error.what,
                    "remedy": one.error.remedy,
                }
                for one in outcome.refused
            ],
            "notes": list(outcome.notes),
        }
    )
    return plain


def _left(each: Left) -> dict[str, Any]:
    rows = zip(each.points.labels, each.before, each.after, strict=True)
    return {
        "group": each.group,
        "inside": each.inside,
        "deviation_w": each.mean_w,
        "predicted_u95_w": each.half_w,
        "points": [
            {"label": label, "before": float(before), "after": float(after)}
            for label, before, after in rows
        ],
    }


def calibration_markdown(outcome: Outcome) -> str:
    """Return the summary as a table for the documentation."""
    head = [*_HEADINGS[:3], "gain", "offset, W", *_HEADINGS[3:]]
    rows = []
    for one in outcome.made:
        cells, (gain, offset) = _cells(one), _coefficients(one.calibration)[:2]
        rows.append([stratum_name(one.calibration.stratum), *cells[:2], gain, offset, *cells[2:]])
    rows += [
        [stratum_name(one.stratum), str(one.points), f"refused: {one.error.what}", *[""] * 6]
        for one in outcome.refused
    ]
    return markdown_table(head, rows) + f"\n{LEGEND}\n"


def print_calibrations(
    outcome: Outcome, *, groups: bool = False, file: IO[str] | None = None
) -> None:
    """Print all calibrations in 80 columns.

    Args:
        outcome: what came of it.
        groups: list every workload that was left out.
        file: where to; standard output by default.
    """
    console = Console(file=file, width=WIDTH, highlight=False, markup=False, emoji=False)
    title = f"{clean(outcome.target, 60)} against {clean(outcome.reference, 60)}"
    console.print(Text(title, style="bold"))
    table = new_table()
    for heading, width in zip(_HEADINGS, (27, 7, 7, 8, 8, 8, 15), strict=True):
        _column(table, heading, width, left=heading == "calibration")
    for one in outcome.made:
        cells = [stratum_name(one.calibration.stratum), *_cells(one)]
        table.add_row(*(Text(clean(cell, 200)) for cell in cells))
    if outcome.made:
        console.print(table)
        console.print(Text(LEGEND, style="dim"))
    for one in outcome.made:
        _print_one(console, one, groups=groups)
    for refused in outcome.refused:
        console.print()
        console.print(
            Text(f"{clean(stratum_name(refused.stratum))}: no calibration", style="yellow")
        )
        console.print(_indented(clean(str(refused.error))))
    for note in outcome.notes:
        console.print(Text(f"\nNote: {clean(note, 600)}."))


def _print_one(console: Console, one: Made, *, groups: bool) -> None:
    calibration = one.calibration
    console.print()
    console.print(Text(clean(stratum_name(calibration.stratum), 200), style="bold"))
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, text in _facts(calibration):
        grid.add_row(Text(f"  {name}"), Text(clean(text, 600)))
    console.print(grid)
    times = digits(calibration.factor / student_975(calibration.dof), 3)
    for each in one.left:
        if not each.inside:
            console.print(_indented(f"! {clean(each.group, 60)}: {_off(each)}"))
    for text in calibration.outliers:
        console.print(_indented(f"! outlier, kept in the fit: {clean(text)}"))
    if calibration.check is not None and calibration.check.inside_student < LEAST:
        held, now = percent(calibration.check.inside_student), percent(calibration.check.inside)
        console.print(_indented(f"! {WIDENED.format(held=held, times=times, now=now)}"))
    if groups:
        _print_groups(console, one.left)


def _print_groups(console: Console, left: list[Left]) -> None:
    table = new_table()
    for heading, width in (("left out", 27), ("before", 9), ("after", 9), ("off by", 30)):
        _column(table, heading, width, left=heading == "left out")
    for each in left:
        before, after = float(each.before.mean()), float(each.after.mean())
        cells = (each.group, _signed(before), _signed(after), _off(each))
        table.add_row(*(Text(clean(cell, 80)) for cell in cells))
    console.print(Padding(table, (0, 0, 0, 2)))


def _column(table: Table, heading: str, width: int, *, left: bool) -> None:
    justify: Literal["left", "right"] = "left" if left else "right"
    table.add_column(heading, width=width, justify=justify, overflow="fold")


def _off(each: Left) -> str:
    return f"{each.mean_w:+.3g} W, expected within ±{each.half_w:.2g} W"


def _signed(value: float) -> str:
    return f"{100 * value:+.3g} %"


def _cells(one: Made) -> list[str]:
    calibration, check = one.calibration, one.calibration.check
    cells = [str(calibration.points), str(calibration.groups)]
    if check is None:
        return [*cells, "", "", "", ""]
    inside = f"{percent(check.inside)} ({percent(check.inside_points)})"
    return [*cells, *map(percent, (check.before, check.after, check.worst_after)), inside]


def _coefficients(calibration: Calibration) -> list[str]:
    factor = student_975(calibration.dof)
    halves = [factor * math.sqrt(row[k]) for k, row in enumerate(calibration.covariance)]
    return [
        with_u95(value, half, "").strip()
        for value, half in zip(calibration.coefficients, halves, strict=True)
    ]


def _facts(calibration: Calibration) -> list[tuple[str, str]]:
    gain, offset, *slope = _coefficients(calibration)
    between, within, all_of_it = (
        si(watts, "W", 2)
        for watts in (calibration.between_w, calibration.within_w, calibration.residual_w)
    )
    power, seconds = _range(calibration.power_w, "W"), _range(calibration.duration_s, "s")
    scatter = f"{between} from workload to workload, {within} from run to run; {all_of_it} in all"
    facts = [
        ("gain", gain),
        ("offset", f"{offset} W"),
        *((f"per {calibration.utilisation}", f"{text} W") for text in slope),
        ("scatter", f"{scatter}, with the steps of the meters"),
        ("holds for", f"{power} of {calibration.target.name}, {percent(MARGIN)} beyond"),
        ("made of", f"stretches of {seconds}"),
    ]
    if calibration.utilisation_range is not None:
        low, high = calibration.utilisation_range.low, calibration.utilisation_range.high
        facts.append(("", f"{calibration.utilisation} of {digits(low, 3)} to {digits(high, 3)}"))
    facts += [("beside", f"{name} at {_range(s, 'W')}") for name, s in calibration.beside.items()]
    return [*facts, ("id", f"{calibration.id}, {calibration.date}")]


def _range(span: Span, unit: str) -> str:
    return f"{si(span.low, unit, 3)} to {si(span.high, unit, 3)}"


def stratum_name(stratum: Mapping[str, str]) -> str:
    """Return what the points of a calibration have in common."""
    return ", ".join(stratum.values()) or "all points"


def _indented(text: str) -> Padding:
    return Padding(Text(text, overflow="fold"), (0, 0, 0, 2))
