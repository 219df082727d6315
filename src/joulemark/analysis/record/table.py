"""The record as a Parquet file, which opens in anything that reads Parquet."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from joulemark.analysis.record.entry import Category, Entry, Evidence
from joulemark.core.errors import FormatError
from joulemark.store import duck
from joulemark.store.files import store_error
from joulemark.store.jsontext import DAMAGED

_TYPES: Mapping[str, str] = {
    "str": "VARCHAR",
    "Category": "VARCHAR",
    "Evidence": "VARCHAR",
    "float | None": "DOUBLE",
    "bool | None": "BOOLEAN",
    "tuple[str, ...]": "VARCHAR[]",
}
_NOTE = "joulemark"
_BREAK = "\n"


def columns() -> dict[str, str]:
    """Return the columns of the table with their types in SQL; the last two are derived."""
    own = {field.name: _TYPES[str(field.type)] for field in fields(Entry)}
    return {**own, "name": "VARCHAR", "per_joule": "DOUBLE"}


def write_table(path: Path, entries: Iterable[Entry], note: Mapping[str, Any]) -> None:
    """Write entries to a file.

    Args:
        path: the file; it must not exist.
        entries: the record, or a part of it.
        note: what the file is to say of itself, as JSON values.

    Raises:
        StoreError: if it cannot be written.
    """
    rows = list(entries)
    select = ", ".join(_read_as(name, kind) for name, kind in columns().items())
    said = duck.text(json.dumps(note))
    with duck.connect() as database, duck.failures(path):
        database.register("rows", {n: _column(rows, n, kind) for n, kind in columns().items()})
        database.execute(
            f"COPY (FROM rows SELECT {select}) TO {duck.text(str(path))} (FORMAT parquet, "
            f"COMPRESSION zstd, PARQUET_VERSION v2, KV_METADATA {{{_NOTE}: {said}}})"
        )


def table_file(path: Path, entries: Iterable[Entry], note: Mapping[str, Any]) -> None:
    """Write entries to a file, whole or not at all; one that is there is replaced.

    Args:
        path: the file.
        entries: the record, or a part of it.
        note: what the file is to say of itself, as JSON values.

    Raises:
        StoreError: if it cannot be written.
    """
    work = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        write_table(work, entries, note)
        work.replace(path)
    except OSError as error:
        raise store_error(error, path) from error
    finally:
        work.unlink(missing_ok=True)


def read_note(path: Path) -> dict[str, Any]:
    """Return what a file says of itself; empty where it says nothing.

    Raises:
        FormatError: if it is no Parquet file.
        StoreError: if it cannot be read.
    """
    with duck.reader() as database, duck.failures(path):
        query = f"FROM parquet_kv_metadata({duck.text(str(path))}) SELECT key, value"
        found = {bytes(key): bytes(value) for key, value in database.execute(query).fetchall()}
    try:
        note = json.loads(found.get(_NOTE.encode(), b"{}"))
    except (ValueError, RecursionError):
        return {}
    return note if isinstance(note, dict) else {}


def read_table(path: Path) -> list[Entry]:
    """Return the entries of a file.

    Raises:
        FormatError: if it is no such table.
        StoreError: if it cannot be read.
    """
    names = [field.name for field in fields(Entry)]
    lists = [name for name, kind in columns().items() if kind == "VARCHAR[]"]
    select = ", ".join(
        f"array_to_string({duck.name(n)}, chr(10))" if n in lists else duck.name(n) for n in names
    )
    with duck.reader() as database, duck.failures(path):
        found = database.execute(f"FROM {duck.parquet(path)} SELECT {select}").fetchall()
    try:
        return [_entry(dict(zip(names, row, strict=True)), lists) for row in found]
    except ValueError as error:
        raise FormatError(str(error), where=str(path), remedy=DAMAGED) from error


def _entry(values: dict[str, Any], lists: Sequence[str]) -> Entry:
    for name in lists:
        text = values[name]
        values[name] = tuple(text.split(_BREAK)) if text else ()
    values["category"] = Category(values["category"])
    values["evidence"] = Evidence(values["evidence"])
    return Entry(**values)


def _read_as(name: str, kind: str) -> str:
    """Return the SQL that makes a column of its type from what NumPy holds."""
    column = duck.name(name)
    if kind == "VARCHAR[]":
        listed = f"string_split({column}, chr(10))"
        return f"CASE WHEN {column} = '' THEN []::VARCHAR[] ELSE {listed} END AS {column}"
    if kind == "DOUBLE":
        return f"CASE WHEN isnan({column}) THEN NULL ELSE {column} END AS {column}"
    if kind == "BOOLEAN":
        return f"CASE WHEN {column} < 0 THEN NULL ELSE {column} > 0 END AS {column}"
    return f"{column}::{kind} AS {column}"


def _column(rows: Sequence[Entry], name: str, kind: str) -> NDArray[Any]:
    values = [getattr(row, name) for row in rows]
    if kind == "DOUBLE":
        return np.array([np.nan if value is None else value for value in values], dtype=float)
    if kind == "BOOLEAN":
        return np.array([-1 if value is None else int(value) for value in values], dtype=np.int8)
    if kind == "VARCHAR[]":
        values = [_BREAK.join(item.replace(_BREAK, " ") for item in value) for value in values]
    return np.array([str(value) for value in values], dtype=object)
