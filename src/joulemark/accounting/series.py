"""Power as a series of means over equal steps, so that meters of different pace can be compared."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from joulemark.accounting.curve import Curve
from joulemark.core.channel import Quantity
from joulemark.core.clock import NS
from joulemark.core.trace import Trace
from joulemark.core.window import Window

Floats = NDArray[np.float64]
Span = tuple[int, int]
"""First and last moment, ns UTC."""

LARGEST = 1e300
"""Nothing that a sensor reads is as large; what is smaller can be added and subtracted."""
COVERED = 0.99
"""A step of which less is covered has no mean."""


def spans_of(windows: Iterable[Window]) -> list[Span]:
    """Return where windows begin and end; those without length are left out."""
    ends = [(w.start, w.start if w.stop is None else w.stop) for w in windows]
    return [(start, stop) for start, stop in ends if stop > start]


def spacing_s(curve: Curve) -> float:
    """Return the time over which a channel cannot be seen to change, s.

    The usual distance of its samples, twice the period of its sensor, or the time over which it
    averages, whichever is longest.
    """
    usual = float(np.median(np.diff(curve.time))) / NS if len(curve.time) > 1 else 0.0
    channel = curve.channel
    return max(usual, 2 * (channel.update_s or 0.0), channel.window_s or 0.0)


def mean_power(curve: Curve, edges: NDArray[np.int64]) -> Floats:
    """Return mean power between neighbouring edges, W, shape (n - 1,).

    NaN where less than 99 % of a step is covered. Between two knots the energy is taken as linear.

    Args:
        curve: cumulative energy of the channel.
        edges: ns UTC, increasing, shape (n,).
    """
    if len(curve.time) < 2:
        return np.full(len(edges) - 1, np.nan)
    at, knots = (edges - curve.time[0]) / NS, (curve.time - curve.time[0]) / NS
    joules = np.diff(np.interp(at, knots, curve.joules))
    covered = np.diff(np.interp(at, knots, curve.covered))
    enough = covered >= COVERED * np.diff(at)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(enough, joules / covered, np.nan)


def edges_between(start: int, stop: int, step_s: float, most: int) -> NDArray[np.int64]:
    """Return the edges of equal steps between two moments, ns, at most ``most`` steps."""
    length = (stop - start) / NS
    count = min(int(length / step_s), most) if step_s > 0 else most
    return start + np.round(np.linspace(0.0, float(stop - start), max(count, 1) + 1)).astype(
        np.int64
    )


def powers(curve: Curve, spans: Iterable[Span], most: int = 200) -> Floats:
    """Return the mean powers of a channel within some spans, W; only those that are known."""
    step = 2 * spacing_s(curve)
    pieces = [mean_power(curve, edges_between(*span, step, most)) for span in spans]
    found = np.concatenate(pieces) if pieces else np.empty(0)
    return found[np.isfinite(found)]


def spread(values: Floats) -> float:
    """Return the distance from the 5 % to the 95 % point of some values; zero for fewer than 2."""
    if len(values) < 2:
        return 0.0
    low, high = np.quantile(values, (0.05, 0.95))
    return float(high - low)


def readings(trace: Trace, spans: Iterable[Span]) -> Floats:
    """Return the values of a trace within some spans, SI, but for those that are no quantity."""
    pieces = [trace.between(start, stop).si() for start, stop in spans]
    found = np.concatenate(pieces) if pieces else np.empty(0)
    return found[np.abs(found) < LARGEST]


def raw_watts(trace: Trace, spans: Iterable[Span]) -> float:
    """Return the median power that a trace states within some spans, W; NaN where it states none.

    Taken from the values as recorded, before what cannot be true is left out: a wrong unit makes
    every reading look impossible.
    """
    watts: list[Floats] = []
    for start, stop in spans:
        part = trace.between(start, stop)
        values, seconds = part.si(), np.diff(part.time) / NS
        if trace.channel.quantity is Quantity.POWER:
            watts.append(values)
        else:
            counter = trace.channel.quantity is Quantity.ENERGY
            with np.errstate(over="ignore", invalid="ignore"):
                gained = np.diff(values) if counter else values[1:]
                apart = seconds > 0
                watts.append(gained[apart] / seconds[apart])
    found = np.concatenate(watts) if watts else np.empty(0)
    found = found[np.isfinite(found) & (found > 0)]
    return float(np.median(found)) if len(found) else float("nan")
