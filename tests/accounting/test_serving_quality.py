"""Right answers: how sure their share is, and what one costs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.accounting.serving_quality import Accuracy, Cost, accuracy_of, quality, wilson
from joulemark.accounting.serving_windows import STEADY, Steady, Unknown
from joulemark.accounting.serving_work import Work, work_of
from joulemark.core.request import Check, Request
from tests.accounting.serving import constant, ns, request

WINDOW = Steady(rule=STEADY, start=ns(10), stop=ns(90), drift={})
SUPPLY = constant(120, 110)


def served(count: int = 100, **more: object) -> Work:
    def one(t: int) -> Request:
        made = request(t, [t + 0.5, t + 1])
        fields = {"id": str(t), "prompt": str(t), "answer": "42", "check": Check.EXACT}
        return replace(made, **{**fields, **more})  # type: ignore[arg-type]

    return work_of([one(t) for t in range(count)])


def test_wilson_as_published() -> None:
    # Newcombe (Stat. Med. 17, 1998), table I, method 3
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson(1, 29) == pytest.approx((0.0061, 0.1718), abs=5e-5)


@given(st.integers(1, 500), st.floats(0, 1))
def test_the_share_is_in_its_interval(count: int, share: float) -> None:
    correct = round(share * count)
    low, high = wilson(correct, count)
    assert 0 <= low <= correct / count <= high <= 1


def test_answers_to_one_prompt_tell_less() -> None:
    apart = accuracy_of([(str(i), i % 10 < 7) for i in range(100)])
    again = accuracy_of([(str(i % 10), i % 10 < 7) for i in range(100)])
    assert isinstance(apart, Accuracy)
    assert isinstance(again, Accuracy)
    assert (apart.share, again.share) == (0.7, 0.7)
    assert apart.effective == pytest.approx(100)
    assert again.effective == pytest.approx(100 * 9 / 99)
    assert (apart.low, apart.high) == pytest.approx(wilson(70, 100))
    assert again.high - again.low > 2 * (apart.high - apart.low)
    same = accuracy_of([("a", True)] * 50)
    assert isinstance(same, Accuracy)
    assert (same.prompts, same.effective) == (1, 1)
    assert same.low < 0.5
    assert same.high == 1
    mixed = accuracy_of([("a", True), ("a", False)])
    assert isinstance(mixed, Accuracy)
    assert mixed.effective == 1
    even = accuracy_of([(name, fine) for name in "ab" for fine in (True, False)])
    assert isinstance(even, Accuracy)
    assert even.effective == 4


def test_a_right_answer_costs_what_the_wrong_ones_cost_too() -> None:
    work = served()
    marks: dict[str, bool | None] = {str(t): t % 4 != 0 for t in range(100)}
    got = quality(work, SUPPLY, WINDOW, marks)
    assert isinstance(got.accuracy, Accuracy)
    assert (got.accuracy.correct, got.accuracy.checked, got.unchecked) == (60, 80, 0)
    assert isinstance(got.cost, Cost)
    assert got.cost.value.unit == "J/answer"
    assert got.cost.value.value == pytest.approx(120 * 80 / 60)
    low, high = got.accuracy.low, got.accuracy.high
    # the energy is as good as exact here
    assert got.cost.low == pytest.approx(160 * 0.75 / high, rel=5e-3)
    assert got.cost.high == pytest.approx(160 * 0.75 / low, rel=5e-3)
    assert got.cost.value.u == pytest.approx(160 * (high - low) / 2 / 1.96 / 0.75, rel=3e-2)


def test_broken_answers_cost_and_count_nothing() -> None:
    marks: dict[str, bool | None] = {str(t): None if t % 4 == 0 else True for t in range(100)}
    got = quality(served(), SUPPLY, WINDOW, marks)
    assert got.unchecked == 20
    assert isinstance(got.accuracy, Accuracy)
    assert got.accuracy.share == 1
    assert isinstance(got.cost, Cost)
    assert got.cost.value.value == pytest.approx(160)


def test_what_cannot_be_known_is_said() -> None:
    none = quality(served(), SUPPLY, WINDOW, dict.fromkeys(map(str, range(100)), False))
    assert isinstance(none.cost, Unknown)
    assert none.cost.reason.startswith("none of 80 answers is right: one costs more than 2")
    assert isinstance(none.accuracy, Accuracy)
    assert none.accuracy.low == 0
    empty = quality(served(), SUPPLY, WINDOW, {})
    assert isinstance(empty.accuracy, Unknown)
    assert isinstance(empty.cost, Unknown)
    assert empty.unchecked == 80
    free = quality(served(answer=None, check=None), SUPPLY, WINDOW, {"20": True})
    assert isinstance(free.cost, Unknown)
    assert "80 requests in the window have no right answer" in free.cost.reason


def test_few_right_answers_hardly_bound_the_cost() -> None:
    right = {str(t): t == 20 for t in range(100)}
    got = quality(served(), SUPPLY, WINDOW, right)
    assert isinstance(got.cost, Cost)
    assert got.cost.low < got.cost.value.value < got.cost.high
    alike = quality(
        served(prompt="one"), SUPPLY, WINDOW, {str(t): t % 99 == 21 for t in range(100)}
    )
    assert isinstance(alike.accuracy, Accuracy)
    assert alike.accuracy.effective == 1
    assert isinstance(alike.cost, Cost)
    assert alike.cost.high > 100 * alike.cost.value.value


def test_the_interval_holds_the_truth() -> None:
    rng, held, work = np.random.default_rng(5), 0, served()
    for _ in range(200):
        marks: dict[str, bool | None] = {str(t): bool(rng.random() < 0.6) for t in range(100)}
        got = quality(work, SUPPLY, WINDOW, marks)
        assert isinstance(got.cost, Cost)
        held += got.cost.low <= 120 / 0.6 <= got.cost.high
    assert held >= 180
