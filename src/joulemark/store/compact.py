"""Make Parquet of a spool: a third of the size, and readable by anything.

Rows keep their order. They go through memory in chunks, by way of one small Parquet file each,
because DuckDB cannot append to a Parquet file and a long run does not fit into memory.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import duckdb

from joulemark.core.errors import StoreError
from joulemark.store import duck
from joulemark.store.files import listing, store_error, sync_directory
from joulemark.store.tracefiles import Columns, Spool, is_torn

MEMORY = "256MB"
"""Bound on what DuckDB takes."""

_NO_ROWS = "SELECT 0::BIGINT AS time, 0::DOUBLE AS value, 0::UINTEGER AS channel WHERE false"

_Digest = tuple[int, int]
"""Number of rows, and all of them hashed into one number."""


def compact_all(traces: Path) -> None:
    """Compact every spool of a run; one without its whole header stays as it is.

    Raises:
        FormatError: if a spool is damaged.
        StoreError: if the disk is full; the spools that are not compacted are still there.
    """
    spools = [path for path in listing(traces, ".spool") if not is_torn(path)]
    if spools:
        with duck.connect(memory=MEMORY) as database:
            for path in spools:
                compact(Spool.open(path), database)


def compact(spool: Spool, database: duckdb.DuckDBPyConnection) -> Path:
    """Make Parquet of one spool, compare the two, then remove the spool.

    Args:
        spool: one that nobody writes to any more.
        database: does the work.

    Returns:
        The Parquet file: columns ``time`` (int64), ``value`` (float64, null for NaN), ``channel``
        (uint32), and the spool's header as metadata ``joulemark``.

    Raises:
        FormatError: if the spool is damaged.
        StoreError: if it cannot be written, or the spool is still growing; the spool stays.
    """
    path = spool.path
    target = path.with_suffix(".parquet")
    work = path.parent / f".compact-{path.stem}"
    try:
        work.mkdir()
        with duck.failures(target):
            read, kept = _convert(spool, work / target.name, database)
        if kept != read or kept[0] != spool.rows():
            what = f"{kept[0]} rows compacted of {spool.rows()}, or not the same"
            raise StoreError(what, where=str(path), remedy="close the spool before compacting it")
        (work / target.name).replace(target)
        sync_directory(path.parent)
        path.unlink()
    except OSError as error:
        raise store_error(error, target) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return target


def _convert(
    spool: Spool, whole: Path, database: duckdb.DuckDBPyConnection
) -> tuple[_Digest, _Digest]:
    """Write ``whole``; return what was read of the spool, and what the new file holds."""
    parts, read = [], (0, 0)
    for number, chunk in enumerate(spool.chunks()):
        parts.append(whole.with_name(f"part-{number:06d}.parquet"))
        count, digest = _copy_part(database, chunk, parts[-1])
        read = read[0] + count, read[1] ^ digest
    _copy_whole(database, parts, spool.header(), whole)
    with whole.open("rb") as file:
        os.fsync(file.fileno())
    return read, _digest(database, duck.parquet(whole))


def _copy_part(database: duckdb.DuckDBPyConnection, chunk: Columns, part: Path) -> _Digest:
    database.register("chunk", chunk)
    database.execute(f"COPY chunk TO {duck.text(str(part))} (FORMAT parquet, COMPRESSION snappy)")
    digest = _digest(database, "chunk")
    database.unregister("chunk")
    return digest


def _copy_whole(
    database: duckdb.DuckDBPyConnection, parts: list[Path], header: bytes, whole: Path
) -> None:
    source = f"FROM {duck.parquet(*parts)}" if parts else _NO_ROWS
    metadata = duck.text(header.decode())
    database.execute(
        f"COPY ({source}) TO {duck.text(str(whole))} (FORMAT parquet, COMPRESSION zstd, "
        f"PARQUET_VERSION v2, KV_METADATA {{joulemark: {metadata}}})"
    )


def _digest(database: duckdb.DuckDBPyConnection, source: str) -> _Digest:
    query = f"FROM {source} SELECT count(*), coalesce(bit_xor(hash(time, value, channel)), 0)"
    count, digest = database.execute(query).fetchall()[0]
    return int(count), int(digest)
