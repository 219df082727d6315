"""How a power sensor sees: values that it holds, the time that a reading is of, what it misses.

A sensor that averages gives, at each of its updates, the mean power over ``window_s`` before it and
holds that value until the next (arXiv 2312.02741). So a reading belongs to the middle of its
window, and is older still by half the time since the read before: all that is known is that the
sensor updated in between. Repeats of a value are the sensor holding, not power that stood still.

A sensor whose window is shorter than its period never sees the rest. A load that repeats at nearly
the pace of the sensor is then seen at slowly changing moments of its own period: the readings beat.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from joulemark.core.channel import Channel
from joulemark.core.clock import NS

Floats = NDArray[np.float64]
Times = NDArray[np.int64]

FEW = 4
"""Fewer changes than this do not show a pace."""
CYCLES = 2
"""Fewer full cycles than this are no beat but a load that changed."""
NEAR, FAR = 100, 5000
"""How many readings about an edge tell how high, and how low, the power goes."""
WHOLE = 0.05
"""Who misses less than this share of the time sees all of it: no window is known better."""
RARE = 0.05
"""Repeats of a value that are expected less often than this in a window are a sensor that hangs."""
OFTEN = 0.3
"""A sensor of which this share of the readings are repeats does not show when it hangs."""
LEAST = 0.1
"""Readings that swing less than this share of what they might show no load that comes and goes."""
STEPS = 0.7
"""Where so much of all change is in the two largest changes of each half cycle, the load steps."""


def placed(channel: Channel, time: Times, watts: Floats) -> tuple[Times, Floats]:
    """Return one reading for each update of an averaging sensor, in the middle of its window.

    The last value is held to the last moment. Channels that state no averaging window are returned
    as they are.

    Args:
        channel: whose readings.
        time: ns, strictly increasing.
        watts: readings, W; NaN where there is none.
    """
    window_s = channel.window_s or 0.0
    if window_s <= 0 or len(time) < 2:
        return time, watts
    period_s = channel.update_s or seen_period_s(time, watts)
    between_s = float(np.median(np.diff(time))) / NS
    kept = updates(time, watts, period_s)
    age_s = 0.5 * (min(between_s, period_s) if period_s > 0 else between_s)
    middle = time[kept] - round((0.5 * window_s + age_s) * NS)
    return np.append(middle, time[-1]), np.append(watts[kept], watts[-1])


def seen_period_s(time: Times, watts: Floats) -> float:
    """Return how often a sensor of unknown pace seems to update, s; zero where that is not seen.

    It is seen where readings are taken more often than they change.

    Args:
        time: ns, strictly increasing.
        watts: readings, W.
    """
    changed = np.flatnonzero(np.diff(watts) != 0) + 1
    if len(changed) < FEW or 2 * len(changed) > len(time):
        return 0.0
    return float(np.quantile(np.diff(time[changed]), 0.1)) / NS


def updates(time: Times, watts: Floats, period_s: float) -> NDArray[np.bool_]:
    """Return which readings show an update: new values, and a held one once in each period.

    A held value just before a new one is no update: the new one is.

    Args:
        time: ns, strictly increasing.
        watts: readings; NaN is a value of its own.
        period_s: time between two updates, s; zero keeps every reading.
    """
    places, fresh = np.arange(len(time)), np.diff(watts, prepend=np.nan) != 0
    if period_s <= 0:
        return np.ones(len(time), dtype=np.bool_)
    period = period_s * NS
    began = np.maximum.accumulate(np.where(fresh, places, 0))
    half_read = 0.5 * float(np.median(np.diff(time)))
    due = np.diff((time - time[began] + half_read) // period, prepend=0) > 0
    new = np.append(np.flatnonzero(fresh), len(time) - 1)
    until_new = time[new[np.searchsorted(new[:-1], places, "right")]] - time
    last_run = places >= new[-2]
    shown: NDArray[np.bool_] = fresh | (due & ((until_new >= 0.5 * period) | last_run))
    return shown


def stuck_u(time: Times, watts: Floats) -> float:
    """Return the standard uncertainty of the time in which a sensor was stuck, J.

    A sensor is stuck where it repeats a value for longer than chance would have it, judged by how
    often it repeats one at all. What was used meanwhile lies anywhere between its lowest and its
    highest reading (rectangular), and may be far from what it shows. A sensor that repeats its
    values often is no such sensor, but one that rounds, or a load of few levels.

    Args:
        time: of the readings, one for each update, ns.
        watts: readings, W, all finite.
    """
    same = np.diff(watts) == 0
    if not 0 < same.sum() < OFTEN * len(watts):
        return 0.0
    ends = np.flatnonzero(np.diff(np.concatenate([[False], same, [False]]).astype(np.int8)))
    begins, ends = ends[::2], ends[1::2]
    chance = len(begins) / max(len(watts) - 1 - int(same.sum()) + len(begins), 1)
    rare = chance ** (ends - begins) * len(watts) < RARE
    seconds = (time[ends[rare]] - time[begins[rare]]) / NS
    middle = 0.5 * (watts.min() + watts.max())
    off = np.hypot(np.ptp(watts) / math.sqrt(12), watts[begins[rare]] - middle)
    return float(np.sqrt(np.sum((off * seconds) ** 2)))


def unseen(window_s: float | None, between_s: float) -> float:
    """Return the share of time that no reading saw, 0 to 1; less than 5 % is none.

    Args:
        window_s: time over which a reading is averaged; None for a reading of a moment.
        between_s: time between two readings that differ.
    """
    if not window_s or between_s <= 0:
        return 1.0
    missed = 1.0 - window_s / between_s
    return missed if missed >= WHOLE else 0.0


def swing_w(watts: Floats, low: int, high: int, *, missed: bool) -> float:
    """Return how far power may swing within the time that readings at an edge do not resolve, W.

    From the lowest power seen for a long way about it to the highest at the edge: the readings may
    be means of a load that comes and goes. A sensor that misses some of the time may have missed
    the highest too, so it is looked for further about.

    Args:
        watts: readings; NaN where there is none.
        low: place of the first at the edge.
        high: place after the last, one of them finite.
        missed: whether the sensor misses some of the time.
    """
    more = NEAR if missed else 0
    highest = np.nanmax(watts[max(low - more, 0) : high + more])
    return float(highest - np.nanmin(watts[max(low - FAR, 0) : high + FAR]))


def beat(time: Times, watts: Floats) -> tuple[float, float] | None:
    """Return amplitude (W) and period (s) of readings that swing slowly and smoothly.

    A load that itself steps slowly up and down is none: its change is in few readings.

    Args:
        time: of the readings, ns.
        watts: readings, W, all finite.
    """
    if len(watts) < 4 * CYCLES:
        return None
    low, high = float(watts.min()), float(watts.max())
    side = np.where(watts > low + 0.6 * (high - low), 1, 0)
    side[watts < low + 0.4 * (high - low)] = -1
    at = np.flatnonzero(side)
    crossed = at[1:][np.diff(side[at]) != 0]
    if len(crossed) < 2 * CYCLES:
        return None
    steps = np.sort(np.abs(np.diff(watts)))[::-1]
    if steps[: 2 * len(crossed)].sum() > STEPS * steps.sum():
        return None
    inner = watts[crossed[0] : crossed[-1]]
    return math.sqrt(2) * float(inner.std()), 2 * float(np.median(np.diff(time[crossed]))) / NS


def beat_u(found: tuple[float, float], seconds: float) -> float:
    """Return the standard uncertainty that a beat leaves in an energy, J.

    A sine of amplitude A and period B leaves A·B/π·|sin(πT/B)| in T seconds, times the sine of a
    phase that nobody knows; in more than half a period whatever the length may be.

    Args:
        found: amplitude (W) and period (s), as :func:`beat` returns them.
        seconds: length T of the window, s.
    """
    amplitude, period = found
    turn = min(math.pi * seconds / period, math.pi / 2)
    return amplitude * period / (math.sqrt(2) * math.pi) * math.sin(turn)


def hidden_u_w(run: Floats, mean_w: float, spread_w: float, rated_w: float) -> float:
    """Return the standard uncertainty of the power in the time that no reading saw, W.

    For a load that comes and goes. Readings that fall anywhere in its turns scatter as widely as it
    swings (rectangular); so far as they scatter less, they may always fall on one moment of it, and
    what they miss may be anything from the lowest power seen to what the part is rated for.

    Args:
        run: readings in and far about the window, W; NaN where there is none, one of them finite.
        mean_w: mean of those in the window, W.
        spread_w: scatter of those in the window, standard, W.
        rated_w: what the part is rated for, W; zero if unknown.
    """
    low, seen = float(np.nanmin(run)), float(np.nanmax(run))
    high = max(seen, rated_w)
    swing = (seen - low) / math.sqrt(12)
    shown = min(spread_w / swing, 1.0) if seen - low > LEAST * (high - low) else 0.0
    off = math.hypot((high - low) / math.sqrt(12), mean_w - 0.5 * (low + high))
    return math.sqrt(1.0 - shown * shown) * off
