"""Tables of telemetry in Parquet: which column means what, and their rows block by block.

Long format: a row is one sample of one sensor, with its time, the columns that tell sensors apart
(node, device …), the reading, and perhaps the phase that the program was in. Files are read in the
natural order of their names (p2 before p10). Columns of text become numbers; what they stand for
is in a :class:`Codebook`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from joulemark.accounting.rows import Rows
from joulemark.core.errors import FormatError, MissingExtraError, UsageError

BLOCK = 1 << 20
"""Rows that are read at once, as far as the file's row groups let us."""
LARGEST = 1 << 21
"""A row group of more rows than this is read in parts."""

TIMES = ("time", "ts", "timestamp", "time_ns")
POWERS = ("power", "power_w", "watts")
SERIES = ("run", "rank", "node", "host", "hostname", "meter", "device", "gpu", "part", "channel")
PHASE = "phase"

FACTORS = {"ns": 1, "us": 1_000, "ms": 1_000_000, "s": 1_000_000_000}
"""Nanoseconds in a unit of time."""

_DIGITS = re.compile(r"(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Which column means what.

    Attributes:
        time: when; a timestamp, or a number of ``time_unit``.
        value: power, or an energy counter.
        series: what tells sensors apart; whole numbers or text.
        label: the phase; None without.
        time_unit: of a column of numbers: ns, us, ms or s.
    """

    time: str
    value: str
    series: tuple[str, ...]
    label: str | None = None
    time_unit: str = "ns"

    @property
    def codes(self) -> tuple[str, ...]:
        """The columns that are read as codes."""
        return self.series if self.label is None else (*self.series, self.label)


class Codebook:
    """Numbers for the texts of a column, in the order of their coming."""

    def __init__(self) -> None:
        """Begin with none."""
        self._codes: dict[str, int] = {}

    def code(self, text: str) -> int:
        """Return the number of a text, a new one for a new text."""
        return self._codes.setdefault(text, len(self._codes))

    def texts(self) -> list[str]:
        """Return the texts, by number."""
        return list(self._codes)


class Table(Protocol):
    """Parquet files, opened.

    Attributes:
        files: in the order in which they are read.
        engine: what decodes them, in words.
        names: the columns that there are.
        rows: number of rows.
    """

    files: Sequence[Path]
    engine: str
    names: tuple[str, ...]
    rows: int

    def books(self, columns: Columns) -> dict[str, Codebook]:
        """Return an empty or filled codebook for each column of text among the codes.

        Raises:
            FormatError: if a column is neither text nor whole numbers.
        """
        ...

    def blocks(self, columns: Columns, books: dict[str, Codebook]) -> Iterator[Rows]:
        """Return the rows in the order of the files.

        Raises:
            FormatError: if a file is damaged, of another kind, or has a row without time or code.
            StoreError: if a file cannot be read.
        """
        ...


def open_table(paths: Sequence[Path], engine: str | None = None) -> Table:
    """Open Parquet files as one table.

    Args:
        paths: files and folders of files.
        engine: ``arrow`` or ``duckdb``; arrow where it is installed if None.

    Raises:
        UsageError: if there is no file.
        MissingExtraError: if Arrow was asked for and is not installed.
        FormatError: if a file is not Parquet, or lacks columns that the first has.
        StoreError: if a file cannot be read.
    """
    files = natural([file for path in paths for file in _files(path)])
    if not files:
        raise UsageError(
            "no Parquet file", where=", ".join(map(str, paths)), remedy="name files or a folder"
        )
    arrow = find_spec("pyarrow") is not None
    if engine == "arrow" and not arrow:
        raise MissingExtraError("the fast reader", "pyarrow", "scale")
    if arrow and engine != "duckdb":
        from joulemark.store.telemetry_arrow import ArrowTable

        return ArrowTable(files)
    from joulemark.store.telemetry_duck import DuckTable

    return DuckTable(files)


def _files(path: Path) -> list[Path]:
    return list(path.rglob("*.parquet")) if path.is_dir() else [path]


def natural(paths: Sequence[Path]) -> list[Path]:
    """Return paths by name, numbers in them by value; one that is named twice once."""

    def key(path: Path) -> list[tuple[int, int, str]]:
        parts = _DIGITS.split(str(path))
        return [(int(part), 0, "") if i % 2 else (0, 1, part) for i, part in enumerate(parts)]

    return sorted(dict.fromkeys(paths), key=key)


def guess_columns(
    names: Sequence[str],
    *,
    time: str | None = None,
    value: str | None = None,
    series: Sequence[str] | None = None,
    by: Sequence[str] | None = None,
    label: str | None = None,
    time_unit: str = "ns",
) -> Columns:
    """Return which column means what, as asked, the rest by well-known names.

    Args:
        names: the columns that there are.
        time: when.
        value: the reading.
        series: what tells sensors apart.
        by: what is asked for; those that are no label tell sensors apart too.
        label: the phase; empty for none.
        time_unit: of a column of numbers.

    Raises:
        UsageError: if a column is not there, or no column looks like the one that is needed.
    """
    asked = [*(by or ()), *(series or ()), *(one for one in (time, value, label) if one)]
    for name in asked:
        if name not in names:
            raise UsageError(f"no column {name!r}", remedy=f"there is {', '.join(names)}")
    time = time or _first(TIMES, names, "time", "--time")
    value = value or _first(POWERS, names, "power", "--power, --counter or --interval")
    if label is None and PHASE in names and (by is None or PHASE in by):
        label = PHASE
    known = [name for name in SERIES if name in names] if series is None else list(series)
    known += [name for name in by or () if name != label]
    return Columns(
        time=time,
        value=value,
        series=tuple(dict.fromkeys(name for name in known if name not in (time, value, label))),
        label=label or None,
        time_unit=time_unit,
    )


def _first(known: Sequence[str], names: Sequence[str], what: str, flag: str) -> str:
    for name in known:
        if name in names:
            return name
    raise UsageError(
        f"no column looks like {what}", remedy=f"name it with {flag}; there is {', '.join(names)}"
    )


def nanoseconds(time: NDArray[Any], unit: str) -> NDArray[np.int64]:
    """Return times in a unit as whole nanoseconds."""
    if time.dtype.kind == "f":
        return np.round(time.astype(np.float64) * FACTORS[unit]).astype(np.int64)
    whole = time.astype(np.int64, copy=False)
    return whole if unit == "ns" else whole * FACTORS[unit]


def other_kind(name: str, kind: str, where: str) -> FormatError:
    """Return the error for a column of a kind that cannot be used."""
    return FormatError(
        f"column {name!r} is {kind}",
        where=where,
        remedy="times are timestamps or numbers, readings numbers, the rest text or whole numbers",
    )


def empty_entry(name: str, where: str) -> FormatError:
    """Return the error for a row that lacks its time, series or phase."""
    return FormatError(
        f"column {name!r} has an empty entry", where=where, remedy="fill it, or leave such rows out"
    )
