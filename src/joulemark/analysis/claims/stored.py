"""What a store knows, put together for an audit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from joulemark.analysis.claims import detect_breaks
from joulemark.analysis.claims.corpus import Corpus
from joulemark.analysis.claims.detecting import suspicions
from joulemark.analysis.claims.known import Known
from joulemark.analysis.figures.stored import stored
from joulemark.analysis.record.counted import STATED, counted
from joulemark.analysis.record.entry import Entry
from joulemark.analysis.record.record import record
from joulemark.core.errors import UsageError
from joulemark.formats.inference.parsed import Source
from joulemark.formats.results.declared import LOGS, DeclaredResult
from joulemark.formats.results.results_page import KIND, looks_like, read_results_page
from joulemark.rules.results.others import closed, plain
from joulemark.store.declared import read_declared
from joulemark.store.named import named_bytes

MAX_TABLE = 256 << 20


def known(store: Path, tables: Path | None = None, kind: str = "") -> Known:
    """Return what a store knows.

    Args:
        store: the directory of all runs.
        tables: a folder with tables in the form of MLCommons' results page, to be audited; by
            default those that were imported, or where there are none, the lists of results; of
            these, closed results: what open ones may do is too wide to find an error in.
        kind: of the imported tables that are audited; empty for that default.

    Raises:
        UsageError: if the folder holds no table.
        FormatError: if a table is damaged.
        StoreError: if something cannot be read.
    """
    rows, found = read_declared(store), record(store)
    of_runs = stored(store, found.entries)
    audited = _audited(rows, kind) if tables is None else read_tables(tables)
    corpus = Corpus.of(audited, rows)
    seen = suspicions(corpus)
    told = {(one.detector, one.what) for one in seen}
    breaks = detect_breaks.detect(Corpus.of(corpus.known))
    seen += [one for one in breaks if (one.detector, one.what) not in told]
    return Known(found, corpus, seen, of_runs.windows_s, counts(corpus, found.entries))


def _audited(rows: Sequence[DeclaredResult], kind: str) -> list[DeclaredResult]:
    known_rows = [row for row in rows if closed(row)]
    pages = [row for row in known_rows if row.kind == (kind or KIND)]
    return pages if pages or kind else [row for row in known_rows if row.kind != LOGS]


def read_tables(folder: Path) -> list[DeclaredResult]:
    """Return the results of all tables of a folder; raises what :func:`known` does."""
    if not folder.is_dir():
        raise UsageError("no such folder", where=str(folder))
    found: list[DeclaredResult] = []
    for path in sorted(folder.glob("*.csv")):
        data = named_bytes(path, MAX_TABLE)
        if looks_like(data):
            found += read_results_page(Source(path.name, data))
    if not found:
        remedy = "a table has the columns Public ID, Model MLC, Units and Result"
        raise UsageError("no table of results in it", where=str(folder), remedy=remedy)
    return found


def counts(corpus: Corpus, entries: Sequence[Entry]) -> dict[str, tuple[float | None, str]]:
    """Return what is counted in the tables, with how that comes about, by name."""
    made = counted(corpus.known, entries)
    if not made.tables or made.missing:
        return {}
    parts = " + ".join(f"{table.count:,} {table.name}" for table in made.tables)
    said = (
        f"{made.count:,} are rows: {parts}; {made.latencies:,} of them are latencies, and behind "
        f"all stand {made.results:,} results"
    )
    return {
        "measurements": (
            float(made.results),
            said if made.count == STATED else f"{said}; not whole",
        ),
        "systems": _systems(corpus.audited),
    }


def _systems(rows: Sequence[DeclaredResult]) -> tuple[float | None, str]:
    """Return that the number of systems is not to be told: the study does not say what is one."""
    stated = [row for row in rows if row.power is not None]
    named = {(row.suite, plain(row.submitter), plain(row.system_name), row.nodes) for row in stated}
    numbers = {row.public_id for row in stated}
    said = (
        f"rows with a power have {len(named)} names of systems and {len(numbers)} public numbers; "
        "the study does not say what it counts as one system"
    )
    return None, said
