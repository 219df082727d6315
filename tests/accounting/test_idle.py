"""Idle power, and energy without it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.accounting.idle import baseline, net
from joulemark.core.caution import Caution, Code
from joulemark.core.energy import Energy
from joulemark.core.value import Source, Term, Value

from .build import joules

GAIN, OFFSET = Source(Term.GAIN, "m"), Source(Term.OFFSET, "part")


def measured(number: float, parts: dict[Source, float]) -> Energy:
    return joules(0.0, joules=Value(number, "J", parts))


def test_idle_power_is_weighted_by_length() -> None:
    idle = baseline("n/part", [(joules(100.0), 10.0), (joules(990.0), 90.0)])
    assert idle is not None
    assert idle.watts.value == pytest.approx(10.9)
    assert idle.watts.unit == "W"
    assert idle.watts.budget() == {Term.IDLE: pytest.approx(1.0 / math.sqrt(12))}
    assert idle.cautions == ()


def test_drift_is_told_where_it_is_more_than_a_tenth() -> None:
    idle = baseline("n/part", [(joules(100.0), 10.0), (joules(125.0), 10.0)])
    assert idle is not None
    assert idle.cautions == (Caution(Code.IDLE_UNSTABLE, "n/part: 10.00 W to 12.50 W"),)
    steady = baseline("n/part", [(joules(100.0), 10.0), (joules(110.0), 10.0)])
    assert steady is not None
    assert steady.cautions == ()


def test_windows_that_cover_nothing_say_nothing() -> None:
    assert baseline("n/part", []) is None
    assert baseline("n/part", [(joules(0.0), 0.0)]) is None
    only = baseline("n/part", [(joules(0.0), 0.0), (joules(50.0), 5.0)])
    assert only is not None
    assert only.watts.value == 10
    assert only.watts.u == 0


@pytest.mark.parametrize("level", [0.0, -1.0])
def test_noise_around_zero_is_no_drift(level: float) -> None:
    idle = baseline("n/part", [(joules(10 * level), 10.0), (joules(10 * level - 5), 10.0)])
    assert idle is not None
    assert idle.cautions == ()


def test_warnings_of_idle_windows_stay_with_their_phase() -> None:
    warned = joules(100.0, cautions=(Caution(Code.GAP, "m/part: 1 times"),))
    idle = baseline("n/part", [(warned, 10.0)])
    assert idle is not None
    assert idle.cautions == ()


@given(st.floats(1, 1e3), st.floats(1, 500), st.floats(1, 1e4), st.floats(1, 1e4))
def test_idle_power_times_the_runs_own_length_is_taken_off(
    load_w: float, idle_w: float, idle_s: float, run_s: float
) -> None:
    """Not the energy of the idle run, whose length says nothing of the run."""
    idle = baseline("n/part", [(joules(idle_w * idle_s), idle_s)])
    assert idle is not None
    above = net(Value(load_w * run_s, "J"), idle, run_s)
    assert above.value == pytest.approx((load_w - idle_w) * run_s, abs=1e-9 * load_w * run_s)


@given(st.floats(0.1, 500), st.floats(0.1, 1e3), st.floats(1, 1e3), st.floats(1, 1e3))
def test_an_offset_cancels_and_a_gain_stays_one_error(
    idle_w: float, more_w: float, idle_s: float, run_s: float
) -> None:
    load_w, offset_w, gain = idle_w + more_w, 2.5, 0.03
    before = measured(idle_w * idle_s, {OFFSET: offset_w * idle_s, GAIN: gain * idle_w * idle_s})
    idle = baseline("n/part", [(before, idle_s)])
    assert idle is not None
    gross = Value(load_w * run_s, "J", {OFFSET: offset_w * run_s, GAIN: gain * load_w * run_s})
    above = net(gross, idle, run_s)
    assert above.parts[OFFSET] == pytest.approx(0, abs=1e-9 * offset_w * run_s)
    assert above.parts[GAIN] == pytest.approx(gain * more_w * run_s, rel=1e-6)
