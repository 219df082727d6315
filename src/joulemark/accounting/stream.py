"""Energy of tables larger than memory: block by block, with the last row of each series kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from joulemark.accounting.curve import GAP_FACTOR, Floats, Times
from joulemark.accounting.ledger import Ledger, Register, State
from joulemark.accounting.rows import (
    PIECE,
    Ints,
    Rows,
    Series,
    across_to_along,
    series_of,
    turn_of,
)
from joulemark.accounting.steps import FLOOR_NS, in_order, steps_of
from joulemark.accounting.stretches import Sum, Sums, Windows, by_label, by_window
from joulemark.accounting.turns import FEWEST, across
from joulemark.core.channel import Channel, Quantity
from joulemark.core.clock import NS

FEW_STEPS = 8
"""Fewer steps of a series within a block than this do not show its pace."""


class Stream:
    """Adds up a table.

    Args:
        channel: what the values mean, of all series.
        gap_s: longest step between two power samples that counts, s; by default five times the
            median step of the series within a block, and at least half a second.
        windows: stretches to sum over; by the label of the rows if None.

    Attributes:
        ledger: the sums by series and label (or window).
        register: the series.
        repeated: samples left out because another has the same time.
    """

    def __init__(
        self, channel: Channel, *, gap_s: float | None = None, windows: Windows | None = None
    ) -> None:
        """Begin with nothing."""
        self.ledger, self.register = Ledger(), Register()
        self.repeated = 0
        self._channel, self._windows = channel, windows
        self._bound_ns = None if gap_s is None else gap_s * NS
        self._state = State.empty()

    def add(self, rows: Rows) -> None:
        """Add the rows that follow in the table.

        Raises:
            FormatError: if time goes back within a series.
        """
        if self._channel.quantity is Quantity.ENERGY:
            present = np.isfinite(rows.value)
            rows = rows if present.all() else rows.picked(present)
        turn = self._quick_turn(rows)
        if turn and self._add_across(rows.picked(slice(len(rows) - len(rows) % turn)), turn):
            rows = rows.picked(slice(len(rows) - len(rows) % turn, None))
        for series in series_of(rows):
            self._add_series(self._places(series.rows.keys), series)

    def _add_series(self, of: Times, series: Series) -> None:
        """Add some series, join them to what came before, and keep their last rows."""
        found = [self._add_piece(of[begin:], piece) for begin, piece in _pieces(series)]
        bound_ns = np.concatenate(found)
        seen = np.flatnonzero(self._state.seen[of])
        if len(seen):
            first = series.rows.picked(series.first[seen], keys=False)
            first = replace(first, keys=tuple(key[seen] for key in series.rows.keys))
            bound_ns[seen] = self._join(of[seen], first, bound_ns[seen])
        self._state.keep(of, series.rows.picked(series.ends, keys=False), bound_ns)

    def _places(self, keys: tuple[Ints, ...]) -> Times:
        of = self.register.places(keys)
        self._state = self._state.grown(len(self.register))
        return of

    def _quick_turn(self, rows: Rows) -> int:
        """Return the turn of rows that may be summed up across; 0 if not."""
        if self._windows is not None or self._channel.quantity is not Quantity.POWER:
            return 0
        turn = turn_of(rows) if len(rows) >= 2 * FEWEST else 0
        return turn if turn >= FEWEST else 0

    def _add_across(self, rows: Rows, turn: int) -> bool:
        """Add whole turns; return False, and add nothing, where something in them is odd."""
        of = self._places(tuple(key[:turn] for key in rows.keys))
        seen = self._state.seen[of]
        before = self._state.last(of) if seen.all() else None
        whole = before is not None or not seen.any()
        found = across(rows, turn, self._channel, self._bound_ns, before) if whole else None
        if found is None:
            return False
        sums, steady = found
        self.ledger.add_each(of[sums.series], sums.label, sums.table)
        last = np.arange(len(rows) - turn, len(rows))
        mean = (rows.time[last] - rows.time[:turn]) / (len(rows) // turn - 1)
        bound_ns = np.maximum(GAP_FACTOR * mean, FLOOR_NS)
        changing = np.flatnonzero(~steady)
        if len(changing):
            self._add_series(of[changing], across_to_along(rows, turn, changing))
        self._state.keep(of, rows.picked(last, keys=False), bound_ns)
        return True

    def _add_piece(self, of: Times, piece: Series) -> Floats:
        """Add what lies within some series; return the bound of a gap that each shows."""
        ordered, ns, repeated = in_order(piece)
        sums, bound_ns = self._sums(ordered, ns, self._bound_within(of, ordered))
        self._note(of, sums, repeated)
        return bound_ns

    def _bound_within(self, of: Times, piece: Series) -> Floats | float | None:
        """Return the bound of a gap within some series.

        A few steps do not show a pace of their own: the one seen before them counts.
        """
        few = piece.ends - piece.first < FEW_STEPS
        if self._bound_ns is not None or not few.any():
            return self._bound_ns
        return np.where(few, self._state.bound_ns[of], np.nan)

    def _join(self, of: Times, first: Rows, shown_ns: Floats) -> Floats:
        """Add what lies between the last row of some series and the first of their next part.

        Returns:
            The bound of a gap by series, the best that is known.
        """
        rows, before = self._state.beside(of, first), self._state.bound_ns[of]
        pairs, ns, repeated = in_order(Series.of(rows, np.arange(0, len(rows), 2)))
        bound = np.fmax(before, shown_ns) if self._bound_ns is None else self._bound_ns
        sums, between = self._sums(pairs, ns, bound)
        sums.table[[Sum.SAMPLES, Sum.INVALID]] = 0.0  # both rows are counted in their pieces
        self._note(of, sums, repeated)
        known = np.where(np.isnan(shown_ns), before, shown_ns)
        return np.where(np.isnan(known), between, known)

    def _note(self, of: Times, sums: Sums, repeated: int) -> None:
        self.ledger.add(of[sums.series], sums.label, sums.table)
        self.repeated += repeated

    def _sums(
        self, series: Series, ns: Times, bound_ns: Floats | float | None
    ) -> tuple[Sums, Floats]:
        steps = steps_of(series, ns, self._channel, bound_ns)
        if self._windows is None:
            return by_label(series, steps), steps.bound_ns
        return by_window(series, steps, self._windows, self._channel), steps.bound_ns


def _pieces(series: Series) -> Iterator[tuple[int, Series]]:
    """Return whole series of about ``PIECE`` rows together, each with the place of its first."""
    rows, first = series.rows, series.first
    begin = 0
    while begin < len(first):
        reached = int(np.searchsorted(series.ends, first[begin] + PIECE))
        end = max(reached, begin + 1)
        part = rows.picked(slice(first[begin], series.ends[end - 1] + 1), keys=False)
        keys = tuple(key[begin:end] for key in rows.keys)
        yield begin, Series.of(replace(part, keys=keys), first[begin:end] - first[begin])
        begin = end
