"""Store a run that others measured: written at once, complete, under a name of its content.

An imported run is a run directory like any other, without events: nothing happened while it was
written. It appears under its name when all of it is there, so a process that is killed leaves
nothing but a folder whose name begins with a dot. It can be imported again, so it is not forced
onto the disk file by file.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from joulemark.core.errors import StoreError
from joulemark.core.jsonlight import dumps
from joulemark.core.run import Run
from joulemark.meters.spool import channel_to
from joulemark.store import duck
from joulemark.store.checksums import write_sums
from joulemark.store.files import RAW, RUN, TRACES, store_error
from joulemark.store.writer import record_of, safe_name

WRITER = "imported"
"""Name of the one trace file."""

Rows = Mapping[str, NDArray[np.generic]]
"""``time`` (int64, ns UTC), ``value`` (float64), ``channel`` (uint32), all of shape (n,)."""


def imported_path(store: Path, name: str) -> Path:
    """Return where an imported run of that name is, or would be.

    Raises:
        UsageError: if the name is no safe one.
    """
    return store / safe_name(name)


def write_imported(
    store: Path,
    run: Run,
    rows: Rows,
    database: duckdb.DuckDBPyConnection,
    raw: Mapping[str, bytes] | None = None,
) -> bool:
    """Write a run; one that is there already stays as it is.

    Args:
        store: the directory of all runs; made if it is not there.
        run: the record, complete.
        rows: its samples.
        database: writes the Parquet file.
        raw: files of other tools by relative name, to be kept with it.

    Returns:
        Whether it is new.

    Raises:
        StoreError: if it cannot be written; nothing of it is left then.
    """
    target = imported_path(store, run.id)
    if target.is_dir():
        return False
    work = store / f".import-{run.id}-{os.getpid()}"
    try:
        (work / TRACES).mkdir(parents=True)
        _parquet(work / TRACES / f"{WRITER}.parquet", run, rows, database)
        for name, data in (raw or {}).items():
            _keep(work / RAW, name, data)
        (work / RUN).write_bytes(record_of(run))
        write_sums(work)
        return _placed(work, target)
    except OSError as error:
        raise store_error(error, target) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _placed(work: Path, target: Path) -> bool:
    """Give a finished directory its name; false where another process was faster."""
    try:
        work.rename(target)
    except OSError:
        if target.is_dir():
            return False
        raise
    return True


def _keep(raw: Path, name: str, data: bytes) -> None:
    path = raw / name
    if not path.resolve().is_relative_to(raw.resolve()):
        what = f"the name {name[:80]!r} leads out of the run"
        raise StoreError(what, where=str(raw), remedy="import without --keep-raw")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _parquet(path: Path, run: Run, rows: Rows, database: duckdb.DuckDBPyConnection) -> None:
    """Write the samples as a compacted trace file."""
    header: dict[str, Any] = {
        "writer": WRITER,
        "channels": [channel_to(channel) for channel in run.channels],
        "anchor": {"utc_ns": run.anchor.utc_ns, "monotonic_ns": run.anchor.monotonic_ns},
    }
    metadata = duck.text(dumps(header).encode("utf-8", "replace").decode())
    with duck.failures(path):
        database.register("imported_rows", dict(rows))
        try:
            database.execute(
                f"COPY (FROM imported_rows SELECT time, value, channel) TO {duck.text(str(path))} "
                "(FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2, "
                f"KV_METADATA {{joulemark: {metadata}}})"
            )
        finally:
            database.unregister("imported_rows")
