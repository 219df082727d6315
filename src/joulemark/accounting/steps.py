"""What lies between each sample of some series and the next: energy, time, what is not counted.

The rules are those of :mod:`joulemark.accounting.curve`, for many series at once. Two
things differ: the default bound of a gap where a file is read in blocks, as the median is that of
the block; and readings that are averages stay at their own times, half an averaging window late.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from joulemark.accounting.curve import (
    ABSURD,
    GAP_FACTOR,
    GAP_FLOOR_S,
    Floats,
    Times,
    counter_steps,
    is_reading,
)
from joulemark.accounting.rows import Series
from joulemark.core.channel import Channel, Quantity
from joulemark.core.clock import NS
from joulemark.core.errors import FormatError

FLOOR_NS = GAP_FLOOR_S * NS


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """From each row to the next of its series; at the last row of a series all is zero.

    Attributes:
        joules: energy, J, zero where it is not counted, shape (n,).
        ns: counted time, zero where it is not counted, shape (n,).
        watts: readings of a power channel, W, zero where invalid, shape (n,); None else.
        lost: steps that are not counted, places in order.
        lost_ns: their lengths.
        gaps: steps longer than the bound (power), or that show no believable energy.
        invalid: rows that hold no reading.
        bound_ns: the bound of a gap by series, from its counted steps; NaN without any, (m,).
    """

    joules: Floats
    ns: Floats
    watts: Floats | None
    lost: Times
    lost_ns: Times
    gaps: Times
    invalid: Times
    bound_ns: Floats


def in_order(series: Series) -> tuple[Series, Times, int]:
    """Return series in which time increases, its steps, and how many samples were left out.

    Of several samples of one time the last is taken.

    Returns:
        The series; ns from each row to the next, one at the last row of a series; a count.

    Raises:
        FormatError: if time goes back within a series.
    """
    ns = _differences(series)
    least = int(ns.min())
    if least < 0:
        raise FormatError(
            "time goes back within a series",
            where=series.rows.where,
            remedy="name every column that tells series apart (--series), or sort (--sort)",
        )
    if least > 0:
        return series, ns, 0
    once = series.only(ns > 0)
    return once, _differences(once), len(series.rows) - len(once.rows)


def _none() -> Times:
    return np.empty(0, dtype=np.int64)


def _differences(series: Series) -> Times:
    time = series.rows.time
    ns = np.empty(len(time), dtype=np.int64)
    np.subtract(time[1:], time[:-1], out=ns[:-1])
    ns[series.ends] = 1
    return ns


def steps_of(
    series: Series, ns: Times, channel: Channel, bound_ns: Floats | float | None = None
) -> Steps:
    """Return what lies between neighbouring samples.

    Args:
        series: in order of time.
        ns: as :func:`in_order` returns it.
        channel: what the values mean.
        bound_ns: longest step between two power samples that counts, by series or for all; five
            times the median of the series, and at least half a second, where it is None or NaN.
    """
    if channel.quantity is Quantity.POWER:
        return _power(series, ns, channel, bound_ns)
    raw = series.rows.value.astype(np.float64)
    seconds, sane = ns / NS, np.ones(len(ns), dtype=bool)
    if channel.quantity is Quantity.ENERGY:
        step, sane, clear = counter_steps(channel, _to_next(raw, np.subtract), seconds)
        sane &= clear
    else:
        step = np.append(raw[1:], 0.0)
        sane = np.isfinite(step) if channel.floor is None else step >= 0
    unsure = np.setdiff1d(np.flatnonzero(~sane), series.ends)
    return _counted(series, ns, step * channel.scale, (unsure, unsure, _none()), None)


def _power(series: Series, ns: Times, channel: Channel, bound_ns: Floats | float | None) -> Steps:
    watts = series.rows.value.astype(np.float64)
    if channel.scale != 1:
        watts *= channel.scale
    invalid = _none()
    if not plausible(channel, watts):
        invalid = np.flatnonzero(~(is_reading(channel, watts) & (np.abs(watts) < ABSURD)))
        watts[invalid] = 0.0
    gaps = _too_long(series, ns, bound_ns)
    lost = _none()
    if len(invalid) or len(gaps):
        beside = np.concatenate([gaps, invalid, invalid[invalid > 0] - 1])
        lost = np.setdiff1d(beside, series.ends)
    doubled = _to_next(watts, np.add)
    doubled *= 0.5 / NS
    return _counted(series, ns, doubled, (lost, gaps, invalid), watts)


def plausible(channel: Channel, watts: Floats) -> bool:
    """Whether all readings of a power channel are surely valid."""
    low, high = channel.floor, min(ABSURD, channel.max_power_w or ABSURD)
    return bool(watts.min() > (-ABSURD if low is None else low) and watts.max() < high)


def _to_next(values: Floats, operation: np.ufunc) -> Floats:
    """Return an operation on each value and the next; zero at the end."""
    result = np.empty_like(values)
    operation(values[1:], values[:-1], out=result[:-1])
    result[-1] = 0.0
    return result


def _counted(
    series: Series, ns: Times, amount: Floats, odd: tuple[Times, Times, Times], watts: Floats | None
) -> Steps:
    """Return steps of an amount of energy each; of a power channel, of joules per nanosecond."""
    lost, gaps, invalid = odd
    counted = ns.astype(np.float64)
    counted[series.ends] = 0.0
    counted[lost] = 0.0
    if watts is not None:
        amount *= counted
    amount[series.ends] = 0.0
    amount[lost] = 0.0
    bound = _usual(series, counted, lost, ns[lost])
    return Steps(amount, counted, watts, lost, ns[lost], gaps, invalid, bound)


def _usual(series: Series, counted: Floats, lost: Times, lost_ns: Times) -> Floats:
    """Return the bound of a gap after what was counted: so many times the mean step."""
    time, ends = series.rows.time, series.ends
    length, count = (time[ends] - time[series.first]).astype(np.float64), ends - series.first
    if len(lost):
        at = np.searchsorted(series.first, lost, "right") - 1
        length -= np.bincount(at, lost_ns, len(ends))
        count -= np.bincount(at, minlength=len(ends))
    mean = np.divide(length, count, out=np.full(len(ends), np.nan), where=count > 0)
    bound: Floats = np.maximum(GAP_FACTOR * mean, FLOOR_NS)
    return bound


def _too_long(series: Series, ns: Times, bound_ns: Floats | float | None) -> Times:
    """Return the steps that are longer than the bound."""
    if ns.max() <= FLOOR_NS and bound_ns is None:
        return _none()
    given = np.nan if bound_ns is None else bound_ns
    bound = np.broadcast_to(np.asarray(given, dtype=np.float64), series.first.shape)
    known = ~np.isnan(bound)
    if known.all():
        longest = np.maximum.reduceat(ns, series.first)
        return _longer(series, ns, np.flatnonzero(longest > bound), bound)
    time, ends = series.rows.time, series.ends
    length, count = time[ends] - time[series.first], np.maximum(ends - series.first, 1)
    longest = np.maximum.reduceat(ns, series.first)
    least_median = 2 * length / count - longest  # half of the steps are no longer than the median
    doubtful = longest > np.maximum(FLOOR_NS, GAP_FACTOR * least_median)
    each = np.where(known, bound, np.inf)
    for place in np.flatnonzero(doubtful & ~known):
        median = np.median(ns[series.first[place] : ends[place]])
        each[place] = max(GAP_FACTOR * float(median), FLOOR_NS)
    return _longer(series, ns, np.flatnonzero(longest > each), each)


def _longer(series: Series, ns: Times, places: Times, bound: Floats) -> Times:
    """Return the steps of some series that are longer than its bound."""
    ends, found = series.ends, [_none()]
    for place in places:
        first = series.first[place]
        found.append(first + np.flatnonzero(ns[first : ends[place]] > bound[place]))
    return np.concatenate(found)
