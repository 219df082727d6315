"""Sums over stretches of series: from one label to the next, or between the edges of windows.

A label (a column of phases) holds from its sample to the next sample. A window holds between its
two moments, and what lies between two samples is cut at them as the curve of a trace is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from joulemark.accounting.curve import SLACK_S, Floats, Times
from joulemark.accounting.rows import Ints, Series
from joulemark.accounting.steps import Steps
from joulemark.core.channel import Channel, Quantity
from joulemark.core.clock import NS


class Sum(IntEnum):
    """What is summed up; the places in a table of sums."""

    JOULES = 0
    COVERED = 1
    """ns"""
    LOST = 2
    """ns in steps that are not counted; of windows nothing, their length is known"""
    SAMPLES = 3
    CHANGES = 4
    """steps over which the reading changed"""
    SQUARES = 5
    """squares of the changes, W²"""
    EDGES = 6
    """variance of labels' edges, J²; of windows the error of their edges, J"""
    GAPS = 7
    INVALID = 8
    HIGHEST = 9
    """highest power, W; the largest is kept, not the sum"""


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """Sums over stretches.

    Attributes:
        series: the place of each stretch's series in its part, shape (k,).
        label: its label, or the number of its window, shape (k,).
        table: one row for each of :class:`Sum`, shape (len(Sum), k).
    """

    series: NDArray[np.int64]
    label: NDArray[np.int64]
    table: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """Windows to sum over; they may overlap.

    Attributes:
        start: ns, shape (w,).
        stop: ns, after ``start``, shape (w,).
        key: the place among a table's keys that says whose a window is; None: everybody's.
        code: the code of that key, increasing, shape (w,); without a key not looked at.
    """

    start: Times
    stop: Times
    key: int | None = None
    code: Ints | None = None


def by_label(series: Series, steps: Steps) -> Sums:
    """Return the sums from each row at which the label changes to the next such row."""
    label, first, count = series.rows.label, series.first, len(series.rows)
    begins = first
    if label is not None:
        differs = label[1:] != label[:-1]
        differs[first[1:] - 1] = True
        begins = np.append(0, np.flatnonzero(differs) + 1)
    bounds = np.append(begins, count)
    table = np.zeros((len(Sum), len(begins)))
    table[Sum.JOULES] = np.add.reduceat(steps.joules, begins)
    of = np.searchsorted(first, begins, "right") - 1
    until = np.minimum(bounds[1:], series.ends[of])
    table[Sum.COVERED] = series.rows.time[until] - series.rows.time[begins]
    table[Sum.SAMPLES] = np.diff(bounds)
    if len(steps.lost) or len(steps.invalid):
        at = np.searchsorted(begins, steps.lost, "right") - 1
        table[Sum.LOST] = np.bincount(at, steps.lost_ns, len(begins))
        table[Sum.COVERED] -= table[Sum.LOST]
        table[Sum.GAPS] = np.diff(np.searchsorted(steps.gaps, bounds))
        table[Sum.INVALID] = np.diff(np.searchsorted(steps.invalid, bounds))
    power: NDArray[np.floating] = _power(steps)
    if steps.watts is not None:
        power = steps.watts.astype(np.float32)  # half the precision will do for these
        squares = _squares(series, steps, power)
        table[Sum.SQUARES] = np.add.reduceat(squares, begins)
        table[Sum.CHANGES] = until - begins
        if np.count_nonzero(squares) < table[Sum.CHANGES].sum():  # a reading held its value
            table[Sum.CHANGES] = np.add.reduceat((squares > 0).astype(np.float32), begins)
    table[Sum.HIGHEST] = np.maximum.reduceat(power, begins)
    entered = np.flatnonzero(begins != first[of])
    unsure = steps.joules[begins[entered] - 1] ** 2 / 3
    table[Sum.EDGES, entered] += unsure
    table[Sum.EDGES, entered - 1] += unsure
    names = np.zeros(len(begins), np.int64) if label is None else label[begins].astype(np.int64)
    return Sums(of, names, table)


def _squares(series: Series, steps: Steps, watts: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return the square of each change of the reading that is counted, W²."""
    squares = np.empty_like(watts)
    np.subtract(watts[1:], watts[:-1], out=squares[:-1])
    squares[series.ends] = 0.0
    squares[steps.lost] = 0.0
    squares *= squares
    return squares


def _power(steps: Steps) -> Floats:
    """Return a power for each step that its true power does not exceed by much, W."""
    if steps.watts is not None:
        return steps.watts
    return np.divide(steps.joules * NS, steps.ns, out=np.zeros_like(steps.ns), where=steps.ns > 0)


def by_window(series: Series, steps: Steps, windows: Windows, channel: Channel) -> Sums:
    """Return the sums over the parts of windows that lie within the series."""
    of, window = _pairs(series, windows)
    time, first, last = series.rows.time, series.first[of], series.ends[of]
    begin = np.maximum(windows.start[window], time[first])
    end = np.minimum(windows.stop[window], time[last])
    low, high = _row_at(time, first, last, begin), _row_at(time, first, last, end)
    table = np.zeros((len(Sum), len(of)))
    for moment, row, sign in ((begin, low, -1), (end, high, 1)):
        joules, ns = _within(series.rows.time, steps, row, moment)
        table[Sum.JOULES] += sign * joules
        table[Sum.COVERED] += sign * ns
    table[Sum.JOULES] += _between(steps.joules, low, high)
    table[Sum.COVERED] += _between(steps.ns, low, high)
    table[Sum.SAMPLES] = high - low + (time[low] >= begin)
    table[Sum.GAPS] = _count(steps.gaps, low, high)
    table[Sum.INVALID] = _count(steps.invalid, low, high + 1)
    if steps.watts is not None:
        squares = _squares(series, steps, steps.watts)
        table[Sum.CHANGES] = _between((squares > 0).astype(np.float32), low, high)
        table[Sum.SQUARES] = _between(squares, low, high)
    table[Sum.HIGHEST] = _highest(_power(steps), low, np.minimum(high + 1, last))
    started, stopped = begin == windows.start[window], end == windows.stop[window]
    before_end = np.maximum(high - (time[high] == end), first)
    table[Sum.EDGES] = started * _edge(series, steps, channel, low, begin)
    table[Sum.EDGES] += stopped * _edge(series, steps, channel, before_end, end)
    return Sums(of, window, table)


def _pairs(series: Series, windows: Windows) -> tuple[Times, Times]:
    """Return each series with each of its windows that it reaches into."""
    count = len(series.first)
    low, high = np.zeros(count, np.int64), np.full(count, len(windows.start))
    if windows.key is not None and windows.code is not None:
        mine = series.rows.keys[windows.key]
        low = np.searchsorted(windows.code, mine, "left")
        high = np.searchsorted(windows.code, mine, "right")
    of = np.repeat(np.arange(count), high - low)
    before = np.cumsum(high - low) - (high - low)
    window = np.arange(len(of)) - before[of] + low[of]
    time = series.rows.time
    reaches = windows.start[window] < time[series.ends[of]]
    reaches &= windows.stop[window] > time[series.first[of]]
    return of[reaches], window[reaches]


def _row_at(time: Times, first: Times, last: Times, moment: Times) -> Times:
    """Return the last row of each series that is not later than its moment."""
    low, high = first.copy(), last.copy()
    while (low < high).any():
        middle = (low + high + 1) // 2
        earlier = time[middle] <= moment
        low = np.where(earlier, middle, low)
        high = np.where(earlier, high, middle - 1)
    return low


def _within(time: Times, steps: Steps, row: Times, moment: Times) -> tuple[Floats, Floats]:
    """Return energy and counted time from some rows to moments before the next row."""
    length = steps.ns[row]
    into = np.where(length > 0, moment - time[row], 0).astype(np.float64)
    share = np.divide(into, length, out=np.zeros_like(into), where=length > 0)
    if steps.watts is None:
        return share * steps.joules[row], into
    following = np.minimum(row + 1, len(time) - 1)
    first, last = steps.watts[row], steps.watts[following]
    return (first + 0.5 * share * (last - first)) * (into / NS), into


def _between(values: NDArray[np.floating], low: Times, high: Times) -> Floats:
    """Return the sum of values from ``low`` up to but without ``high``."""
    if not len(low):
        return np.zeros(0)
    sums = np.add.reduceat(values, np.column_stack([low, high]).ravel())[::2]
    return np.where(low < high, sums, 0.0)


def _highest(values: Floats, low: Times, high: Times) -> Floats:
    """Return the largest value from ``low`` to ``high``, both included."""
    if not len(low):
        return np.zeros(0)
    most = np.maximum.reduceat(values, np.column_stack([low, high]).ravel())[::2]
    return np.maximum(most, values[high])


def _count(places: Times, low: Times, high: Times) -> Times:
    return np.searchsorted(places, high) - np.searchsorted(places, low)


def _edge(series: Series, steps: Steps, channel: Channel, row: Times, moment: Times) -> Floats:
    """Return the error made at an edge of a window within the step after some rows, J.

    The same terms as in :mod:`joulemark.accounting.uncertainty`, from the nearest readings.
    """
    length = steps.ns[row] / NS
    of = np.searchsorted(series.first, row, "right") - 1
    first, last = series.first[of], series.ends[of]
    power = _power(steps)
    near = np.stack([power[np.clip(row + by, first, last)] for by in (-1, 0, 1, 2)])
    if steps.watts is not None:
        reach = np.where(length > 0, np.maximum(length, channel.window_s or 0.0), 0.0)
        step: Floats = 0.5 * reach * np.ptp(near, axis=0) / math.sqrt(3)
        return step
    watts = near.max(axis=0)
    into = np.where(length > 0, moment - series.rows.time[row], 0) / NS
    share = np.divide(into, length, out=np.zeros_like(into), where=length > 0)
    between = share * (1 - share) * length * watts / math.sqrt(3)
    late = np.minimum(length, SLACK_S) if channel.update_s is None else channel.update_s
    behind = late * watts / math.sqrt(12) if channel.quantity is Quantity.ENERGY else 0.0
    both: Floats = np.hypot(between, np.where(length > 0, behind, 0.0))
    return both
