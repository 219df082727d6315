"""Accuracy from answers, and the duty of the streaming wake word."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.accounting.tiny_accuracy import (
    Duty,
    area_under_curve,
    detections,
    duty_of,
    top1,
)


def test_top1() -> None:
    assert top1([1, 0, 2], [(0.1, 0.9), (0.5, 0.5), ()]) == pytest.approx(2 / 3)
    assert math.isnan(top1([], []))


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), max_size=30))
def test_the_area_is_the_chance_of_a_pair_in_order(pairs: list[tuple[bool, int]]) -> None:
    high = [score for flag, score in pairs if flag]
    low = [score for flag, score in pairs if not flag]
    area = area_under_curve([flag for flag, _ in pairs], [score for _, score in pairs])
    if not high or not low:
        assert math.isnan(area)
        return
    won = sum((a > b) + 0.5 * (a == b) for a in high for b in low)
    assert area == pytest.approx(won / len(high) / len(low))


def test_duty() -> None:
    duty = duty_of([0.0, 0.1, 0.2], [0.05, 0.15, 0.25, 9.0])
    assert duty is not None
    assert duty.period_s == pytest.approx(0.1)
    assert duty.share == pytest.approx(0.5)
    assert duty.throughput == pytest.approx(20)
    assert duty.value.u95 == pytest.approx(0, abs=1e-12)
    uneven = duty_of([0.0, 1.0], [0.25, 1.75])
    assert uneven is not None
    assert uneven.value.u == pytest.approx(0.25)  # 0.5 / sqrt(2) apart, two of them
    assert Duty(2.0, 1.0).value.u == 0
    assert duty_of([0.0], [0.1]) is None
    assert duty_of([1.0, 1.0], [2.0, 2.0]) is None
    assert math.isnan(Duty(0.1, 0.0).throughput)


def test_detections() -> None:
    words = [(1.0, 1.5), (3.0, 3.4), (5.0, 5.2)]
    heard = [1.3, 1.332, 1.9, 3.8, 4.4, 4.43, 8.0]
    assert detections(words, heard) == (2, 1, 2)
    assert detections([], []) == (0, 0, 0)
