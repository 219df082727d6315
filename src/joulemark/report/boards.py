"""A board's own readings beside a shunt meter: tables of 80 columns, for documentation, or JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import IO, Any

from joulemark.analysis.boards import CaseResult, shares
from joulemark.analysis.coverage import LEAST, Coverage
from joulemark.analysis.sensors import Found
from joulemark.core.errors import JoulemarkError
from joulemark.core.units import digits
from joulemark.report.format import NOTHING, clean, percent
from joulemark.report.markdown import markdown_table

WIDTH = 80
HEAD = ("board", "field", "case", "naive", "corrected", "±95 %", "held")
SENSOR_HEAD = ("board", "field", "period", "window", "by shunt", "lag", "delay")
SHARE_HEAD = ("case", "held", "of", "share", "interval")
_FOOT = (
    "Errors against the shunt meter; of several windows the root mean square. naive: readings held "
    "until the next; corrected: at the middle of the window that readings and kernels show, gain "
    "and offset left as they are. The accuracy class is made without the board's own model."
)
_SENSOR_FOOT = (
    "ms. window: used, of the known ones the one that fits readings and kernels; by shunt: "
    "averaging window, or time constant of a sensor that lags, and delay, fitted to the shunt "
    "meter's power, with standard uncertainties. A single step shows a window badly."
)

Rows = list[tuple[str, ...]]
_Table = tuple[tuple[str, ...], int, Rows, str]
"""Head, how many columns are flush left, rows, and what stands below."""


def print_boards(
    results: Sequence[CaseResult],
    refused: Sequence[JoulemarkError] = (),
    file: IO[str] | None = None,
) -> None:
    """Print errors, sensors, how often the intervals held and where they fail.

    Args:
        results: at least one.
        refused: recordings that gave none.
        file: where to print; standard output by default.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=file, width=WIDTH, highlight=False, markup=False, emoji=False)
    for head, left, rows, foot in _tables(results):
        table = Table(box=None, pad_edge=False, header_style="bold")
        for place, heading in enumerate(head):
            table.add_column(
                heading, justify="left" if place < left else "right", overflow="ellipsis"
            )
        for cells in rows:
            table.add_row(*map(Text, cells))
        console.print(table)
        console.print(Text(f"\n{foot}\n"))
    for line in _verdicts(results, refused):
        console.print(Text(line))


def boards_markdown(results: Sequence[CaseResult], refused: Sequence[JoulemarkError] = ()) -> str:
    """Return the same for documentation; the arguments are those of :func:`print_boards`."""
    tables = [
        f"{markdown_table(head, rows, left=left)}\n{foot}\n"
        for head, left, rows, foot in _tables(results)
    ]
    listed = "".join(f"* {line}\n" for line in _verdicts(results, refused))
    return "\n".join([*tables, listed])


def boards_json(
    results: Sequence[CaseResult], refused: Sequence[JoulemarkError] = ()
) -> dict[str, Any]:
    """Return the same as JSON values; the arguments are those of :func:`print_boards`."""
    return {
        "least": LEAST,
        "results": [_result(result) for result in results],
        "shares": [
            {
                "case": row.case,
                "held": row.held,
                "of": row.draws,
                "share": row.share,
                "share_low": row.low,
                "share_high": row.high,
                "below": row.share < LEAST,
                "failed": row.failed,
            }
            for row in shares(results)
        ],
        "refused": [str(error) for error in refused],
    }


def _result(result: CaseResult) -> dict[str, Any]:
    return {
        "board": result.board,
        "field": result.field,
        "case": result.case,
        "naive_error": result.naive_error,
        "error": result.error,
        "half_width": result.half_width,
        "held": result.count,
        "of": len(result.intervals),
        "left_out": list(result.without),
        "sensor": _plain(asdict(result.sensor)),
        "sensor_by_shunt": _plain(asdict(result.seen)),
        "shunt_clock": _plain(asdict(result.clock)),
        "windows": [
            {
                "true_j": one.held.truth,
                "naive_j": one.naive,
                "value_j": one.held.value,
                "u95_j": one.held.u95,
                "held": one.held.held,
            }
            for one in result.intervals
        ],
    }


def _plain(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return JSON values: no number that is none."""
    return {
        name: _plain(value)
        if isinstance(value, dict)
        else None
        if isinstance(value, float) and not math.isfinite(value)
        else value
        for name, value in fields.items()
    }


def _tables(results: Sequence[CaseResult]) -> list[_Table]:
    names = _names(results)
    errors: Rows = [
        (
            names[result.board],
            result.field,
            result.case,
            *(_signed(error, result) for error in (result.naive_error, result.error)),
            percent(result.half_width, sign="±"),
            f"{result.count}/{len(result.intervals)}",
        )
        for result in results
    ]
    firsts = {(result.board, result.field): result for result in reversed(results)}
    sensors: Rows = [_sensor(names[key[0]], key[1], firsts[key]) for key in reversed(firsts)]
    held: Rows = [
        (
            row.case,
            str(row.held),
            str(row.draws),
            f"{100 * row.share:.1f} %",
            f"{100 * row.low:.1f}–{100 * row.high:.1f} %",
        )
        for row in shares(results)
    ]
    foot = (
        "interval: of the share, as if the windows were independent. A kernel shorter than the "
        "sensor's window or period is not resolved: its interval says so by its width."
    )
    return [
        (HEAD, 3, errors, _FOOT),
        (SENSOR_HEAD, 2, sensors, _SENSOR_FOOT),
        (SHARE_HEAD, 1, held, foot),
    ]


def _names(results: Sequence[CaseResult]) -> dict[str, str]:
    """Return the folder's name for each board, with the one above it where two are alike."""
    boards = dict.fromkeys(result.board for result in results)
    short = [board.rpartition("/")[2] for board in boards]
    return {
        board: clean(name if short.count(name) == 1 else board, 24)
        for board, name in zip(boards, short, strict=True)
    }


def _signed(error: float, result: CaseResult) -> str:
    return f"{100 * error:{'+' if len(result.intervals) == 1 else ''}.3g} %"


def _sensor(board: str, field: str, result: CaseResult) -> tuple[str, ...]:
    used, seen = result.sensor, result.seen
    window = used.lag.seconds if used.lag else used.nominal_s
    kind = " lag" if used.lag else ""
    return (
        board,
        field,
        _ms(used.period),
        NOTHING if window is None else f"{digits(1e3 * window, 3)}{kind}",
        _ms(seen.window),
        _ms(seen.lag),
        _ms(seen.delay),
    )


def _ms(found: Found | None) -> str:
    if found is None:
        return NOTHING
    return f"{1e3 * found.seconds:.1f} ± {digits(1e3 * found.u_s, 1)}"


def _verdicts(results: Sequence[CaseResult], refused: Sequence[JoulemarkError]) -> list[str]:
    below = [row for row in shares(results) if row.share < LEAST]
    lines = [f"! {_below(row)}" for row in below]
    for result in results:
        share = result.count / len(result.intervals)
        if share < LEAST:
            lines.append(f"! {result.board}, {result.field}, {result.case}: {_misses(result)}")
    if not lines:
        lines = [f"No case of any board holds less often than {percent(LEAST)}."]
    return lines + [f"! not judged: {error}" for error in refused]


def _below(row: Coverage) -> str:
    return f"{row.case}: {100 * row.share:.1f} % of {row.draws} held, wanted {percent(LEAST)}"


def _misses(result: CaseResult) -> str:
    return f"the interval holds {result.count} of {len(result.intervals)}"
