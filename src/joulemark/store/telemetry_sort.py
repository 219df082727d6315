"""Put a table of telemetry in order, out of memory, and read windows from a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from joulemark.accounting.stretches import Windows
from joulemark.core.errors import FormatError, UsageError
from joulemark.store import duck
from joulemark.store.telemetry import BLOCK, Codebook, Columns

MEMORY = "128MB"
"""Bound on what sorting takes; what is above it goes to the disk."""


def sorted_copy(files: Sequence[Path], columns: Columns, folder: Path) -> Path:
    """Write the columns that are needed, sorted by series and time.

    Args:
        files: the table.
        columns: which of its columns mean what.
        folder: where the copy and what does not fit into memory go.

    Raises:
        FormatError: if a file is damaged.
        StoreError: if a file cannot be read or the copy not be written.
    """
    target = folder / "sorted.parquet"
    wanted = [columns.time, columns.value, *columns.codes]
    order = ", ".join(map(duck.name, (*columns.series, columns.time)))
    with duck.failures(files[0]), duck.connect(folder, memory=MEMORY) as database:
        database.execute("SET preserve_insertion_order = false")
        database.execute(
            f"COPY (FROM {duck.parquet(*files)} "
            f"SELECT {', '.join(map(duck.name, dict.fromkeys(wanted)))} "
            f"ORDER BY {order}) TO {duck.text(str(target))} "
            f"(FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE {BLOCK // 8})"
        )
    return target


@dataclass(frozen=True, slots=True)
class NamedWindows:
    """Windows, and the phase of each by its number.

    Attributes:
        windows: their edges and owners.
        phases: the name of each.
    """

    windows: Windows
    phases: tuple[str, ...]


def read_windows(path: Path, columns: Columns, books: dict[str, Codebook]) -> NamedWindows:
    """Return the windows of a Parquet or CSV file.

    Its columns: ``phase``, ``start`` and ``stop`` (ns UTC or timestamps), and the name of a column
    that tells series apart where each of its values has windows of its own.

    Raises:
        UsageError: if a column is missing, or several tell series apart.
        FormatError: if a window is not longer than zero, or a value is missing.
        StoreError: if the file cannot be read.
    """
    source = (
        duck.parquet(path) if path.suffix == ".parquet" else f"read_csv({duck.text(str(path))})"
    )
    with duck.failures(path), duck.reader() as database:
        kinds = {row[0]: row[1] for row in database.execute(f"DESCRIBE FROM {source}").fetchall()}
        owners = [name for name in columns.series if name in kinds]
        _check(path, kinds, owners)
        edges = [_nanoseconds(name, kinds[name]) for name in ("start", "stop")]
        owner = duck.name(owners[0]) if owners else "0"
        rows = database.execute(
            f"FROM {source} SELECT {owner}, phase::VARCHAR, {', '.join(edges)}"
        ).fetchall()
    for number, row in enumerate(rows, 1):
        if None in row or row[3] <= row[2]:
            what = f"window {number} lacks a value or is not longer than zero"
            raise FormatError(what, where=str(path), remedy="correct or remove it")
    book = books.get(owners[0]) if owners else None
    coded = [(_code(row[0], book, path), *row[1:]) for row in rows]
    coded.sort(key=lambda row: (row[0], row[2], row[3]))
    windows = Windows(
        start=np.array([row[2] for row in coded], dtype=np.int64),
        stop=np.array([row[3] for row in coded], dtype=np.int64),
        key=columns.series.index(owners[0]) if owners else None,
        code=np.array([row[0] for row in coded], dtype=np.int64) if owners else None,
    )
    return NamedWindows(windows, tuple(row[1] for row in coded))


def _check(path: Path, kinds: dict[str, str], owners: list[str]) -> None:
    lacks = [name for name in ("phase", "start", "stop") if name not in kinds]
    if lacks:
        raise UsageError(
            f"no column {', '.join(lacks)}",
            where=str(path),
            remedy="give phase, start and stop, and the node where nodes differ",
        )
    if len(owners) > 1:
        what = f"windows belong to {' and '.join(owners)}"
        raise UsageError(what, where=str(path), remedy="keep one such column")


def _nanoseconds(name: str, kind: str) -> str:
    return f"epoch_ns({name})" if kind.startswith("TIMESTAMP") else f"{name}::BIGINT"


def _code(owner: object, book: Codebook | None, path: Path) -> int:
    if book is not None:
        return book.code(str(owner))
    if isinstance(owner, int):
        return owner
    what = f"{owner!r} is no whole number, as it is in the table"
    raise FormatError(what, where=str(path), remedy="name it as the table does")
