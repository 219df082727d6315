"""Parquet files for tests, written by DuckDB."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from joulemark.store import duck

ENGINES = ("duckdb", "arrow")


def write(path: Path, columns: dict[str, Any], *, cast: str = "*", group: int = 2048) -> Path:
    """Write columns as one file, its row groups of at most ``group`` rows.

    Args:
        path: the file.
        columns: values by name.
        cast: what to select of them, SQL.
        group: rows of a row group; DuckDB writes whole vectors of 2,048.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with duck.connect() as database:
        database.register("given", {name: duck.column(v) for name, v in columns.items()})
        database.execute(
            f"COPY (FROM given SELECT {cast}) TO {duck.text(str(path))} "
            f"(FORMAT parquet, ROW_GROUP_SIZE {group})"
        )
    return path
