"""Telemetry decoded by DuckDB, which is always there: a third of Arrow's speed, the same rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from joulemark.accounting.rows import Rows
from joulemark.store import duck
from joulemark.store.telemetry import (
    BLOCK,
    Codebook,
    Columns,
    empty_entry,
    nanoseconds,
    other_kind,
)

_SMALL = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT")
_WHOLE = (*_SMALL, *(f"U{name}" for name in _SMALL))
_BROKEN = ("FLOAT", "DOUBLE")


class DuckTable:
    """Parquet files read by DuckDB, some million rows at a time.

    Args:
        files: in the order in which they are read.

    Attributes:
        files: in the order in which they are read.
        engine: what decodes them, in words.
        names: the columns of the first file.
        rows: number of rows.
    """

    def __init__(self, files: Sequence[Path]) -> None:
        """Read the files' schemas."""
        self.files = files
        self._database = duck.connect()
        self.engine = f"DuckDB {duck.version()} (slower; Arrow comes with joulemark[scale])"
        with duck.failures(files[0]):
            described = self._database.execute(f"DESCRIBE FROM {duck.parquet(files[0])}").fetchall()
        self._kinds = {str(row[0]): str(row[1]) for row in described}
        self.names = tuple(self._kinds)
        self._sizes = [self._size(path) for path in files]
        self.rows = sum(self._sizes)

    def _size(self, path: Path) -> int:
        with duck.failures(path):
            query = "SELECT num_rows FROM parquet_file_metadata(?)"
            found = self._database.execute(query, [str(path)]).fetchall()
        return int(found[0][0])

    def books(self, columns: Columns) -> dict[str, Codebook]:
        """Return a codebook, filled, for each column of text among the codes."""
        found = {}
        for number, name in enumerate(columns.codes):
            kind = self._kinds[name]
            if kind == "VARCHAR" or kind.startswith("ENUM"):
                found[name] = self._book(number, name)
            elif kind not in _WHOLE:
                raise other_kind(name, kind, str(self.files[0]))
        return found

    def _book(self, number: int, name: str) -> Codebook:
        """Make the type ``codes_<number>``, and return what its codes stand for."""
        texts = (
            f"FROM {duck.parquet(*self.files)} SELECT DISTINCT {duck.name(name)}::VARCHAR AS text "
            "WHERE text IS NOT NULL ORDER BY text"
        )
        book = Codebook()
        with duck.failures(self.files[0]):
            self._database.execute(f"CREATE OR REPLACE TYPE codes_{number} AS ENUM ({texts})")
            query = f"SELECT unnest(enum_range(NULL::codes_{number}))::VARCHAR"
            for row in self._database.execute(query).fetchall():
                book.code(row[0])
        return book

    def blocks(self, columns: Columns, books: dict[str, Codebook]) -> Iterator[Rows]:
        """Return the rows in the order of the files."""
        selected = [self._time(columns), self._value(columns.value)]
        for number, name in enumerate(columns.codes):
            coded = f"enum_code({duck.name(name)}::VARCHAR::codes_{number})"
            selected.append(coded if name in books else duck.name(name))
        unit = "ns" if selected[0].startswith("epoch_ns") else columns.time_unit
        list_of = ", ".join(f"{one} AS c{place}" for place, one in enumerate(selected))
        for path, size in zip(self.files, self._sizes, strict=True):
            for first in range(0, size, BLOCK):
                query = (
                    f"FROM {duck.parquet(path)} SELECT {list_of} "
                    f"WHERE file_row_number BETWEEN {first} AND {first + BLOCK - 1}"
                )
                with duck.failures(path):
                    found = self._database.execute(query).fetchnumpy()
                yield _rows(
                    [found[f"c{i}"] for i in range(len(selected))], columns, str(path), unit
                )

    def _time(self, columns: Columns) -> str:
        kind = self._kinds[columns.time]
        if kind.startswith("TIMESTAMP"):
            return f"epoch_ns({duck.name(columns.time)})"
        if kind not in (*_WHOLE, *_BROKEN):
            raise other_kind(columns.time, kind, str(self.files[0]))
        return duck.name(columns.time)

    def _value(self, name: str) -> str:
        kind = self._kinds[name]
        if kind.startswith("DECIMAL"):
            return f"{duck.name(name)}::DOUBLE"
        if kind not in (*_WHOLE, *_BROKEN):
            raise other_kind(name, kind, str(self.files[0]))
        return duck.name(name)


def _rows(found: list[NDArray[Any]], columns: Columns, where: str, unit: str) -> Rows:
    time, value, *codes = found
    for name, column in zip((columns.time, *columns.codes), (time, *codes), strict=True):
        if np.ma.is_masked(column):
            raise empty_entry(name, where)
    if np.ma.is_masked(value):
        value = np.ma.filled(value.astype(np.float64), np.nan)
    codes = [np.asarray(column) for column in codes]
    return Rows(
        time=nanoseconds(np.asarray(time), unit),
        value=np.asarray(value),
        keys=tuple(codes[: len(columns.series)]),
        label=codes[-1] if columns.label is not None else None,
        where=where,
    )
