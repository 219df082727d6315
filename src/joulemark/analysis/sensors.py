"""What a power sensor is like, found from its own readings and from when work was done.

The update period is the usual time between two changes of the reading, where it was read often
enough. Window and delay, or the time constant of a sensor that lags, are those with which the work
(kernels on and off, or the power that another meter saw) gives the readings best, up to a gain and
an offset. Two shapes are tried (arXiv 2312.02741): the mean of a window, and the first-order lag of
Kepler and Maxwell boards.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from joulemark.accounting.sensor import updates
from joulemark.analysis.sources import Source
from joulemark.core.clock import NS
from joulemark.core.trace import Trace

Floats = NDArray[np.float64]
Shape = Callable[[float, float], Floats]
"""Readings that a sensor of a length and a delay (s) gives, without gain and offset."""

OFTEN = 2.0
"""A period is found where the sensor was read more than so often in it."""
FEWEST = 8
"""Changes of the reading, and updates to fit, below which nothing is found."""
LENGTHS_S = (0.004, 1.5)
DELAYS_S = (-0.003, 0.12)
"""No reading shows what is yet to come, but for the whole milliseconds of a log's stamps."""
LATEST_S = 0.04
"""Sensors with windows of the known lengths show them at most so late."""
KNOWN_S = (0.01, 0.02, 0.025, 1.0)
"""Averaging windows of sensors that were measured; the update period itself is another."""
BETTER = 0.7
"""A lag is taken where its misfit is below so much of the best window's."""
ALIKE = 1.25
"""Of known windows whose misfit is within this factor of the least, the one nearest to the free
fit is taken: a single step tells them apart badly."""


@dataclass(frozen=True, slots=True)
class Found:
    """A length of time and its standard uncertainty, s."""

    seconds: float
    u_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensor:
    """What was found of a sensor.

    Attributes:
        period: time between two updates; None where it was read too seldom to tell.
        window: averaging window; None for a sensor that lags, or where nothing could be fitted.
        nominal_s: the known averaging window that fits, s; None likewise.
        lag: time constant of a sensor that lags.
        delay: from the end of the window to the first read that shows it; None if not fitted.
        misfit: standard deviation of the readings about the fit, relative to their own.
        read_s: time between two reads.
    """

    period: Found | None
    window: Found | None = None
    nominal_s: float | None = None
    lag: Found | None = None
    delay: Found | None = None
    misfit: float = math.nan
    read_s: float


def period_of(readings: Trace) -> Found | None:
    """Return the update period; None where the sensor was read too seldom to see it."""
    changed = np.flatnonzero(np.diff(readings.value) != 0) + 1
    if len(changed) < FEWEST:
        return None
    gaps = np.diff(readings.time[changed]) / NS
    usual = float(np.median(gaps))
    if usual < OFTEN * read_s(readings):
        return None
    near = gaps[(gaps > 0.5 * usual) & (gaps < 1.5 * usual)]
    return Found(float(near.mean()), float(near.std()) / math.sqrt(len(near)))


def read_s(readings: Trace) -> float:
    """Return the usual time between two reads, s."""
    return float(np.median(np.diff(readings.time))) / NS if len(readings) > 1 else math.inf


def sensor_of(readings: Trace, source: Source) -> Sensor:
    """Return what a sensor is like, from its readings and from what it may have seen.

    Args:
        readings: by the clock of the source.
        source: kernels, or another meter's power.
    """
    period = period_of(readings)
    step = read_s(readings)
    begin, end = source.span
    known = np.isfinite(readings.value)
    time, watts = readings.time[known], readings.value[known]
    kept = updates(time, watts, period.seconds if period else step)
    near = kept & (time > begin - NS // 2) & (time < end + NS // 2)
    if near.sum() < FEWEST or not np.ptp(watts[near]) > 0:
        return Sensor(period=period, read_s=step)
    seconds: Floats = (time[near] - source.origin) / NS
    fit = _Fit(seconds, watts[near])
    window, delay, misfit = fit.free(lambda w, d: source.mean(seconds - d, w))
    lag, lag_delay, lag_misfit = fit.free(lambda w, d: source.lagged(seconds - d, w))
    lags = lag_misfit < BETTER * misfit
    return Sensor(
        period=period,
        window=None if lags else window,
        nominal_s=None if lags else _nominal(fit, source, period, window.seconds),
        lag=lag if lags else None,
        delay=lag_delay if lags else delay,
        misfit=lag_misfit if lags else misfit,
        read_s=step,
    )


def _nominal(fit: _Fit, source: Source, period: Found | None, free_s: float) -> float:
    """Return the known window that fits best, of equally good ones the nearest to the free fit."""
    misfits = {
        length: min(
            fit.misfit(source.mean(fit.seconds - delay, length))
            for delay in np.linspace(0, LATEST_S, 21)
        )
        for length in (*KNOWN_S, *([period.seconds] if period else []))
    }
    good = [w for w, left in misfits.items() if left <= ALIKE * min(misfits.values())]
    return min(good, key=lambda length: abs(math.log(length / free_s)))


class _Fit:
    """Readings that a shape is fitted to, up to a gain and an offset.

    Attributes:
        seconds: when they were read, s.
    """

    def __init__(self, seconds: Floats, watts: Floats) -> None:
        self.seconds = seconds
        self._off = watts - watts.mean()
        self._spread = float(watts.std()) or 1.0

    def misfit(self, shown: Floats) -> float:
        """Return the standard deviation of what is left, relative to that of the readings."""
        a = shown - shown.mean()
        square = float(a @ a)
        left = self._off - a * (float(a @ self._off) / square) if square > 0 else self._off
        return math.sqrt(float(left @ left) / len(left)) / self._spread

    def free(self, shape: Shape) -> tuple[Found, Found, float]:
        """Return length and delay of the least misfit, with that.

        Standard uncertainties are how far each may be from its best for one degree of freedom's
        worth of misfit, the other held.
        """

        def misfit(length: float, delay: float) -> float:
            return self.misfit(shape(length, delay))

        lengths = np.geomspace(*LENGTHS_S, 40).tolist()
        delays = np.linspace(*DELAYS_S, 36).tolist()
        ratio, step = lengths[1] / lengths[0], delays[1] - delays[0]
        best = min((misfit(w, d), w, d) for w in lengths for d in delays)
        for _ in range(6):
            _, length, delay = best
            ratio, step = ratio**0.4, step * 0.4
            near = [
                (length * ratio**i, max(delay + step * j, DELAYS_S[0]))
                for i in range(-3, 4)
                for j in range(-3, 4)
            ]
            best = min((misfit(w, d), w, d) for w, d in near)
        least, length, delay = best
        bound = least * math.sqrt(1 + 1 / max(len(self.seconds) - 4, 1))
        return (
            Found(length, _reach(lambda by: misfit(length + by, delay), bound, 0.5 * length)),
            Found(delay, _reach(lambda by: misfit(length, delay + by), bound, 0.5)),
            least,
        )


def _reach(misfit: Callable[[float], float], bound: float, most: float) -> float:
    """Return how far a value may be moved, to the wider side, until the misfit is at the bound."""
    steps = np.geomspace(1e-5, most, 40)
    sides = [
        next((float(by) for by in steps if misfit(sign * by) > bound), most) for sign in (-1, 1)
    ]
    return max(sides)
