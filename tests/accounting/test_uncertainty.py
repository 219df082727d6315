"""Each term of the budget, by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.accounting.curve import curve_of
from joulemark.accounting.integrate import energy_between
from joulemark.accounting.uncertainty import CLOCK_RATE_U
from joulemark.core.channel import Channel
from joulemark.core.student import NORMAL_975
from joulemark.core.trace import Trace
from joulemark.core.value import Source, Term, Value

from .build import at, counter, exact, intervals, power, steady, trace


def budget(samples: Trace, start: float, stop: float, edge_u_s: float = 0.0) -> dict[Term, float]:
    return value(samples, start, stop, edge_u_s).budget()


def value(samples: Trace, start: float, stop: float, edge_u_s: float = 0.0) -> Value:
    return energy_between(curve_of(samples), at(start), at(stop), edge_u_s=edge_u_s).joules


@pytest.mark.parametrize("make", [power, counter])
def test_accuracy_class(make: type) -> None:
    channel: Channel = exact(make(), gain=0.05, offset_w=5.0, model=0.5)
    terms = budget(steady(channel, 40.0, 10), 0, 10)
    assert terms[Term.GAIN] == pytest.approx(0.05 * 400 / NORMAL_975)
    assert terms[Term.OFFSET] == pytest.approx(5 * 10 / NORMAL_975)
    assert terms[Term.MODEL] == pytest.approx(0.5 * 400 / NORMAL_975)
    assert terms[Term.CLOCK] == pytest.approx(CLOCK_RATE_U * 400)


def test_steady_power_without_errors_has_only_the_clock() -> None:
    assert list(budget(steady(power(), 40.0, 10), 0, 10)) == [Term.CLOCK]


def test_what_is_shared_and_what_is_not() -> None:
    first = exact(power(part="gpu-0"), gain=0.05, offset_w=1.0, model=0.1)
    second = exact(power(part="gpu-1"), gain=0.05, offset_w=1.0, model=0.1)
    both = [value(steady(c, 40.0, 10), 0, 10) for c in (first, second)]
    sum_ = (both[0] + both[1]).budget()
    one = both[0].budget()
    for term, factor in (
        (Term.GAIN, 2),
        (Term.MODEL, 2),
        (Term.CLOCK, 2),
        (Term.OFFSET, math.sqrt(2)),
    ):
        assert sum_[term] == pytest.approx(factor * one[term]), term
    assert Source(Term.GAIN, "localhost/gpu-0", kin="localhost/m") in both[0].parts
    assert {s.of for s in both[0].parts if s.term is Term.OFFSET} == {"localhost/gpu-0"}


def test_two_boards_of_one_meter_may_differ_wholly() -> None:
    """Nobody knows how much of their gain two boards share; in a ratio it might be nothing."""
    first, second = (
        value(steady(exact(power(part=part), gain=0.05), 40.0, 10), 0, 10)
        for part in ("gpu-0", "gpu-1")
    )
    gain = 0.05 / NORMAL_975
    assert first.over(second, "1").budget()[Term.GAIN] == pytest.approx(math.sqrt(2) * gain)
    assert Term.GAIN not in first.over(first, "1").budget()


def test_two_nodes_share_no_meter() -> None:
    here, there = (exact(power(node=node), gain=0.05) for node in ("n0", "n1"))
    sum_ = value(steady(here, 40.0, 10), 0, 10) + value(steady(there, 40.0, 10), 0, 10)
    gain = 0.05 * 400 / NORMAL_975
    assert sum_.budget()[Term.GAIN] == pytest.approx(math.sqrt(2) * gain)


def test_resolution_of_a_counter_is_met_at_both_edges() -> None:
    samples = steady(counter(resolution=3e6, unit="µJ", scale=1e-6), 40.0, 100)
    assert budget(samples, 0, 100)[Term.RESOLUTION] == pytest.approx(3 / math.sqrt(6))


def test_resolution_of_a_power_that_never_changes_is_one_error() -> None:
    samples = steady(power(resolution=1.0), 40.0, 100)
    assert budget(samples, 0, 100)[Term.RESOLUTION] == pytest.approx(100 / math.sqrt(12))


def test_resolution_of_a_power_that_changes_averages_out() -> None:
    samples = trace(power(resolution=1.0), np.arange(1001) / 10, 40 + np.arange(1001) % 2)
    assert budget(samples, 0, 100)[Term.RESOLUTION] == pytest.approx(100 / math.sqrt(12 * 1001))


def test_resolution_of_interval_energies_adds_in_squares() -> None:
    samples = steady(intervals(resolution=2.0), 40.0, 100, every=1.0)
    term = budget(samples, 0, 100)[Term.RESOLUTION]
    assert term == pytest.approx(2 / math.sqrt(12) * math.sqrt(101))


def test_intervals_are_not_behind() -> None:
    """Their time is the end of the interval, so nothing waits in the meter."""
    terms = budget(steady(intervals(update_s=1.0), 40.0, 100, every=1.0), 10, 90)
    assert Term.EDGES not in terms


def test_sampling_of_noise() -> None:
    rng = np.random.default_rng(1)
    watts = 40 + rng.normal(0, 3, 10_001)
    term = budget(trace(power(update_s=0.1), np.arange(10_001) / 10, watts), 0, 1000)
    assert term[Term.SAMPLING] == pytest.approx(3 * 1000 / math.sqrt(10_001), rel=0.03)


@pytest.mark.parametrize("stated", [None, 0.1])
def test_reading_faster_than_the_sensor_updates_gains_nothing(stated: float | None) -> None:
    watts = 40 + np.random.default_rng(1).normal(0, 3, 1001)
    slow = budget(trace(power(update_s=stated), np.arange(1001) / 10, watts), 1, 99)
    fast = trace(power(update_s=stated), np.arange(10_010) / 100, np.repeat(watts, 10))
    assert budget(fast, 1, 99)[Term.SAMPLING] == pytest.approx(slow[Term.SAMPLING], rel=0.05)


@given(st.floats(0, 100), st.floats(-10, 10))
def test_a_ramp_has_no_sampling_error(level: float, slope: float) -> None:
    seconds = np.arange(101) / 10
    terms = budget(trace(power(floor=None), seconds, 50 + level + slope * seconds), 0, 10)
    assert terms.get(Term.SAMPLING, 0) == pytest.approx(0, abs=1e-9)


def test_two_samples_say_little() -> None:
    samples = trace(power(), [0, 0.1, 0.2, 0.3], [10.0, 20.0, 30.0, 40.0])
    terms = budget(samples, 0.1, 0.2)
    assert terms[Term.SAMPLING] == pytest.approx(10 / math.sqrt(12) * 0.1 / math.sqrt(2))


def test_a_window_without_a_sample_is_judged_by_those_beside_it() -> None:
    samples = trace(power(), np.arange(4) / 10, [10.0, 20.0, 50.0, 40.0])
    off = math.sqrt((10**2 + 20**2) / 2 / 1.5)
    terms = budget(samples, 0.12, 0.18)
    assert terms[Term.SAMPLING] == pytest.approx(off * 0.06 / math.sqrt(4))


def test_a_step_at_the_edges() -> None:
    """It may lie anywhere between the two readings; both edges err to one side."""
    seconds = np.arange(121) / 10
    watts = np.where((seconds >= 1) & (seconds <= 11), 200.0, 20.0)
    terms = budget(trace(power(update_s=0.1), seconds, watts), 0.95, 11.05)
    assert terms[Term.EDGES] == pytest.approx(2 * 0.5 * 0.1 * 180 / math.sqrt(3))


@pytest.mark.parametrize(
    ("stated", "reach", "edges"),
    [({"update_s": 0.5}, 0.5, 1), ({"window_s": 1.0}, math.hypot(1.0, 0.1), 2)],
)
def test_a_sensor_shows_a_step_late(stated: dict[str, float], reach: float, edges: int) -> None:
    """The step is seen up to one update, or one averaging time, away from the edge.

    An average may hide one at the other edge too.
    """
    seconds = np.arange(121) / 10
    watts = np.where(seconds < 1.35, 20.0, 200.0)
    terms = budget(trace(power(**stated), seconds, watts), 1, 11)
    assert terms[Term.EDGES] == pytest.approx(edges * 0.5 * reach * 180 / math.sqrt(3))


def test_a_sensor_that_misses_some_of_the_time_may_have_missed_the_highest_power() -> None:
    """25 of every 100 ms, always in the pauses of a load that is seen further on."""
    seconds = np.arange(401) / 10
    watts = np.where(seconds < 25, 60.0, 190.0)
    for window_s, seen in ((0.025, 130.0), (0.1, 0.0)):
        terms = budget(trace(power(update_s=0.1, window_s=window_s), seconds, watts), 20, 22)
        reach = math.hypot(0.1, window_s)
        assert terms.get(Term.EDGES, 0.0) == pytest.approx(2 * 0.5 * reach * seen / math.sqrt(3))


def test_an_invalid_reading_beside_an_edge_is_no_step() -> None:
    watts = [np.nan if i == 8 else 20.0 for i in range(121)]
    assert Term.EDGES not in budget(trace(power(), np.arange(121) / 10, watts), 1, 11)


def test_an_edge_in_a_gap_has_no_step_but_missing_time() -> None:
    samples = trace(power(), [0, 0.1, 5, 5.1, 5.2], [10.0, 10.0, 30.0, 30.0, 30.0])
    terms = budget(samples, 1, 5.2)
    assert Term.EDGES not in terms
    assert terms[Term.COVERAGE] == pytest.approx(30 * 4 / math.sqrt(3))


def test_a_counter_is_up_to_one_update_behind() -> None:
    terms = budget(steady(counter(update_s=0.1), 40.0, 10), 1, 9)
    assert terms[Term.EDGES] == pytest.approx(2 * 0.1 * 40 / math.sqrt(12), rel=1e-6)


@pytest.mark.parametrize(("stated", "both"), [(None, math.sqrt(2)), (0.1, 2.0)])
def test_a_counter_read_faster_than_it_updates(stated: float | None, both: float) -> None:
    """It stands still for nine reads and jumps at the tenth; the power is 40 W all the same.

    Where nobody states its pace it may as well jump when a step is full, and be as far behind at
    rest as under load: then the errors of the two edges are independent.
    """
    seconds = np.arange(1001) / 100
    seen = np.floor(seconds * 10 + 1e-9) * 4.0
    terms = budget(trace(counter(update_s=stated), seconds, seen), 1, 9)
    assert terms[Term.EDGES] == pytest.approx(both * 0.1 * 40 / math.sqrt(12), rel=0.02)


@pytest.mark.parametrize("stop", [55.0, 100.0, 100.4])
def test_a_meter_of_large_steps_is_up_to_a_step_behind(stop: float) -> None:
    """100 J at a time, read every second: every 2 s at first, every 20 s at the end."""
    seconds = np.arange(101.0)
    joules = np.where(seconds < 20, 50 * seconds, 1000 + 5 * (seconds - 20))
    samples = trace(counter(), seconds, np.floor(joules / 100) * 100)
    terms = budget(samples, 5, stop)
    assert terms[Term.EDGES] == pytest.approx(math.sqrt(2) * 100 / math.sqrt(12), rel=0.02)


def test_a_counter_of_unknown_period_is_a_second_behind_at_most() -> None:
    terms = budget(steady(counter(), 40.0, 100, every=10.0), 0, 100)
    assert terms[Term.EDGES] == pytest.approx(2 * 1.0 * 40 / math.sqrt(12))


def test_a_counter_that_was_not_read_at_the_edge() -> None:
    terms = budget(steady(counter(update_s=1e-3), 40.0, 10, every=1.0), 2.5, 7.0)
    behind = 1e-3 * 40 / math.sqrt(12)
    between = 0.5 * 0.5 * 1.0 * 40 / math.sqrt(3)
    assert terms[Term.EDGES] == pytest.approx(math.hypot(between, behind) + behind)


def test_missing_time_may_have_held_the_highest_power() -> None:
    samples = steady(power(), 40.0, 8)
    assert budget(samples, 0, 10)[Term.COVERAGE] == pytest.approx(40 * 2 / math.sqrt(3))
    seen = steady(counter(), 40.0, 8)
    assert budget(seen, 0, 10)[Term.COVERAGE] == pytest.approx(40 * 2 / math.sqrt(3))


def test_edges_of_another_clock() -> None:
    samples = steady(power(), 40.0, 10)
    parts = value(samples, 1, 9, edge_u_s=0.01).parts
    here = [u for s, u in parts.items() if s.term is Term.CLOCK and "@" in s.of]
    assert here == [pytest.approx(0.01 * 40 * math.sqrt(2))]
    rate = Source(Term.CLOCK, "localhost")
    assert parts[rate] == pytest.approx(CLOCK_RATE_U * 320)


def test_windows_of_one_part_do_not_share_what_is_random() -> None:
    watts = 40 + np.random.default_rng(1).normal(0, 3, 201)
    samples = trace(power(), np.arange(201) / 10, watts)
    first, second = value(samples, 0, 10), value(samples, 10, 20)
    random = {Term.SAMPLING, Term.EDGES, Term.RESOLUTION}
    shared = set(first.parts) & set(second.parts)
    assert not {source.term for source in shared} & random
