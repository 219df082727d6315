"""Cumulative energy as a function of time, made once from a whole trace.

The energy of a window is the difference of the curve at its two edges, so adjacent windows add up
to the whole. Time without valid samples adds neither energy nor covered time.

* A **counter** is unwrapped and taken as linear between two reads.
* **Power** samples are joined by straight lines (trapezoid); the curve between two samples is the
  exact integral of that line. A sensor that repeats a value holds it: repeats are kept, so a value
  ends where the next begins and never becomes a long ramp.
* **Interval energies** are summed; the first has no known beginning and is left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from joulemark.core.caution import Caution, Code
from joulemark.core.channel import Channel, Quantity
from joulemark.core.clock import NS
from joulemark.core.trace import Trace

Floats = NDArray[np.float64]

GAP_FACTOR = 5.0
"""A stretch longer than this many usual intervals of a power trace is a gap …"""
GAP_FLOOR_S = 0.5
"""… but never one shorter than this."""
SLACK_S = 1.0
"""Time a counter of unknown update period may be behind; only used to judge jumps."""


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Cumulative energy and covered time of one channel.

    Attributes:
        channel: whose.
        time: knots, int64 ns, strictly increasing, shape (n,).
        joules: energy up to each knot, J, shape (n,).
        covered: covered time up to each knot, s, shape (n,).
        valid: whether the stretch after each knot is covered, shape (n - 1,).
        power: power at the knots, W, shape (n,); None where energy is linear between knots.
        cautions: what was wrong with the trace, with the knots concerned.
        method: name of the rule.
    """

    channel: Channel
    time: NDArray[np.int64]
    joules: Floats
    covered: Floats
    valid: NDArray[np.bool_]
    power: Floats | None
    faults: tuple[tuple[Code, NDArray[np.int64]], ...]
    method: str

    def at(self, moment: int) -> tuple[float, float]:
        """Return energy (J) and covered time (s) up to a moment (ns)."""
        if len(self.time) == 0 or moment <= self.time[0]:
            return 0.0, 0.0
        if moment >= self.time[-1]:
            return float(self.joules[-1]), float(self.covered[-1])
        i = int(np.searchsorted(self.time, moment, "right")) - 1
        if not self.valid[i]:
            return float(self.joules[i]), float(self.covered[i])
        length, into = int(self.time[i + 1] - self.time[i]), moment - int(self.time[i])
        share, seconds = into / length, into / NS
        if self.power is None:
            gained = share * float(self.joules[i + 1] - self.joules[i])
        else:
            first, last = float(self.power[i]), float(self.power[i + 1])
            gained = (first + 0.5 * share * (last - first)) * seconds
        return float(self.joules[i]) + gained, float(self.covered[i]) + seconds

    def mean_power(self) -> Floats:
        """Return mean power over each stretch, W, shape (n - 1,); zero where it is not covered."""
        return np.diff(self.joules) / (np.diff(self.time) / NS)

    def cautions(self, start: int, stop: int) -> list[Caution]:
        """Return what is wrong between two moments, counted."""
        found = []
        for code, knots in self.faults:
            count = int(((knots >= start) & (knots <= stop)).sum())
            if count:
                found.append(Caution(code, f"{self.channel.name}: {count} times"))
        return found


def curve_of(trace: Trace, *, gap_s: float | None = None) -> Curve:
    """Return the curve of a trace of energy, power or interval energies.

    Args:
        trace: the samples.
        gap_s: longest stretch between two power samples that counts as covered, s. By default
            five times the median interval, and at least half a second.

    Raises:
        ValueError: if the channel carries no energy.
    """
    if not trace.channel.carries_energy:
        raise ValueError(f"{trace.channel.name} carries no energy")
    time, raw, repeated = _one_value_per_time(trace)
    faults = [(Code.DUPLICATE_TIME, repeated)]
    if trace.channel.quantity is Quantity.POWER:
        return _from_power(trace.channel, time, raw, faults, gap_s)
    if trace.channel.quantity is Quantity.INTERVAL:
        return _from_intervals(trace.channel, time, raw, faults)
    return _from_counter(trace.channel, time, raw, faults)


Faults = list[tuple[Code, NDArray[np.int64]]]


def _one_value_per_time(trace: Trace) -> tuple[NDArray[np.int64], Floats, NDArray[np.int64]]:
    last = np.ones(len(trace), dtype=bool)
    last[:-1] = np.diff(trace.time) > 0
    return trace.time[last], trace.value[last], trace.time[~last]


def _from_power(
    channel: Channel, time: NDArray[np.int64], raw: Floats, faults: Faults, gap_s: float | None
) -> Curve:
    watts = raw * channel.scale
    reading = np.isfinite(watts)
    if channel.floor is not None:
        reading &= np.where(reading, watts, 0.0) > channel.floor
    seconds = np.diff(time) / NS
    bound = gap_s if gap_s is not None else _usual_gap(seconds)
    short = seconds <= bound
    faults += [(Code.INVALID_SAMPLE, time[~reading]), (Code.GAP, time[:-1][~short])]
    watts = np.where(reading, watts, 0.0)
    gained = 0.5 * (watts[1:] + watts[:-1]) * seconds
    return _curve(channel, time, gained, reading[1:] & reading[:-1] & short, faults, watts)


def _usual_gap(seconds: Floats) -> float:
    return max(GAP_FACTOR * float(np.median(seconds)), GAP_FLOOR_S) if len(seconds) else GAP_FLOOR_S


def _from_intervals(
    channel: Channel, time: NDArray[np.int64], raw: Floats, faults: Faults
) -> Curve:
    gained = raw[1:] * channel.scale
    reading = np.isfinite(gained) & (np.where(np.isfinite(gained), gained, -1.0) >= 0)
    faults.append((Code.INVALID_SAMPLE, time[1:][~reading]))
    return _curve(channel, time, gained, reading, faults, None)


def _from_counter(channel: Channel, time: NDArray[np.int64], raw: Floats, faults: Faults) -> Curve:
    present = np.isfinite(raw)
    faults.append((Code.INVALID_SAMPLE, time[~present]))
    time, raw = time[present], raw[present]
    step, seconds = np.diff(raw), np.diff(time) / NS
    possible = _possible_step(channel, seconds)
    jitter = (step < 0) & (-step <= 2 * channel.resolution)
    step = np.where(jitter, 0.0, step)
    if channel.wrap is not None:
        step = np.where(step < 0, step + channel.wrap, step)
    sane = (step >= 0) & (step <= possible)
    clear = np.ones_like(sane) if channel.wrap is None else possible < channel.wrap
    clear |= np.isinf(possible)
    faults += [(Code.COUNTER_RESET, time[1:][~sane]), (Code.WRAP_AMBIGUOUS, time[1:][~clear])]
    return _curve(channel, time, step * channel.scale, sane & clear, faults, None)


def _possible_step(channel: Channel, seconds: Floats) -> Floats:
    """Return the largest believable step in the counter's unit: nameplate power times time."""
    if channel.max_power_w is None:
        return np.full_like(seconds, np.inf)
    behind = SLACK_S if channel.update_s is None else 2 * channel.update_s
    return channel.max_power_w * (seconds + behind) / channel.scale + channel.resolution


def _curve(
    channel: Channel,
    time: NDArray[np.int64],
    gained: Floats,
    valid: NDArray[np.bool_],
    faults: Faults,
    power: Floats | None,
) -> Curve:
    seconds = np.diff(time) / NS
    method = {Quantity.POWER: "trapezoid", Quantity.ENERGY: "counter"}.get(
        channel.quantity, "interval"
    )
    return Curve(
        channel=channel,
        time=time,
        joules=_running(np.where(valid, gained, 0.0), len(time)),
        covered=_running(np.where(valid, seconds, 0.0), len(time)),
        valid=valid,
        power=power,
        faults=tuple((code, knots) for code, knots in faults if len(knots)),
        method=method,
    )


def _running(steps: Floats, knots: int) -> Floats:
    total = np.zeros(knots, dtype=np.float64)
    np.cumsum(steps, out=total[1:])
    return total
