"""How well a figure repeats."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.accounting.repeats import (
    degrees_of_freedom,
    fewest_repeats,
    half_width,
    with_repeats,
)
from joulemark.core.value import Source, Term, Value

GAIN, SAMPLING = Source(Term.GAIN, "m"), Source(Term.SAMPLING, "a")
REPEATS = Source(Term.REPEATS, "train")


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
    mean = with_repeats(Value(10.0, "J/step", {GAIN: 1.0, SAMPLING: 0.5}), values, "train")
    without_gain = mean.only(lambda s: s.term is not Term.GAIN)
    assert without_gain.u95 == pytest.approx(half_width(values) * 10), "as the repeats alone say"
    assert mean.parts[REPEATS] == pytest.approx(math.sqrt(without_gain.u**2 - 0.5**2))
    assert mean.value == 10


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


def test_the_fewest_repeats_decide_the_factor() -> None:
    values = [9.0, 10.0, 11.0, 10.0, 10.0]
    plain = with_repeats(Value(10.0, "J"), values, "train")
    early = with_repeats(Value(10.0, "J"), values, "train", fewest=3)
    assert early.u95 / plain.u95 == pytest.approx(4.302653 / 2.776445, rel=1e-6)
    assert with_repeats(Value(10.0, "J"), values, "train", fewest=9) == plain
    assert with_repeats(Value(10.0, "J"), values, "train", fewest=1).u95 > early.u95


@pytest.mark.parametrize("spread", [0.005, 0.02, 0.05])
def test_stopping_as_soon_as_the_repeats_agree_does_no_harm(spread: float) -> None:
    """Three to ten repeats, until the half-width is 2 %: without ``fewest`` 90 to 93 % hold."""
    rng = np.random.default_rng(20260807)
    held = 0
    for _ in range(4000):
        values = (1 + rng.normal(0, spread, 10)).tolist()
        count = next((n for n in range(3, 10) if half_width(values[:n]) <= 0.02), 10)
        seen = values[:count]
        mean = with_repeats(Value(sum(seen) / count, "J"), seen, "train", fewest=3)
        held += abs(mean.value - 1) <= mean.u95
    assert 0.94 <= held / 4000 <= 0.985


def test_only_bench_stops_when_repeats_agree() -> None:
    assert fewest_repeats({"bench": {"repeats": 3}}) == 3
    for settings in ({}, {"bench": None}, {"bench": {"repeats": "3"}}, {"repeats": 3}):
        assert fewest_repeats(settings) is None


@pytest.mark.parametrize(
    ("count", "fewest", "dof"), [(5, None, 4), (5, 3, 2), (3, 5, 2), (5, 1, 1), (2, None, 1)]
)
def test_degrees_of_freedom(count: int, fewest: int | None, dof: int) -> None:
    assert degrees_of_freedom(count, fewest) == dof
