"""Factors that somebody declares: the intensity of a grid, a price, the overhead of a facility.

They are exact as declared, so that what is made of them has the interval of the energy alone.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from joulemark.core.errors import UsageError

if TYPE_CHECKING:
    from joulemark.analysis.cost.hourly import Hourly

ARGUMENT = "command line"
"""Who declares what stands on the command line, unless told."""
_NUMBER = re.compile(
    r"\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)\s*([A-Za-z][A-Za-z0-9/]*)?\s*"
)
_INTENSITIES = {"": 1.0, "g/kwh": 1.0, "gco2e/kwh": 1.0, "gco2eq/kwh": 1.0, "kg/kwh": 1000.0,
                "kgco2e/kwh": 1000.0, "kg/mwh": 1.0, "kgco2e/mwh": 1.0}  # fmt: skip
_PER_KWH = {"kwh": 1.0, "mwh": 1e-3}
_CURRENCY = re.compile("[A-Z]{3}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """One intensity of a grid.

    Attributes:
        g_per_kwh: greenhouse gases per energy, gCO2e/kWh.
        by: who said it.
        of: of what: a region's name; empty where that is not said.
        code: of the region; empty for none.
        year: that it is of; 0 where that is not said.
        basis: what it counts: average or marginal, where, direct or life cycle.
        facts: licence, address and the like, by name.
    """

    g_per_kwh: float
    by: str
    of: str = ""
    code: str = ""
    year: int = 0
    basis: str = "not said: average or marginal, direct or life cycle"
    facts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Price:
    """What energy costs: an amount of a currency per kWh, and who said it."""

    per_kwh: float
    currency: str
    by: str = ARGUMENT


@dataclass(frozen=True, slots=True)
class Overhead:
    """Power usage effectiveness of a facility: its energy over that of its machines."""

    pue: float
    by: str = ARGUMENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Factors:
    """What was declared; None for what was not.

    Attributes:
        grid: intensity of the grid, one number or a series.
        price: of energy.
        overhead: of the facility; without it, energy is taken as it was metered.
    """

    grid: Grid | Hourly | None = None
    price: Price | None = None
    overhead: Overhead | None = None

    @property
    def pue(self) -> float:
        """Energy of the facility over that of the machines; 1 where none was declared."""
        return 1.0 if self.overhead is None else self.overhead.pue


def intensity(text: str, by: str = ARGUMENT) -> Grid:
    """Return an intensity as it is written: ``350``, ``350 g/kWh``, ``0.35 kg/kWh``.

    Raises:
        UsageError: if it is no such number, or below zero.
    """
    value, unit = _parsed(text, "the intensity of the grid", "350 (gCO2e/kWh)")
    factor = _INTENSITIES.get(unit.lower())
    if factor is None:
        raise UsageError(
            f"no unit of intensity: {unit!r:.20}", remedy="write it in g/kWh, like --grid 350"
        )
    if value < 0:
        raise UsageError("an intensity below zero makes no sense", remedy="write it like 350")
    return Grid(g_per_kwh=value * factor, by=by)


def price(text: str, currency: str = "", by: str = ARGUMENT) -> Price:
    """Return a price as it is written: ``0.30 EUR/kWh``, or a number and the currency apart.

    Raises:
        UsageError: if it is no number, below zero, or of no currency.
    """
    how = "--price '0.30 EUR/kWh'"
    value, unit = _parsed(text, "the price", how)
    if value < 0:
        raise UsageError("a price below zero is not counted", remedy=f"write it like {how}")
    money, slash, energy = unit.partition("/")
    per = _PER_KWH.get(energy.lower()) if slash else 1.0
    if per is None:
        raise UsageError(f"no price of energy: {unit!r:.20}", remedy=f"write it like {how}")
    name = (money or currency).upper()
    if money and currency and money.upper() != currency.upper():
        raise UsageError(f"two currencies: {money:.10} and {currency:.10}", remedy="give one")
    if _CURRENCY.fullmatch(name) is None:
        what = f"no currency: {name!r:.20}" if name else "the price names no currency"
        raise UsageError(what, remedy=f"name it by three letters: {how}")
    return Price(value * per, name, by)


def overhead(text: str, by: str = ARGUMENT) -> Overhead:
    """Return a power usage effectiveness as it is written: ``1.2``.

    Raises:
        UsageError: if it is no number, or below one.
    """
    value, unit = _parsed(text, "the PUE", "--pue 1.2")
    if unit:
        raise UsageError(f"a PUE has no unit: {text!r:.20}", remedy="write it like --pue 1.2")
    if value < 1:
        what = f"a PUE of {value:g} is below 1: no facility takes less than the machines in it"
        raise UsageError(what, remedy="write it like --pue 1.2")
    return Overhead(value, by)


def _parsed(text: str, what: str, how: str) -> tuple[float, str]:
    match = _NUMBER.fullmatch(text)
    value = math.nan if match is None else float(match[1])
    if match is None or not math.isfinite(value):
        raise UsageError(f"{what} {text!r:.40} is no number", remedy=f"write it like {how}")
    return value, match[2] or ""
