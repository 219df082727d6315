"""Fitting the clocks of recordings to each other by what both saw.

Kernels begin and end by the host's clock. A log of nvidia-smi bears local time: it is some quarters
of an hour from UTC, and otherwise the same clock. A shunt meter counts by a quartz of its own that
was started at a roughly known moment: offset and rate are those at which its power follows the
kernels best.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from joulemark.core.clock import NS
from joulemark.core.errors import FormatError
from joulemark.core.trace import Trace
from joulemark.core.window import Window

Floats = NDArray[np.float64]
Follows = Callable[[float, float], float]
"""Correlation at an offset (s) and a rate."""

QUARTER_S = 900
"""All zones are whole quarters of an hour from UTC."""
FARTHEST_S = 15 * 3600
"""No zone is further from UTC."""
GRID_S = 1e-3
OVERLAP = 0.5
"""A log reaches over at least so much of the time of the kernels."""
LONGEST_GRID = 200_000
"""Points at which two signals are compared at most."""
OFFSET_S, RATE = 0.25, 1e-3
"""How far a meter's clock may be off."""
FINEST_S = 2e-4
"""A search that has come so near is at its end."""
LEAST_R = 0.5
"""A meter whose power follows the kernels less than this did not watch them."""
LAUNCH_U_S = 1e-3
"""A kernel begins and ends within about a millisecond of its stamps (standard uncertainty)."""


@dataclass(frozen=True, slots=True)
class Fit:
    """A clock fitted to another.

    Attributes:
        offset_s: what is added to its times, s, at the first kernel.
        rate: what its intervals are multiplied by, less one.
        u_s: standard uncertainty of a fitted time, s.
        r: correlation of the two signals.
    """

    offset_s: float
    rate: float
    u_s: float
    r: float


def ahead_s(readings: Trace, kernels: Sequence[Window]) -> float:
    """Return how far local time stamps are ahead of UTC, s: whole quarters of an hour.

    Of all zones in which the log reaches over most of the kernels it is that in which its power
    follows them best.

    Raises:
        FormatError: if the log does so in no zone.
    """
    first, last = _ends(kernels)
    begin, end, steps = int(readings.time[0]), int(readings.time[-1]), FARTHEST_S // QUARTER_S
    possible = [
        float(quarter * QUARTER_S)
        for quarter in range(-steps, steps + 1)
        if min(end - quarter * QUARTER_S * NS, last) - max(begin - quarter * QUARTER_S * NS, first)
        > OVERLAP * (last - first)
    ]
    if not possible:
        raise FormatError(
            "the log does not reach over the kernels in any time zone",
            where=readings.channel.source,
        )
    if len(possible) == 1:
        return possible[0]
    return max(possible, key=lambda ahead: follows(readings, kernels, ahead))


def follows(readings: Trace, kernels: Sequence[Window], ahead: float) -> float:
    """Return how well power follows the kernels: the correlation, -1 where it stands still.

    Args:
        readings: in local time.
        kernels: closed windows, in order.
        ahead: how far local time is ahead of UTC, s.
    """
    first, last = _ends(kernels)
    grid = _grid(first - NS // 2, last + NS // 2)
    return _r(_activity(grid, kernels), _sampled(readings, grid + round(ahead * NS)))


def fitted(reference: Trace, kernels: Sequence[Window]) -> tuple[Trace, Fit]:
    """Return a meter's trace by the clock of the kernels, and how it was fitted.

    Raises:
        FormatError: if its power does not follow the kernels.
    """
    first, last = _ends(kernels)
    grid = _grid(first - NS // 2, last + NS // 2)
    work = _activity(grid, kernels)
    since = (grid - first).astype(np.float64)

    def at(offset_s: float, rate: float, part: slice = slice(None)) -> float:
        moments = grid - np.round(offset_s * NS + rate * since).astype(np.int64)
        return _r(work[part], _sampled(reference, moments[part]))

    offset, rate, r = _best(at)
    if r < LEAST_R:
        raise FormatError(
            f"its power does not follow the kernels (correlation {r:.2f})",
            where=reference.channel.source,
        )
    half = len(grid) // 2
    halves = [
        max(
            (at(offset + shift, rate, part), offset + shift)
            for shift in np.arange(-0.01, 0.01, 5e-4)
        )[1]
        for part in (slice(0, half), slice(half, None))
    ]
    u_s = max(LAUNCH_U_S, abs(halves[1] - halves[0]) / 2)
    begun = (reference.time - first).astype(np.float64)
    moved = reference.time + np.round(offset * NS + rate * begun).astype(np.int64)
    return Trace(reference.channel, moved, reference.value), Fit(offset, rate, float(u_s), r)


def _best(follows: Follows) -> tuple[float, float, float]:
    """Return offset and rate of the highest correlation: a grid that closes in on its best point.

    The coarse grid is as fine as a kernel of some 20 ms needs.
    """
    offset, rate, width, span, found = 0.0, 0.0, OFFSET_S, RATE, -1.0
    shifts, rates = np.linspace(-1, 1, 101), np.linspace(-1, 1, 9)
    while width > FINEST_S:
        found, offset, rate = max(
            (follows(offset + width * s, rate + span * q), offset + width * s, rate + span * q)
            for s in shifts
            for q in rates
        )
        width, span = 1.5 * width * (shifts[1] - shifts[0]), 1.5 * span * (rates[1] - rates[0])
        shifts = rates = np.linspace(-1, 1, 9)
    return float(offset), float(rate), float(found)


def _ends(kernels: Sequence[Window]) -> tuple[int, int]:
    return kernels[0].start, kernels[-1].stop or kernels[-1].start


def _grid(first: int, last: int) -> NDArray[np.int64]:
    step = max(round(GRID_S * NS), (last - first) // LONGEST_GRID)
    return np.arange(first, last, step, dtype=np.int64)


def _activity(grid: NDArray[np.int64], kernels: Sequence[Window]) -> Floats:
    edges = np.array([edge for k in kernels for edge in (k.start, k.stop)], dtype=np.int64)
    return (np.searchsorted(edges, grid, "right") % 2).astype(np.float64)


def _sampled(trace: Trace, moments: NDArray[np.int64]) -> Floats:
    known = np.isfinite(trace.value)
    time, origin = trace.time[known], trace.time[0]
    values: Floats = np.interp((moments - origin) / NS, (time - origin) / NS, trace.si()[known])
    return values


def _r(left: Floats, right: Floats) -> float:
    a, b = left - left.mean(), right - right.mean()
    norm = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / norm if norm > 0 else -1.0
