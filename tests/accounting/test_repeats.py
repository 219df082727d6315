"""How well a figure repeats."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.accounting.repeats import half_width, with_repeats
from joulemark.core.value import Source, Term, Value

GAIN, SAMPLING = Source(Term.GAIN, "m"), Source(Term.SAMPLING, "a")


def test_half_width_of_the_mean() -> None:
    assert half_width([9.0, 10.0, 11.0]) == pytest.approx(4.302653 / math.sqrt(3) / 10, rel=1e-6)
    assert half_width([-9.0, -10.0, -11.0]) == half_width([9.0, 10.0, 11.0])
    assert half_width([5.0, 5.0]) == 0


@pytest.mark.parametrize("values", [[], [1.0], [0.0, 0.0], [-1.0, 1.0]])
def test_what_says_nothing_of_repeats(values: list[float]) -> None:
    assert half_width(values) == math.inf


@given(st.lists(st.floats(1, 1e3), min_size=2, max_size=20), st.floats(1e-6, 1e6))
def test_half_width_is_relative(values: list[float], factor: float) -> None:
    assert half_width([factor * v for v in values]) == pytest.approx(half_width(values), abs=1e-9)


def test_a_single_repeat_adds_nothing() -> None:
    mean = Value(10.0, "J/step", {GAIN: 1.0})
    assert with_repeats(mean, [10.0], "train") is mean


def test_scatter_beyond_the_random_terms_is_added() -> None:
    values = [9.0, 10.0, 11.0]
    scatter = 1 / math.sqrt(3)
    mean = with_repeats(Value(10.0, "J/step", {GAIN: 1.0, SAMPLING: 0.5}), values, "train")
    source = Source(Term.REPEATS, "train", dof=2)
    assert mean.parts[source] == pytest.approx(math.sqrt(scatter**2 - 0.5**2))
    assert mean.only(lambda s: s.term is not Term.GAIN).u == pytest.approx(scatter)
    assert mean.value == 10
    assert mean.dof < math.inf


def test_random_terms_that_explain_the_scatter_are_not_counted_twice() -> None:
    mean = Value(10.0, "J/step", {GAIN: 1.0, SAMPLING: 2.0})
    assert with_repeats(mean, [9.0, 10.0, 11.0], "train") == mean


@pytest.mark.parametrize("repeats", [2, 3, 5])
def test_the_interval_of_a_mean_holds_the_truth(repeats: int) -> None:
    rng = np.random.default_rng(repeats)
    held = 0
    for _ in range(2000):
        values = (10 + rng.normal(0, 0.3, repeats)).tolist()
        mean = with_repeats(Value(sum(values) / repeats, "J/step"), values, "train")
        held += abs(mean.value - 10) <= mean.u95
    assert held / 2000 == pytest.approx(0.95, abs=0.02)
