from __future__ import annotations

import math
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.core.value import Source, Term, Value
from joulemark.report.flat import MOST_ROWS, rows
from joulemark.report.format import (
    axis_unit,
    clean,
    harmless,
    iso,
    percent,
    plus_minus,
    quantity,
    share_of,
    short_time,
    short_unit,
)


@given(st.text(max_size=400))
def test_clean_text_only_shows(text: str) -> None:
    shown = clean(text, 100)
    assert len(shown) <= 100
    assert not any(unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp"} for c in shown)


@given(st.text(max_size=200))
def test_harmless_text_keeps_what_can_be_seen(text: str) -> None:
    shown = harmless(text)
    assert not any(unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for c in shown)
    assert harmless(shown) == shown


def test_escapes_are_taken_out() -> None:
    assert "\x1b" not in clean("\x1b[31mred")
    assert "\u202e" not in clean("a\u202eb")
    assert clean("a\n b\t c") == "a b c"
    assert clean("x" * 400, 10) == "x" * 9 + "…"
    assert harmless("12\u00a0W\x9b") == "12\u00a0W"


def test_times() -> None:
    assert iso(1_760_000_000_123_456_789) == "2025-10-09T08:53:20.123Z"
    assert iso(0) == "1970-01-01T00:00:00.000Z"
    assert iso(-1_000_000_000) == "1969-12-31T23:59:59.000Z"
    assert iso(None) is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.52, "520 ms"), (0.0, "0 s"), (1e-12, "–"), (math.inf, "–"), (61.2, "61.2 s"),
     (750, "12m30s"), (7500, "2h05m"), (300_000, "83h20m"), (3.2 * 86400, "76h48m"),
     (10 * 86400 + 3700, "10d01h")],
)  # fmt: skip
def test_short_times(seconds: float, text: str) -> None:
    assert short_time(seconds) == text


@given(st.floats(min_value=0, max_value=8e7))
def test_short_times_are_short(seconds: float) -> None:
    assert len(short_time(seconds)) <= 7


def test_quantities() -> None:
    assert quantity(None) == "–"
    assert quantity(Value(math.nan, "J")) == "–"
    assert quantity(Value(1234.5, "J")) == "1.234 kJ"
    assert quantity(Value(0.0123, "J/sample"), "") == "12.30 m"
    assert quantity(Value(3e20, "J")) == "3.0e+20 J"
    assert quantity(Value(-2e-20, "J")) == "-2.0e-20 J"
    assert quantity(Value(0.0, "J")) == "0 J"


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e290, max_value=1e290))
def test_a_figure_fits_its_column(number: float) -> None:
    assert len(quantity(Value(number, "J"))) <= 11


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0213, "2.1 %"), (0.4, "40 %"), (1.0, "100 %"), (1.234, "123 %"), (12.0, ">999 %"),
     (1e-9, "<0.01 %"), (0.0, "0 %"), (None, "–"), (math.nan, "–"), (math.inf, "–")],
)  # fmt: skip
def test_percent(share: float | None, text: str) -> None:
    assert percent(share) == text


def test_relative_half_width() -> None:
    value = Value(10.0, "J", {Source(Term.GAIN, "m"): 0.1})
    assert share_of(value) == pytest.approx(0.0196, rel=1e-3)
    assert plus_minus(value) == "±2.0 %"
    assert plus_minus(Value(10.0, "J")) == ""
    assert share_of(None) is None
    assert share_of(Value(0.0, "J", value.parts)) is None
    assert share_of(Value(1.0, "J", {Source(Term.GAIN, "m"): math.inf})) is None


@given(st.floats(min_value=1e-12, max_value=1e14))
def test_an_axis_has_numbers_that_people_read(largest: float) -> None:
    factor, unit = axis_unit(largest, "W")
    assert unit.endswith("W")
    assert 0.99 <= largest / factor < 1001


def test_axis_units() -> None:
    assert axis_unit(3 * 2**30, "B") == (2.0**30, "GiB")
    assert axis_unit(0.5, "B") == (1.0, "B")
    assert axis_unit(0.0, "W") == (1.0, "W")
    assert axis_unit(1e4, "%") == (1.0, "%")
    assert axis_unit(0.9, "") == (1.0, "")
    assert axis_unit(1e-15, "J") == (1e-12, "pJ")
    assert short_unit("J/sample") == "J/sample"
    assert short_unit("J/very-long-unit") == "J/unit"
    assert short_unit("J") == "J"


def test_nested_values_become_rows() -> None:
    value = {
        "a": {"b": 1, "c": [1, 2]},
        "d": [{"e": True}, {"e": False}],
        "f": None,
        "g": {},
        "h": [],
    }
    assert rows(value) == [
        ("a.b", "1"), ("a.c", "1, 2"), ("d 1.e", "yes"), ("d 2.e", "no"),
        ("f", "none"), ("g", "none"), ("h", "none"),
    ]  # fmt: skip
    assert rows(3) == [("", "3")]


def test_rows_are_bounded() -> None:
    found = rows({str(n): n for n in range(MOST_ROWS + 5)})
    assert len(found) == MOST_ROWS + 1
    assert found[-1] == ("…", "5 more values")
    deep: object = 1
    for _ in range(500):
        deep = {"x": deep}
    assert len(rows(deep)) == 1
