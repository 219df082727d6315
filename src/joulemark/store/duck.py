"""DuckDB as we use it: in memory, no extensions from outside, names quoted."""

from __future__ import annotations

import contextlib
import functools
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from joulemark.core.errors import FormatError, StoreError
from joulemark.store.jsontext import DAMAGED

_ERRNO = re.compile(r"errno\W{1,5}(\d{1,4})\b")
"""DuckDB puts some failures of the system as JSON into its message."""


def connect(spill: Path | None = None, *, memory: str = "") -> duckdb.DuckDBPyConnection:
    """Return a new database in memory.

    Args:
        spill: directory for what does not fit into memory; nothing is spilled if None.
        memory: bound on memory, "256MB" for instance; DuckDB's own (80 % of the machine) if empty.
    """
    config: dict[str, str | bool | int | float | list[str]] = {
        "temp_directory": "" if spill is None else str(spill),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "python_enable_replacements": False,
    }
    if memory:
        config |= {"memory_limit": memory, "threads": 1}
    return duckdb.connect(":memory:", config=config)


def reader() -> duckdb.DuckDBPyConnection:
    """Return a connection to one database of this process, for reading files.

    A database takes 30 ms to make, a connection to it 0.1 ms.
    """
    return _shared(os.getpid()).cursor()


@functools.cache
def _shared(process: int) -> duckdb.DuckDBPyConnection:
    """Return the database of a process; a forked one must not use its parent's."""
    return connect()


def text(value: str) -> str:
    """Return a string as an SQL literal."""
    return "'" + value.replace("'", "''") + "'"


def name(value: str) -> str:
    """Return the name of a column as SQL."""
    return '"' + value.replace('"', '""') + '"'


def version() -> str:
    """Return DuckDB's version."""
    return str(duckdb.__version__)


def parquet(*paths: Path) -> str:
    """Return the SQL that reads Parquet files one after the other.

    Without ``hive_partitioning = false`` a directory called ``a=b`` would become a column.
    """
    names = ", ".join(text(str(path)) for path in paths)
    return f"read_parquet([{names}], hive_partitioning = false)"


@contextlib.contextmanager
def failures(path: Path) -> Iterator[None]:
    """Turn what DuckDB says of a file that is read into errors of ours.

    Raises:
        StoreError: if the file cannot be read or written.
        FormatError: if it does not hold what it should.
    """
    try:
        yield
    except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
        number = _ERRNO.search(str(error))
        what = os.strerror(int(number[1])) if number else _first_line(error).rpartition('": ')[2]
        remedy = "free some space, and check the path and the right to use it"
        raise StoreError(what, where=str(path), remedy=remedy) from error
    except duckdb.Error as error:
        raise FormatError(_first_line(error), where=str(path), remedy=DAMAGED) from error


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]


def column(values: Any) -> NDArray[Any]:
    """Return values as an array that DuckDB can be given.

    Texts become objects: DuckDB 2.0.0 on two threads now and then mixes up texts of fixed width.
    """
    array = np.asarray(values)
    return array.astype(object) if array.dtype.kind == "U" else array
