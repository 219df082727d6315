"""Ask many runs at once, in SQL.

``samples``
    run, channel, time (ns UTC), value (in the channel's unit), si (in SI); null where a sensor
    gave nothing. In the order of recording, not of time.
``windows``
    run, phase, role, start, stop (ns UTC, null if never recorded), work, unit, process.
``channels``
    run, channel, meter, node, part, domain, quantity, unit, scale, provenance.
"""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterable
from pathlib import Path

import duckdb

from joulemark.core.errors import UsageError
from joulemark.core.run import Run
from joulemark.store import duck
from joulemark.store.reader import StoredRun
from joulemark.store.tracefiles import Spool, TraceFile

_TABLES = """
CREATE TABLE windows(run VARCHAR, phase VARCHAR, role VARCHAR, start BIGINT, stop BIGINT,
                     work DOUBLE, unit VARCHAR, process BIGINT);
CREATE TABLE channels(run VARCHAR, channel VARCHAR, meter VARCHAR, node VARCHAR, part VARCHAR,
                      domain VARCHAR, quantity VARCHAR, unit VARCHAR, scale DOUBLE,
                      provenance VARCHAR);
CREATE TABLE _places(file INTEGER, run VARCHAR, place UINTEGER, channel VARCHAR, scale DOUBLE);
CREATE TABLE _spooled(file INTEGER, time BIGINT, value DOUBLE, place UINTEGER);
"""

_SAMPLES = """
CREATE VIEW samples AS
SELECT run, channel, time, value, value * scale AS si
FROM ({sources}) JOIN _places USING (file, place)
"""


def connect(
    runs: Iterable[StoredRun], *, spill: Path | None = None, memory: str = ""
) -> duckdb.DuckDBPyConnection:
    """Return a database in memory with views over runs; their files are only read.

    Spools are copied into the database, Parquet files are read when they are asked for.

    Args:
        runs: opened runs, each with an id of its own.
        spill: directory for what does not fit into memory; the system's for temporary files if
            None.
        memory: bound on memory, "512MB" for instance; DuckDB's own if empty.

    Raises:
        UsageError: if two runs have one id.
        FormatError: if a trace file is damaged.
        StoreError: if a trace file cannot be read.
    """
    database = duck.connect(spill or Path(tempfile.gettempdir()), memory=memory)
    database.execute(_TABLES)
    known: set[str] = set()
    sources = ["SELECT file, time, value, place FROM _spooled"]
    numbers = itertools.count()
    for run in runs:
        if run.run.id in known:
            what = f"two runs are called {run.run.id}"
            raise UsageError(what, where=str(run.path), remedy="leave one of them out")
        known.add(run.run.id)
        _add_record(database, run.run)
        for file in run.files:
            sources += _add_samples(database, run.run.id, next(numbers), file)
    database.execute(_SAMPLES.format(sources=" UNION ALL ".join(sources)))
    return database


def _add_record(database: duckdb.DuckDBPyConnection, run: Run) -> None:
    for window in run.windows:
        work = [window.work.count, window.work.unit] if window.work else [None, None]
        database.execute(
            "INSERT INTO windows VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                *(run.id, window.phase, window.role.value, window.start, window.stop),
                *(*work, window.process),
            ],
        )
    for one in run.channels:
        database.execute(
            "INSERT INTO channels VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                *(run.id, one.name, one.meter, one.node, one.part, one.domain.value),
                *(one.quantity.value, one.unit, one.scale, one.provenance.value),
            ],
        )


def _add_samples(
    database: duckdb.DuckDBPyConnection, run: str, number: int, file: TraceFile
) -> list[str]:
    """Make the samples of one file known; return the SQL that reads them where they stay."""
    for place, channel in enumerate(file.channels):
        row = [number, run, place, channel.name, channel.scale]
        database.execute("INSERT INTO _places VALUES (?, ?, ?, ?, ?)", row)
    if isinstance(file, Spool):
        for chunk in file.chunks():
            database.register("chunk", chunk)
            database.execute("INSERT INTO _spooled SELECT ?, * FROM chunk", [number])
            database.unregister("chunk")
        return []
    return [f"FROM {duck.parquet(file.path)} SELECT {number}, time, value, channel"]
