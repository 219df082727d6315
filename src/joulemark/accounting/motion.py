"""Whether a part moves as the parts within it do: a slope that no constant draw can hide.

Over the whole run the power of a part is compared, step by step, with the sum of the parts within
it. The slope is the weighted median of the slopes of all pairs of steps, each weighted by how far
apart its two steps are in the inner power (Theil, 1950; Sen, 1968; Jaeckel, 1972): one wild step
in three cannot move it. Its interval is that of a jackknife over stretches of time, since
neighbouring steps are not independent.

A supply adds its losses, so that slopes of 1.0 to 1.3 are usual; a part that follows others which
move with it gives more. A slope of 1000 or 1/1000 is a unit; a slope of zero is a sensor that
stands still or belongs to something else.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from joulemark.accounting.curve import Curve
from joulemark.accounting.series import edges_between, mean_power, spacing_s, spread
from joulemark.core.clock import NS
from joulemark.core.student import student_975
from joulemark.core.units import with_u95

Floats = NDArray[np.float64]
Times = NDArray[np.int64]

MOST_STEPS, FEWEST_STEPS = 240, 12
BLOCKS = 8
"""Stretches of time that the jackknife leaves out one by one."""
MOVED = 0.10
"""Share of its own power by which the inner power must have moved to say anything."""
MOST_SHIFTS = 100
"""Steps by which one meter is shifted against the other at most."""
ROUNDING = 1e-9
"""What moves by less than this share of itself is rounding."""
LEAST_SHOWN = 1e-3
"""A slope below this is shown as none."""
FINEST = 6000
"""Steps in the search for a shift at most."""
PACE = 1.5
"""A shift of as many steps as this is explained by the meters' own pace."""
ALIKE, BETTER = 0.95, 0.02
"""Least correlation at a shift, and least gain over none, for it to count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Motion:
    """How a part moved with the parts within it.

    Attributes:
        slope: watts that the whole moved for each watt of its parts.
        u95: half-width of its 95 % interval.
        correlation: of the two, steps taken together.
        moved_w: how far the parts moved, W (5 % to 95 %).
        lag_s: time by which the whole's record is behind that of its parts, s; zero where no
            shift makes them more alike.
        lag_u_s: what the meters' own pace explains of it, s.
        steps: how many steps were compared.
    """

    slope: float
    u95: float
    correlation: float
    moved_w: float
    lag_s: float
    lag_u_s: float
    steps: int


FOLLOWS = (0.7, 1.6)
"""Watts that a whole moves for each watt of its parts, where the two confirm each other: a gain
within 30 % below, the losses of a supply and what moves along above."""


def follows(of: Motion | None) -> bool:
    """Return whether one moved as the other did, and little else moved it."""
    low, high = FOLLOWS
    return of is not None and low <= of.slope - of.u95 <= of.slope + of.u95 <= high


def motion(whole: Curve, parts: Sequence[Curve]) -> Motion | None:
    """Return how a part moves with the parts within it.

    Args:
        whole: cumulative energy of the part.
        parts: of the disjoint parts within it.

    Returns:
        None where the parts did not move enough, or the time is too short, to say.
    """
    curves = [whole, *parts]
    if any(len(curve.time) < 2 for curve in curves):
        return None
    start = max(int(curve.time[0]) for curve in curves)
    stop = min(int(curve.time[-1]) for curve in curves)
    step = 2 * max(spacing_s(curve) for curve in curves)
    if stop - start < FEWEST_STEPS * step * NS:
        return None
    edges = edges_between(start, stop, step, MOST_STEPS)
    inner = _sum(parts, edges)
    if not _moves(inner):
        return None
    lag_s, unseen_s = _lag(whole, parts, start, stop)
    outer = mean_power(whole, edges + round(lag_s * NS))
    both = np.isfinite(inner) & np.isfinite(outer)
    inner, outer = inner[both], outer[both]
    if len(inner) < FEWEST_STEPS or not _moves(inner):
        return None
    each, u95 = _slope(inner, outer)
    return Motion(
        slope=each,
        u95=u95,
        correlation=_correlation(inner, outer),
        moved_w=spread(inner),
        lag_s=lag_s,
        lag_u_s=unseen_s,
        steps=len(inner),
    )


def slope(of: Motion) -> str:
    """Return a slope with its interval; what rounds to nothing is 0."""
    if max(abs(of.slope), of.u95) < LEAST_SHOWN:
        return "0"
    return with_u95(of.slope, of.u95, "").strip()


def _sum(parts: Sequence[Curve], edges: Times) -> Floats:
    summed: Floats = np.sum([mean_power(curve, edges) for curve in parts], axis=0)
    return summed


def _moves(values: Floats) -> bool:
    """Return whether power moved by a share of itself that says something."""
    known = values[np.isfinite(values)]
    return spread(known) > MOVED * float(np.median(np.abs(known))) if len(known) else False


def _slope(inner: Floats, outer: Floats) -> tuple[float, float]:
    """Return the slope and the half-width of its 95 % interval."""
    blocks = np.array_split(np.arange(len(inner)), BLOCKS)
    left_out = [_median_slope(np.delete(inner, b), np.delete(outer, b)) for b in blocks]
    mean = sum(left_out) / BLOCKS
    variance = (BLOCKS - 1) / BLOCKS * sum((value - mean) ** 2 for value in left_out)
    return _median_slope(inner, outer), student_975(BLOCKS - 1) * math.sqrt(variance)


def _median_slope(inner: Floats, outer: Floats) -> float:
    first, second = np.triu_indices(len(inner), 1)
    run, rise = inner[second] - inner[first], outer[second] - outer[first]
    apart = np.abs(run) > ROUNDING * np.abs(inner).max()
    if not apart.any():
        return 0.0
    slopes, weights = rise[apart] / run[apart], np.abs(run[apart])
    order = np.argsort(slopes)
    passed = np.cumsum(weights[order])
    return float(slopes[order][np.searchsorted(passed, 0.5 * passed[-1])])


def _correlation(a: Floats, b: Floats) -> float:
    """Return Pearson's correlation; zero where one of the two does not move."""
    if any(len(x) < 2 or np.ptp(x) <= ROUNDING * np.abs(x).max() for x in (a, b)):
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])


def _lag(whole: Curve, parts: Sequence[Curve], start: int, stop: int) -> tuple[float, float]:
    """Return how far the whole's record is behind its parts', and what their pace explains, s."""
    pace = max(spacing_s(curve) for curve in (whole, *parts))
    edges = edges_between(start, stop, pace, FINEST)
    step = (stop - start) / NS / (len(edges) - 1)
    inner, outer = _filled(_sum(parts, edges)), _filled(mean_power(whole, edges))
    reach = min(MOST_SHIFTS, len(inner) // 4)
    shifts = sorted(range(-reach, reach + 1), key=abs)
    alike = [_shifted(inner, outer, shift) for shift in shifts]
    best = max(alike)
    if best < ALIKE or best - alike[0] < BETTER:
        return 0.0, PACE * step
    near = next(shift for shift, found in zip(shifts, alike, strict=True) if found > best - 0.002)
    return near * step, PACE * step


def _shifted(inner: Floats, outer: Floats, shift: int) -> float:
    """Return the correlation of the two where the outer is ``shift`` steps behind."""
    count = len(inner) - abs(shift)
    return _correlation(inner[max(-shift, 0) :][:count], outer[max(shift, 0) :][:count])


def _filled(values: Floats) -> Floats:
    """Return values with lines drawn over those that are unknown."""
    known = np.flatnonzero(np.isfinite(values))
    if not len(known):
        return np.zeros_like(values)
    return np.interp(np.arange(len(values)), known, values[known])
