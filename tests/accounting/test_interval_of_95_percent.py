"""The interval that is shown holds the truth: measurements simulated with a known true energy.

Truth and readings are made here, from formulas of power over time, and share no code with what is
tested.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from joulemark.accounting.curve import curve_of
from joulemark.accounting.idle import baseline, net
from joulemark.accounting.integrate import energy_between
from joulemark.core.channel import Channel
from joulemark.core.clock import NS
from joulemark.core.trace import Trace

from .build import T0, at, counter, exact, intervals, power

DRAWS = 1000
Generator = np.random.Generator
Floats = NDArray[np.floating[Any]]
Draw = tuple[Channel, Floats, Floats, float, float, float]
"""Channel, times (s), readings, start (s), stop (s), true joules."""


def steps(edges: Floats, watts: Floats) -> Callable[[Floats], Floats]:
    """Cumulative energy of power that is constant between edges, J."""
    total = np.concatenate([[0.0], np.cumsum(np.diff(edges) * watts)])
    return lambda moment: np.interp(moment, edges, total)


def white_noise(rng: Generator) -> Draw:
    """Constant power; every reading has noise of its own."""
    times = rng.uniform(0, 0.1) + np.arange(0, 12, 0.1)
    watts = 50 + rng.normal(0, 4, len(times))
    return power(update_s=0.1), times, watts, 1.0, 11.0, 500.0


def bursts(rng: Generator) -> Draw:
    """Bursts of 60 ms at random, seen by instantaneous readings every 100 ms."""
    begins = np.sort(rng.uniform(0, 22, 90))
    begins = begins[np.concatenate([[True], np.diff(begins) > 0.07])]
    edges = np.concatenate([[-1.0], np.ravel(np.column_stack([begins, begins + 0.06])), [30.0]])
    watts = np.where(np.arange(len(edges) - 1) % 2, 150.0, 30.0)
    true = steps(edges, watts)
    times = rng.uniform(0, 0.1) + np.arange(0, 21.9, 0.1)
    seen = watts[np.searchsorted(edges, times, "right") - 1]
    joules = float(true(np.array([21.0]))[0] - true(np.array([1.0]))[0])
    return power(update_s=0.1), times, seen, 1.0, 21.0, joules


def load_at_edges(rng: Generator) -> Draw:
    """Idle, load exactly during the window, idle; instantaneous readings."""
    times = rng.uniform(0, 0.1) + np.arange(0, 12, 0.1)
    watts = np.where((times >= 1) & (times < 11), 200.0, 20.0) + rng.normal(0, 0.5, len(times))
    return power(update_s=0.1), times, watts, 1.0, 11.0, 2000.0


def averaging_sensor(rng: Generator) -> Draw:
    """Load exactly during the window; the sensor averages over the second before."""
    true = steps(np.array([-9.0, 1.0, 11.0, 30.0]), np.array([20.0, 200.0, 20.0]))
    times = rng.uniform(0, 0.1) + np.arange(0, 14, 0.1)
    watts = true(times) - true(times - 1.0) + rng.normal(0, 0.5, len(times))
    return power(update_s=0.1, window_s=1.0), times, watts, 1.0, 11.0, 2000.0


def held_sensor(rng: Generator) -> Draw:
    """Updates every 100 ms with noise, read every 10 ms; load exactly during the window."""
    times = np.arange(0, 12, 0.01)
    phase = rng.uniform(0, 0.1)
    update = np.floor((times - phase) / 0.1).astype(int) + 1
    moment = (np.arange(update.max() + 1) - 1) * 0.1 + phase
    watts = np.where((moment >= 1) & (moment < 11), 200.0, 20.0) + rng.normal(0, 8, len(moment))
    return power(update_s=0.1), times, watts[update], 1.0, 11.0, 2000.0


def rare_spikes(rng: Generator) -> Draw:
    """A reading rounded to whole watts that hardly ever changes."""
    times = rng.uniform(0, 0.1) + np.arange(0, 32, 0.1)
    watts = 100.0 + 30.0 * (rng.uniform(0, 1, len(times)) < 0.02)
    return power(update_s=0.1, resolution=1.0), times, watts, 1.0, 31.0, 30 * 100.6


def slow_counter(rng: Generator) -> Draw:
    """A counter updated every 100 ms and read every 10 ms; load exactly during the window."""
    true = steps(np.array([-9.0, 1.0, 3.0, 30.0]), np.array([20.0, 200.0, 20.0]))
    times = rng.uniform(0, 0.01) + np.arange(0, 5, 0.01)
    phase = rng.uniform(0, 0.1)
    seen = true(np.floor((times - phase) / 0.1) * 0.1 + phase)
    return counter(update_s=0.1, resolution=1e-3), times, np.round(seen, 3), 1.0, 3.0, 400.0


def unknown_counter(rng: Generator) -> Draw:
    """The same counter, whose update period nobody stated."""
    _, times, seen, start, stop, joules = slow_counter(rng)
    return counter(resolution=1e-3), times, seen, start, stop, joules


def coarse_reads(rng: Generator) -> Draw:
    """A fast counter read every 200 ms, not at the edges of the window."""
    true = steps(np.array([-9.0, 1.0, 3.0, 30.0]), np.array([20.0, 200.0, 20.0]))
    times = rng.uniform(0, 0.2) + np.arange(0, 5, 0.2)
    return counter(update_s=1e-3), times, true(times), 1.0, 3.0, 400.0


def coarse_steps(rng: Generator) -> Draw:
    """A counter whose step is a fifth of the window's energy, read at its edges."""
    times, origin = np.array([0.0, 1.0, 11.0, 12.0]), rng.uniform(0, 50)
    seen = np.floor((origin + 25.0 * times) / 50.0) * 50.0
    return counter(resolution=50.0), times, seen, 1.0, 11.0, 250.0


def drawn_meter(rng: Generator) -> Draw:
    """Gain and offset drawn anew for each meter (normal, 95 % within the class)."""
    times, watts = np.arange(0, 12, 0.1), 80.0
    gain, offset = 1 + 0.05 / 1.96 * rng.normal(), 5 / 1.96 * rng.normal()
    seen = np.full_like(times, gain * watts + offset) + rng.normal(0, 0.1, len(times))
    return exact(power(update_s=0.1), gain=0.05, offset_w=5.0), times, seen, 1.0, 11.0, 800.0


def missing_time(rng: Generator) -> Draw:
    """A sensor that gives nothing for a tenth to a half of the window, under a noisy load."""
    times = rng.uniform(0, 0.1) + np.arange(0, 12, 0.1)
    watts = 50 + rng.normal(0, 2, len(times))
    begin, length = rng.uniform(2, 4), rng.uniform(1, 5)
    watts[(times > begin) & (times < begin + length)] = np.nan
    return power(update_s=0.1), times, watts, 1.0, 11.0, 500.0


def clocks_apart(rng: Generator) -> Draw:
    """Edges told by another program, each wrong by 20 ms (standard), at constant power."""
    times = np.arange(0, 12, 0.1)
    seen = 50.0 + rng.normal(0, 0.01, len(times))
    start, stop = 1 + rng.normal(0, 0.02), 11 + rng.normal(0, 0.02)
    return power(update_s=0.1), times, seen, start, stop, 500.0


def short_window(rng: Generator) -> Draw:
    """A job of three and a half updates."""
    times, start = rng.uniform(0, 0.1) + np.arange(0, 3, 0.1), 1 + rng.uniform(0, 0.1)
    watts = np.where((times >= start) & (times < start + 0.35), 200.0, 20.0)
    seen = watts + rng.normal(0, 2, len(times))
    return power(update_s=0.1), times, seen, start, start + 0.35, 70.0


def restless_load(rng: Generator) -> Draw:
    """Load that comes and goes at random, as often as the sensor updates."""
    edges = np.concatenate([[-1.0], np.cumsum(rng.exponential(0.1, 300))])
    watts = np.where(np.arange(len(edges) - 1) % 2, 150.0, 30.0)
    true = steps(edges, watts)
    times = rng.uniform(0, 0.1) + np.arange(0, 12, 0.1)
    seen = watts[np.searchsorted(edges, times, "right") - 1]
    joules = float(true(np.array([11.0]))[0] - true(np.array([1.0]))[0])
    return power(update_s=0.1), times, seen, 1.0, 11.0, joules


def rounded_power(rng: Generator) -> Draw:
    """Readings rounded to whole watts, with little noise or none."""
    times, level = rng.uniform(0, 0.1) + np.arange(0, 12, 0.1), rng.uniform(50, 51)
    noise = rng.normal(0, 0.3, len(times)) * rng.integers(0, 2)
    channel = power(update_s=0.1, resolution=1.0)
    return channel, times, np.round(level + noise), 1.0, 11.0, 10 * level


def read_at_edges(rng: Generator) -> Draw:
    """A slow counter, read every 100 ms and once more at each edge."""
    true = steps(np.array([-9.0, 1.0, 11.0, 30.0]), np.array([20.0, 200.0, 20.0]))
    ticks = np.arange(0, 13, 0.1) + rng.uniform(0, 0.1)
    times, phase = np.sort(np.concatenate([ticks, [1.0, 11.0]])), rng.uniform(0, 0.1)
    seen = true(np.floor((times - phase) / 0.1) * 0.1 + phase)
    return counter(update_s=0.1), times, seen, 1.0, 11.0, 2000.0


def interval_energies(rng: Generator) -> Draw:
    """Energy of each second; the load begins and ends within one."""
    true = steps(np.array([-9.0, 1.0, 11.0, 30.0]), np.array([20.0, 200.0, 20.0]))
    times = rng.uniform(0, 1) + np.arange(-1, 14, 1.0)
    seen = np.concatenate([[0.0], np.diff(true(times))])
    return intervals(update_s=1.0), times, seen, 1.0, 11.0, 2000.0


CASES = {
    white_noise: 0.02,
    bursts: 0.16,
    load_at_edges: 0.013,
    averaging_sensor: 0.12,
    held_sensor: 0.018,
    rare_spikes: 0.007,
    slow_counter: 0.07,
    unknown_counter: 0.07,
    coarse_reads: 0.055,
    coarse_steps: 0.2,
    drawn_meter: 0.085,
    missing_time: 0.45,
    clocks_apart: 0.006,
    short_window: 0.35,
    restless_load: 0.15,
    rounded_power: 0.012,
    read_at_edges: 0.014,
    interval_energies: 0.055,
}
"""Each with the widest median half-width, relative, that is still of use."""


def covered(case: Callable[[Generator], Draw], seed: int = 20260807) -> tuple[float, float]:
    """Share of draws whose interval holds the truth, and the median relative half-width."""
    rng = np.random.default_rng(seed)
    edge_u_s = 0.02 if case is clocks_apart else 0.0
    held, widths = 0, []
    for _ in range(DRAWS):
        channel, times, seen, start, stop, true = case(rng)
        trace = Trace.of(channel, T0 + np.rint(times * NS).astype(np.int64), seen)
        first, last = T0 + round(start * NS), T0 + round(stop * NS)
        value = energy_between(curve_of(trace), first, last, edge_u_s=edge_u_s).joules
        held += abs(value.value - true) <= value.u95
        widths.append(value.u95 / true)
    return held / DRAWS, float(np.median(widths))


@pytest.mark.parametrize(
    ("case", "widest"), CASES.items(), ids=lambda it: getattr(it, "__name__", "at-most")
)
def test_the_interval_holds_the_truth(case: Callable[[Generator], Draw], widest: float) -> None:
    share, width = covered(case)
    assert share >= 0.93
    assert width <= widest


def net_of_idle(seed: int = 20260807) -> tuple[float, float]:
    """The same for energy above idle, of meters with a gain and an offset of their own.

    Idle power drifts; what it was during the run lies anywhere between before and after.
    """
    rng = np.random.default_rng(seed)
    times = np.arange(0, 16, 0.1)
    held, widths = 0, []
    for _ in range(DRAWS):
        before, after = 20 + rng.normal(0, 2, 2)
        during = before + rng.uniform(0, 1) * (after - before)
        true = np.where(times < 5, before, np.where(times < 10, during + 60, after))
        gain, offset = 1 + 0.05 / 1.96 * rng.normal(), 5 / 1.96 * rng.normal()
        seen = gain * true + offset + rng.normal(0, 0.5, len(times))
        channel = exact(power(update_s=0.1), gain=0.05, offset_w=5.0)
        curve = curve_of(Trace.of(channel, T0 + np.rint(times * NS).astype(np.int64), seen))
        rest = [(energy_between(curve, at(a), at(a + 4)), 4.0) for a in (0.5, 10.5)]
        idle = baseline("part", rest)
        assert idle is not None
        above = net(energy_between(curve, at(5.5), at(9.5)).joules, idle, 4.0)
        held += abs(above.value - 240) <= above.u95
        widths.append(above.u95 / 240)
    return held / DRAWS, float(np.median(widths))


def test_the_interval_of_net_energy_holds_the_truth() -> None:
    share, width = net_of_idle()
    assert share >= 0.93
    assert width < 0.1
