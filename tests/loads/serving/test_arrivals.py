"""When requests are due: rates, burstiness, order, and that a seed fixes all of it."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from joulemark.core.errors import UsageError
from joulemark.loads.serving import arrivals
from joulemark.loads.serving.arrivals import Schedule

RATES = st.floats(0.01, 1e4)
SHAPES = st.floats(0.1, 50)
SEEDS = st.integers(0, 2**32)


@given(RATES, SHAPES, SEEDS)
@settings(max_examples=30, deadline=None)
def test_distances_have_the_mean_and_the_spread_asked_for(
    rate: float, shape: float, seed: int
) -> None:
    count = 2000
    due = arrivals.gamma(count, rate, shape, seed).due_s
    gaps = np.diff(due) * rate
    cv = 1 / math.sqrt(shape)
    assert due[0] == 0
    assert (gaps >= 0).all()
    assert gaps.mean() == pytest.approx(1, abs=6 * cv / math.sqrt(count))
    # the standard error of a coefficient of variation of gamma values, kurtosis 3 + 6 / shape
    error = cv * math.sqrt((0.5 + 3 / shape + 2 * cv**2) / count)
    assert gaps.std() == pytest.approx(cv, abs=6 * error + 0.01)


@given(st.integers(1, 300), RATES, RATES, SEEDS)
@settings(max_examples=30, deadline=None)
def test_a_ramp_takes_the_time_of_its_mean_rate(
    count: int, first: float, last: float, seed: int
) -> None:
    even = arrivals.ramp(count, first, last).due_s
    length = 2 * count / (first + last)
    slope = (last - first) / length
    expected = first * even + slope * even**2 / 2
    assert np.allclose(expected, np.arange(count), atol=1e-6 * count, rtol=1e-6)
    random = arrivals.ramp(count, first, last, burstiness=1.0, seed=seed).due_s
    assert (np.diff(random) >= -1e-9).all()
    assert np.isfinite(random).all()


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50), st.floats(0.1, 10))
def test_a_replay_keeps_distances(stamps: list[float], speed: float) -> None:
    due = arrivals.replay(np.array(stamps), speed=speed).due_s
    assert due[0] == 0
    assert np.allclose(np.diff(due) * speed, np.diff(np.sort(stamps)), atol=1e-6)


def test_a_seed_fixes_the_schedule() -> None:
    one, other = (arrivals.poisson(50, 3.0, seed).due_s.tolist() for seed in (7, 8))
    assert one == arrivals.poisson(50, 3.0, 7).due_s.tolist()
    assert one != other


def test_the_others() -> None:
    assert arrivals.constant(4, 2.0).due_s.tolist() == [0, 0.5, 1, 1.5]
    assert arrivals.saturation(3).due_s.tolist() == [0, 0, 0]
    assert arrivals.saturation(3).concurrency is None
    assert arrivals.closed_loop(3, 2).concurrency == 2


@pytest.mark.parametrize(
    "make",
    [
        lambda: arrivals.constant(0, 1.0),
        lambda: arrivals.constant(1, 0.0),
        lambda: arrivals.constant(1, math.nan),
        lambda: arrivals.poisson(1, -1.0),
        lambda: arrivals.gamma(1, 1.0, 0.0),
        lambda: arrivals.ramp(1, 1.0, math.inf),
        lambda: arrivals.closed_loop(1, 0),
        lambda: arrivals.saturation(10**9),
        lambda: arrivals.replay(np.array([])),
        lambda: arrivals.replay(np.array([math.nan])),
        lambda: arrivals.replay(np.array([1.0]), speed=0.0),
    ],
)
def test_senseless_numbers_are_refused(make: Callable[[], Schedule]) -> None:
    with pytest.raises(UsageError):
        make()
