"""Uncertainty propagates as the GUM says, compared with draws."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from joulemark.core.student import NORMAL_975, student_975
from joulemark.core.value import Source, Term, Value, total

GAIN = Source(Term.GAIN, "meter")
A, B = Source(Term.SAMPLING, "a"), Source(Term.SAMPLING, "b")
Floats = NDArray[np.float64]
numbers = st.floats(-1e6, 1e6).filter(lambda x: abs(x) > 1e-3)


def value(number: float, parts: dict[Source, float], unit: str = "J") -> Value:
    return Value(number, unit, parts)


def test_terms_of_one_source_add_and_others_add_in_squares() -> None:
    left = value(10, {GAIN: 1.0, A: 3.0})
    right = value(20, {GAIN: 2.0, B: 4.0})
    assert (left + right).u == pytest.approx(math.sqrt(3**2 + 3**2 + 4**2))
    assert (right - left).u == pytest.approx(math.sqrt(1**2 + 3**2 + 4**2))
    assert (left + right).value == 30
    assert (right - left).value == 10
    assert (left - left).u == 0


def test_a_gain_cancels_in_a_ratio() -> None:
    left, right = value(10, {GAIN: 0.5}), value(20, {GAIN: 1.0})
    ratio = left.over(right, "1")
    assert (ratio.value, ratio.unit) == (0.5, "1")
    assert ratio.u == pytest.approx(0, abs=1e-17)


@pytest.mark.parametrize(
    ("name", "by_rule", "by_draws"),
    [
        ("sum", lambda x, y: x + y, lambda x, y: x + y),
        ("difference", lambda x, y: x - y, lambda x, y: x - y),
        ("ratio", lambda x, y: x.over(y, "1"), lambda x, y: x / y),
        (
            "net of idle per work",
            lambda x, y: (x - y.scaled(0.5, "J")).scaled(1 / 64, "J/sample"),
            lambda x, y: (x - 0.5 * y) / 64,
        ),
        (
            "inverse",
            lambda x, y: Value(1.0, "1").over(x + y, "1/J"),
            lambda x, y: 1 / (x + y),
        ),
    ],
    ids=lambda case: case if isinstance(case, str) else "",
)
@pytest.mark.parametrize("shared", [0.0, 0.04])
def test_propagation_agrees_with_draws(
    name: str,
    by_rule: Callable[[Value, Value], Value],
    by_draws: Callable[[Floats, Floats], Floats],
    shared: float,
) -> None:
    rng = np.random.default_rng(20260807)
    gain, a, b = rng.normal(size=(3, 200_000))
    x = value(100, {GAIN: 100 * shared, A: 1.0}).plus(B, 0.0)
    y = value(40, {GAIN: 40 * shared, B: 0.8})
    drawn = by_draws(100 + 100 * shared * gain + a, 40 + 40 * shared * gain + 0.8 * b)
    result = by_rule(x, y)
    assert result.value == pytest.approx(drawn.mean(), rel=5e-3), name
    assert result.u == pytest.approx(drawn.std(), rel=1.5e-2), name
    assert result.dof == math.inf
    inside = np.abs(drawn - result.value) <= result.u95
    assert inside.mean() == pytest.approx(0.95, abs=0.005), name


@given(numbers, numbers, numbers, st.floats(0, 10), st.floats(0, 10))
def test_sums_and_differences_undo_each_other(
    x: float, y: float, factor: float, u: float, v: float
) -> None:
    left, right = value(x, {GAIN: u, A: v}), value(y, {GAIN: v, B: u})
    back = (left + right) - right
    assert back.value == pytest.approx(x, abs=1e-9)
    assert back.u == pytest.approx(left.u, abs=1e-9)
    scaled = left.scaled(factor, "J").over(value(factor, {}, "1"), "J")
    assert scaled.value == pytest.approx(x)
    assert scaled.u == pytest.approx(left.u)


@given(st.lists(st.tuples(numbers, st.floats(0, 10), st.sampled_from([GAIN, A, B]))))
def test_a_total_is_what_adding_one_by_one_gives(rows: list[tuple[float, float, Source]]) -> None:
    values = [value(number, {source: u}) for number, u, source in rows]
    one_by_one = Value(0.0, "J")
    for each in values:
        one_by_one = one_by_one + each
    whole = total(values, "J")
    assert whole.value == one_by_one.value
    assert whole.parts == one_by_one.parts


def _kin(of: str) -> Source:
    return Source(Term.GAIN, of, kin="meter")


def test_kin_are_correlated_where_they_add_and_independent_where_they_do_not() -> None:
    first, second = value(10, {_kin("a"): 3.0}), value(10, {_kin("b"): 4.0})
    assert (first + second).u == pytest.approx(7)
    assert (first - second).u == pytest.approx(5)
    assert (first - first).u == 0
    assert first.over(second, "1").u == pytest.approx(0.5)
    assert (first + second).plus(A, 24.0).u == pytest.approx(25)
    assert (first + second).plus(A, 24.0).budget() == {Term.SAMPLING: 24, Term.GAIN: 7}


def test_kin_of_another_meter_or_term_are_strangers() -> None:
    other = value(10, {Source(Term.GAIN, "c", kin="other"): 4.0})
    assert (value(10, {_kin("a"): 3.0}) + other).u == pytest.approx(5)
    offset = value(10, {Source(Term.OFFSET, "b", kin="meter"): 4.0})
    assert (value(10, {_kin("a"): 3.0}) + offset).u == pytest.approx(5)


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=5), st.floats(0, 1))
def test_kin_are_never_worse_than_they_are_taken_to_be(parts: list[float], share: float) -> None:
    """Whatever share of their variance they have in common."""
    mixed = value(1, {_kin(str(place)): part for place, part in enumerate(parts)})
    common = share * sum(parts) ** 2 + (1 - share) * sum(part**2 for part in parts)
    assert mixed.u >= math.sqrt(common) * (1 - 1e-12) - 1e-150


def test_units_are_not_mixed() -> None:
    joule, watt = Value(1.0, "J"), Value(1.0, "W")
    for mix in (operator.add, operator.sub, lambda *both: total([*both], "J")):
        with pytest.raises(ValueError, match="cannot add W to J"):
            mix(joule, watt)
    with pytest.raises(ZeroDivisionError):
        joule.over(Value(0.0, "J"), "1")


def test_effective_degrees_of_freedom() -> None:
    """The end gauge of GUM H.1.6: 16.7, truncated to 16."""
    gauge = value(
        50e6,
        {
            Source(Term.GAIN, "standard", dof=18): 25.0,
            Source(Term.OFFSET, "difference", dof=25.6): 9.7,
            Source(Term.MODEL, "expansion", dof=50): 2.9,
            Source(Term.CLOCK, "temperature", dof=2): 16.6,
        },
    )
    assert gauge.dof == pytest.approx(16.7, abs=0.1)
    mixed = value(1, {Source(Term.REPEATS, "r", dof=2): 3.0, A: -4.0})
    assert mixed.dof == pytest.approx(5**4 / (3**4 / 2))
    assert mixed.u95 == pytest.approx(5 * student_975(mixed.dof))
    assert value(1, {}).dof == math.inf
    assert value(1, {Source(Term.REPEATS, "r", dof=2): 0.0}).dof == math.inf


@pytest.mark.parametrize("size", [1e-120, 1e-9, 1.0, 1e120])
def test_size_does_not_matter(size: float) -> None:
    few = value(1, {Source(Term.REPEATS, "r", dof=3): size, A: size})
    assert few.dof == pytest.approx(12)
    assert few.u == pytest.approx(math.sqrt(2) * size)


def test_a_value_reads_as_one_line() -> None:
    assert str(value(0.0123, {A: 0.003}, "J/image")) == "12.3 ± 5.9 mJ/image"
    assert str(value(5, {})) == "5.000 J"


def test_half_width() -> None:
    assert value(1, {}).u95 == 0
    assert value(1, {A: 2.0}).u95 == pytest.approx(2 * NORMAL_975)
    assert value(1, {Source(Term.REPEATS, "r", dof=1): 2.0}).u95 == pytest.approx(25.4124, rel=1e-5)


def test_budget_and_choice_of_terms() -> None:
    sum_ = value(10, {GAIN: -3.0, A: 1.0}) + value(10, {B: 2.0}).plus(GAIN, -1.0).plus(A, 0.0)
    assert list(sum_.budget()) == [Term.GAIN, Term.SAMPLING]
    assert sum_.budget() == {Term.GAIN: 4.0, Term.SAMPLING: pytest.approx(math.sqrt(5))}
    assert sum_.only(lambda source: source.term is Term.GAIN).u == 4.0
    assert value(1, {A: 0.0}).budget() == {}
