"""The slowdown of paired stretches: no bias by drift, intervals that hold, balanced orders."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.accounting.disturbance import effect, orders, slowdown

PAIRS = st.integers(1, 15)


@given(pairs=PAIRS)
def test_each_order_comes_as_often_as_the_other(pairs: int) -> None:
    first = orders(pairs)
    assert len(first) >= max(pairs, 4)
    assert len(first) <= max(pairs + 1, 4)
    assert sum(first) * 2 == len(first)


@given(
    pairs=PAIRS,
    share=st.floats(-0.2, 0.5),
    drift=st.floats(-0.01, 0.01),
    rate=st.floats(1e-3, 1e9),
)
def test_a_steady_drift_of_the_machine_is_no_slowdown(
    pairs: int, share: float, drift: float, rate: float
) -> None:
    first, found, step = orders(pairs), [], 0
    for on_first in first:
        pair = {}
        for on in (on_first, not on_first):
            pair[on] = rate * math.exp(drift * step) / (1 + share if on else 1)
            step += 1
        found.append((pair[True], pair[False]))
    slowed = slowdown(found, first)
    assert slowed.value == pytest.approx(share, abs=1e-9)
    assert slowed.u95 == pytest.approx(0, abs=1e-6)


def test_the_interval_holds_the_true_slowdown_about_as_often_as_it_says() -> None:
    rng, held, runs = random.Random(7), 0, 2000
    for _ in range(runs):
        first = orders(8)
        rates = [
            (100 / 1.01 * math.exp(rng.gauss(0, 0.02)), 100 * math.exp(rng.gauss(0, 0.02)))
            for _ in first
        ]
        slowed = slowdown(rates, first)
        held += abs(slowed.value - 0.01) <= slowed.u95
    assert 0.935 <= held / runs <= 0.965


@pytest.mark.parametrize(
    ("differences", "first"),
    [
        ([1.0, 2.0], [True, False]),
        ([1.0] * 4, [True] * 4),
        ([1.0] * 4, [True, False]),
    ],
)
def test_too_few_pairs_or_unbalanced_orders_say_nothing(
    differences: list[float], first: list[bool]
) -> None:
    with pytest.raises(ValueError, match="at least 4 pairs"):
        effect(differences, first)
