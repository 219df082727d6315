from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.analysis.logarithms import difference
from joulemark.core.value import Source, Term, Value

OFFSET, OTHER = Source(Term.OFFSET, "a"), Source(Term.OFFSET, "b")
RELATIVE = st.floats(-0.5, 0.5)


def logarithm(*relative: float) -> Value:
    return Value(0.0, "1", dict(zip((OFFSET, OTHER), relative, strict=False)))


@given(st.floats(-1e-3, 1e-3), st.floats(-1e-3, 1e-3))
def test_small_errors_move_it_to_first_order(a: float, b: float) -> None:
    found = difference(logarithm(b), logarithm(a))
    assert found.u == pytest.approx(abs(b - a), rel=1e-2, abs=1e-9)


@given(RELATIVE, RELATIVE, RELATIVE)
def test_it_is_the_same_turned_round(a: float, b: float, c: float) -> None:
    one, other = (
        difference(logarithm(b, c), logarithm(a)),
        difference(logarithm(a), logarithm(b, c)),
    )
    assert one.u == pytest.approx(other.u)
    assert one.value == -other.value


@given(RELATIVE, RELATIVE)
def test_it_is_never_less_than_to_first_order(a: float, b: float) -> None:
    found = difference(logarithm(b), logarithm(a))
    assert found.u >= abs(b - a) * (1 - 1e-6) - 1e-12


def test_a_large_offset_by_hand() -> None:
    """10 W and 5 W, read with one offset of ±2 W: 12/7 at one end, 8/3 at the other."""
    found = difference(logarithm(2 / 5 / 1.959963984540054), logarithm(2 / 10 / 1.959963984540054))
    assert found.u95 == pytest.approx(math.log((8 / 3) / 2))


def test_an_error_as_large_as_the_reading_leaves_nothing_known() -> None:
    assert difference(logarithm(0.6), logarithm(0.1)).u == math.inf


def test_one_error_is_named_once_whatever_it_is_akin_to() -> None:
    there = Value(0.0, "1", {Source(Term.GAIN, "x", kin="there"): 0.05})
    here = Value(0.0, "1", {Source(Term.GAIN, "x", kin="here"): 0.05})
    assert difference(there, here).u == 0
