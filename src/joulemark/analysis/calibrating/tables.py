"""Tables of other tools: CSV, JSON and Parquet, row by row, each row with its place."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joulemark.core.errors import FormatError, UsageError
from joulemark.store import duck
from joulemark.store.jsontext import decode
from joulemark.store.named import named_bytes

SUFFIXES = (".csv", ".tsv", ".json", ".jsonl", ".parquet")
MAX_TABLE = 256 << 20
"""Largest table that is read, bytes."""
_MEND = "mend the table, or make it again"


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its line (of text) or number, and its cells by column."""

    place: int
    cells: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Table:
    """A table.

    Attributes:
        name: its file.
        columns: names of the columns.
        rows: all rows.
        digests: SHA-256 of the files it was read from, by name.
    """

    name: str
    columns: tuple[str, ...]
    rows: list[Row]
    digests: Mapping[str, str]

    def where(self, row: Row) -> str:
        """Return the place of a row, for messages."""
        return f"{self.name}:{row.place}"

    def need(self, column: str) -> str:
        """Return a column's name if there is such a column.

        Raises:
            UsageError: if there is none.
        """
        if column not in self.columns:
            known = ", ".join(self.columns[:20]) or "none"
            raise UsageError(f"no column {column!r}", where=self.name, remedy=f"there is {known}")
        return column


def read_table(path: Path) -> Table:
    """Return a table, its kind known by the ending of its name.

    Raises:
        UsageError: if the ending is not known.
        FormatError: if the file does not follow its format; names the line.
        StoreError: if it cannot be read.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        remedy = f"give a file that ends in {', '.join(SUFFIXES)}"
        raise UsageError("not a table that is known", where=str(path), remedy=remedy)
    data = named_bytes(path, MAX_TABLE)
    if suffix in (".csv", ".tsv"):
        columns, rows = _csv(data, path, "\t" if suffix == ".tsv" else ",")
    elif suffix == ".parquet":
        columns, rows = _parquet(path)
    else:
        columns, rows = _json(data, path)
    digest = hashlib.sha256(data).hexdigest()
    return Table(str(path), columns, rows, {path.name: digest})


def _csv(data: bytes, path: Path, separator: str) -> tuple[tuple[str, ...], list[Row]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FormatError(f"not UTF-8 ({error})", where=str(path), remedy=_MEND) from error
    first = text.partition("\n")[0]
    if separator == "," and ";" in first and "," not in first:
        separator = ";"
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[Row] = []
    try:
        columns = tuple(name.strip() for name in next(lines, ()))
        for cells in lines:
            if not cells:
                continue
            if len(cells) != len(columns):
                what = f"{len(cells)} cells under {len(columns)} headings"
                raise FormatError(what, where=f"{path}:{lines.line_num}", remedy=_MEND)
            rows.append(Row(lines.line_num, dict(zip(columns, cells, strict=True))))
    except csv.Error as error:
        where = f"{path}:{lines.line_num}"
        raise FormatError(str(error), where=where, remedy=_MEND) from error
    twice = sorted({name for name in columns if columns.count(name) > 1})
    if twice or not columns:
        what = f"two columns are called {twice[0]!r}" if twice else "no headings"
        raise FormatError(what, where=str(path), remedy=_MEND)
    return columns, rows


def _json(data: bytes, path: Path) -> tuple[tuple[str, ...], list[Row]]:
    if path.suffix.lower() == ".jsonl":
        lines = data.splitlines()
        found = [
            (n, decode(line, f"{path}:{n}")) for n, line in enumerate(lines, 1) if line.strip()
        ]
    else:
        listed = decode(data, str(path))
        if not isinstance(listed, list):
            raise FormatError("not a list of objects", where=str(path), remedy=_MEND)
        found = list(enumerate(listed, 1))
    columns: dict[str, None] = {}
    for place, record in found:
        if not isinstance(record, dict):
            raise FormatError("not an object", where=f"{path}:{place}", remedy=_MEND)
        columns.update(dict.fromkeys(record))
    return tuple(columns), [Row(place, record) for place, record in found]


def _parquet(path: Path) -> tuple[tuple[str, ...], list[Row]]:
    with duck.failures(path), duck.reader() as connection:
        result = connection.read_parquet(str(path), hive_partitioning=False)
        columns = tuple(result.columns)
        rows = list(_rows(result.fetchall(), columns))
    return columns, rows


def _rows(fetched: list[Any], columns: tuple[str, ...]) -> Iterator[Row]:
    for place, cells in enumerate(fetched, 1):
        yield Row(place, dict(zip(columns, cells, strict=True)))


def joined(left: Table, right: Table, key: str) -> tuple[Table, list[str]]:
    """Return two tables side by side, and what found no partner.

    A column that both have is the left one's; the right one's is ``right.NAME``.

    Raises:
        UsageError: if one has no such key.
        FormatError: if a key occurs twice in one table; names both lines.
    """
    ours, theirs = _by_key(left, key), _by_key(right, key)
    names = {c: f"right.{c}" if c in left.columns else c for c in right.columns if c != key}
    rows = [
        Row(row.place, {**row.cells, **{names[c]: theirs[k].cells.get(c) for c in names}})
        for k, row in ours.items()
        if k in theirs
    ]
    alone = [left.where(ours[k]) for k in ours if k not in theirs]
    alone += [right.where(theirs[k]) for k in theirs if k not in ours]
    columns = (*left.columns, *names.values())
    return Table(left.name, columns, rows, {**left.digests, **right.digests}), alone


def _by_key(table: Table, key: str) -> dict[str, Row]:
    found: dict[str, Row] = {}
    for row in table.rows:
        value = str(row.cells.get(table.need(key)))
        if value in found:
            what = f"{key} {value!r:.60} occurs in line {found[value].place} too"
            raise FormatError(what, where=table.where(row), remedy="join by a column of its own")
        found[value] = row
    return found
