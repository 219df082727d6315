"""The axis that is not added up is the one that is."""

from __future__ import annotations

from fractions import Fraction
from itertools import islice

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from joulemark.accounting.added_up import ENDLESS, places_before, series_of


def added(period: float, count: int) -> np.ndarray:
    steps = np.full(count, period)
    steps[0] = 0.0
    return np.add.accumulate(steps)


def spread(period: float, count: int) -> np.ndarray:
    every = series_of(period, float("inf"), count)
    return np.concatenate([s.start + np.arange(s.length) * s.step for s in every])


@given(st.floats(1e-9, 1e3), st.integers(1, 20_000))
@example(0.001, 600_000)
@example(1e-5, 3_000_000)
@example(1.0, 1000)
@example(2.0**-10, 100_000)
@example(3 * 2.0**-20, 100_000)
@example(float(Fraction(1, 3)), 100_000)
def test_every_sum_is_that_of_additions(period: float, count: int) -> None:
    assert (spread(period, count) == added(period, count)).all()


@given(st.integers(1, 2**20), st.integers(-80, -40), st.integers(100, 3000))
def test_sums_with_few_digits_and_ties(mantissa: int, exponent: int, count: int) -> None:
    """A period of few digits beside a last place that it is half of."""
    period = float(mantissa) * 2.0**exponent + 1.0
    assert (spread(period, count) == added(period, count)).all()


@given(
    st.sampled_from([0.001, 1 / 1024, 1e-5, 1 / 3, 0.7]),
    st.lists(st.tuples(st.integers(0, 12_000), st.sampled_from([-1, 0, 1])), max_size=5),
)
def test_places_are_those_of_a_search(period: float, near: list[tuple[int, int]]) -> None:
    axis = added(period, 10_000)
    stamps = [
        float(np.nextafter(axis[k], side * np.inf)) if side else float(axis[k])
        for k, side in ((min(k, 9_999), side) for k, side in near)
    ]
    found = places_before(stamps, period, 10_000)
    assert found.tolist() == np.searchsorted(axis, stamps, side="left").tolist()


def test_sums_that_stand_still() -> None:
    """One that is so large that the period is lost in it is never passed."""
    period = 1.0
    (*_, last) = islice(series_of(period, float("inf"), ENDLESS), 200)
    assert last.step == 0
    assert last.length >= ENDLESS - last.first
    assert places_before([last.start, 2 * last.start], period).tolist() == [
        last.first,
        ENDLESS,
    ]


@pytest.mark.parametrize(
    ("stamps", "found"), [([], []), ([0.0], [0]), ([1e-3], [1]), ([-1.0], [0])]
)
def test_few_stamps(stamps: list[float], found: list[int]) -> None:
    assert places_before(stamps, 0.001, 10).tolist() == found
