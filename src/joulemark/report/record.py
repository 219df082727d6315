"""The answer of ``joulemark record``: how many results of which kind; JSON lines and CSV."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import IO, Any

from joulemark.analysis.record.counted import STATED, Counted
from joulemark.analysis.record.definitions import order
from joulemark.analysis.record.entry import Entry, Evidence
from joulemark.analysis.record.record import Record
from joulemark.report.format import NOTHING, clean

WIDTH = 80
HEAD = ("suite", "round", "results", "closed", "open", "logs", "lists", "pages",
        "runs", "odd")  # fmt: skip
_NOTES = (
    "logs: computed here from the power log; lists: stated by a program, the log is not here; "
    "pages: on a page of results alone; runs: distinct measurements behind the results of logs; "
    "odd: results with a doubt, or whose sources contradict each other."
)
_NAMED = 30
_OWN = "MLPerf is a trademark of MLCommons. What joulemark computes is not verified by MLCommons."
_ROW = "results/row"
"""What is odd in a row by itself: most are notes on how it was read."""
_CONTRADICTS = (" states a power of ", " states a performance of ")


def print_record(
    found: Record,
    *,
    unknown: Mapping[str, Sequence[str]] | None = None,
    file: IO[str] | None = None,
) -> None:
    """Print how many results there are, in 80 columns.

    Args:
        found: the record, or the part of it that was asked for.
        unknown: of what was asked for, what no result is: what there is instead; None if nothing
            was asked for.
        file: where to; standard output if None.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=file, width=WIDTH, highlight=False, markup=False, emoji=False)
    if not found.entries:
        for line in _nothing(unknown or {}):
            console.print(Text(line, overflow="fold"))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in HEAD:
        table.add_column(name, justify="left" if name in HEAD[:2] else "right", no_wrap=True)
    for cells in count_rows(found.entries):
        table.add_row(*map(Text, cells))
    console.print(table)
    console.print()
    for line in (*_counts(found), _NOTES, _OWN):
        console.print(Text(line, overflow="fold"))


def _nothing(unknown: Mapping[str, Sequence[str]]) -> Iterator[str]:
    yield "no such result; joulemark import takes published ones"
    for what, known in unknown.items():
        more = f" and {len(known) - _NAMED} more" if len(known) > _NAMED else ""
        names = [clean(name, 40) for name in known[:_NAMED]]
        yield f"no result is of that {what}; there is {', '.join(names) or 'none'}{more}"


def count_rows(entries: Sequence[Entry]) -> Iterator[tuple[str, ...]]:
    """Yield a row of :data:`HEAD` for each suite and round, and one for all."""
    groups: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        groups.setdefault((entry.suite, entry.round), []).append(entry)
    for suite, round_ in sorted(groups, key=lambda name: (not name[0], name[0], order(name[1]))):
        of = groups[(suite, round_)]
        yield (suite or "own", round_ or NOTHING, *_numbers(of))
    if len(groups) > 1:
        yield ("all", "", *_numbers(entries))


def _numbers(entries: Sequence[Entry]) -> tuple[str, ...]:
    by_division = Counter(entry.division for entry in entries)
    by_evidence = Counter(entry.evidence for entry in entries)
    runs = {name for entry in entries for name in entry.runs}
    counts = (
        len(entries),
        by_division["closed"],
        by_division["open"],
        by_evidence[Evidence.LOGS],
        by_evidence[Evidence.REPOSITORY],
        by_evidence[Evidence.PAGE],
        len(runs),
        sum(map(is_odd, entries)),
    )
    return tuple(f"{count:,}" for count in counts)


def is_odd(entry: Entry) -> bool:
    """Return whether a result has a doubt, or sources that contradict each other."""
    if any(doubt.partition(":")[0] != _ROW for doubt in entry.doubts):
        return True
    return any(sign in remark for remark in entry.remarks for sign in _CONTRADICTS)


def _counts(found: Record) -> Iterator[str]:
    scales = Counter(entry.category.value for entry in found)
    yield "by scale: " + ", ".join(f"{name} {count:,}" for name, count in sorted(scales.items()))
    known = [entry.passed for entry in found if entry.passed is not None]
    if known:
        yield f"checked by our rules: {len(known):,}, of which {sum(known):,} pass"
    for why, count in found.left_out.items():
        yield f"left out: {count:,} stated results, each of which {why}"


def print_counted(found: Counted, file: IO[str] | None = None) -> None:
    """Print how the source study comes to its number of measurements, in 80 columns."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=file, width=WIDTH, highlight=False, markup=False, emoji=False)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("table", "rows", "", "results"):
        table.add_column(name, justify="left" if name in ("table", "") else "right")
    for one in found.tables:
        for step in one.steps:
            table.add_row("", f"{step.count:+,}", Text(step.what), "")
        table.add_row(
            Text(one.name, "bold"), Text(f"{one.count:,}", "bold"), "", f"{one.results:,}"
        )
    table.add_row(Text("all", "bold"), Text(f"{found.count:,}", "bold"), "", f"{found.results:,}")
    console.print(table)
    console.print()
    for line in counted_notes(found):
        console.print(Text(line, overflow="fold"))


def counted_notes(found: Counted) -> Iterator[str]:
    """Yield what is to be said of that count."""
    if found.missing:
        yield f"not imported: {', '.join(found.missing)}; the count is not whole"
    same = "the number that the study states" if found.count == STATED else f"not {STATED:,}"
    yield f"{found.count:,} rows: {same}. It does not say how it counted; this reading gives it."
    yield (
        f"{found.latencies:,} of these rows are latencies. Behind all of them stand "
        f"{found.results:,} results, each counted once."
    )


def entry_json(entry: Entry) -> dict[str, Any]:
    """Return a result as JSON values; what is not known is null."""
    return {
        "key": entry.key,
        "name": entry.name,
        **asdict(entry),
        "category": entry.category.value,
        "evidence": entry.evidence.value,
        "per_joule": entry.per_joule,
    }


def counted_json(found: Counted) -> dict[str, Any]:
    """Return the count of the study's rows as JSON values."""
    tables = [{**asdict(one), "count": one.count} for one in found.tables]
    return {**asdict(found), "tables": tables, "count": found.count, "stated": STATED}


def write_lines(entries: Iterable[Entry], file: IO[str]) -> None:
    """Write one JSON object a line."""
    for entry in entries:
        file.write(json.dumps(entry_json(entry), ensure_ascii=False, allow_nan=False) + "\n")


def write_csv(entries: Iterable[Entry], file: IO[str]) -> None:
    """Write one line a result; lists are joined by ``" | "``."""
    writer = csv.writer(file, lineterminator="\n")
    named = False
    for entry in entries:
        row = entry_json(entry)
        if not named:
            writer.writerow(row)
            named = True
        cells = (" | ".join(v) if isinstance(v, tuple) else v for v in row.values())
        writer.writerow("" if cell is None else cell for cell in cells)
