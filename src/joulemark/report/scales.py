"""The answer of ``joulemark scales``: a table of 80 columns, and JSON."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import IO, Any

from joulemark.analysis.scales import LeftOut, ScaleRow, Scales, Spread, per_joule
from joulemark.analysis.trained import Trained
from joulemark.core.units import count_of, digits, si, with_u95
from joulemark.core.value import Value
from joulemark.report.format import NOTHING, clean
from joulemark.report.words import listed

WIDTH = 80
HEAD = ("scale", "n", "mean power", "unit", "energy of one", "work per joule")
ENDS = ("", "figure", "from", "whose")
_LEFT = ("scale", "unit")
_SMALL = 1e-3
"""Less work per joule than this is told per megajoule."""
_NAME = 80


def print_scales(
    found: Scales, trained: Mapping[str, Sequence[Trained]], file: IO[str] | None = None
) -> None:
    """Print scales, whose figures their ends are, training by size, and how it was counted.

    Args:
        found: all scales; may be none.
        trained: training results of each benchmark, by accelerators.
        file: where to; standard output by default.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=file, width=WIDTH, highlight=False, markup=False, emoji=False)
    if not found.rows:
        console.print(Text("The store holds no result: measure something, or import results."))
        console.print(Text(_left_out(found.left_out)))
        return

    def show(head: Sequence[str], rows: Sequence[Sequence[str]], left: Sequence[str]) -> None:
        table = Table(box=None, pad_edge=False, header_style="bold")
        for name in head:
            of = "left" if name in left else "right"
            table.add_column(name, justify=of, overflow="fold")  # type: ignore[arg-type]
        for cells in rows:
            table.add_row(*map(Text, cells))
        console.print(table)
        console.print()

    show(HEAD, list(table_rows(found.rows)), _LEFT)
    show(ENDS, list(end_rows(found.rows, _NAME)), ENDS)
    if trained:
        show(TRAINED, list(trained_rows(trained, 60)), TRAINED[:2])
    for line in (*notes(found), *unread(trained)):
        console.print(Text(line, overflow="fold"))


def table_rows(rows: Sequence[ScaleRow]) -> Iterator[tuple[str, ...]]:
    """Yield the cells of the table: a line for each unit of work of each scale."""
    for row in rows:
        power = NOTHING if row.power is None else span(row.power, "W")
        units: list[tuple[str, Spread | None]] = list(row.energies.items())
        units = units or [("", None)]
        for place, (unit, spread) in enumerate(units):
            first = (str(row.scale), str(row.count), power) if place == 0 else ("", "", "")
            told = (NOTHING, NOTHING) if spread is None else (span(spread, "J"), efficiency(spread))
            yield (*first, clean(unit, 12), *told)


def span(spread: Spread, unit: str, count: int = 3) -> str:
    """Return a range of values with prefixes: ``507 µW–2.31 W``; one value where both are one."""
    low, high = si(spread.least.value, unit, count), si(spread.most.value, unit, count)
    return low if low == high else f"{low}–{high}"


def efficiency(spread: Spread) -> str:
    """Return the range of work per joule, the least first: ``13.7–31 700/J``."""
    least, most = per_joule(spread.most), per_joule(spread.least)
    factor, of = (1e6, "/MJ") if most < _SMALL else (1.0, "/J")
    low, high = _count(factor * least), _count(factor * most)
    return f"{low}{of}" if low == high else f"{low}–{high}{of}"


def _count(value: float) -> str:
    """Return a number of three significant digits, in thousands by a thin space."""
    if not 1000 <= value < math.inf:
        return digits(value, 3)
    return f"{float(digits(value, 3)):,.0f}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def figure(value: Value) -> str:
    """Return a value with its interval where it has one, else with four significant digits."""
    unit = value.unit.partition("/")[0]
    return with_u95(value.value, value.u95, unit)


def end_rows(rows: Sequence[ScaleRow], name: int) -> Iterator[tuple[str, str, str, str]]:
    """Yield what the least and the greatest figure of each scale are, and whose.

    Args:
        rows: of the scales.
        name: most characters of whose it is.
    """
    for row in rows:
        spreads: dict[str, Spread | None] = {"power": row.power, **row.energies}
        for what, spread in spreads.items():
            if spread is None:
                continue
            of = what if what == "power" else f"J/{clean(what, 12)}"
            ends = [(spread.least, spread.low), (spread.most, spread.high)]
            for value, point in ends[: 1 if spread.low is spread.high else 2]:
                said = f"{row.scale} {of}"
                yield said, figure(value), point.basis.value, clean(point.name, name)


TRAINED = ("benchmark", "result", "acc.", "compute", "interconnect", "time")


def trained_rows(trained: Mapping[str, Sequence[Trained]], name: int) -> Iterator[tuple[str, ...]]:
    """Yield training results by size: energy of both parts as published, and time to train."""
    for benchmark, group in trained.items():
        for one in group:
            yield (
                clean(benchmark, 16),
                clean(one.name, name),
                NOTHING if one.accelerators is None else str(one.accelerators),
                si(one.compute_j, "J"),
                si(one.interconnect_j, "J") if one.interconnect_j else NOTHING,
                f"{digits(one.seconds / 60)} min",
            )


def unread(trained: Mapping[str, Sequence[Trained]]) -> Iterator[str]:
    """Yield a line for each result whose switch was read, which as published counts nothing."""
    for group in trained.values():
        for one in group:
            if not one.interconnect_j and one.interconnect_in_run_j:
                joules = si(one.interconnect_in_run_j, "J")
                yield (
                    f"{clean(one.name, 60)}: its switches were read; as published that counts "
                    f"0 J, in the run it is {joules}."
                )


def notes(found: Scales) -> Iterator[str]:
    """Yield how scales were determined, what figures rest on, and what was left out."""
    for row in found.rows:
        why = "; ".join(f"{text} ({count})" for text, count in row.why.items())
        yield f"{row.scale}: {clean(why, 300)}."
    counts: dict[str, int] = {}
    for row in found.rows:
        for basis, count in row.bases.items():
            counts[basis.value] = counts.get(basis.value, 0) + count
    yield f"From: {', '.join(f'{name} {count}' for name, count in counts.items())}."
    yield (
        "logs: computed here from the logs of others; published: stated, with no log here; "
        "measured, estimated, played back: runs of this store."
    )
    yield _left_out(found.left_out)
    yield "Computed by joulemark; not MLPerf results; not verified by MLCommons."


def _left_out(left: LeftOut) -> str:
    kinds = (
        (left.copies, "copy", "of a measurement"),
        (left.doubtful, "result", "that a rule calls wrong"),
        (left.implausible, "result", "of more power than such a system can draw"),
        (left.silent, "result", "without power or energy"),
        (left.gpus_alone, "result", "of GPUs alone (ML.ENERGY)"),
        (left.rehearsals, "rehearsal", "with instruments in software"),
    )
    said = [f"{count_of(count, unit)} {what}" for count, unit, what in kinds if count]
    return f"Left out: {listed(said) or 'nothing'}."


def scales_json(found: Scales, trained: Mapping[str, Sequence[Trained]]) -> dict[str, Any]:
    """Return the same as JSON values, in SI."""
    return {
        "scales": [_row_json(row) for row in found.rows],
        "training": [
            {
                "benchmark": benchmark,
                "name": one.name,
                "accelerators": one.accelerators,
                "seconds": one.seconds,
                "compute_j": one.compute_j,
                "interconnect_j": one.interconnect_j,
                "interconnect_in_run_j": one.interconnect_in_run_j,
                "in_run_j": one.in_run_j,
                "in_run_u95_j": None if one.in_run_j is None else one.in_run_u95,
            }
            for benchmark, group in trained.items()
            for one in group
        ],
        "left_out": asdict(found.left_out),
    }


def _row_json(row: ScaleRow) -> dict[str, Any]:
    return {
        "scale": row.scale.value,
        "determined_by": dict(row.why),
        "measurements": row.count,
        "from": {basis.value: count for basis, count in row.bases.items()},
        "power_w": None if row.power is None else _spread_json(row.power),
        "energy_j": {
            unit: {**_spread_json(spread), "per_joule": _per_joule_json(spread)}
            for unit, spread in row.energies.items()
        },
    }


def _spread_json(spread: Spread) -> dict[str, Any]:
    return {
        name: {
            "value": value.value,
            "u95": value.u95 if value.parts else None,
            "from": point.basis.value,
            "name": point.name,
        }
        for name, value, point in (
            ("least", spread.least, spread.low),
            ("greatest", spread.most, spread.high),
        )
    }


def _per_joule_json(spread: Spread) -> list[float | None]:
    both = (per_joule(spread.most), per_joule(spread.least))
    return [value if math.isfinite(value) else None for value in both]
