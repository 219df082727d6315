"""Arithmetic of pictures: scales, ticks, decimation and paths. No markup, no colours."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_STEPS_S = (
    *(1, 2, 5, 10, 15, 30),
    *(60, 120, 300, 600, 900, 1800),
    *(3600, 7200, 3 * 3600, 6 * 3600, 12 * 3600, 86400),
)
TINY = 1e-18
"""What is smaller is drawn as zero."""
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


@dataclass(frozen=True, slots=True)
class Scale:
    """A straight line from values to places.

    Attributes:
        low: value at ``start``.
        high: value at ``stop``.
        start: place of ``low``.
        stop: place of ``high``.
    """

    low: float
    high: float
    start: float
    stop: float

    def __call__(self, value: float) -> float:
        """Return the place of a value; the middle where the scale has no length."""
        if self.high == self.low:
            return (self.start + self.stop) / 2
        return self.start + (value - self.low) / (self.high - self.low) * (self.stop - self.start)

    def all(self, values: Floats) -> Floats:
        """Return the places of many values, shape as given."""
        if self.high == self.low:
            return np.full_like(values, (self.start + self.stop) / 2)
        shares = (values - self.low) / (self.high - self.low)
        return self.start + shares * (self.stop - self.start)


def nice_step(length: float, count: int) -> float:
    """Return 1, 2 or 5 times a power of ten, so that about ``count`` steps fill a length."""
    rough = length / max(count, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    return power * next(m for m in (1, 2, 5, 10) if m * power >= rough * (1 - 1e-9))


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Return round values between two bounds, about ``count`` of them."""
    if not (math.isfinite(low) and math.isfinite(high)) or high <= low:
        return []
    step = nice_step(high - low, count)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [i * step for i in range(first, last + 1)]


def labelled(values: Sequence[float]) -> list[tuple[float, str]]:
    """Return values with labels of as many decimals as tell them apart."""
    gaps = [abs(b - a) for a, b in itertools.pairwise(values) if b != a]
    least = min(gaps, default=abs(values[0]) if values and values[0] else 1.0)
    places = min(max(math.ceil(-math.log10(least) - 1e-9), 0), 12)
    if any(abs(round(v, places) - v) > least / 50 for v in values):
        places += 1
    return [(v, f"{v:.{places}f}".replace("-", "−")) for v in values]


def round_up(value: float, count: int = 4) -> float:
    """Return the first tick at or above a value, so that an axis from zero ends on a tick."""
    if not TINY < value < math.inf:
        return 1.0
    step = nice_step(value, count)
    return step * math.ceil(value / step - 1e-9)


def time_ticks(seconds: float, count: int = 8) -> list[tuple[float, str]]:
    """Return round times from zero, with their labels: s, then min:s, then h:min.

    Args:
        seconds: length of the axis.
        count: most ticks, beside the one at zero.
    """
    if not math.isfinite(seconds) or seconds <= 0:
        return []
    if seconds < count:
        return [(t, f"{t:g} s") for t in (round(t, 9) for t in ticks(0.0, seconds, count))]
    step = next((s for s in _STEPS_S if s * count >= seconds), None)
    step = step or _DAY * math.ceil(seconds / count / _DAY)
    return [(t, _clock(t, step)) for t in range(0, int(seconds) + 1, step)]


def _clock(t: int, step: int) -> str:
    if t == 0:
        return "0"
    if step >= _DAY:
        return f"{t // _DAY} d"
    if step >= _HOUR:
        return f"{t // _HOUR} h"
    if step >= _MINUTE:
        hours, minutes = divmod(t // _MINUTE, 60)
        return f"{hours}:{minutes:02d} h" if hours else f"{minutes} min"
    return f"{t} s" if t < _MINUTE else f"{t // _MINUTE}:{t % _MINUTE:02d}"


def decimate(time: Floats, value: Floats, bins: int = 1500) -> tuple[Floats, Floats]:
    """Return few points that draw the same line: first, least, greatest, last of each bin.

    Every peak stays (M4: Jugel, Jerzak, Hackenbroich, Markl, "M4: a visualization-oriented time
    series data aggregation", PVLDB 7, 2014). NaN breaks the line; a bin with some NaN keeps its
    breaks at its ends.

    Args:
        time: shape (n,), not decreasing.
        value: shape (n,).
        bins: columns of the picture.

    Returns:
        Times and values, at most ``6 * bins`` of them; the same arrays where there are few.
    """
    if len(time) <= 4 * bins:
        return time, value
    edges = np.linspace(time[0], time[-1], bins + 1)[1:-1]
    starts = np.unique(np.concatenate(([0], np.searchsorted(time, edges))))
    starts = starts[starts < len(time)]
    keep = _kept(value, starts)
    return time[keep], value[keep]


def _kept(value: Floats, starts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the places of each bin's least, greatest, first and last value, in order."""
    of = np.zeros(len(value), dtype=np.int64)
    of[starts[1:]] = 1
    of = np.cumsum(of)
    finite = np.isfinite(value)
    low = np.minimum.reduceat(np.where(finite, value, np.inf), starts)
    high = np.maximum.reduceat(np.where(finite, value, -np.inf), starts)
    stops = np.append(starts[1:], len(value)) - 1
    places = [starts, stops]
    for extreme in (low, high):
        hits = np.flatnonzero(finite & (value == extreme[of]))
        places.append(hits[np.unique(of[hits], return_index=True)[1]])
    real = np.flatnonzero(finite)
    places.append(real[np.unique(of[real], return_index=True)[1]])
    places.append(real[len(real) - 1 - np.unique(of[real][::-1], return_index=True)[1]])
    return np.unique(np.concatenate(places))


def steps(edges: Floats, levels: Floats) -> tuple[Floats, Floats]:
    """Return the corners of a step line.

    Args:
        edges: where levels begin and end, shape (n + 1,).
        levels: between the edges, shape (n,).

    Returns:
        Times and values of shape (2 n,).
    """
    return np.repeat(edges, 2)[1:-1], np.repeat(levels, 2)


def path(x: Floats, y: Floats) -> str:
    """Return the ``d`` of a line through points; NaN breaks it, a lone point becomes a dot."""
    return "".join(_piece(x[part], y[part]) for part in runs(np.isfinite(x) & np.isfinite(y)))


def runs(kept: NDArray[np.bool_]) -> list[slice]:
    """Return the unbroken stretches of true values."""
    change = np.diff(np.concatenate(([False], kept, [False])).astype(np.int8))
    starts, stops = np.flatnonzero(change == 1), np.flatnonzero(change == -1)
    return [slice(int(a), int(b)) for a, b in zip(starts, stops, strict=True)]


def _piece(x: Floats, y: Floats) -> str:
    points = [f"{number(a)} {number(b)}" for a, b in zip(x, y, strict=True)]
    if len(points) == 1:
        return f"M{points[0]}h0"
    return f"M{points[0]}L{' '.join(points[1:])}"


def number(value: float) -> str:
    """Return a coordinate, to a hundredth of a pixel, without needless digits."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
