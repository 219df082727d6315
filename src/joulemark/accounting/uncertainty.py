"""The terms of uncertainty of one channel's energy over one window.

All are standard uncertainties in joules; a figure given as a 95 % half-width is divided by 1.96.

========== =================================================================================
gain       accuracy class of the meter, relative; one error per part, and how much of it the parts
           of a meter share is unknown (see :mod:`joulemark.core.value`)
offset     accuracy class of the meter, W, times the covered time; one error per part
model      relative error of an estimate's coefficients; one error per meter
resolution the step of a counter at both edges (q/√12 each), of an interval energy (q/√12·√n), or
           of a power reading (q/√12·T/√n over n changes: a reading that never changes is off by
           one and the same amount)
sampling   power only: s·T/√n over n sensor updates, s from each update's distance to the line
           between its neighbours (variance 3/2 s² for independent readings), times the square
           root of the share of time that the sensor does not see; what a beat of load and sensor
           leaves, where it does not see all; the time in which a sensor hangs; and, where its own
           utilisation says that a load comes and goes and the readings do not show it, what the
           time that the sensor does not see may have held, from the lowest power seen to the rated
edges      power: a step anywhere between the two updates at an edge, half their distance times
           their difference, rectangular; where a reading is an average, from the lowest power
           seen to the highest at the edge, as the load may come and go within it; counter:
           position within the last update, and interpolation where no read was taken at the
           edge. Where the load fills the window both edges err to one side, so the two are
           added, not squared (but those of a counter that updates when a step is full, which is
           as far behind at rest)
coverage   the missing time times the highest power seen, rectangular from zero
clock      rate of the clock, relative, and the time uncertainty of each edge times the highest
           power at that edge
========== =================================================================================

The distance of two updates is the sensor's stated period, else it is taken from how often the
value changes; an averaging sensor shows a step over its whole averaging time, and joining its
readings by lines spreads it over the distance of two more (added in squares).

A load that repeats at the very pace of the sensor is always seen at the same moment. Utilisation
gives it away, where it is recorded; what it used shows only once it is shifted against the sensor
(random delays between repeats).
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from joulemark.accounting.curve import SLACK_S, Curve, Floats, Times
from joulemark.accounting.sensor import FAR, beat, beat_u, hidden_u_w, stuck_u, swing_w, unseen
from joulemark.core.channel import Quantity
from joulemark.core.clock import NS
from joulemark.core.student import NORMAL_975
from joulemark.core.value import Source, Term, Value

CLOCK_RATE_U = 5e-5
"""Standard uncertainty of the rate of an undisciplined quartz clock (±100 ppm at 95 %)."""

RESTS, NEVER_RESTS = 0.02, 0.95
"""Utilisation between which a load comes and goes."""
WIDE = 0.5
"""A beat of this share of all that the readings swing in a run has led through the load."""
BEAT_READINGS = 200
"""A beat between load and sensor is looked for in so many readings, about a window of fewer."""


def uncertain(
    curve: Curve,
    start: int,
    stop: int,
    joules: float,
    covered: float,
    edge_u_s: float,
    busy: float | None = None,
) -> tuple[Value, float]:
    """Return the energy with its uncertainty, and how often the sensor updated meanwhile.

    Args:
        curve: cumulative energy of the channel.
        start: ns UTC.
        stop: ns UTC.
        joules: energy of the window, J.
        covered: covered time of the window, s.
        edge_u_s: standard uncertainty of the time of each edge, s.
        busy: share of the time in which the part ran anything, 0 to 1; None where that is unknown.
    """
    channel, length = curve.channel, (stop - start) / NS
    meter, part = f"{channel.node}/{channel.meter}", f"{channel.node}/{channel.part}"
    here = f"{part}@{start}"
    view = _View(curve, start, stop)
    edges = [view.edge(start, "right"), view.edge(stop, "left")]
    edge_w = math.hypot(*[watts for _, watts in edges])
    value = Value(joules, "J")
    for source, u in (
        (Source(Term.GAIN, part, kin=meter), channel.accuracy.gain / NORMAL_975 * joules),
        (Source(Term.OFFSET, part), channel.accuracy.offset_w / NORMAL_975 * covered),
        (Source(Term.MODEL, meter), channel.accuracy.model / NORMAL_975 * joules),
        (Source(Term.RESOLUTION, here), view.resolution_u(covered)),
        (Source(Term.SAMPLING, here), view.sampling_u(covered, busy)),
        (Source(Term.EDGES, here), view.both([u for u, _ in edges])),
        (Source(Term.COVERAGE, here), view.highest_w() * max(length - covered, 0) / math.sqrt(3)),
        (Source(Term.CLOCK, channel.node), CLOCK_RATE_U * joules),
        (Source(Term.CLOCK, here), edge_u_s * edge_w),
    ):
        value = value.plus(source, u)
    return value, view.updates(length)


class _View:
    """What a curve shows of a window.

    Attributes:
        time: knots in the window, of fewer than two those beside it too, ns.
        values: readings at them (W), or cumulative energy (J).
        stated_s: period of updates that the channel states, s; zero for none.
        changes: how often the value changed.
        period_s: time between two updates of the sensor, s; zero where unknown.
        steps_by_energy: whether it is a counter that seems to update when a step is full.
        longest_s: longest time between two, s: a counter of large steps updates when a step is
            full, so seldom at low power.
        per_update: samples per update of the sensor; more than one where it is read faster.
        missed: share of the time that no power reading saw.
    """

    def __init__(self, curve: Curve, start: int, stop: int) -> None:
        self.curve, self.channel = curve, curve.channel
        self.stated_s = max(curve.channel.update_s or 0.0, 0.0)
        self.first = max(int(np.searchsorted(curve.time, start, "right")) - 2, 0)
        self.last = int(np.searchsorted(curve.time, stop, "left")) + 2
        time = curve.time[self.first : self.last]
        values = (curve.joules if curve.power is None else curve.power)[self.first : self.last]
        known = np.isfinite(values)
        inside = known & (time >= start) & (time <= stop)
        chosen = inside if inside.sum() > 1 else known
        self.time, self.values = time[chosen], values[chosen]
        changed = np.flatnonzero(np.diff(self.values))
        self.changes = len(changed)
        self.steps_by_energy = self._stands_still()
        self.period_s, self.longest_s = self._periods_s(self.time[changed + 1])
        self.per_update = self._per_update()
        self.missed = unseen(self.channel.window_s, self._between_s())

    def _periods_s(self, changed: Times) -> tuple[float, float]:
        if self.stated_s or len(changed) < 2:
            return self.stated_s, self.stated_s
        between = np.diff(changed) / NS
        usual = float(np.quantile(between, 0.1))
        if self.curve.power is not None:
            return usual, usual
        if self.steps_by_energy:
            return usual, float(between.max())
        return (min(usual, SLACK_S),) * 2

    def _stands_still(self) -> bool:
        """Return whether this is a counter of unknown pace, read faster than it changes."""
        unknown = self.channel.quantity is Quantity.ENERGY and not self.stated_s
        return unknown and 2 <= 2 * self.changes <= len(self.time)

    def _per_update(self) -> int:
        if self.curve.power is None or len(self.time) < 2:
            return 1
        return max(round(self.period_s * NS / float(np.median(np.diff(self.time)))), 1)

    def _between_s(self) -> float:
        usual = float(np.median(np.diff(self.time))) / NS if len(self.time) > 1 else 0.0
        return max(self.period_s, usual)

    def updates(self, length: float) -> float:
        """Return how often the sensor gave a new value."""
        if self.curve.power is not None:
            return len(self.values) / self.per_update
        return length / self.stated_s if self.stated_s else self.changes

    def highest_w(self) -> float:
        """Return the highest power seen, W."""
        power = self.curve.power is not None
        seen = self.values if power else self._stretches_w(self.first, self.last)
        return float(seen.max()) if len(seen) else 0.0

    def resolution_u(self, covered: float) -> float:
        """Return the error of the finite step of the readings, J."""
        step = self.channel.resolution * self.channel.scale / math.sqrt(12)
        if self.channel.quantity is Quantity.ENERGY:
            return step * math.sqrt(2)
        if self.channel.quantity is Quantity.INTERVAL:
            return step * math.sqrt(len(self.values))
        return step * covered / math.sqrt(self.changes + 1)

    def sampling_u(self, covered: float, busy: float | None) -> float:
        """Return the error of joining power samples by lines, J."""
        watts, lag = self.values, self.per_update
        if self.curve.power is None or len(watts) < 2:
            return 0.0
        if len(watts) <= 2 * lag + 1:
            spread = float(np.ptp(watts)) / math.sqrt(12)
        else:
            off = watts[lag:-lag] - 0.5 * (watts[: -2 * lag] + watts[2 * lag :])
            spread = math.sqrt(float(np.mean(off * off)) / 1.5)
        scatter = spread * covered / math.sqrt(max(len(watts) / lag, 1))
        pace = self._pace_u(covered, spread, busy) if self.missed else 0.0
        stuck = stuck_u(self.time, watts) if self.per_update == 1 else 0.0
        return math.hypot(math.sqrt(self.missed) * scatter, pace, stuck)

    def _pace_u(self, covered: float, spread: float, busy: float | None) -> float:
        """Return what a load at about the pace of the sensor leaves, J.

        A beat is looked for about the window too. Where there is no wide one within it, they may
        keep time.
        """
        if not self.channel.window_s or self.curve.power is None:
            return 0.0
        more = max(BEAT_READINGS - len(self.values), 0) // 2
        about = slice(max(self.first - more, 0), self.last + more)
        known = np.isfinite(self.curve.power[about])
        found = beat(self.curve.time[about][known], self.curve.power[about][known])
        beats = 0.0 if found is None else beat_u(found, covered)
        if busy is None or not RESTS < busy < NEVER_RESTS:
            return beats
        run = self.curve.power[max(self.first - FAR, 0) : self.last + FAR]
        within = beat(self.time, self.values)
        if within is not None and 2 * within[0] > WIDE * float(np.nanmax(run) - np.nanmin(run)):
            return beats
        hidden = hidden_u_w(run, float(self.values.mean()), spread, self.channel.rated_w or 0.0)
        return math.hypot(beats, self.missed * covered * hidden)

    def both(self, edges: list[float]) -> float:
        """Return the error of both edges together, J.

        A counter that updates whenever a step is full is as far behind at rest as under load.
        """
        return math.hypot(*edges) if self.steps_by_energy else sum(edges)

    def edge(self, moment: int, side: Literal["left", "right"]) -> tuple[float, float]:
        """Return the error made at an edge of the window, J, and the highest power near it, W.

        Args:
            moment: the edge, ns.
            side: "right" for the start, "left" for the stop, where a knot is at the edge.
        """
        time = self.curve.time
        if self.curve.power is None and len(time):  # its last reading is behind as any other
            moment = min(max(moment, int(time[0])), int(time[-1]))
        i = int(np.searchsorted(time, moment, side)) - 1
        if not 0 <= i < len(self.curve.valid) or not self.curve.valid[i]:
            return 0.0, 0.0
        length = int(time[i + 1] - time[i]) / NS
        reach = max(math.hypot(length, self.channel.window_s or 0.0), self.longest_s)
        within = round((reach + length if self.curve.power is not None else 2 * reach) * NS)
        low = min(int(np.searchsorted(time, moment - within, "left")), i)
        high = max(int(np.searchsorted(time, moment + within, "right")), i + 2)
        if self.curve.power is not None:
            near = self.curve.power[low:high]
            near = near[np.isfinite(near)]
            swing = float(np.ptp(near))
            if self.channel.window_s:
                swing = swing_w(self.curve.power, low, high, missed=self.missed > 0)
            return 0.5 * reach * swing / math.sqrt(3), float(near.max())
        watts = float(self._stretches_w(low, high).max())
        share = (moment - int(time[i])) / NS / length
        between = share * (1 - share) * length * watts / math.sqrt(3)
        behind = self.period_s if self.channel.quantity is Quantity.ENERGY else 0.0
        return math.hypot(between, behind * watts / math.sqrt(12)), watts

    def _stretches_w(self, low: int, high: int) -> Floats:
        """Return mean power over the valid stretches between some knots, W.

        A counter read faster than it updates stands still and jumps; the jump is taken to be the
        energy of one update.
        """
        seconds = np.diff(self.curve.time[low:high]) / NS
        watts = np.diff(self.curve.joules[low:high]) / np.maximum(seconds, self.period_s)
        return watts[self.curve.valid[low : high - 1]]
