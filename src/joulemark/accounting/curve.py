"""Cumulative energy as a function of time, made once from a whole trace.

The energy of a window is the difference of the curve at its two edges, so adjacent windows add up
to the whole. Time without valid samples adds neither energy nor covered time.

* A **counter** is unwrapped and taken as linear between two reads. One that jitters by its own
  step keeps the step back, so that the difference of any two reads stays what the counter says.
  One that updates slowly is read half an update late.
* **Power** samples are joined by straight lines (trapezoid); the curve between two samples is the
  exact integral of that line. Readings of a sensor that averages are first put where they belong
  in time, one for each update (:mod:`joulemark.accounting.sensor`). Of other sensors repeats are
  kept, so a value ends where the next begins and never becomes a long ramp.
* **Interval energies** are summed; the first has no known beginning and is left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from joulemark.accounting.sensor import placed
from joulemark.core.caution import Caution, Code
from joulemark.core.channel import Channel, Quantity
from joulemark.core.clock import NS
from joulemark.core.trace import Trace

Floats = NDArray[np.float64]
Times = NDArray[np.int64]
Fault = tuple[Code, Times, Times]
"""What is wrong, and the first and last moment of each stretch that it spoils."""

GAP_FACTOR = 5.0
"""A stretch longer than this many usual intervals of a power trace is a gap …"""
GAP_FLOOR_S = 0.5
"""… but never one shorter than this."""
SLACK_S = 1.0
"""Time that a counter of unknown update period may be behind at most."""
QUICK_NS = 5_000_000
"""What a counter that is late by less than this has not shown yet, no later read tells."""
LATELY = 20
"""Times that by which it is late: how far back power is looked at."""
ABSURD = 1e15
"""No reading is as large as this, in W or J; keeps hostile files from overflowing."""


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Cumulative energy and covered time of one channel.

    Attributes:
        channel: whose.
        time: knots, int64 ns, strictly increasing, shape (n,).
        joules: energy up to each knot, J, shape (n,).
        covered_ns: covered time up to each knot, int64 ns, shape (n,).
        valid: whether the stretch after each knot is covered, shape (n - 1,).
        power: power at the knots, W, shape (n,), NaN where there is no valid reading; None where
            energy is linear between knots.
        faults: what was wrong with the trace.
        method: name of the rule.
    """

    channel: Channel
    time: Times
    joules: Floats
    covered_ns: Times
    valid: NDArray[np.bool_]
    power: Floats | None
    faults: tuple[Fault, ...]
    method: str

    def at(self, moment: int) -> tuple[float, int]:
        """Return energy (J) and covered time (ns) up to a moment (ns)."""
        joules, covered = self._at(moment)
        if not self.late_ns or len(self.time) < 2 or not self.time[0] <= moment <= self.time[-1]:
            return joules, covered
        if self.late_ns < QUICK_NS:
            joules += self.late_ns / NS * self._lately_w(moment)
        else:
            joules, _ = self._at(moment + self.late_ns)
            beyond = moment + self.late_ns - int(self.time[-1])
            if beyond > 0 and self.valid[-1]:
                last = float(self.joules[-1] - self.joules[-2])
                joules += last * beyond / int(self.time[-1] - self.time[-2])
        return joules, covered

    def _lately_w(self, moment: int) -> float:
        """Return mean power before a moment, at the first of all moments that after it, W."""
        span = LATELY * self.late_ns
        begin = max(moment - span, int(self.time[0])) if moment > self.time[0] else moment
        (before, covered_before), (after, covered) = self._at(begin), self._at(begin + span)
        return (
            (after - before) * NS / (covered - covered_before) if covered > covered_before else 0.0
        )

    def _at(self, moment: int) -> tuple[float, int]:
        if len(self.time) == 0 or moment <= self.time[0]:
            return 0.0, 0
        if moment >= self.time[-1]:
            return float(self.joules[-1]), int(self.covered_ns[-1])
        i = int(np.searchsorted(self.time, moment, "right")) - 1
        if not self.valid[i]:
            return float(self.joules[i]), int(self.covered_ns[i])
        length, into = int(self.time[i + 1] - self.time[i]), moment - int(self.time[i])
        share = into / length
        if self.power is None:
            gained = share * float(self.joules[i + 1] - self.joules[i])
        else:
            first, last = float(self.power[i]), float(self.power[i + 1])
            gained = (first + 0.5 * share * (last - first)) * (into / NS)
        return float(self.joules[i]) + gained, int(self.covered_ns[i]) + into

    @property
    def late_ns(self) -> int:
        """How old a counter's reading is, on average, ns; zero where that is nothing.

        What a counter shows is its energy at its last update, which is anywhere in the period
        before it is read. So what was used up to a moment is shown half an update later; after
        the last reading it is taken to go on as before it. Where that is a moment beside the time
        between two reads, power is taken to be what it lately was instead.
        """
        if self.channel.quantity is not Quantity.ENERGY:
            return 0
        return round(0.5 * (self.channel.update_s or 0.0) * NS)

    @property
    def covered(self) -> Floats:
        """Covered time up to each knot, s, shape (n,)."""
        return self.covered_ns / NS

    def mean_power(self) -> Floats:
        """Return mean power over each stretch, W, shape (n - 1,); zero where it is not covered."""
        return np.diff(self.joules) / (np.diff(self.time) / NS)

    def cautions(self, start: int, stop: int) -> list[Caution]:
        """Return what is wrong between two moments, counted: stretches that reach into it."""
        found = []
        for code, begins, ends in self.faults:
            count = int(((begins < stop) & (ends > start)).sum())
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
    time, raw, faults = trace.time, trace.value, list[Fault]()
    with np.errstate(over="ignore"):
        raw = np.where(np.abs(raw * trace.channel.scale) < ABSURD, raw, np.nan)
    if trace.channel.quantity is Quantity.ENERGY:  # no reading takes the place of one
        present = np.isfinite(raw)
        faults.append(_beside(time, ~present))
        time, raw = time[present], raw[present]
    time, raw, repeated = _one_value_per_time(time, raw)
    faults.append((Code.DUPLICATE_TIME, repeated, repeated + 1))
    if trace.channel.quantity is Quantity.POWER:
        return _from_power(trace.channel, time, raw, faults, gap_s)
    if trace.channel.quantity is Quantity.INTERVAL:
        return _from_intervals(trace.channel, time, raw, faults)
    return _from_counter(trace.channel, time, raw, faults)


def _one_value_per_time(time: Times, value: Floats) -> tuple[Times, Floats, Times]:
    last = np.ones(len(time), dtype=bool)
    last[:-1] = np.diff(time) > 0
    return time[last], value[last], time[~last]


def _from_power(
    channel: Channel, time: Times, raw: Floats, faults: list[Fault], gap_s: float | None
) -> Curve:
    time, watts = placed(channel, time, raw * channel.scale)
    reading = is_reading(channel, watts)
    seconds = np.diff(time) / NS
    bound = max(gap_s or _usual_gap(seconds), channel.window_s or 0.0)
    short = seconds <= bound
    faults += [_beside(time, ~reading), (Code.GAP, time[:-1][~short], time[1:][~short])]
    watts = np.where(reading, watts, np.nan)
    gained = 0.5 * (watts[1:] + watts[:-1]) * seconds
    return _curve(channel, time, gained, reading[1:] & reading[:-1] & short, faults, watts)


def is_reading(channel: Channel, watts: Floats) -> NDArray[np.bool_]:
    """Return which power samples (W) can be true; NaN cannot."""
    reading = np.isfinite(watts)
    if channel.floor is not None:
        reading &= watts > channel.floor
    if channel.max_power_w is not None:
        reading &= watts <= channel.max_power_w
    return reading


def _beside(time: Times, bad: NDArray[np.bool_]) -> Fault:
    """Return invalid samples, each spoiling the time to its neighbours."""
    at = np.flatnonzero(bad)
    return Code.INVALID_SAMPLE, time[np.maximum(at - 1, 0)], time[np.minimum(at + 1, len(time) - 1)]


def _usual_gap(seconds: Floats) -> float:
    return max(GAP_FACTOR * float(np.median(seconds)), GAP_FLOOR_S) if len(seconds) else GAP_FLOOR_S


def _from_intervals(channel: Channel, time: Times, raw: Floats, faults: list[Fault]) -> Curve:
    gained = raw[1:] * channel.scale
    reading = np.isfinite(gained)
    if channel.floor is not None:
        reading &= gained >= 0
    faults.append((Code.INVALID_SAMPLE, time[:-1][~reading], time[1:][~reading]))
    return _curve(channel, time, gained, reading, faults, None)


def _from_counter(channel: Channel, time: Times, raw: Floats, faults: list[Fault]) -> Curve:
    step, sane, clear = counter_steps(channel, np.diff(raw), np.diff(time) / NS)
    for code, bad in ((Code.COUNTER_RESET, ~sane), (Code.WRAP_AMBIGUOUS, ~clear)):
        faults.append((code, time[:-1][bad], time[1:][bad]))
    return _curve(channel, time, step * channel.scale, sane & clear, faults, None)


def counter_steps(
    channel: Channel, step: Floats, seconds: Floats
) -> tuple[Floats, NDArray[np.bool_], NDArray[np.bool_]]:
    """Return the steps of a counter less its wraps, and which are believable and unambiguous.

    Args:
        channel: says where it wraps and how fast it can grow.
        step: differences of neighbouring reads, in its unit.
        seconds: time between them, s.
    """
    possible = _possible_step(channel, seconds)
    jitter = (step < 0) & (-step <= _jitter(channel))
    if channel.wrap is not None:
        step = np.where((step < 0) & ~jitter, step + channel.wrap, step)
    sane = jitter | ((step >= 0) & (step <= possible))
    clear = np.ones_like(sane) if channel.wrap is None else possible < channel.wrap
    return step, sane, clear | np.isinf(possible)


def _jitter(channel: Channel) -> float:
    """Return how far a counter may seem to go back, in its unit, though it did not.

    Its own step; and where two processes read it, what it gains in two updates, as the one that
    read first may have stamped its reading last.
    """
    behind = (channel.max_power_w or 0.0) * 2 * (channel.update_s or 0.0)
    return 2 * channel.resolution + behind / channel.scale


def _possible_step(channel: Channel, seconds: Floats) -> Floats:
    """Return the largest believable step in the counter's unit: nameplate power times time."""
    if channel.max_power_w is None:
        return np.full_like(seconds, np.inf)
    behind = SLACK_S if channel.update_s is None else 2 * channel.update_s
    return channel.max_power_w * (seconds + behind) / channel.scale + channel.resolution


def _curve(
    channel: Channel,
    time: Times,
    gained: Floats,
    valid: NDArray[np.bool_],
    faults: list[Fault],
    power: Floats | None,
) -> Curve:
    method = {Quantity.POWER: "trapezoid", Quantity.ENERGY: "counter"}.get(
        channel.quantity, "interval"
    )
    return Curve(
        channel=channel,
        time=time,
        joules=np.cumsum(np.append(0.0, np.where(valid, gained, 0.0)))[: len(time)],
        covered_ns=np.cumsum(np.append(0, np.where(valid, np.diff(time), 0)))[: len(time)],
        valid=valid,
        power=power,
        faults=tuple(fault for fault in faults if len(fault[1])),
        method=method,
    )
