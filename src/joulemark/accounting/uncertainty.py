"""The terms of uncertainty of one channel's energy over one window.

All are standard uncertainties in joules; a figure given as a 95 % half-width is divided by 1.96.

========== =================================================================================
gain       accuracy class of the meter, relative; one error for all channels of a meter
offset     accuracy class of the meter, W, times the covered time; one error per part
model      relative error of an estimate's coefficients; one error per meter
resolution the step of a counter at both edges (q/√12 each), or of a power reading (q/√12 ·T/√n)
sampling   power only: s·T/√n over n sensor updates, s from each update's distance to the line
           between its neighbours (variance 3/2 s² for independent readings)
edges      power: a step anywhere between the two updates at an edge, half their distance times
           their difference, rectangular; counter: position within the last update, and
           interpolation where no read was taken at the edge
coverage   the missing time times the highest power seen, rectangular from zero
clock      rate of the clock, relative, and the time uncertainty of each edge times the power
           step at that edge
========== =================================================================================
"""

from __future__ import annotations

import math

import numpy as np

from joulemark.accounting.curve import Curve
from joulemark.core.clock import NS
from joulemark.core.student import NORMAL_975
from joulemark.core.value import Source, Term, Value

CLOCK_RATE_U = 5e-5
"""Standard uncertainty of the rate of an undisciplined quartz clock (±100 ppm at 95 %)."""


def uncertain(
    curve: Curve, start: int, stop: int, joules: float, covered: float, edge_u_s: float
) -> tuple[Value, float]:
    """Return the energy with its uncertainty, and how often the sensor updated meanwhile.

    Args:
        curve: cumulative energy of the channel.
        start: ns UTC.
        stop: ns UTC.
        joules: energy of the window, J.
        covered: covered time of the window, s.
        edge_u_s: standard uncertainty of the time of each edge, s.
    """
    channel, length = curve.channel, (stop - start) / NS
    meter, part = f"{channel.node}/{channel.meter}", f"{channel.node}/{channel.part}"
    here = f"{part}@{start}"
    view = _View(curve, start, stop)
    edge = math.hypot(view.edge_u(start), view.edge_u(stop))
    step_w = math.hypot(view.step_w(start), view.step_w(stop))
    value = Value(joules, "J")
    for source, u in (
        (Source(Term.GAIN, meter), channel.accuracy.gain / NORMAL_975 * joules),
        (Source(Term.OFFSET, part), channel.accuracy.offset_w / NORMAL_975 * covered),
        (Source(Term.MODEL, meter), channel.accuracy.model / NORMAL_975 * joules),
        (Source(Term.RESOLUTION, here), view.resolution_u(covered)),
        (Source(Term.SAMPLING, here), view.sampling_u(covered)),
        (Source(Term.EDGES, here), edge),
        (Source(Term.COVERAGE, here), view.highest_w() * max(length - covered, 0) / math.sqrt(3)),
        (Source(Term.CLOCK, channel.node), CLOCK_RATE_U * joules),
        (Source(Term.CLOCK, here), edge_u_s * step_w),
    ):
        value = value.plus(source, u)
    return value, view.updates(length)


class _View:
    """The part of a curve that a window touches, one knot more on either side."""

    def __init__(self, curve: Curve, start: int, stop: int) -> None:
        self.channel = curve.channel
        first = max(int(np.searchsorted(curve.time, start, "right")) - 2, 0)
        last = int(np.searchsorted(curve.time, stop, "left")) + 2
        self.time = curve.time[first:last]
        self.valid = curve.valid[first : max(last - 1, first)]
        stretches = curve.mean_power()[first : max(last - 1, first)]
        self.stretch_w = stretches
        if curve.power is None:
            self.power = None
            return
        watts = curve.power[first:last]
        changed = np.ones(len(watts), dtype=bool)
        changed[1:] = watts[1:] != watts[:-1]
        self.power = watts[changed & (watts > 0) if self.channel.floor is not None else changed]

    def updates(self, length: float) -> float:
        """Return how often the sensor gave a new value: changes of power, or the nominal rate."""
        reads = float(len(self.time))
        if self.power is not None:
            return reads if len(self.power) <= 1 else float(len(self.power))
        return reads if self.channel.update_s is None else length / self.channel.update_s

    def highest_w(self) -> float:
        """Return the highest power seen, W."""
        seen = self.stretch_w if self.power is None else self.power
        return float(seen.max()) if len(seen) else 0.0

    def resolution_u(self, covered: float) -> float:
        step = self.channel.resolution * self.channel.scale
        if self.power is None:
            return step / math.sqrt(6)
        return step / math.sqrt(12) * covered / math.sqrt(max(len(self.power), 1))

    def sampling_u(self, covered: float) -> float:
        """Return the error of joining power samples by lines, J."""
        if self.power is None or len(self.power) < 2:
            return 0.0
        if len(self.power) < 4:
            spread = float(np.ptp(self.power)) / math.sqrt(12)
        else:
            off = self.power[1:-1] - 0.5 * (self.power[:-2] + self.power[2:])
            spread = math.sqrt(float(np.mean(off * off)) / 1.5)
        return spread * covered / math.sqrt(len(self.power))

    def edge_u(self, moment: int) -> float:
        """Return the error made at one edge of the window, J."""
        around = self._around(moment)
        if around is None:
            return 0.0
        i, length, into = around
        low, high = self._neighbours_w(i)
        if self.power is not None:
            reach = max(length, self.channel.update_s or 0.0, self.channel.window_s or 0.0)
            return 0.5 * reach * (high - low) / math.sqrt(3)
        stale = (self.channel.update_s or 0.0) * high / math.sqrt(12)
        share = into / length
        return math.hypot(stale, share * (1 - share) * length * high / math.sqrt(3))

    def step_w(self, moment: int) -> float:
        """Return how much power differs on the two sides of an edge, W."""
        around = self._around(moment)
        if around is None:
            return 0.0
        low, high = self._neighbours_w(around[0])
        return high - low

    def _around(self, moment: int) -> tuple[int, float, float] | None:
        i = int(np.searchsorted(self.time, moment, "right")) - 1
        if i < 0 or i >= len(self.valid) or not self.valid[i]:
            return None
        return (
            i,
            (int(self.time[i + 1]) - int(self.time[i])) / NS,
            (moment - int(self.time[i])) / NS,
        )

    def _neighbours_w(self, i: int) -> tuple[float, float]:
        near = self.stretch_w[max(i - 1, 0) : i + 2]
        return float(near.min()), float(near.max())
