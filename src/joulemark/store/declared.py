"""Results that others stated, in one table of the store: ``<store>/declared.parquet``.

A row is a :class:`joulemark.formats.results.declared.DeclaredResult` with its ``key``, its work per
joule, and ``doubts``: what the rules on stated results found, each as ``rule: what was seen``. Rows
are added and replaced by key, never dropped. The file opens in anything that reads Parquet.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from joulemark.core.errors import FormatError
from joulemark.formats.results.declared import LOGS, DeclaredResult, joined, together
from joulemark.store import duck
from joulemark.store.files import DECLARED, store_error, sync_directory
from joulemark.store.jsontext import DAMAGED

FILE = DECLARED
LOCK = ".declared.lock"

Judge = Callable[[Sequence[DeclaredResult]], Mapping[str, Sequence[str]]]
"""Returns the doubts on each result, by its key."""

_LISTS = ("sources", "remarks", "doubts")
_BREAK = "\n"
_TYPES: Mapping[str, str] = {
    "str": "VARCHAR",
    "int": "BIGINT",
    "float | None": "DOUBLE",
    "bool | None": "BOOLEAN",
    "tuple[str, ...]": "VARCHAR[]",
}


@dataclass(frozen=True, slots=True)
class Added:
    """What became of rows that were added.

    Attributes:
        new: of them, how many were not there before.
        total: rows in the table now.
        doubtful: of these, how many have doubts.
        replaced: keys of results that were there and say another thing now.
    """

    new: int
    total: int
    doubtful: int
    replaced: frozenset[str] = frozenset()


def columns() -> dict[str, str]:
    """Return the columns of the table with their types in SQL."""
    own = {field.name: _TYPES[str(field.type)] for field in fields(DeclaredResult)}
    more = {"per_joule": "DOUBLE", "per_joule_unit": "VARCHAR", "doubts": "VARCHAR[]"}
    return {"key": "VARCHAR", **own, **more}


def connect(store: Path) -> duckdb.DuckDBPyConnection:
    """Return a database in memory with the view ``declared``; empty where nothing was imported.

    Raises:
        FormatError: if the table is damaged.
        StoreError: if it cannot be read.
    """
    database = duck.connect()
    path = store / FILE
    if not path.exists():
        described = ", ".join(f"{duck.name(name)} {kind}" for name, kind in columns().items())
        database.execute(f"CREATE TABLE declared({described})")
        return database
    with duck.failures(path):
        found = database.execute(f"DESCRIBE FROM {duck.parquet(path)}").fetchall()
        if {row[0]: row[1] for row in found} != columns():
            raise FormatError("not a table of results", where=str(path), remedy=DAMAGED)
        database.execute(f"CREATE VIEW declared AS FROM {duck.parquet(path)}")
    return database


def read_declared(store: Path) -> list[DeclaredResult]:
    """Return every row, in the order of the table; raises what :func:`connect` does."""
    names = [field.name for field in fields(DeclaredResult)]
    with connect(store) as database, duck.failures(store / FILE):
        query = f"FROM declared SELECT {', '.join(map(duck.name, names))}"
        found = database.execute(query).fetchall()
    made = []
    for row in found:
        values = dict(zip(names, row, strict=True))
        listed = {name: tuple(values[name] or ()) for name in _LISTS if name in values}
        made.append(DeclaredResult(**{**values, **listed}))
    return made


def read_doubts(store: Path) -> dict[str, tuple[str, ...]]:
    """Return the doubts by key of result, without those that have none."""
    with connect(store) as database, duck.failures(store / FILE):
        query = "FROM declared SELECT key, doubts WHERE len(doubts) > 0"
        return {key: tuple(doubts) for key, doubts in database.execute(query).fetchall()}


def standing(store: Path) -> Added:
    """Return what the table holds, with nothing added; raises what :func:`connect` does."""
    with connect(store) as database, duck.failures(store / FILE):
        query = "FROM declared SELECT count(*), count(*) FILTER (len(doubts) > 0)"
        total, doubtful = database.execute(query).fetchall()[0]
    return Added(0, int(total), int(doubtful))


def add_declared(store: Path, rows: Iterable[DeclaredResult], judge: Judge) -> Added:
    """Add rows to the table of a store, and judge all of them anew.

    Args:
        store: the directory of all runs; made if it is not there.
        rows: what to add; a result that is there already is not counted again.
        judge: says what is doubtful.

    Raises:
        FormatError: if the table is damaged.
        StoreError: if it cannot be read or written; the old one is still there.
    """
    with _locked(store):
        known = read_declared(store)
        before = {row.key: _says(row) for row in known}
        after = _with(known, rows)
        doubts = judge(after)
        _write(store / FILE, after, doubts)
    keys = [row.key for row in after]
    said = zip(keys, after, strict=True)
    replaced = frozenset(key for key, row in said if before.get(key, _says(row)) != _says(row))
    doubtful = sum(bool(doubts.get(key)) for key in keys)
    return Added(sum(key not in before for key in keys), len(keys), doubtful, replaced)


def _says(row: DeclaredResult) -> tuple[object, ...]:
    """Return what a result states."""
    return row.run, row.performance, row.performance_unit, row.power, row.power_unit


def _with(known: list[DeclaredResult], rows: Iterable[DeclaredResult]) -> list[DeclaredResult]:
    """Return the rows of a table with others added; figures computed from logs are replaced."""
    rows = list(rows)
    computed = {row.key: row for row in rows if row.kind == LOGS}
    kept = [computed.pop(row.key, row) for row in known]
    stated = {row.key: row for row in rows if row.kind != LOGS}
    fresh = [_renewed(row, stated.get(row.key)) for row in kept]
    return together([*fresh, *computed.values(), *(row for row in rows if row.kind != LOGS)])


def _renewed(row: DeclaredResult, again: DeclaredResult | None) -> DeclaredResult:
    """Return a row with what a newer reading of the same statement says beside its figures."""
    same = again is not None and set(again.sources) >= set(row.sources)
    if again is None or not same:
        return row
    figures = (row.performance, row.performance_unit, row.power, row.power_unit)
    if figures != (again.performance, again.performance_unit, again.power, again.power_unit):
        return row
    return replace(again, run=row.run or again.run, sources=joined(row.sources, again.sources))


@contextmanager
def _locked(store: Path) -> Iterator[None]:
    """Let one process at a time change the table."""
    try:
        store.mkdir(parents=True, exist_ok=True)
        lock = os.open(store / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
    except OSError as error:
        raise store_error(error, store) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _write(path: Path, rows: list[DeclaredResult], doubts: Mapping[str, Sequence[str]]) -> None:
    """Write the table as a whole."""
    work = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    select = ", ".join(_read_as(name, kind) for name, kind in columns().items())
    try:
        with duck.connect() as database, duck.failures(path):
            database.register("rows", _columns(rows, doubts))
            database.execute(
                f"COPY (FROM rows SELECT {select} ORDER BY suite, round, submitter, key) TO "
                f"{duck.text(str(work))} (FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2)"
            )
        with work.open("rb") as file:
            os.fsync(file.fileno())
        work.replace(path)
        sync_directory(path.parent)
    except OSError as error:
        raise store_error(error, path) from error
    finally:
        work.unlink(missing_ok=True)


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


def _columns(rows: list[DeclaredResult], doubts: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Return the rows by column; numbers that are not known as NaN, lists as lines."""
    found = {}
    for name, kind in columns().items():
        if name == "doubts":
            values: list[Any] = [doubts.get(row.key, ()) for row in rows]
        else:
            values = [getattr(row, name) for row in rows]
        found[name] = _column(values, kind)
    return found


def _column(values: list[Any], kind: str) -> Any:
    if kind == "VARCHAR[]":
        plain = [_BREAK.join(item.replace(_BREAK, " ") for item in value) for value in values]
        return np.array(plain, dtype=object)
    if kind == "DOUBLE":
        return np.array([np.nan if value is None else value for value in values], dtype=float)
    if kind == "BOOLEAN":
        return np.array([-1 if value is None else int(value) for value in values], dtype=np.int8)
    if kind == "BIGINT":
        return np.array(values, dtype=np.int64)
    return np.array(values, dtype=object)
