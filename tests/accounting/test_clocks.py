"""Clocks of two hosts, from messages stamped on both sides."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from joulemark.accounting.clocks import KEPT, RATE, Exchange, offset_of
from joulemark.core.clock import NS

HOURS = 5 * 3600 * NS
T0 = 1_700_000_000 * NS


def exchange(
    at: int, offset: float, there: int = 0, back: int = 0, rate: float = 0.0, stay: int = 1000
) -> Exchange:
    """What is stamped when a message leaves at a moment of the first clock."""

    def other(moment: int) -> int:
        return moment + round(offset + rate * (moment - T0))

    return Exchange(at, other(at + there), other(at + there + stay), at + there + stay + back)


def test_no_exchange_says_nothing() -> None:
    assert offset_of([]) is None
    assert offset_of([Exchange(10, 0, 0, 5)]) is None, "an answer before the question"
    assert offset_of([Exchange(0, 10, 5, 100)]) is None
    assert offset_of([Exchange(0, 0, 100, 5)]) is None, "a delay below zero"


def test_one_quick_exchange_tells_five_hours_to_half_its_delay() -> None:
    found = offset_of([exchange(T0, HOURS, 40_000, 60_000)])
    assert found is not None
    offset, half = found.at(T0)
    assert abs(offset - HOURS) <= half
    assert half == pytest.approx(50_000, rel=0.01)
    assert found.drift() is None
    assert found.moved(np.array([T0, T0 + NS]))[1] - T0 == pytest.approx(HOURS + NS, abs=half)


def test_a_slow_exchange_does_not_spoil_a_quick_one() -> None:
    quick, slow = exchange(T0, 0, 10_000, 10_000), exchange(T0 + NS, 0, 90_000_000, 0)
    found = offset_of([slow, quick])
    assert found is not None
    _, half = found.at(T0 + NS)
    assert half < 2e6, "what was known a second ago still holds, but for the drift"


@given(
    offset=st.floats(-1e14, 1e14),
    rate=st.floats(-RATE, RATE),
    ways=st.lists(
        st.tuples(st.integers(0, 600 * NS), st.integers(0, 10**8), st.integers(0, 10**8)),
        min_size=1,
        max_size=30,
    ),
    asked=st.integers(-60 * NS, 660 * NS),
)
@example(offset=-1.5, rate=0.0004866, ways=[(0, 0, 0)], asked=0)
def test_the_truth_is_within_the_half_width(
    offset: float, rate: float, ways: list[tuple[int, int, int]], asked: int
) -> None:
    rate *= 0.99
    said = [exchange(T0 + at, offset, there, back, rate) for at, there, back in ways]
    found = offset_of(said)
    assert found is not None
    assert found.consistent
    known, half = found.at(T0 + asked)
    rounding = 4 + abs(offset) * 1e-15
    assert abs(known - (offset + rate * asked)) <= half + rounding
    moved = found.moved(np.array([T0 + asked]))
    assert abs(int(moved[0]) - T0 - asked - known) <= 1 + rounding
    drift = found.drift()
    if drift is not None:
        assert abs(drift.rate - rate) <= drift.half_width * (1 + 1e-9) + 1e-6


def test_of_many_exchanges_the_quickest_are_kept() -> None:
    chance = np.random.default_rng(1)
    said = [
        exchange(T0 + k * NS // 10, 7e6, int(d), 0, 2e-5)
        for k, d in enumerate(chance.integers(10_000, 5_000_000, 4000))
    ]
    found = offset_of(said)
    assert found is not None
    assert len(found.time) <= KEPT + 1
    assert found.consistent
    drift = found.drift()
    assert drift is not None
    assert abs(drift.rate - 2e-5) <= drift.half_width < 1e-4


def test_a_clock_that_was_set_is_told() -> None:
    found = offset_of([exchange(T0, 0), exchange(T0 + NS, 3 * NS)])
    assert found is not None
    assert not found.consistent
    assert found.at(T0)[1] > NS
