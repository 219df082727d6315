"""Rows of a table put in the order that arithmetic needs: series by series, each in order of time.

A *series* is what one sensor gave. Three layouts are told apart, because sorting costs more than
all arithmetic together: tables that lie series by series are taken as they are; tables in which the
series take turns in a fixed order, as a collector writes them, are transposed; all others are
sorted by series, stably, so that each keeps its order.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[Any]
"""Integers of any width; codes stay as narrow as they came."""

NARROW = 1 << 16
"""Keys with fewer values than this are sorted by counting."""
PIECE = 1 << 16
"""Rows that are worked on at once; what is made of them stays in a processor's cache."""
_FEW = 4
"""Runs of at least so many rows on average may be taken as they lie."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Consecutive rows of a table.

    Attributes:
        time: ns, int64, shape (n,).
        value: as recorded, any kind of number, shape (n,); NaN where there was none.
        keys: codes that together tell series apart, each of shape (n,).
        label: codes of what the row belongs to (its phase), shape (n,); None without.
        where: where the rows come from, for messages.
    """

    time: NDArray[np.int64]
    value: NDArray[Any]
    keys: tuple[Ints, ...]
    label: Ints | None = None
    where: str = ""

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.time)

    def picked(self, rows: Any, *, keys: bool = True) -> Rows:
        """Return some of the rows, a slice, a mask or places, with or without their keys."""
        label = None if self.label is None else self.label[rows]
        codes = tuple(key[rows] for key in self.keys) if keys else ()
        return Rows(self.time[rows], self.value[rows], codes, label, self.where)


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """Rows in which each series is one run of consecutive rows, in the order of the table.

    Attributes:
        rows: the rows; their keys are those of the series, each of shape (m,).
        first: the row at which each series begins, int64, increasing, shape (m,).
        ends: the last row of each series, shape (m,).
    """

    rows: Rows
    first: NDArray[np.int64]
    ends: NDArray[np.int64]

    @classmethod
    def of(cls, rows: Rows, first: NDArray[np.int64]) -> Series:
        """Return rows of which each series begins at a known row."""
        return cls(rows, first, np.append(first[1:], len(rows)) - 1)

    def only(self, keep: NDArray[np.bool_]) -> Series:
        """Return the rows of a mask, of shape (n,); a series without rows is left out."""
        counts = np.add.reduceat(keep, self.first, dtype=np.int64)
        left = counts > 0
        first = np.cumsum(counts[left]) - counts[left]
        keys = tuple(key[left] for key in self.rows.keys)
        return Series.of(replace(self.rows.picked(keep, keys=False), keys=keys), first)


def series_of(rows: Rows) -> list[Series]:
    """Return the rows series by series, in parts that follow each other in time.

    A part holds a series at most once. No rows give no part.
    """
    if not len(rows):
        return []
    differs = _differs(rows.keys, len(rows))
    if np.count_nonzero(differs) * _FEW <= len(rows):
        first = np.append(0, np.flatnonzero(differs) + 1)
        keys = tuple(key[first] for key in rows.keys)
        if _distinct(keys, len(first)):
            return [Series.of(replace(rows, keys=keys), first)]
    turn = turn_of(rows)
    if not turn:
        return [_sorted(rows)]
    whole = len(rows) - len(rows) % turn
    every = np.arange(turn)
    return [across_to_along(rows, turn, every), *series_of(rows.picked(slice(whole, None)))]


def _differs(keys: tuple[Ints, ...], count: int) -> NDArray[np.bool_]:
    """Return whether each row but the first is of another series than the row before."""
    differs = np.zeros(count - 1, dtype=bool)
    for key in keys:
        differs |= key[1:] != key[:-1]
    return differs


def _distinct(keys: tuple[Ints, ...], count: int) -> bool:
    """Whether no two of some rows are of one series."""
    order = order_of(keys, count)
    return bool(_differs(tuple(key[order] for key in keys), count).all())


def order_of(keys: tuple[Ints, ...], count: int) -> NDArray[np.int64]:
    """Return a stable order of rows in which equal keys stand together."""
    code, values = np.zeros(count, dtype=np.uint16), 1
    for key in keys:
        low, high = int(key.min()), int(key.max())
        values *= high - low + 1
        if values > NARROW:
            return np.lexsort(keys[::-1])
        above = np.subtract(key, low, dtype=np.int64).astype(np.uint16)
        code = code * np.uint16(high - low + 1) + above
    return np.argsort(code, kind="stable")


def turn_of(rows: Rows) -> int:
    """Return after how many rows all series have had their turn, always in one order; else 0."""
    keys, count = rows.keys, len(rows)
    again = np.ones(count - 1, dtype=bool)
    for key in keys:
        again &= key[1:] == key[0]
    turn = int(np.argmax(again)) + 1 if again.any() else count
    if turn * 2 > count or any((key[turn:] != key[:-turn]).any() for key in keys):
        return 0
    return turn if _distinct(tuple(key[:turn] for key in keys), turn) else 0


def across_to_along(rows: Rows, turn: int, places: NDArray[np.int64]) -> Series:
    """Return some of the series that take turns, each as one run, without an incomplete turn."""
    ticks = len(rows) // turn

    def along(column: NDArray[Any]) -> NDArray[Any]:
        matrix = column[: ticks * turn].reshape(ticks, turn)
        return (matrix if len(places) == turn else matrix[:, places]).T.ravel()

    label = None if rows.label is None else along(rows.label)
    keys = tuple(key[places] for key in rows.keys)
    first = np.arange(0, ticks * len(places), ticks, dtype=np.int64)
    return Series.of(Rows(along(rows.time), along(rows.value), keys, label, rows.where), first)


def _sorted(rows: Rows) -> Series:
    rows = rows.picked(order_of(rows.keys, len(rows)))
    first = np.append(0, np.flatnonzero(_differs(rows.keys, len(rows))) + 1)
    keys = tuple(key[first] for key in rows.keys)
    return Series.of(replace(rows, keys=keys), first)
