"""Quantities are printed and parsed from microwatts to megawatts."""

from __future__ import annotations

import math
import re
import time
from contextlib import suppress
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.core.errors import UsageError
from joulemark.core.units import count_of, digits, duration, parse, parse_time, plural, si, with_u95

FACTORS = {"p": 1e-12, "n": 1e-9, "µ": 1e-6, "m": 1e-3, "": 1.0, "k": 1e3, "M": 1e6, "G": 1e9,
           "T": 1e12}  # fmt: skip
SHOWN = re.compile(r"(-?[\d.]+) ([pnµmkMGT]?)J")
BOTH = re.compile(r"(-?[\d.]+) ± ([\d.]+) ([pnµmkMGT]?)J")
READERS = (partial(parse, unit="W"), parse_time)

quantities = st.floats(1e-12, 9e14).flatmap(lambda x: st.sampled_from([x, -x]))


@pytest.mark.parametrize(
    ("value", "count", "text"),
    [
        (0.0, 4, "0"),
        (12.0, 4, "12.00"),
        (1234.5, 4, "1234"),
        (0.00123456, 4, "0.001235"),
        (999.96, 4, "1000"),
        (0.99996, 4, "1.000"),
        (-0.05, 2, "-0.050"),
        (123456789.0, 2, "120000000"),
        (math.inf, 4, "inf"),
        (-math.inf, 4, "-inf"),
        (math.nan, 4, "nan"),
    ],
)
def test_significant_digits(value: float, count: int, text: str) -> None:
    assert digits(value, count) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0, "J", "0 J"),
        (4.2e-6, "W", "4.200 µW"),
        (0.0021437, "J/sample", "2.144 mJ/sample"),
        (999.94, "J", "999.9 J"),
        (999.96, "J", "1.000 kJ"),
        (999.96e3, "J", "1.000 MJ"),
        (1.5e6, "W", "1.500 MW"),
        (-2500.0, "J", "-2.500 kJ"),
        (1e-15, "J", "0.001000 pJ"),
        (2.5e16, "J", "25000 TJ"),
        (math.nan, "J", "nan J"),
        (math.inf, "J", "inf J"),
    ],
)
def test_prefixes(value: float, unit: str, text: str) -> None:
    assert si(value, unit) == text


@given(quantities)
def test_printing_keeps_four_digits_and_takes_no_exponent(value: float) -> None:
    text = si(value, "J")
    match = SHOWN.fullmatch(text)
    assert match, text
    assert float(match[1]) * FACTORS[match[2]] == pytest.approx(value, rel=5.1e-4)
    assert 1 <= abs(float(match[1])) < 1000


@given(quantities)
def test_what_is_printed_can_be_parsed(value: float) -> None:
    assert parse(si(value, "J", 17), "J") == pytest.approx(value, rel=1e-15)


@pytest.mark.parametrize(
    ("value", "u95", "text"),
    [
        (1234.567, 8.91, "1.2346 ± 0.0089 kJ"),
        (0.0123, 0.006, "12.3 ± 6.0 mJ"),
        (999.96, 9.96, "1.000 ± 0.010 kJ"),
        (5.0, 9.96, "5 ± 10 J"),
        (567.0, 123.0, "570 ± 120 J"),
        (99.0, 999.7, "0.1 ± 1.0 kJ"),
        (0.0, 9.96e-7, "0.0 ± 1.0 µJ"),
        (-20.0, 0.5, "-20.00 ± 0.50 J"),
        (3.0, 80.0, "3 ± 80 J"),
        (2.5e16, 1e15, "25000 ± 1000 TJ"),
        (3e-15, 1e-15, "0.0030 ± 0.0010 pJ"),
        (12.0, 0.0, "12.00 J"),
        (12.0, math.inf, "12.00 J"),
        (12.0, math.nan, "12.00 J"),
        (math.nan, 1.0, "nan J"),
        (1e3, 5e-324, "1.000 kJ"),
        (1e12, 1e-9, "1.000 TJ"),
    ],
)
def test_half_width_has_two_digits(value: float, u95: float, text: str) -> None:
    assert with_u95(value, u95, "J") == text


@given(quantities, st.floats(1e-12, 1e12))
def test_value_and_half_width_end_at_one_place(value: float, u95: float) -> None:
    match = BOTH.fullmatch(with_u95(value, u95, "J"))
    if match is None:
        assert u95 < 1e-12 * abs(value)
        return
    factor = FACTORS[match[3]]
    assert float(match[2]) * factor == pytest.approx(u95, rel=0.051)
    assert abs(float(match[1]) * factor - value) <= 0.051 * u95 + 1e-14 * abs(value)
    assert len(match[1].partition(".")[2]) == len(match[2].partition(".")[2])


@given(st.floats(allow_nan=True, allow_infinity=True), st.floats(min_value=0))
def test_no_number_breaks_printing(value: float, u95: float) -> None:
    for text in (digits(value), si(value, "J"), with_u95(value, u95, "J")):
        assert text


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("3.5 mJ", "J", 0.0035),
        ("250kW", "W", 250e3),
        ("12", "W", 12.0),
        (" 12 W ", "W", 12.0),
        ("1e3W", "W", 1000.0),
        ("1.5E-3 kW", "W", 1.5),
        ("-.5 J", "J", -0.5),
        ("+7.J", "J", 7.0),
        ("8 uW", "W", 8e-6),
        ("8 µW", "W", 8e-6),
        ("8 μW", "W", 8e-6),
        ("3 K", "K", 3.0),
        ("3 kK", "K", 3000.0),
        ("4 pJ", "J", 4e-12),
        ("5", "", 5.0),
    ],
)
def test_parsing(text: str, unit: str, value: float) -> None:
    assert parse(text, unit) == pytest.approx(value, rel=1e-15)


@pytest.mark.parametrize(
    "text",
    ["", " ", "W", "5 V", "5 m", "5 xW", "5 W W", "5 W 3", "1,5 W", "1_000 W", "0x10 W", "--5 W",
     "nan W", "inf W", "1e999 W", "-1e999 W", "5 mmW", "1e W", "²W", "5\nW\n6", "\x00"],
)  # fmt: skip
def test_what_is_no_quantity_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"not a quantity in W; write it like 2\.5kW"):
        parse(text, "W")


@given(st.text(max_size=30))
def test_no_text_breaks_parsing(text: str) -> None:
    for read in READERS:
        with suppress(UsageError):
            assert math.isfinite(read(text))


@pytest.mark.parametrize("text", ["1" * 20_000 + "!", "1" + " " * 20_000 + "x1 ", " " * 20_000])
def test_long_text_is_refused_at_once(text: str) -> None:
    started = time.process_time()
    for read in READERS:
        with pytest.raises(UsageError):
            read(text)
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90.0), ("90s", 90.0), ("1.5min", 90.0), ("250ms", 0.25), ("2 h", 7200.0), ("0", 0.0),
     ("1d", 86400.0), ("5us", 5e-6), ("5µs", 5e-6), ("7ns", 7e-9), (" 3 s ", 3.0)],
)  # fmt: skip
def test_durations_are_parsed(text: str, seconds: float) -> None:
    assert parse_time(text) == pytest.approx(seconds, rel=1e-15)


@pytest.mark.parametrize("text", ["", "s", "-1", "-1s", "5 m", "5 years", "1e400", "nan", "1:30"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="not a duration"):
        parse_time(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.52, "520 ms"), (61.2, "61.2 s"), (119.97, "120 s"), (750.4, "12 min 30 s"),
     (7199.7, "2 h 0 min"), (7500, "2 h 5 min"), (90061, "25 h 1 min")],
)  # fmt: skip
def test_durations_are_printed_for_people(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_plurals_and_counts() -> None:
    assert [plural(unit) for unit in ("sample", "query", "batch", "box", "key", "epoch")] == [
        "samples", "queries", "batches", "boxes", "keys", "epochs",
    ]  # fmt: skip
    assert count_of(12288, "sample") == "12 288 samples"
    assert count_of(1, "run") == "1 run"
    assert count_of(2.5, "epoch") == "2.500 epochs"
