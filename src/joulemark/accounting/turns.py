"""Blocks in which many series take turns and nothing is odd: summed up across, without sorting.

A collector writes one row of each sensor, then the next of each. Row by row such a block is a
matrix of ticks and series, and sums over its columns need no series to be put together. Blocks with
a gap, an invalid reading or a repeated time are left to the general way, and so are the series
whose label changes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from joulemark.accounting.curve import Floats
from joulemark.accounting.rows import PIECE, Rows
from joulemark.accounting.steps import FLOOR_NS, plausible
from joulemark.accounting.stretches import Sum, Sums
from joulemark.core.channel import Channel
from joulemark.core.clock import NS

FEWEST = 16
"""Series below which columns are too narrow to be quick."""


def across(
    rows: Rows, turn: int, channel: Channel, bound_ns: float | None, before: Rows | None = None
) -> tuple[Sums, NDArray[np.bool_]] | None:
    """Return the sums of the series whose label does not change, and which those are.

    The step from the row before is in the sums; the row itself is not counted as a sample.

    Args:
        rows: whole turns.
        turn: number of series.
        channel: of power.
        bound_ns: longest step that is no gap; if None only steps that are surely none will do.
        before: the row before of each series; None where these are the first.

    Returns:
        None if there is anything that must be looked at series by series.
    """
    ticks = len(rows) // turn
    time, value = rows.time.reshape(ticks, turn), rows.value.reshape(ticks, turn)
    table = np.zeros((len(Sum), turn))
    limit = FLOOR_NS if bound_ns is None else bound_ns
    some = max(PIECE // turn, 1)
    begins = [] if before is None else [_two(before.time, time), _two(before.value, value)]
    parts = [(first, min(first + some, ticks - 1) + 1) for first in range(0, ticks - 1, some)]
    for times, values in [begins] * bool(begins) + [(time[a:b], value[a:b]) for a, b in parts]:
        ns = times[1:] - times[:-1]
        watts = values.astype(np.float64)
        if channel.scale != 1:
            watts *= channel.scale
        if not (ns.min() > 0 and ns.max() <= limit and plausible(channel, watts)):
            return None
        _add(table, watts, ns.astype(np.float64))
    table[Sum.JOULES] *= 0.5 / NS
    table[Sum.COVERED] = time[-1] - (time[0] if before is None else before.time)
    table[Sum.SAMPLES] = ticks
    steady, label = np.ones(turn, dtype=bool), np.zeros(turn, dtype=np.int64)
    if rows.label is not None:
        labels = rows.label.reshape(ticks, turn)
        steady, label = (labels == labels[0]).all(axis=0), labels[0].astype(np.int64)
        steady &= True if before is None else label == before.label
    return Sums(np.flatnonzero(steady), label[steady], table[:, steady]), steady


def _two(before: NDArray[Any], ticks: NDArray[Any]) -> NDArray[Any]:
    """Return the row before and the first tick of a matrix."""
    return np.stack([before, ticks[0]])


def _add(table: Floats, watts: Floats, ns: Floats) -> None:
    """Add some ticks; joules are doubled, and per second a billion times too large."""
    doubled = watts[1:] + watts[:-1]
    doubled *= ns
    table[Sum.JOULES] += doubled.sum(axis=0)
    narrow = watts.astype(np.float32)
    squares = narrow[1:] - narrow[:-1]
    squares *= squares
    table[Sum.SQUARES] += squares.sum(axis=0)
    held = squares.min() == 0
    table[Sum.CHANGES] += np.count_nonzero(squares, axis=0) if held else len(squares)
    np.maximum(table[Sum.HIGHEST], narrow.max(axis=0), out=table[Sum.HIGHEST])
