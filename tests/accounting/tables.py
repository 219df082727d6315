"""Tables of several series, made from traces, in any order that keeps each series in its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from joulemark.accounting.curve import Curve, curve_of
from joulemark.accounting.rows import Rows
from joulemark.accounting.stream import Stream
from joulemark.core.channel import Channel, Domain, Quantity
from joulemark.core.trace import Trace


def channel(quantity: Quantity = Quantity.POWER, **more: Any) -> Channel:
    """Return a channel of a table."""
    given: dict[str, Any] = {"unit": "W" if quantity is Quantity.POWER else "J", **more}
    return Channel(
        name="x", meter="table", part="p", domain=Domain.RAIL, quantity=quantity, **given
    )


@dataclass(frozen=True)
class Made:
    """A table, and the traces that it was made of.

    Attributes:
        rows: the table.
        traces: time and value of each series, by its number.
    """

    rows: Rows
    traces: list[tuple[NDArray[np.int64], NDArray[np.float64]]]

    def curves(self, of: Channel, gap_s: float | None = None) -> list[Curve]:
        """Return each series' curve."""
        return [curve_of(Trace.of(of, t, v), gap_s=gap_s) for t, v in self.traces]


def table(
    traces: list[tuple[NDArray[np.int64], NDArray[np.float64]]],
    layout: str,
    rng: np.random.Generator,
    labels: Sequence[int] | None = None,
) -> Made:
    """Return a table with two keys; the first series has the keys (-3, 0), the next (-3, 1) …"""
    of = np.repeat(np.arange(len(traces)), [len(time) for time, _ in traces])
    time = np.concatenate([time for time, _ in traces])
    value = np.concatenate([value for _, value in traces])
    tick = np.concatenate([np.arange(len(t)) for t, _ in traces])
    label = None if labels is None else np.array(labels, np.int8)[tick]
    order = np.arange(len(of))
    if layout == "turns":
        order = np.argsort(tick, kind="stable")
    elif layout == "mixed":
        shuffled = rng.permutation(of)
        for one in range(len(traces)):
            order[shuffled == one] = np.flatnonzero(of == one)
    rows = Rows(
        time[order],
        value[order],
        ((of // 2 - 3).astype(np.int16)[order], (of % 2).astype(np.int8)[order]),
        None if label is None else label[order],
        "here",
    )
    return Made(rows, traces)


def fed(stream: Stream, rows: Rows, cuts: Sequence[int] = ()) -> Stream:
    """Add a table to a stream, in blocks."""
    edges = [0, *sorted(min(cut, len(rows)) for cut in cuts), len(rows)]
    for first, last in pairwise(edges):
        stream.add(rows.picked(slice(first, last)))
    return stream
