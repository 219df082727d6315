"""A sensor that hangs: it repeats a value for longer than chance would have it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.accounting.sensor import stuck_u

from .build import T0


def hung(values: list[float]) -> float:
    watts = np.array(values)
    return stuck_u(T0 + np.arange(len(watts)) * 100_000_000, watts)


def restless(count: int = 60) -> list[float]:
    drawn: list[float] = np.random.default_rng(1).uniform(100, 300, count).tolist()
    return [100.0, 300.0, *drawn]


def test_what_was_used_meanwhile_lies_between_the_lowest_and_the_highest() -> None:
    """Four repeats of 250 W are 400 ms; 100 to 300 W has its middle at 200 W."""
    readings = [*restless()[:30], *[250.0] * 5, *restless()[30:]]
    assert hung(readings) == pytest.approx(0.4 * math.hypot(200 / math.sqrt(12), 50))


def test_two_stretches_are_independent() -> None:
    once = [*restless()[:30], *[250.0] * 5, *restless()[30:]]
    twice = [*restless()[:15], *[250.0] * 5, *restless()[15:30], *[150.0] * 5, *restless()[30:]]
    assert hung(twice) == pytest.approx(math.sqrt(2) * hung(once))


@pytest.mark.parametrize(
    "readings",
    [
        [],
        [5.0],
        [5.0] * 50,
        [100.0, 200.0] * 30,
        [100.0, 100.0, 200.0, 200.0] * 20,  # repeats as often as not
        [*restless()[:30], 250.0, 250.0, *restless()[30:]],  # twice the same may be chance
    ],
)
def test_what_is_no_hanging_sensor(readings: list[float]) -> None:
    assert hung(readings) == 0


@given(st.lists(st.integers(0, 3), max_size=60))
def test_any_readings_give_a_number(readings: list[int]) -> None:
    assert 0 <= hung([float(value) for value in readings]) < math.inf
