"""The answer of ``joulemark gather``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import IO, Any

from joulemark.core.finding import Finding, Severity
from joulemark.core.units import digits, duration, si
from joulemark.core.value import Value
from joulemark.procedures.training.gathered import Gathered, Seen
from joulemark.procedures.training.gathering import compute, interconnect, whole
from joulemark.report.format import clean

WIDTH = 80
MOST = 4
"""So many findings of one rule are shown; --json lists all."""
_MARKS = {Severity.ERROR: "✗", Severity.WARNING: "!", Severity.NOTE: "·"}
_STYLES = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "dim"}
KWH = 3.6e6


def print_gathered(gathered: Gathered, file: IO[str] | None = None) -> None:
    """Print what came of the nodes, in 80 columns."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=file, highlight=False, width=WIDTH)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("part", "host", "clock", "covered", "in the run", "as published"):
        table.add_column(heading, overflow="fold", justify="left")
    for one in gathered.seen:
        table.add_row(*map(Text, _row(one)))
    console.print(table)
    for line in _sums(gathered):
        console.print(Text(line, overflow="fold"))
    console.print()
    for severity, text in _lines(gathered.findings):
        console.print(Text(f"{_MARKS[severity]} {text}", _STYLES[severity], overflow="fold"))
    for line in _paths(gathered):
        console.print(Text(line, overflow="fold"))


def _row(one: Seen) -> tuple[str, ...]:
    published = "-" if one.published is None else si(one.published, "J")
    return (
        one.part,
        clean(one.host, 20) or "-",
        _clock(one),
        "-" if one.in_run is None else f"{digits(100 * one.coverage, 3)} %",
        "-" if one.in_run is None else str(one.in_run),
        published,
    )


def _clock(one: Seen) -> str:
    if one.offset_s is None:
        return "unknown" if one.run else "-"
    if one.offset_half_s == 0:
        return "the run's"
    sign = "+" if one.offset_s >= 0 else "-"
    return f"{sign}{duration(abs(one.offset_s))} ± {si(one.offset_half_s, 's', 2)}"


def _sums(gathered: Gathered) -> list[str]:
    seconds, energy = gathered.seconds, whole(gathered)
    if seconds is None:
        return []
    lines = ["", f"time to train  {duration(seconds)}"]
    parts = (("compute", compute(gathered)), ("interconnect", interconnect(gathered)))
    lines += [f"{name:13}  {value}" for name, value in parts if value is not None and value.value]
    if energy is None:
        return [*lines, "energy         unknown: a part is missing, see below"]
    mean, kwh = energy.scaled(1 / seconds, "W"), energy.scaled(1 / KWH, "kWh")
    lines.append(f"energy         {energy}, that is {digits(kwh.value)} kWh, {mean} on average")
    published = [one.published for one in gathered.seen]
    if all(value is not None for value in published):
        official = si(sum(value for value in published if value is not None), "J")
        lines.append(f"as published   {official} (the official summarizer's way, ours, unverified)")
    return lines


def _lines(findings: Sequence[Finding]) -> Iterator[tuple[Severity, str]]:
    """Yield findings as lines; of one rule the first few, and how many more there are."""
    of_rule: dict[str, list[Finding]] = {}
    for one in findings:
        of_rule.setdefault(one.rule, []).append(one)
    for rule, alike in of_rule.items():
        for one in alike[:MOST]:
            where = f"{one.where}: " if one.where else ""
            yield one.severity, f"{clean(one.message, 400)} [{where}{rule}]"
        if len(alike) > MOST:
            yield alike[0].severity, f"and {len(alike) - MOST} more like that [{rule}]"


def _paths(gathered: Gathered) -> list[str]:
    lines = [""]
    if gathered.merged is not None:
        lines.append(f"run     {gathered.merged}")
    if gathered.folder is not None:
        lines.append(f"result  {gathered.folder}")
    return lines


def gathered_json(gathered: Gathered) -> dict[str, Any]:
    """Return what came of the nodes as JSON values."""
    return {
        "expected": gathered.expected,
        "seconds": gathered.seconds,
        "energy_j": _value(whole(gathered)),
        "compute_j": _value(compute(gathered)),
        "interconnect_j": _value(interconnect(gathered)),
        "parts": [_part(one) for one in gathered.seen],
        "findings": [
            {"rule": one.rule, "severity": str(one.severity), "message": one.message,
             "file": one.file, "line": one.line}
            for one in gathered.findings
        ],
        "run": None if gathered.merged is None else str(gathered.merged),
        "result": None if gathered.folder is None else str(gathered.folder),
    }  # fmt: skip


def _value(value: Value | None) -> dict[str, float] | None:
    return None if value is None else {"value": value.value, "u95": value.u95}


def _part(one: Seen) -> dict[str, Any]:
    drift = one.drift
    return {
        "part": one.part,
        "host": one.host,
        "run": one.run,
        "provenance": None if one.provenance is None else str(one.provenance),
        "meters": list(one.meters),
        "clock": {
            "offset_s": one.offset_s,
            "half_width_s": one.offset_half_s,
            "drift": None if drift is None else drift.rate,
            "drift_half_width": None if drift is None else drift.half_width,
        },
        "readings": one.readings,
        "longest_gap_s": one.longest_gap_s,
        "coverage": one.coverage,
        "published_j": one.published,
        "in_run_j": _value(one.in_run),
    }
