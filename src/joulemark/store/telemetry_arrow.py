"""Telemetry decoded by Apache Arrow: both cores decode, texts stay as the file's own numbers."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from joulemark.accounting.rows import Rows
from joulemark.core.errors import FormatError
from joulemark.store.files import unreadable
from joulemark.store.telemetry import (
    BLOCK,
    LARGEST,
    Codebook,
    Columns,
    empty_entry,
    nanoseconds,
    other_kind,
)

_NO_PARQUET = "it is damaged or no Parquet file; restore it, or leave it out"


class ArrowTable:
    """Parquet files read by Arrow, a few row groups at a time.

    Args:
        files: in the order in which they are read.

    Attributes:
        files: in the order in which they are read.
        engine: what decodes them, in words.
        names: the columns that all files have.
        rows: number of rows.
    """

    def __init__(self, files: Sequence[Path]) -> None:
        """Read the files' schemas."""
        self.engine = f"Arrow {pa.__version__}"
        self.files = files
        self.rows = 0
        common: dict[str, None] = {}
        for number, path in enumerate(files):
            with _failures(path), pq.ParquetFile(path) as file:
                self.rows += file.metadata.num_rows
                names = dict.fromkeys(file.schema_arrow.names)
                common = {one: None for one in common if one in names} if number else names
                if not number:
                    self._schema = file.schema_arrow
        self.names = tuple(common)

    def books(self, columns: Columns) -> dict[str, Codebook]:
        """Return an empty codebook for each column of text among the codes."""
        found = {}
        for name in columns.codes:
            kind = self._schema.field(name).type
            if _is_text(kind):
                found[name] = Codebook()
            elif not pa.types.is_integer(kind):
                raise other_kind(name, str(kind), str(self.files[0]))
        return found

    def blocks(self, columns: Columns, books: dict[str, Codebook]) -> Iterator[Rows]:
        """Return the rows in the order of the files."""
        wanted = list(dict.fromkeys([columns.time, columns.value, *columns.codes]))
        for path in self.files:
            with (
                _failures(path),
                pq.ParquetFile(path, pre_buffer=False, read_dictionary=list(books)) as file,
            ):
                for where, batch in _batches(file, wanted, str(path)):
                    yield _rows(batch, columns, books, where)


def _batches(file: Any, wanted: list[str], path: str) -> Iterator[tuple[str, Any]]:
    """Return row groups, small ones together, large ones in parts."""
    sizes = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
    group = 0
    while group < len(sizes):
        end, rows = group + 1, sizes[group]
        while end < len(sizes) and rows + sizes[end] <= BLOCK:
            rows += sizes[end]
            end += 1
        where = f"{path}, row group {group}"
        if rows > LARGEST:
            groups = list(range(group, end))
            for batch in file.iter_batches(BLOCK, row_groups=groups, columns=wanted):
                yield where, pa.Table.from_batches([batch])
        elif rows:
            yield where, file.read_row_groups(list(range(group, end)), columns=wanted)
        group = end


def _rows(table: Any, columns: Columns, books: dict[str, Codebook], where: str) -> Rows:
    codes = [_codes(table.column(name), name, books, where) for name in columns.codes]
    return Rows(
        time=_time(table.column(columns.time), columns, where),
        value=_value(table.column(columns.value), columns.value, where),
        keys=tuple(codes[: len(columns.series)]),
        label=codes[-1] if columns.label is not None else None,
        where=where,
    )


def _codes(column: Any, name: str, books: dict[str, Codebook], where: str) -> NDArray[Any]:
    if column.null_count:
        raise empty_entry(name, where)
    if (name in books) != _is_text(column.type):
        raise other_kind(name, f"{column.type}, elsewhere another kind", where)
    if name not in books:
        return np.asarray(column.to_numpy())
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    parts = [_coded(chunk, books[name]) for chunk in column.chunks]
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _coded(chunk: Any, book: Codebook) -> NDArray[Any]:
    own = np.array([book.code(text) for text in chunk.dictionary.to_pylist()], dtype=np.int64)
    narrow = own.astype(np.min_scalar_type(max(int(own.max(initial=0)), 1)))
    return np.asarray(narrow[chunk.indices.to_numpy()])


def _time(column: Any, columns: Columns, where: str) -> NDArray[np.int64]:
    if column.null_count:
        raise empty_entry(columns.time, where)
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("ns", column.type.tz)).cast(pa.int64())
        return np.asarray(column.to_numpy())
    if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
        raise other_kind(columns.time, str(column.type), where)
    return nanoseconds(column.to_numpy(), columns.time_unit)


def _value(column: Any, name: str, where: str) -> NDArray[Any]:
    kind = column.type
    if pa.types.is_decimal(kind):
        column = column.cast(pa.float64())
    elif not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        raise other_kind(name, str(kind), where)
    return np.asarray(column.to_numpy())


def _is_text(kind: Any) -> bool:
    value = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(value) or pa.types.is_large_string(value))


@contextlib.contextmanager
def _failures(path: Path) -> Iterator[None]:
    """Turn what Arrow says of a file into errors of ours."""
    try:
        yield
    except pa.ArrowException as error:
        what = str(error).partition("\n")[0]
        raise FormatError(what, where=str(path), remedy=_NO_PARQUET) from error
    except OSError as error:
        raise unreadable(error, path) from error
