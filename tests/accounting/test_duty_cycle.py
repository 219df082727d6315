"""Average power of a board that computes now and then."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.accounting.duty_cycle import (
    DutyCycle,
    battery_life,
    charge,
    sleep_between,
    step_between,
)
from joulemark.core.errors import UsageError
from joulemark.core.value import Source, Term, Value

GAIN = Source(Term.GAIN, "monitor")

joules = st.floats(1e-7, 1e-1)
seconds = st.floats(1e-4, 1.0)
watts = st.floats(1e-7, 1e-2)
shares = st.floats(0.0, 1.0)


def cycle(energy: float, busy: float, sleep: float, wake: float = 0.0) -> DutyCycle:
    return DutyCycle(
        energy=Value(energy, "J", {GAIN: 0.01 * energy}),
        busy=Value(busy, "s", {Source(Term.EDGES, "t"): 1e-3 * busy}),
        sleep=Value(sleep, "W", {GAIN: 0.01 * sleep}),
        wake=Value(wake, "J", {GAIN: 0.01 * wake}),
        waking=Value(busy / 10, "s"),
    )


def test_microwatts_come_from_sleep() -> None:
    """A board of 1.8 mJ an inference and 5 µW asleep uses 1.8 mW at one a second, 6.8 µW at ‰."""
    board = DutyCycle(energy=Value(1.8e-3, "J"), busy=Value(0.05, "s"), sleep=Value(5e-6, "W"))
    assert board.power(1.0).value == pytest.approx(1.8e-3 + 0.95 * 5e-6)
    assert str(board.power(1e-3)) == "6.800 µW"
    assert board.most_rate == pytest.approx(20.0)
    assert board.power(0.0).value == 5e-6


@given(joules, seconds, watts, joules, shares)
def test_power_is_what_the_parts_use(
    energy: float, busy: float, sleep: float, wake: float, share: float
) -> None:
    one = cycle(energy, busy, sleep, wake)
    rate = share * one.most_rate * 0.999
    by_hand = rate * (energy + wake) + sleep * (1 - rate * (busy + busy / 10))
    assert one.power(rate).value == pytest.approx(by_hand, rel=1e-9)
    assert one.asleep(rate) == pytest.approx(1 - 0.999 * share, abs=1e-9)


@given(joules, seconds, watts, joules, st.floats(0.001, 0.9))
def test_sleep_is_found_again(
    energy: float, busy: float, sleep: float, wake: float, share: float
) -> None:
    one = cycle(energy, busy, sleep, wake)
    rate = share * one.most_rate
    found = one.sleep_from(one.power(rate), rate)
    scale = one.power(rate).value / (1 - share)
    assert found.value == pytest.approx(sleep, abs=1e-9 * scale + 1e-18)
    two = sleep_between(one.power(rate / 2), one.power(rate), (rate / 2, rate))
    assert two.value == pytest.approx(sleep, abs=1e-9 * scale + 1e-18)


@given(joules, seconds, watts, joules, st.floats(0.01, 0.99))
def test_the_budget_is_the_inverse_of_the_power(
    energy: float, busy: float, sleep: float, wake: float, share: float
) -> None:
    one = cycle(energy, busy, sleep, wake)
    if one.step.value <= 1e-3 * (energy + wake):  # sleeping takes as much as computing
        return
    rate = share * one.most_rate
    assert one.rate_within(one.power(rate).value).value == pytest.approx(rate, rel=1e-6)


def test_the_budget_at_its_ends() -> None:
    one = cycle(1e-3, 0.01, 1e-5)
    assert one.rate_within(1e-5) == Value(0.0, "1/s")
    assert one.rate_within(1.0).value == one.most_rate
    hungry = cycle(1e-9, 1.0, 1e-2)  # a board that sleeps worse than it computes
    assert hungry.rate_within(2e-2).value == hungry.most_rate


def test_the_gain_of_one_monitor_stays_one_error() -> None:
    one = DutyCycle(
        energy=Value(1e-3, "J", {GAIN: 1e-5}),
        busy=Value(0.01, "s"),
        sleep=Value(1e-5, "W", {GAIN: 1e-7}),
    )
    power = one.power(1.0)
    assert power.u == pytest.approx(0.01 * power.value)
    assert one.sleep_from(power, 1.0).u == pytest.approx(0.01 * 1e-5)


def test_a_time_that_is_not_known_well_shows_where_sleep_is_dear() -> None:
    source = Source(Term.EDGES, "t")
    one = DutyCycle(
        energy=Value(1e-3, "J"), busy=Value(0.1, "s", {source: 0.01}), sleep=Value(1e-2, "W")
    )
    assert one.power(2.0).u == pytest.approx(2.0 * 1e-2 * 0.01)
    found = one.sleep_from(Value(one.power(2.0).value, "W"), 2.0)
    assert found.u == pytest.approx(1e-2 * 2.0 * 0.01 / 0.8)


def test_what_makes_no_sense_is_refused() -> None:
    one = cycle(1e-3, 0.01, 1e-5)
    for rate in (-1.0, math.nan, 2 * one.most_rate):
        with pytest.raises(UsageError, match="not possible"):
            one.power(rate)
    full = DutyCycle(energy=Value(1e-3, "J"), busy=Value(0.5, "s"), sleep=Value(1e-5, "W"))
    with pytest.raises(UsageError, match="never sleeps"):
        full.sleep_from(Value(1e-3, "W"), 2.0)
    with pytest.raises(UsageError, match="do not rise"):
        step_between(Value(1.0, "W"), Value(1.0, "W"), (1.0, 1.0))
    with pytest.raises(UsageError, match="battery has"):
        charge(220.0, 0.0)
    with pytest.raises(UsageError, match="no power"):
        battery_life(charge(220.0, 3.0), Value(0.0, "W"))


def test_a_board_without_a_time_never_ends() -> None:
    one = DutyCycle(energy=Value(1e-3, "J"), busy=Value(0.0, "s"), sleep=Value(1e-5, "W"))
    assert one.most_rate == math.inf


def test_the_life_of_a_coin_cell() -> None:
    cell = charge(220.0, 3.0, usable=0.85)
    assert cell.value == pytest.approx(0.22 * 3600 * 3 * 0.85)
    life = battery_life(cell, Value(10e-6, "W", {GAIN: 1e-7}))
    assert life.value / 86400 / 365 == pytest.approx(6.4, abs=0.05)
    assert life.u == pytest.approx(0.01 * life.value)
