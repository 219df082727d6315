"""The uncertainty budget of a phase, term by term."""

from __future__ import annotations

import math
from dataclasses import dataclass

from joulemark.accounting.results import PhaseResult
from joulemark.core.units import digits, with_u95
from joulemark.core.value import Value
from joulemark.report.format import clean, percent, quantity, short_unit
from joulemark.report.words import TERMS

ROUNDING = 1e-12
"""A share of the variance below this is rounding of the arithmetic, not a term."""


@dataclass(frozen=True, slots=True)
class Row:
    """One term: its name, what it comes from, its size, its share of the variance (0 to 1)."""

    term: str
    what: str
    u: str
    relative: str
    share: float
    percent: str


@dataclass(frozen=True, slots=True)
class Budget:
    """All terms of one figure, largest first.

    Attributes:
        figure: what it is the budget of.
        result: value with its 95 % half-width.
        relative: the half-width relative to the value.
        u: combined standard uncertainty.
        factor: factor from standard uncertainty to half-width.
        rows: the terms.
    """

    figure: str
    result: str
    relative: str
    u: str
    factor: str
    rows: list[Row]


def budget(result: PhaseResult) -> Budget | None:
    """Return the budget of energy per unit, or of energy where no work was counted."""
    value, figure = result.per_unit, f"energy per {result.work.unit}" if result.work else ""
    if value is None:
        value, figure = None if result.total is None else result.total.joules, "energy"
    if value is None or not value.u > 0 or not math.isfinite(value.u):
        return None
    value = Value(value.value, short_unit(value.unit), value.parts)
    return Budget(
        figure=clean(figure, 60),
        result=with_u95(value.value, value.u95, value.unit),
        relative=percent(value.u95 / abs(value.value) if value.value else None, sign="±"),
        u=quantity(Value(value.u, value.unit), count=2),
        factor=digits(value.u95 / value.u, 3),
        rows=_rows(value),
    )


def _rows(value: Value) -> list[Row]:
    variance = value.u**2
    return [
        Row(
            term=term.value,
            what=TERMS[term],
            u=quantity(Value(u, value.unit), count=2),
            relative=percent(u / abs(value.value) if value.value else None),
            share=u * u / variance,
            percent=percent(u * u / variance),
        )
        for term, u in value.budget().items()
        if u * u / variance > ROUNDING
    ]
