"""What an axis shows, and its numbers for people, from microwatts to megawatts."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from joulemark.core.units import digits, si

_UNIT = re.compile(r"(.*?)[ ,]*[ (\[]([pnµumkMGT]?)(W|J|Wh|s)(/[^\s()\[\]]+)?[)\]]?")
_SUFFIX = re.compile(r".*(?:, (\S{1,12})| [(\[](\S{1,12})[)\]])")
_PREFIX = {"p": 1e-12, "n": 1e-9, "µ": 1e-6, "u": 1e-6, "m": 1e-3, "": 1.0, "k": 1e3, "M": 1e6,
           "G": 1e9, "T": 1e12}  # fmt: skip
_SMALL, _GREAT, _HUGE = 1e-4, 1e6, 1e15


@dataclass(frozen=True, slots=True)
class Quantity:
    """What an axis shows.

    Attributes:
        text: its label without the unit.
        unit: SI unit that takes a prefix, such as ``W`` or ``J/sample``; empty for anything else.
        factor: from the numbers of the figure to that unit.
        suffix: any other short unit, such as ``%``.
        written: the unit of the numbers of the figure.
    """

    text: str
    unit: str = ""
    factor: float = 1.0
    suffix: str = ""
    written: str = ""

    def said(self, value: float, count: int = 3) -> str:
        """Return a value for people, with its unit where it has one."""
        return f"{self.short(value, count)} {self.suffix}".strip()

    def short(self, value: float, count: int = 3) -> str:
        """Return the same with an SI unit only."""
        if not self.unit or not math.isfinite(value):
            return plain(value, count)
        return si(value * self.factor, self.unit.partition("/")[0], count)


def quantity(label: str) -> Quantity:
    """Return what the label of an axis says: ``mean power, W``, ``energy (mJ/sample)``."""
    found = _UNIT.fullmatch(label)
    if found is None:
        suffix = _SUFFIX.fullmatch(label)
        return Quantity(label) if suffix is None else _suffixed(label, suffix[1] or suffix[2])
    unit = f"{found[3]}{found[4] or ''}"
    return Quantity(found[1].rstrip(" ,("), unit, _PREFIX[found[2]], written=f"{found[2]}{unit}")


def _suffixed(label: str, unit: str) -> Quantity:
    return Quantity(label, suffix=unit, written=unit)


def plain(value: float, count: int = 3) -> str:
    """Return a number without unit: in thousands by a thin space, from a million on by prefixes.

    >>> plain(1.839), plain(4.1e9), plain(2.5e-7)
    ('1.84', '4.10 G', '2.5e−7')
    """
    size = abs(value)
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else str(value)
    if not _SMALL <= size < _HUGE:
        mantissa, _, power = f"{value:.{count - 1}e}".partition("e")
        shown = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
        shown = f"{shown}e{int(power)}"
    elif size >= _GREAT:
        shown = si(value, "", count)
    elif size >= 10**count:
        shown = f"{float(digits(value, count)):,.0f}".replace(",", "\u202f")
    else:
        shown = digits(value, count)
    return shown.replace("-", "−")


def tick_label(value: float, unit: str) -> str:
    """Return the label of a number such as 1, 2 or 5 times a power of ten: ``20 mW``."""
    shown = si(value, unit.partition("/")[0], 2) if unit else plain(value, 2)
    number, _, named = shown.partition(" ")
    number = number.rstrip("0").rstrip(".") if "." in number else number
    return f"{number} {named}".strip()
