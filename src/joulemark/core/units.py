"""Print and parse quantities from microwatts to megawatts, by significant digits."""

from __future__ import annotations

import math
import re

from joulemark.core.errors import UsageError

_PREFIXES = {-12: "p", -9: "n", -6: "µ", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T"}
_FACTORS = {"p": -12, "n": -9, "u": -6, "µ": -6, "μ": -6, "m": -3, "": 0, "k": 3, "K": 3, "M": 6,
            "G": 9, "T": 12}  # fmt: skip
_NUMBER = re.compile(r"([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)\s*([^\s\d]*)")
_TIMES = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0,
          "d": 86400.0}  # fmt: skip
_HISSING = ("s", "x", "sh", "ch")
_IRREGULAR = {"epoch": "epochs"}
_LARGEST = 1e300
"""Beyond it a number is no quantity and is shown as Python shows it."""


def digits(value: float, count: int = 4) -> str:
    """Return ``value`` with ``count`` significant digits, not in exponent form.

    >>> digits(1234.5), digits(0.00123456), digits(12.0)
    ('1234', '0.001235', '12.00')
    """
    if not abs(value) < _LARGEST:
        return str(value)
    if value == 0:
        return "0"
    exponent = math.floor(math.log10(abs(value)))
    rounded = round(value, count - 1 - exponent)
    exponent = math.floor(math.log10(abs(rounded)))
    return f"{rounded:.{max(count - 1 - exponent, 0)}f}"


def si(value: float, unit: str, count: int = 4) -> str:
    """Return ``value`` with an SI prefix and ``count`` significant digits.

    The prefix goes before the first unit: 0.002 J/sample is 2.000 mJ/sample.

    >>> si(0.0021437, "J/sample"), si(1.5e6, "W"), si(0.0, "J")
    ('2.144 mJ/sample', '1.500 MW', '0 J')
    """
    if value == 0 or not abs(value) < _LARGEST:
        return f"{digits(value, count)} {unit}"
    power = _power(float(f"{value:.{count - 1}e}"))
    return f"{digits(value / 10.0**power, count)} {_PREFIXES[power]}{unit}"


_ROUNDING = 1e-12
"""A half-width of less than this share comes of floating point, and is none."""


def with_u95(value: float, u95: float, unit: str) -> str:
    """Return value and half-width on one prefix, the half-width with two significant digits.

    >>> with_u95(1234.567, 8.91, "J"), with_u95(0.0123, 0.006, "J/sample")
    ('1.2346 ± 0.0089 kJ', '12.3 ± 6.0 mJ/sample')
    >>> with_u95(1.288, 3e-14, "W")  # a half-width of floating point alone
    '1.288 W'
    """
    if not (abs(value) < _LARGEST and 0 < u95 < _LARGEST) or u95 < _ROUNDING * abs(value):
        return si(value, unit)
    half = float(f"{u95:.1e}")
    last = math.floor(math.log10(half)) - 1
    shown = round(value, -last)
    power = _power(max(abs(shown), half))
    places = max(power - last, 0)
    scale = 10.0**power
    return f"{shown / scale:.{places}f} ± {half / scale:.{places}f} {_PREFIXES[power]}{unit}"


def _power(value: float) -> int:
    """Return the power of ten of the SI prefix that suits a number other than zero."""
    return min(max(3 * math.floor(math.log10(abs(value)) / 3), -12), 12)


def parse(text: str, unit: str) -> float:
    """Return ``text`` ("3.5 mJ", "250kW", "12") in ``unit``, a bare SI unit such as W or J.

    Raises:
        UsageError: if the text is not a finite number followed by that unit.
    """
    match = _NUMBER.fullmatch(text.strip())
    suffix = match[2] if match else ""
    prefix = suffix.removesuffix(unit)
    known = match is not None and (not suffix or suffix.endswith(unit)) and prefix in _FACTORS
    number = float(match[1]) * 10.0 ** _FACTORS[prefix] if match and known else math.nan
    if not math.isfinite(number):
        raise UsageError(
            f"{text!r} is not a quantity in {unit}", remedy=f"write it like 2.5k{unit}"
        )
    return number


def parse_time(text: str) -> float:
    """Return a duration ("90", "90s", "1.5min", "250ms") in seconds.

    Raises:
        UsageError: if it is not a finite, non-negative duration.
    """
    match = _NUMBER.fullmatch(text.strip())
    seconds = float(match[1]) * _TIMES.get(match[2] or "s", math.nan) if match else math.nan
    if not math.isfinite(seconds) or seconds < 0:
        raise UsageError(f"{text!r} is not a duration", remedy="write it like 90s, 1.5min or 250ms")
    return seconds


def duration(seconds: float) -> str:
    """Return a duration for people: 520 ms, 61.2 s, 12 min 30 s, 2 h 5 min."""
    if seconds < 120:
        return si(seconds, "s", 3)
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 120:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def plural(unit: str) -> str:
    """Return the plural of a word, a unit of work for instance.

    >>> plural("sample"), plural("query"), plural("switch")
    ('samples', 'queries', 'switches')
    """
    if unit.endswith("y") and unit[-2:-1] not in "aeiou":
        return f"{unit[:-1]}ies"
    return _IRREGULAR.get(unit) or unit + ("es" if unit.endswith(_HISSING) else "s")


def count_of(number: float, unit: str) -> str:
    """Return a count with what is counted, grouped in thousands.

    >>> count_of(1, "log"), count_of(2, "switch"), count_of(12288, "sample")
    ('1 log', '2 switches', '12 288 samples')
    """
    shown = f"{number:,.0f}" if number == round(number) else f"{number:,.3f}"
    return f"{shown.replace(',', ' ')} {unit if number == 1 else plural(unit)}"
