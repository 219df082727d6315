"""Declared factors and what follows from them, as short texts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from joulemark.analysis.cost.costs import Amounts
from joulemark.analysis.cost.factors import Factors, Grid
from joulemark.analysis.cost.hourly import Hourly
from joulemark.core.units import digits, with_u95
from joulemark.report.format import NOTHING, clean

HEAD = "Declared, not measured"
FACILITY, CARBON = "facility energy", "CO2e"
EXACT = (
    "Intervals are those of the energy: what is declared is taken as it was said, without an "
    "interval of its own."
)
NO_PUE = "No PUE was declared: energy is taken as it was metered, without the facility around it."
LEFT_OUT = "Embodied carbon (making, moving and scrapping machines) is in none of these numbers."


def factor_rows(factors: Factors) -> Iterator[tuple[str, str, str]]:
    """Yield each factor: its name, its value, and who said it."""
    grid = factors.grid
    if isinstance(grid, Grid):
        of = " ".join(filter(None, (grid.of, f"({grid.code})" if grid.code else "")))
        year = str(grid.year) if grid.year else ""
        said = ": ".join(filter(None, (", ".join(filter(None, (of, year))), grid.by)))
        yield "grid", f"{_plain(grid.g_per_kwh)} gCO2e/kWh", clean(said, 200)
    elif isinstance(grid, Hourly):
        low, high = min(grid.g_per_kwh), max(grid.g_per_kwh)
        value = f"{_plain(low)} to {_plain(high)} gCO2e/kWh, over time"
        yield "grid", value, clean(f"{Path(grid.of).name}: {grid.by}", 200)
    if factors.price is not None:
        price = factors.price
        value = f"{_plain(price.per_kwh)} {price.currency}/kWh"
        yield "price", value, clean(price.by, 200)
    if factors.overhead is not None:
        yield "PUE", _plain(factors.overhead.pue), clean(factors.overhead.by, 200)


def notes(factors: Factors) -> list[str]:
    """Return what a reader must know of these numbers."""
    said = [EXACT]
    if factors.grid is not None:
        said.append(f"Intensity: {clean(factors.grid.basis, 200)}. {LEFT_OUT}")
    if isinstance(factors.grid, Grid) and "licence" in factors.grid.facts:
        facts = factors.grid.facts
        said.append(f"Source: {facts['url']} ({facts['licence']}), read {facts['retrieved']}.")
    if factors.overhead is None:
        said.append(NO_PUE)
    else:
        said.append(
            "Facility energy is the metered energy times the declared PUE; it is no reading."
        )
    return said


def heads(factors: Factors, *, facility: bool = True) -> list[str]:
    """Return the headings of what was declared for."""
    found = [FACILITY] if facility and factors.overhead is not None else []
    found += [CARBON] if factors.grid is not None else []
    return [*found, factors.price.currency] if factors.price is not None else found


def cells(amounts: Amounts, factors: Factors, *, facility: bool = True) -> list[str]:
    """Return amounts under those headings; a dash where there is no number."""
    found = [(amounts.facility, "Wh")] if facility and factors.overhead is not None else []
    found += [(amounts.emissions, "g")] if factors.grid is not None else []
    found += [(amounts.money, factors.price.currency)] if factors.price is not None else []
    return [
        NOTHING if value is None else with_u95(value.value, value.u95, unit)
        for value, unit in found
    ]


def _plain(value: float) -> str:
    return f"{value:g}" if abs(value) < 1e6 else digits(value, 6)
