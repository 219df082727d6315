"""Pairs of readings from the columns of a table."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from joulemark.analysis.calibrating.columns import Meaning, reading_unit, time_unit
from joulemark.analysis.calibrating.points import Floats, Points
from joulemark.analysis.calibrating.tables import Row, Table
from joulemark.core.errors import FormatError, UsageError

SAME = "target and reference are one and the same"
_MOST_NAMED = 5
_FEWEST_VALUES = 6
_WHOLE = 1e-6
_FINEST = 1e-4
"""A step finer than this share of the median reading is of no account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Which column is what.

    Attributes:
        target: reading that is calibrated.
        reference: reading that it is calibrated against.
        time: length of a row; empty where both readings are powers.
        group: workload; each row is one by itself where it is empty.
        by: columns whose values separate one calibration from another.
        only: values that rows must have, by column.
        utilisation: column; empty for none.
        units: units that are stated, by column.
        steps_j: step of the readings, J, by column, where it is stated.
        skip_bad: leave rows with bad cells out instead of refusing the table.
    """

    target: str
    reference: str
    time: str = ""
    group: str = ""
    by: tuple[str, ...] = ()
    only: Mapping[str, str] = field(default_factory=dict)
    utilisation: str = ""
    units: Mapping[str, str] = field(default_factory=dict)
    steps_j: Mapping[str, float] = field(default_factory=dict)
    skip_bad: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Stratum:
    """Points that belong into one calibration.

    Attributes:
        values: what they have in common, by column.
        points: the points.
        steps_j: step of target and reference, J; zero where there is none.
        bad: places of rows that were left out.
    """

    values: dict[str, str]
    points: Points
    steps_j: tuple[float, float]
    bad: tuple[str, ...]


def strata(table: Table, columns: Columns) -> list[Stratum]:
    """Return the points of a table, in the order of their first row.

    Raises:
        UsageError: if a column is not there or its unit is not known.
        FormatError: if a cell is no number above zero; names the line.
    """
    if columns.target == columns.reference:
        raise UsageError(SAME, where=f"column {columns.target!r}")
    for column in (columns.target, columns.reference, *columns.by, *columns.only):
        table.need(column)
    for column in filter(None, (columns.time, columns.group, columns.utilisation)):
        table.need(column)
    reader = _Reader(table, columns)
    found: dict[tuple[str, ...], list[tuple[Row, list[float]]]] = {}
    for row in table.rows:
        if any(str(row.cells.get(c)) != value for c, value in columns.only.items()):
            continue
        cells = reader.numbers(row)
        if cells is not None:
            key = tuple(str(row.cells.get(column)) for column in columns.by)
            found.setdefault(key, []).append((row, cells))
    reader.complain()
    if not found:
        raise FormatError("no row to calibrate with", where=table.name, remedy="check --only")
    every = [cells for rows in found.values() for _, cells in rows]
    steps = reader.step(columns.target, every, 0), reader.step(columns.reference, every, 1)
    return [
        Stratum(
            dict(zip(columns.by, key, strict=True)),
            _points(table, columns, rows, steps),
            steps,
            tuple(reader.bad),
        )
        for key, rows in found.items()
    ]


def _points(
    table: Table, columns: Columns, rows: list[tuple[Row, list[float]]], steps: tuple[float, float]
) -> Points:
    numbers: Floats = np.array([cells for _, cells in rows])
    labels = [f"line {row.place}" for row, _ in rows]
    groups = [str(row.cells.get(columns.group)) if columns.group else "" for row, _ in rows]
    named = list(zip(groups, labels, strict=True))
    count = len(rows)
    return Points(
        target_j=numbers[:, 0],
        reference_j=numbers[:, 1],
        seconds=numbers[:, 2],
        target_u_j=np.full(count, steps[0] / math.sqrt(6)),
        reference_u_j=np.full(count, steps[1] / math.sqrt(6)),
        groups=tuple(group or label for group, label in named),
        labels=tuple(f"{group} ({label})" if group else label for group, label in named),
        utilisation=numbers[:, 3] if columns.utilisation else None,
    )


class _Reader:
    """Reads the numbers of rows and remembers the bad ones."""

    def __init__(self, table: Table, columns: Columns) -> None:
        self.table, self.columns, self.bad = table, columns, list[str]()
        stated = columns.units
        self.target = reading_unit(columns.target, stated.get(columns.target, ""))
        self.reference = reading_unit(columns.reference, stated.get(columns.reference, ""))
        self.second = time_unit(columns.time, stated.get(columns.time, "")) if columns.time else 1.0
        powers = {self.target[0], self.reference[0]} == {Meaning.POWER}
        if not columns.time and not powers:
            raise UsageError(
                "joules alone do not tell a gain from an offset",
                remedy="name the column with the length of each row: --time seconds",
            )

    def numbers(self, row: Row) -> list[float] | None:
        """Return energies (J), length (s) and utilisation of a row; None if a cell is bad."""
        columns, wanted = self.columns, list[float]()
        names = [columns.target, columns.reference, columns.time, columns.utilisation]
        for name in names:
            value = _number(row.cells.get(name)) if name else 1.0
            least = 0.0 if name and name == columns.utilisation else math.ulp(0.0)
            if value is None or not least <= value < math.inf:
                seen = row.cells.get(name)
                cell = "an empty cell" if seen in (None, "") else f"{seen!r:.40}"
                self.bad.append(f"{self.table.where(row)}: {cell} in {name}")
                return None
            wanted.append(value)
        seconds = wanted[2] * self.second
        readings = []
        for value, (meaning, factor) in zip(wanted, (self.target, self.reference), strict=False):
            readings.append(value * factor * (seconds if meaning is Meaning.POWER else 1.0))
        share = 0.01 if columns.utilisation.endswith(("percent", "pct", "%")) else 1.0
        return [*readings, seconds, wanted[3] * share]

    def complain(self) -> None:
        """Raise FormatError if there are bad cells and nobody said to leave their rows out."""
        if not self.bad or self.columns.skip_bad:
            return
        more = len(self.bad) - _MOST_NAMED
        listed = "; ".join(self.bad[:_MOST_NAMED]) + (f"; and {more} more" if more > 0 else "")
        raise FormatError(
            f"not a number above zero: {listed}", remedy="mend them, or --skip-bad leaves them out"
        )

    def step(self, column: str, rows: list[list[float]], place: int) -> float:
        """Return the step of a reading, J: as stated, or that all its values are multiples of."""
        if column in self.columns.steps_j:
            return self.columns.steps_j[column]
        if (self.target, self.reference)[place][0] is Meaning.POWER:
            return 0.0
        values = np.unique(np.round([row[place] for row in rows], 6))
        if len(values) < _FEWEST_VALUES:
            return 0.0
        least = float(np.diff(values).min())
        counts = values / least
        coarse = least > _FINEST * float(np.median(values))
        return least if coarse and bool((np.abs(counts - counts.round()) < _WHOLE).all()) else 0.0


def _number(cell: object) -> float | None:
    if isinstance(cell, bool) or cell is None:
        return None
    text = str(cell).strip()
    if "_" in text or not text.isascii():  # Python reads 1_000 and digits of other scripts
        return None
    try:
        return float(text)
    except ValueError:
        return None
