"""Declared factors and what follows from them as JSON values; energy stands outside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from joulemark.analysis.cost.costs import Amounts, PhaseCost
from joulemark.analysis.cost.factors import Factors, Grid
from joulemark.analysis.cost.hourly import Hourly
from joulemark.core.value import Value
from joulemark.report.cost.words import notes

_GRAMS, _WH = 1e-3, 1e-3


def costs_json(run: str, costs: Sequence[PhaseCost], factors: Factors) -> dict[str, Any]:
    """Return what a run comes to: measured energy by phase, and apart from it what was declared."""
    return {
        "run": run,
        "declared": factors_json(factors),
        "phases": [
            {
                "phase": cost.phase,
                "energy": {
                    **_number(cost.energy.joules, 1.0, "J"),
                    "provenance": cost.energy.provenance.value,
                    "coverage": cost.energy.coverage,
                    "lacks": list(cost.lacks),
                },
                "declared": {
                    "g_per_kwh": cost.g_per_kwh,
                    "of": [
                        {"of": line.of, **amounts_json(line.amounts, factors)}
                        for line in cost.lines
                    ],
                },
            }
            for cost in costs
        ],
        "notes": notes(factors),
    }


def factors_json(factors: Factors) -> dict[str, Any]:
    """Return the factors, each with who said it; null for what was not declared."""
    price, overhead = factors.price, factors.overhead
    return {
        "grid": _grid(factors.grid),
        "price": None
        if price is None
        else {"per_kwh": price.per_kwh, "currency": price.currency, "by": price.by},
        "pue": None if overhead is None else {"pue": overhead.pue, "by": overhead.by},
    }


def _grid(grid: Grid | Hourly | None) -> dict[str, Any] | None:
    if grid is None:
        return None
    common = {"by": grid.by, "of": grid.of or None, "basis": grid.basis}
    if isinstance(grid, Hourly):
        lowest, highest = min(grid.g_per_kwh), max(grid.g_per_kwh)
        return {"g_per_kwh": None, "lowest": lowest, "highest": highest, **common}
    return {
        "g_per_kwh": grid.g_per_kwh,
        **common,
        "region": grid.code or None,
        "year": grid.year or None,
        **grid.facts,
    }


def amounts_json(amounts: Amounts, factors: Factors) -> dict[str, Any]:
    """Return amounts in kWh of the facility, kgCO2e and money; null where none was declared."""
    currency = "" if factors.price is None else factors.price.currency
    return {
        "facility_energy": _number(amounts.facility, _WH, "kWh"),
        "emissions": _number(amounts.emissions, _GRAMS, "kgCO2e"),
        "money": _number(amounts.money, 1.0, currency),
        "provenance": "declared",
    }


def _number(value: Value | None, factor: float, unit: str) -> Any:
    if value is None:
        return None
    return {"value": value.value * factor, "u95": value.u95 * factor, "unit": unit}
