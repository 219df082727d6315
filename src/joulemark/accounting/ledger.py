"""What is kept while a table is added up: the series, where each ended, and the sums."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from joulemark.accounting.curve import Floats, Times
from joulemark.accounting.rows import Ints, Rows
from joulemark.accounting.stretches import Sum

_LABELS = 1 << 31
"""Labels of a series are told apart within so many."""
_MANY = 1 << 16
"""So many sums wait before they are taken in together."""
_REMEMBERED = 64
"""So many sets of series, as they come block by block, are found at once."""


class Register:
    """The series of a table, numbered in the order of their coming."""

    def __init__(self) -> None:
        """Begin with none."""
        self._known: dict[tuple[int, ...], int] = {}
        self._found: dict[bytes, Times] = {}

    def __len__(self) -> int:
        """Return the number of series."""
        return len(self._known)

    def places(self, keys: tuple[Ints, ...]) -> Times:
        """Return the numbers of some series, by their keys; without keys there is one."""
        same = b"".join(key.tobytes() for key in keys)
        if same not in self._found:
            if len(self._found) >= _REMEMBERED:
                self._found.clear()
            self._found[same] = self._look_up(keys)
        return self._found[same]

    def _look_up(self, keys: tuple[Ints, ...]) -> Times:
        known = self._known
        each = zip(*(key.tolist() for key in keys), strict=True) if keys else [()]
        return np.array([known.setdefault(one, len(known)) for one in each], dtype=np.int64)

    def codes(self, keys: int) -> list[NDArray[np.int64]]:
        """Return each of so many keys of all series, in the order of their numbers."""
        known = [[one[place] for one in self._known] for place in range(keys)]
        return [np.array(each, dtype=np.int64) for each in known]


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """The last row of each series.

    Attributes:
        time: ns, shape (n,).
        value: as recorded, shape (n,).
        label: its label, shape (n,).
        bound_ns: longest step that is no gap; NaN while unknown, shape (n,).
        seen: whether the series had a row yet, shape (n,).
    """

    time: Times
    value: Floats
    label: NDArray[np.int64]
    bound_ns: Floats
    seen: NDArray[np.bool_]

    @classmethod
    def empty(cls) -> State:
        """Return the state of no series."""
        times, values = np.empty(0, np.int64), np.empty(0)
        return cls(times, values, times, values, np.empty(0, dtype=bool))

    def grown(self, count: int) -> State:
        """Return a state of at least so many series."""
        more = count - len(self.time)
        if more <= 0:
            return self
        more += count  # not again for each part
        zeros, unknown = np.zeros(more, np.int64), np.full(more, np.nan)
        return State(
            np.append(self.time, zeros),
            np.append(self.value, unknown),
            np.append(self.label, zeros),
            np.append(self.bound_ns, unknown),
            np.append(self.seen, np.zeros(more, dtype=bool)),
        )

    def keep(self, of: Times, last: Rows, bound_ns: Floats) -> None:
        """Note the last row of some series."""
        self.time[of], self.value[of], self.bound_ns[of] = last.time, last.value, bound_ns
        self.label[of] = 0 if last.label is None else last.label
        self.seen[of] = True

    def last(self, of: Times) -> Rows:
        """Return the last rows of some series, without keys."""
        return Rows(self.time[of], self.value[of], (), self.label[of])

    def beside(self, of: Times, first: Rows) -> Rows:
        """Return the last rows of some series and their next rows, two by two (keys one by one)."""
        label = None
        if first.label is not None:
            label = np.column_stack([self.label[of], first.label]).ravel()
        return Rows(
            np.column_stack([self.time[of], first.time]).ravel(),
            np.column_stack([self.value[of], first.value.astype(np.float64)]).ravel(),
            first.keys,
            label,
            first.where,
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Each:
    """Sums of each series under its present label.

    Attributes:
        label: that label, shape (n,).
        used: whether there are sums, shape (n,).
        table: the sums, shape (len(Sum), n).
    """

    label: NDArray[np.int64]
    used: NDArray[np.bool_]
    table: Floats

    def grown(self, count: int) -> _Each:
        """Return the same for at least so many series."""
        more = count - len(self.used)
        if more <= 0:
            return self
        return _Each(
            np.append(self.label, np.zeros(more, np.int64)),
            np.append(self.used, np.zeros(more, bool)),
            np.append(self.table, np.zeros((len(Sum), more)), axis=1),
        )


class Ledger:
    """Sums by series and label."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._ids = np.empty(0, dtype=np.int64)
        self._table = np.empty((len(Sum), 0))
        self._labels: dict[int, int] = {}
        self._waiting: list[tuple[Times, Times, Floats]] = []
        self._count = 0
        self._each = _Each(np.empty(0, np.int64), np.empty(0, bool), np.empty((len(Sum), 0)))

    @property
    def table(self) -> Floats:
        """One row for each of :class:`Sum`, one column for each series and label."""
        self._settle()
        return self._table

    @property
    def series(self) -> Times:
        """The number of the series of each column."""
        self._settle()
        return self._ids // _LABELS

    @property
    def label(self) -> Times:
        """The label of each column."""
        self._settle()
        return np.array(list(self._labels), dtype=np.int64)[self._ids % _LABELS]

    def add(self, series: Times, label: Times, table: Floats) -> None:
        """Add sums; a series and label may come several times."""
        self._put(series, label, table)
        if self._count > _MANY:
            self._settle()

    def add_each(self, series: Times, label: Times, table: Floats) -> None:
        """Add sums of distinct series, most of which have the label that they had last time."""
        each = self._each = self._each.grown(int(series.max(initial=-1)) + 1)
        moved = series[~each.used[series] | (each.label[series] != label)]
        if len(moved):
            self._add_used(moved[each.used[moved]])
            each.label[series], each.used[moved], each.table[:, moved] = label, True, 0.0
        highest = np.maximum(each.table[Sum.HIGHEST, series], table[Sum.HIGHEST])
        each.table[:, series] += table
        each.table[Sum.HIGHEST, series] = highest

    def _add_used(self, series: Times) -> None:
        each = self._each
        if len(series):
            self._put(series, each.label[series], each.table[:, series])
            each.used[series] = False

    def _put(self, series: Times, label: Times, table: Floats) -> None:
        self._waiting.append((series, label, table))
        self._count += len(series)

    def _settle(self) -> None:
        """Take in what was added; few large steps cost less than many small ones."""
        self._add_used(np.flatnonzero(self._each.used))
        if not self._waiting:
            return
        series, label, table = (
            np.concatenate(parts, axis=-1) for parts in zip(*self._waiting, strict=True)
        )
        self._waiting, self._count = [], 0
        ids = series * _LABELS + self._codes(label)
        at = np.searchsorted(self._ids, ids)
        known = np.append(self._ids, -1)[at] == ids
        if not known.all():
            new = np.unique(ids[~known])
            places = np.searchsorted(self._ids, new)
            self._ids = np.insert(self._ids, places, new)
            self._table = np.insert(self._table, places, 0.0, axis=1)
            at = np.searchsorted(self._ids, ids)
        for row in Sum:
            operation = np.maximum if row is Sum.HIGHEST else np.add
            operation.at(self._table[row], at, table[row])

    def _codes(self, label: Times) -> Times:
        """Return numbers for labels, which may be any whole numbers, in the order of coming."""
        names, known = np.unique(label), self._labels
        codes = [known.setdefault(name, len(known)) for name in names.tolist()]
        return np.array(codes, dtype=np.int64)[np.searchsorted(names, label)]
