"""Readings of averaging sensors: held values, shifted windows, unseen time, beats."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.accounting.curve import curve_of
from joulemark.accounting.integrate import energy_between
from joulemark.accounting.sensor import (
    beat,
    beat_u,
    placed,
    seen_period_s,
    unseen,
    updates,
)
from joulemark.core.channel import Channel
from joulemark.core.clock import NS
from joulemark.core.trace import Trace
from joulemark.core.value import Term

from .build import T0, at, power, trace

BOXCAR = power(update_s=0.1, window_s=0.1)


def read(
    channel: Channel, step_at: float, low: float, high: float, stop: float, every: float
) -> Trace:
    """A board that steps from ``low`` to ``high``, as an averaging sensor shows it."""
    window, period = channel.window_s or 0.0, channel.update_s or every
    moments = np.arange(0, stop, every)
    updated = np.floor(moments / period) * period
    share = np.clip((updated - step_at) / window, 0, 1)
    return trace(channel, moments.tolist(), (low + (high - low) * share).tolist())


@pytest.mark.parametrize("window_s", [0.1, 1.0])
@pytest.mark.parametrize("every", [0.007, 0.02])
def test_a_reading_belongs_to_the_middle_of_its_window(window_s: float, every: float) -> None:
    seen = read(power(update_s=0.1, window_s=window_s), 4.93, 50, 350, 12, every)
    curve = curve_of(seen)
    before, after = 2 * 50, 5.07 * 350
    error = curve.at(at(10))[0] - curve.at(at(2.93))[0] - before - after
    raw = np.interp([2.93, 10], (seen.time - T0) / NS, np.cumsum(seen.value * every))
    assert abs(error) < 300 * 0.02
    assert abs(raw[1] - raw[0] - before - after) > 300 * 0.4 * window_s


def test_the_last_value_is_held_to_the_last_moment() -> None:
    moments = np.arange(201) / 100
    curve = curve_of(trace(power(update_s=0.1, window_s=1.0), moments, [30.0] * 201))
    assert curve.at(at(2))[0] - curve.at(at(0))[0] == pytest.approx(60)
    assert energy_between(curve, at(0), at(2)).coverage == 1.0


def test_readings_without_a_window_stay_where_they_are() -> None:
    time, watts = np.array([T0, T0 + NS]), np.array([1.0, 1.0])
    same = placed(power(update_s=0.1), time, watts)
    assert same[0] is time
    assert same[1] is watts
    assert placed(BOXCAR, time[:1], watts[:1])[0].tolist() == [T0]


def test_without_a_period_every_reading_is_kept() -> None:
    time, watts = T0 + np.arange(5) * NS, np.full(5, 7.0)
    assert updates(time, watts, 0.0).all()
    moved, kept = placed(power(window_s=1.0), time, watts)
    assert (time[0] - moved[0], len(kept)) == (NS, 6)


def test_a_held_value_counts_once_in_each_period() -> None:
    time = T0 + np.arange(41) * NS // 100
    watts = np.where(np.arange(41) < 31, 5.0, 6.0)
    assert np.flatnonzero(updates(time, watts, 0.1)).tolist() == [0, 10, 20, 31]
    missing = np.where(np.arange(41) == 33, np.nan, watts)
    assert np.flatnonzero(updates(time, missing, 0.1)).tolist() == [0, 10, 20, 31, 33, 34]


@given(
    st.lists(st.floats(1, 500), min_size=3, max_size=30),
    st.lists(st.floats(0, 1), min_size=2, max_size=8),
    st.sampled_from([0.01, 0.03, 0.1, 0.4]),
)
def test_adjacent_windows_of_an_averaging_sensor_add_up(
    levels: list[float], shares: list[float], every: float
) -> None:
    moments = np.arange(0, len(levels) * 0.1, every)
    held = [levels[min(int(m / 0.1), len(levels) - 1)] for m in moments]
    curve = curve_of(trace(BOXCAR, moments.tolist(), held))
    cuts = sorted({at(share * len(levels) * 0.1) for share in shares})
    pieces = [energy_between(curve, a, b).joules.value for a, b in pairwise(cuts)]
    assert sum(pieces) == pytest.approx(curve.at(cuts[-1])[0] - curve.at(cuts[0])[0], abs=1e-9)


@pytest.mark.parametrize(
    ("window_s", "between_s", "share"),
    [
        (None, 0.1, 1),
        (0.0, 0.1, 1),
        (0.1, 0, 1),
        (0.025, 0.1, 0.75),
        (0.1, 0.1, 0),
        (1, 0.1, 0),
        (0.098, 0.1, 0),
    ],
)
def test_what_a_sensor_does_not_see(window_s: float | None, between_s: float, share: float) -> None:
    assert unseen(window_s, between_s) == pytest.approx(share)


def swing(period: float, stop: float = 8.0) -> tuple[np.ndarray, np.ndarray]:
    seconds = np.arange(0, stop, 0.1)
    return T0 + np.round(seconds * NS).astype(np.int64), 120 + 60 * np.sin(
        2 * np.pi * seconds / period
    )


def test_a_slow_smooth_swing_is_a_beat() -> None:
    found = beat(*swing(2.5))
    assert found is not None
    assert found[0] == pytest.approx(60, rel=0.05)
    assert found[1] == pytest.approx(2.5, rel=0.05)
    assert beat_u(found, seconds=8) == pytest.approx(60 * 2.5 / (2**0.5 * np.pi), rel=0.1)
    assert beat_u(found, seconds=0.1) == pytest.approx(60 * 0.1 / 2**0.5, rel=0.1)


def test_a_load_that_steps_is_no_beat() -> None:
    time, _ = swing(2.5)
    stepping = np.where(np.arange(len(time)) // 13 % 2 == 0, 60.0, 180.0)
    assert beat(time, stepping + 0.1 * np.sin(np.arange(len(time)))) is None
    assert beat(time, stepping) is None


def test_too_few_cycles_are_no_beat() -> None:
    assert beat(*swing(6.0)) is None
    assert beat(*(part[:5] for part in swing(2.5))) is None
    assert beat(T0 + np.arange(20) * NS, np.full(20, 9.0)) is None


@pytest.mark.parametrize(("window_s", "held"), [(0.025, True), (0.1, False), (None, False)])
def test_only_a_sensor_that_does_not_see_all_is_uncertain_of_a_beat(
    window_s: float | None, held: bool
) -> None:
    """A square wave of 104 ms, seen for 25 ms of every 100 ms, swings once in 2.6 s."""
    time, watts = swing(2.6)
    curve = curve_of(Trace.of(power(update_s=0.1, window_s=window_s), time, watts))
    budget = energy_between(curve, at(1), at(7)).joules.budget()
    assert (budget.get(Term.SAMPLING, 0.0) > 0.8 * 60 * 2.6 / (2**0.5 * np.pi)) is held
    if window_s == 0.1:
        assert Term.SAMPLING not in budget


def test_a_short_window_is_held_against_the_beat_about_it() -> None:
    time, watts = swing(2.6, stop=30)
    curve = curve_of(Trace.of(power(update_s=0.1, window_s=0.025), time, watts))
    budget = energy_between(curve, at(15), at(15.5)).joules.budget()
    assert budget[Term.SAMPLING] > 0.25 * 60 * 0.5


def hidden_j(watts: np.ndarray, busy: float | None, **more: Any) -> float:
    """Return the standard sampling uncertainty of 10 s, J; idle readings of 60 W stand before."""
    readings = np.concatenate([np.full(50, 60.0), np.resize(watts, 101)])
    channel = power(**{"update_s": 0.1, "window_s": 0.025, "rated_w": 450.0, **more})
    curve = curve_of(trace(channel, np.arange(151) / 10, readings))
    energy = energy_between(curve, at(5), at(15), busy=busy)
    return energy.joules.budget().get(Term.SAMPLING, 0.0)


STILL = 310 + np.random.default_rng(1).normal(0, 0.5, 101)
ANYWHERE = np.where(np.random.default_rng(2).random(101) < 0.5, 310.0, 60.0)
"""What a sensor of 25 of 100 ms shows of a load of half its time: in step with it, and out."""


def test_a_load_that_comes_and_goes_and_is_not_seen_to_may_have_used_anything() -> None:
    """From 60 W to the rated 450 W, for the 75 ms of each 100 that no reading saw."""
    off = np.hypot(390 / np.sqrt(12), 310 - 255)
    assert hidden_j(STILL, 0.5) == pytest.approx(0.75 * 10 * off, rel=0.01)
    assert hidden_j(np.full(101, 60.0), 0.5) == pytest.approx(0.75 * 10 * 225.2, rel=0.01)


@pytest.mark.parametrize("busy", [None, 0.0, 0.01, 0.96, 1.0])
def test_a_load_that_never_rests_or_is_not_known_to_is_taken_as_seen(busy: float | None) -> None:
    assert hidden_j(STILL, busy) < 2


def test_readings_that_scatter_as_the_load_does_have_seen_it() -> None:
    assert hidden_j(ANYWHERE, 0.5) == pytest.approx(hidden_j(ANYWHERE, None))


def test_a_sensor_that_sees_everything_hides_nothing() -> None:
    assert hidden_j(STILL, 0.5, window_s=0.1) == hidden_j(STILL, None, window_s=0.1)
    assert hidden_j(STILL, 0.5, window_s=None) == hidden_j(STILL, None, window_s=None)


def test_without_a_rating_the_highest_that_was_seen_is_the_bound() -> None:
    off = np.hypot(250 / np.sqrt(12), 310 - 185)
    assert hidden_j(STILL, 0.5, rated_w=None) == pytest.approx(0.75 * 10 * off, rel=0.02)


@pytest.mark.parametrize(("window_s", "told"), [(0.025, "25 %"), (0.08, ""), (None, "")])
def test_a_sensor_that_sees_little_of_the_time_says_so(window_s: float | None, told: str) -> None:
    moments = np.arange(201) / 10
    curve = curve_of(trace(power(update_s=0.1, window_s=window_s), moments, 50 + moments))
    found = [c.detail for c in energy_between(curve, at(5), at(15)).cautions]
    assert found == ([f"m/part: {told} of the time"] if told else [])


def test_the_pace_of_a_sensor_that_states_none_is_seen_where_it_holds_its_values() -> None:
    times = T0 + np.arange(200) * 100_000_000
    rng = np.random.default_rng(1)
    held = np.repeat(rng.uniform(50, 60, 20), 10)
    assert seen_period_s(times, held) == pytest.approx(1.0)
    assert seen_period_s(times, rng.uniform(50, 60, 200)) == 0
    assert seen_period_s(times, np.repeat([50.0, 60.0], 100)) == 0
    assert seen_period_s(times[:0], held[:0]) == 0
