"""How often intervals hold, and how well that is known."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.analysis.coverage import LEAST, Held, coverage, wilson


def test_the_interval_of_a_share_by_hand() -> None:
    """Wilson (1927): the ends solve (p - share)² = z² p (1 - p) / n."""
    low, high = wilson(930, 1000)
    for end in (low, high):
        assert (end - 0.93) ** 2 == pytest.approx(1.959964**2 * end * (1 - end) / 1000, rel=1e-5)
    assert low < 0.93 < high


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_a_share_stays_between_nothing_and_all(of: int, part: float) -> None:
    count = round(part * of)
    low, high = wilson(count, of)
    assert 0 <= low <= count / of + 1e-12
    assert count / of - 1e-12 <= high <= 1


def test_an_interval_holds_what_lies_at_its_end() -> None:
    assert Held(10.0, 1.0, 11.0).held
    assert Held(10.0, 1.0, 9.0).held
    assert not Held(10.0, 1.0, 11.001).held


def test_what_is_counted() -> None:
    seen = [Held(9.0, 2.0, 10.0), Held(11.0, 0.5, 10.0, warned=True), Held(13.0, 1.0, 10.0)]
    row = coverage("case", "gross", seen)
    assert (row.draws, row.held, row.missed_unwarned) == (3, 1, 1)
    assert row.share == pytest.approx(1 / 3)
    assert row.bias == pytest.approx(0.1)
    assert row.half_width == pytest.approx(0.1)


@pytest.mark.parametrize(("held", "failed"), [(950, False), (915, False), (910, True)])
def test_a_case_fails_where_it_is_significantly_below(held: int, failed: bool) -> None:
    seen = [Held(1.0, 0.1, 1.0)] * held + [Held(2.0, 0.1, 1.0)] * (1000 - held)
    row = coverage("case", "gross", seen)
    assert row.failed is failed
    assert row.failed == (row.high < LEAST)


@pytest.mark.parametrize("seen", [[], [Held(1.0, 1.0, 0.0)]])
def test_nothing_to_be_held_against(seen: list[Held]) -> None:
    with pytest.raises(ValueError, match="nothing to be held against"):
        coverage("case", "gross", seen)


def test_the_bias_is_relative_to_the_mean_truth() -> None:
    """A truth near zero must not make an infinite bias."""
    row = coverage("case", "net", [Held(1.0, 1.0, 0.0), Held(10.0, 1.0, 10.0)])
    assert math.isclose(row.bias, 0.1)
