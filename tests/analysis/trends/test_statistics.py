"""Quantiles, the interval of a median, and ranks."""

from __future__ import annotations

import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.analysis.trends.statistics import correlation, summary

CHANGES = st.lists(st.floats(-0.9, 9), min_size=3, max_size=40)


def test_quantiles_of_a_few() -> None:
    found = summary([0.4, -0.1, 0.0, 0.03])
    assert found is not None
    assert (found.count, found.clusters, found.least, found.most) == (4, 4, -0.1, 0.4)
    assert (found.median, found.mean) == pytest.approx((0.015, 0.0825))
    assert (found.above, found.small) == (0.5, 0.5)
    assert found.interval is None


def test_two_values_are_no_distribution() -> None:
    assert summary([0.1, 0.2]) is None
    assert summary([]) is None


@given(CHANGES, st.randoms(use_true_random=False))
def test_order_does_not_matter(values: list[float], random: object) -> None:
    shuffled = list(values)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert summary(values) == summary(shuffled)


@given(CHANGES)
def test_the_interval_holds_within_the_values(values: list[float]) -> None:
    found = summary(values)
    assert found is not None
    assert found.least <= found.lower <= found.median <= found.upper <= found.most
    assert found.median == pytest.approx(statistics.median(values))
    if found.interval is not None:
        assert found.least <= found.interval[0] <= found.interval[1] <= found.most


def test_results_of_one_system_are_drawn_together() -> None:
    values = [i / 100 for i in range(40)]
    alone = summary(values)
    together = summary(values, [i // 8 for i in range(40)])
    assert alone is not None
    assert together is not None
    assert alone.interval is not None
    assert together.interval is not None
    assert together.clusters == 5
    width = [i[1] - i[0] for i in (alone.interval, together.interval)]
    assert width[1] > 1.5 * width[0]


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    held = 0
    for trial in range(60):
        normal = statistics.NormalDist(0.05, 0.1).samples(30, seed=trial)
        found = summary(normal)
        assert found is not None
        assert found.interval is not None
        held += found.interval[0] <= 0.05 <= found.interval[1]
    assert held >= 53


def test_ranks() -> None:
    rising = correlation([1, 2, 3, 4, 5], [1, 4, 9, 16, 25])
    assert rising is not None
    assert rising.rank == pytest.approx(1)
    assert rising.interval is None
    some = correlation([1, 2, 3, 4, 5, 6], [2, 1, 4, 3, 6, 5])
    assert some is not None
    assert some.rank == pytest.approx(0.8286, abs=1e-4)
    assert some.interval is not None
    assert some.interval[0] < 0.8286 < some.interval[1]
    assert not math.isnan(some.interval[0])
    tied = correlation([1, 1, 2, 2], [1, 2, 3, 4])
    assert tied is not None
    assert tied.rank == pytest.approx(0.8944, abs=1e-4)


def test_too_few_or_standing_values_have_no_correlation() -> None:
    assert correlation([1, 2], [1, 2]) is None
    assert correlation([1, 1, 1], [1, 2, 3]) is None
    assert correlation([1, 2, 3], [2, 2, 2]) is None
