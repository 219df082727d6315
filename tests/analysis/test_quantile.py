from __future__ import annotations

import math
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.analysis.quantile import factor, outside

LEVELS = st.floats(0.01, 0.9999)


@pytest.mark.parametrize(
    ("level", "dof", "printed"),
    [
        (0.90, 1, 6.314),
        (0.95, 1, 12.706),
        (0.95, 2, 4.303),
        (0.95, 10, 2.228),
        (0.99, 5, 4.032),
        (0.60, 4, 0.941),
        (0.999, 30, 3.646),
        (0.95, math.inf, 1.960),
    ],
)
def test_factors_are_those_of_printed_tables(level: float, dof: float, printed: float) -> None:
    assert factor(level, dof) == pytest.approx(printed, abs=6e-4)


@given(LEVELS)
def test_one_degree_of_freedom_is_cauchys_distribution(level: float) -> None:
    assert factor(level, 1) == pytest.approx(math.tan(math.pi * level / 2), rel=1e-8)


@given(LEVELS)
def test_two_degrees_of_freedom_have_a_closed_form(level: float) -> None:
    exact = level * math.sqrt(2 / (1 - level * level))
    assert factor(level, 2) == pytest.approx(exact, rel=1e-8)


@given(LEVELS, st.floats(1, 500), st.floats(1, 500))
def test_factors_fall_towards_the_normal_one(level: float, one: float, other: float) -> None:
    low, high = sorted((one, other))
    normal = NormalDist().inv_cdf(0.5 + level / 2)
    assert factor(level, low) >= factor(level, high) * (1 - 1e-9) >= normal * (1 - 1e-6)


@given(st.floats(0, 1e6), st.floats(1, 1e6))
def test_the_share_outside_is_a_probability(t: float, dof: float) -> None:
    assert 0 <= outside(t, dof) <= 1
    assert outside(0, dof) == 1
