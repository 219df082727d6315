"""The factor of the 95 % interval."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.core.student import NORMAL_975, student_975

PRINTED = (
    "12.706 4.303 3.182 2.776 2.571 2.447 2.365 2.306 2.262 2.228 2.201 2.179 2.160 2.145 2.131 "
    "2.120 2.110 2.101 2.093 2.086 2.080 2.074 2.069 2.064 2.060 2.056 2.052 2.048 2.045 2.042"
)
"""97.5 % points for 1 to 30 degrees of freedom, as statistical tables print them."""


@pytest.mark.parametrize(
    ("dof", "point"),
    [*enumerate(map(float, PRINTED.split()), 1), (40, 2.021), (60, 2.000), (120, 1.980)],
)
def test_whole_degrees_of_freedom(dof: int, point: float) -> None:
    assert student_975(dof) == pytest.approx(point, abs=7e-4)


def test_infinite_degrees_of_freedom() -> None:
    assert student_975(math.inf) == NORMAL_975
    assert student_975(1e12) == pytest.approx(NORMAL_975, rel=1e-11)


@pytest.mark.parametrize(
    ("dof", "point"),
    [(1.1, 10.2768), (1.25, 8.02795), (1.5, 6.01666), (1.75, 4.94885), (2.3, 3.80716),
     (2.5, 3.57465), (3.5, 2.94009), (4.5, 2.65891), (5.5, 2.50186), (6.5, 2.402)],
)  # fmt: skip
def test_between_whole_degrees_it_is_never_too_narrow(dof: float, point: float) -> None:
    """The points were found by integrating the density numerically."""
    assert 0.9999 * point <= student_975(dof) <= 1.03 * point


@given(st.floats(1, 1e6), st.floats(1, 2))
def test_more_degrees_of_freedom_narrow_the_interval(dof: float, factor: float) -> None:
    assert student_975(dof * factor) <= student_975(dof) * (1 + 1e-4)
    assert student_975(dof) >= NORMAL_975


def test_below_one_it_stays() -> None:
    assert student_975(0.5) == student_975(1)
