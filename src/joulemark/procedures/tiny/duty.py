"""Average power of a board that computes now and then: asleep, at half a rate, at the rate.

The board's last input stays loaded, and it is told to infer once, at even times. What it uses for
hearing, answering, waking up and going to sleep again is taken from the slow stretch, and with it
the power at the rate is foretold; the fast stretch then tells whether that holds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from joulemark.accounting.duty_cycle import DutyCycle, sleep_between
from joulemark.accounting.tiny_energy import ASSUMED, EDGE_SHARE, GAINS, Window
from joulemark.core.clock import NS
from joulemark.core.errors import UsageError
from joulemark.core.student import NORMAL_975
from joulemark.core.value import Source, Term, Value
from joulemark.core.window import Role
from joulemark.procedures.tiny.keeping import TraceSoFar
from joulemark.procedures.tiny.settings import DutyFigures
from joulemark.procedures.tiny.steps import LONGEST_TRIAL_S, Steps

QUIET_S = 10.0
SETTLE_S = 0.5
"""After the last answer, before the board counts as asleep."""
EVENTS = 20
PIECES = 10
"""A quiet stretch is held against itself in so many pieces."""


def duty(steps: Steps, windows: Sequence[Window], energy: Value, rate: float) -> DutyFigures:
    """Measure the average power at a rate.

    Args:
        steps: of the session; the board is powered and loaded.
        windows: that were measured.
        energy: of an inference, J.
        rate: inferences a second.

    Raises:
        UsageError: if the board cannot answer so often.
    """
    volts = steps.settings.volts or math.nan
    sleep = _quiet(steps)
    slow = _paced(steps, rate / 2)
    measured = _paced(steps, rate)
    busy = busy_of(windows)
    plain = DutyCycle(energy=energy, busy=busy, sleep=sleep)
    wake = (slow - plain.power(rate / 2)).scaled(2 / rate, "J")
    cycle = DutyCycle(energy=energy, busy=busy, sleep=sleep, wake=wake)
    return DutyFigures(
        rate=rate,
        cycle=cycle,
        sleep=sleep,
        sleep_found=sleep_between(slow, measured, (rate / 2, rate)),
        slow=slow,
        measured=measured,
        modelled=cycle.power(rate),
        volts=volts,
    )


def busy_of(windows: Sequence[Window]) -> Value:
    """Return the time of an inference, s, of the median window."""
    ordered = sorted(windows, key=lambda one: one.seconds / one.inferences)
    window = ordered[len(ordered) // 2]
    single = window.seconds / window.inferences
    period = window.seconds / max(window.samples, 1)
    edges = math.hypot(EDGE_SHARE, EDGE_SHARE) * period / window.inferences
    return Value(single, "s").plus(Source(Term.EDGES, "time of an inference"), edges)


def _quiet(steps: Steps) -> Value:
    """Return the power of the board asleep, W."""
    trace = steps.keeper.begin_trace()
    steps.dialogue.pause(SETTLE_S + QUIET_S)
    steps.keeper.end_trace()
    start = trace.begun + round(SETTLE_S * NS)
    stop = start + round(QUIET_S * NS)
    steps.keeper.window("asleep", (start, stop), Role.IDLE)
    return _mean(steps, trace, (start, stop), "asleep")


def _paced(steps: Steps, rate: float) -> Value:
    """Return the average power at so many inferences a second, W."""
    name = f"at {rate:g}/s"
    trace = steps.keeper.begin_trace()
    clock = steps.dialogue.clock
    first = clock() + round(SETTLE_S * NS)
    for at in range(EVENTS):
        wait = (first + round(at * NS / rate) - clock()) / NS
        if wait < 0:
            raise UsageError(
                f"the board cannot answer {rate:g} times a second",
                remedy="ask for a lower rate; its serial line takes its time, too",
            )
        steps.dialogue.pause(wait)
        steps.dut.infer(1, 0, LONGEST_TRIAL_S)
    stop = first + round(EVENTS * NS / rate)
    steps.dialogue.pause(max((stop - clock()) / NS, 0.0))
    steps.keeper.end_trace()
    steps.keeper.window(name, (first, stop), Role.MEASURE, EVENTS)
    return _mean(steps, trace, (first, stop), name)


def _mean(steps: Steps, trace: TraceSoFar, bounds: tuple[int, int], name: str) -> Value:
    """Return a mean power with the gain of the monitor, its resolution, and its scatter, W."""
    watts, count = trace.mean(*bounds)
    if not count:
        raise UsageError(f"no sample of the stretch {name!r}", remedy="look at the monitor")
    monitor = steps.keeper.monitor
    meter = "" if monitor is None else monitor.name
    gain = GAINS.get(meter, ASSUMED).gain / NORMAL_975
    value = Value(watts, "W").plus(Source(Term.GAIN, meter or "monitor not named"), watts * gain)
    steps_w = [] if monitor is None else [one.resolution * one.scale for one in monitor.channels]
    value = value.plus(Source(Term.RESOLUTION, meter), max(steps_w, default=0.0) / math.sqrt(12))
    return value.plus(Source(Term.REPEATS, name, dof=PIECES - 1), _scatter(trace, bounds, PIECES))


def _scatter(trace: TraceSoFar, bounds: tuple[int, int], pieces: int) -> float:
    """Return the standard error of a mean, of the scatter of equal pieces; whole periods each."""
    edges = np.linspace(*bounds, pieces + 1)
    means = [trace.mean(int(a), int(b))[0] for a, b in pairwise(edges)]
    return float(np.std(means, ddof=1)) / math.sqrt(pieces)
