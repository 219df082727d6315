"""The answer of ``joulemark import``."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import IO, Any

from joulemark.core.finding import Severity
from joulemark.procedures.imported import Imported
from joulemark.report.format import clean
from joulemark.report.imported_logs import log_json, log_lines
from joulemark.rules.results.stated import rules
from joulemark.store.declared import FILE

WIDTH = 80
MOST = 10
"""So many doubtful results, and so many of what could not be imported, are named."""

_LONGEST = 76
_ROW = "results/row"
"""The rule whose findings are only counted: a row that is odd by itself."""


def print_imported(done: Imported, store: Path, file: IO[str] | None = None) -> None:
    """Print what an import came to, in 80 columns."""
    from rich.console import Console
    from rich.text import Text

    console = Console(file=file, highlight=False, width=WIDTH)
    for line in _lines(done, store):
        console.print(Text(line, overflow="fold"))
    for log in done.logs:
        for line, style in log_lines(log):
            console.print(Text(line, style, overflow="fold"))
    doubtful = _doubtful(done)
    for where, why in doubtful[:MOST]:
        text = f"! {_end(where)}: {clean(why, 200)}"
        console.print(Text(text, "yellow", overflow="fold"))
    if len(doubtful) > MOST:
        query = f"FROM '{store / FILE}' WHERE len(doubts) > 0"
        text = f"{len(doubtful) - MOST} more; in DuckDB: {query}"
        console.print(Text(text, "dim", overflow="fold"))
    for each in done.refused[:MOST]:
        text = f"✗ {_end(each.where)}: {clean(each.why, 200)}"
        console.print(Text(text, "red", overflow="fold"))
    left = len(done.refused) + done.more_refused - MOST
    if left > 0:
        console.print(Text(f"{left} more could not be imported; --json lists them", "red"))


def _lines(done: Imported, store: Path) -> list[str]:
    lines = []
    found = (
        (done.directories, "power director", "y", "ies"),
        (done.benchmarks, "training result", "", "s"),
        (done.sessions, "tiny session", "", "s"),
        (done.recordings, "recording", "", "s"),
        (len(done.logs), "log", "", "s"),
    )
    listed = ", ".join(_count(*each) for each in found if each[0])
    if listed:
        measured = done.new + done.known
        lines.append(f"{listed}: {_count(measured, 'measurement')}, {done.new} new in {store}")
        rounds = ", ".join(f"{name} {count}" for name, count in sorted(done.rounds.items()))
        if rounds or not (done.recordings or done.logs):
            lines.append(f"by round: {clean(rounds, 400) or 'none'}")
    if done.tables:
        tables, results = _count(done.tables, "table"), _count(done.statements, "result")
        lines.append(f"{tables} of results: {results}")
    if done.other_tables:
        lines.append(f"{_count(done.other_tables, 'other table')} left out")
    total = _count(done.total, "result")
    if done.total or not (done.recordings or done.logs):
        lines.append(f"{store / FILE}: {total}, {done.results} new, {done.doubtful} doubtful")
    lines += _unchanged(done)
    counts = Counter(_rule(why) for _, why in done.doubts)
    if counts:
        listed = ", ".join(f"{rule} {count}" for rule, count in sorted(counts.items()))
        lines.append(f"doubts of this import: {listed}")
    return lines


def _unchanged(done: Imported) -> list[str]:
    """Return what is said of paths that were not read again."""
    if not done.unchanged:
        return []
    since = max(since for _, since in done.unchanged)
    return [f"{_count(len(done.unchanged), 'path')} unchanged since {since}, not read again"]


def _doubtful(done: Imported) -> list[tuple[str, str]]:
    """Return doubts, those of errors first, without those on rows by themselves."""
    grave = {rule.id: rule.severity is Severity.ERROR for rule in rules()}
    found = [pair for pair in done.doubts if _rule(pair[1]) != _ROW]
    return sorted(found, key=lambda pair: not grave.get(_rule(pair[1]), False))


def _rule(why: str) -> str:
    return why.partition(":")[0]


def _end(where: str) -> str:
    """Return where something stands; of a long path its end."""
    text = clean(where, 1000)
    return text if len(text) <= _LONGEST else f"…{text[-_LONGEST:]}"


def _count(number: int, what: str, one: str = "", many: str = "s") -> str:
    return f"{number} {what}{one if number == 1 else many}"


def imported_json(done: Imported, store: Path) -> dict[str, Any]:
    """Return what an import came to as JSON values."""
    return {
        "store": str(store),
        "directories": done.directories,
        "training_results": done.benchmarks,
        "tiny_sessions": done.sessions,
        "recordings": done.recordings,
        "logs": [log_json(each) for each in done.logs],
        "runs": {"new": done.new, "known": done.known, "by_round": done.rounds},
        "tables": {
            "files": done.tables,
            "results": done.statements,
            "left_out": done.other_tables,
        },
        "declared": {
            "file": str(store / FILE),
            "new": done.results,
            "total": done.total,
            "doubtful": done.doubtful,
        },
        "doubts": [{"where": where, "why": why} for where, why in done.doubts],
        "refused": [{"where": each.where, "why": each.why} for each in done.refused],
        "refused_more": done.more_refused,
        "unchanged": [{"path": path, "since": since} for path, since in done.unchanged],
    }
