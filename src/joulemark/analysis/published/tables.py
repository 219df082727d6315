"""The source study's tables, read as they are: nothing is mended, stripped or left out."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from joulemark.core.errors import FormatError, UnavailableError
from joulemark.formats.files import opened
from joulemark.formats.results.names import number

DATACENTER = "data_cleaned_inference_datacenter.csv"
EDGE = "data_cleaned_inference_edge.csv"
TINY = "data_cleaned_tiny.csv"
TRAINING = "data_cleaned_training.csv"
PERFORMANCE = "data_performance.csv"
NAMES = (DATACENTER, EDGE, TINY, TRAINING, PERFORMANCE)
MAX_BYTES = 1 << 26
MAX_ROWS = 100_000
_LEAST = 1e-100
_EMPTY = frozenset(("", "NA", "N/A", "NaN", "nan", "None", "null", "n/a", "NULL", "<NA>"))
"""What the study's reader takes for no value."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Attributes:
        source: ``file:line``.
        cells: by column; of two columns of one name the first.
    """

    source: str
    cells: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        """Return a cell; empty where the row has none."""
        text = self.cells.get(name, "")
        return "" if text in _EMPTY else text

    @property
    def result(self) -> float | None:
        """Its figure, commas between thousands left out; None where it is no number."""
        return number((self["Result"] or self["Avg. Result at System Name"]).replace('"', ""))

    @property
    def date(self) -> date:
        """Day of publication as the table has it."""
        return day_of(self["date"], self.source)


@dataclass(frozen=True, slots=True)
class Pair:
    """A row of performance and a row of power that the study takes for one result."""

    rate: Row
    power: Row

    @property
    def sources(self) -> tuple[str, str]:
        """Where they stand."""
        return self.rate.source, self.power.source

    @property
    def ratio(self) -> float | None:
        """The first divided by the second; None where either is no number above zero."""
        rate, power = self.rate.result, self.power.result
        return positive(rate / power) if rate and power else None


def day_of(text: str, where: str) -> date:
    """Return the day that is written as 4/17/2021.

    Args:
        text: as the tables have it.
        where: it stands.

    Raises:
        FormatError: if it is no such day.
    """
    try:
        month, day, year = (int(part) for part in text.split("/"))
        return date(year, month, day)
    except (ValueError, OverflowError):
        said = f"no date of the form 4/17/2021: {text[:40]!r}"
        raise FormatError(said, where=where) from None


def read_table(folder: Path, name: str) -> tuple[Row, ...]:
    """Return the rows of one of the tables; none where the folder has no such table.

    Raises:
        UnavailableError: if the file is there and cannot be opened.
        FormatError: if it is no table of bounded size.
    """
    path = folder / name
    if not path.exists():
        return ()
    with opened(path) as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise FormatError(f"larger than {MAX_BYTES >> 20} MiB", where=str(path))
    return tuple(_rows(data, name))


def positive(value: float) -> float | None:
    """Return a value that can be divided by and into; None for any other."""
    return value if _LEAST < value < 1 / _LEAST else None


def folder_of(place: Path) -> Path:
    """Return the folder that holds tables of the study: the one named, or ``code`` of a clone.

    Raises:
        UnavailableError: if neither holds one.
    """
    for folder in (place, place / "code"):
        if any((folder / name).is_file() for name in NAMES):
            return folder
    raise UnavailableError(
        "no table of the source study",
        where=str(place),
        remedy=f"name the folder that holds {DATACENTER}, or leave the tables out",
    )


def _rows(data: bytes, name: str) -> Iterator[Row]:
    reader = csv.reader(
        io.StringIO(data.decode("utf-8-sig", "replace").replace("\0", ""), newline="")
    )
    columns: list[str] = []
    try:
        for count, cells in enumerate(reader):
            if count > MAX_ROWS:
                raise FormatError(f"more than {MAX_ROWS} rows", where=name)
            if not columns:
                columns = cells
                continue
            found: dict[str, str] = {}
            for column, cell in zip(columns, cells, strict=False):
                found.setdefault(column, cell)
            yield Row(f"{name}:{reader.line_num}", found)
    except csv.Error as error:
        raise FormatError(str(error), where=f"{name}:{reader.line_num}") from None


def joined(rates: Iterable[Row], powers: Iterable[Row], model: Callable[[Row], str]) -> list[Pair]:
    """Return every row of performance with every row of power of the same names.

    The names are public number, model, scenario, version and date: where two results share them,
    each performance meets both powers.

    Args:
        rates: rows of performance.
        powers: rows of power.
        model: gives the name of a row's model.
    """

    def names(row: Row) -> tuple[str, ...]:
        return row["Public ID"], model(row), row["Scenario"], row["version"], row["date"]

    by_names: dict[tuple[str, ...], list[Row]] = {}
    for row in powers:
        by_names.setdefault(names(row), []).append(row)
    return [Pair(rate, power) for rate in rates for power in by_names.get(names(rate), ())]
