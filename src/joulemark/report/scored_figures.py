"""Figures of a score as text, for table and page."""

from __future__ import annotations

from math import isfinite

from joulemark.core.units import si, with_u95
from joulemark.procedures.checked import Measured
from joulemark.report.format import NOTHING, percent

MICRO = 1e-6
Rows = list[tuple[str, list[str]]]
"""The first cell of each row of a table, and the others."""


def shown(measured: Measured | None, unit: str, factor: float = 1.0) -> str:
    """Return a number with its half-width, on one prefix; a dash for none.

    Args:
        measured: the number.
        unit: its unit once it is multiplied.
        factor: by which it is multiplied.
    """
    if measured is None:
        return NOTHING
    return with_u95(measured.value * factor, measured.u95 * factor, unit)


def signed(share: float | None) -> str:
    """Return by how much two numbers are apart, as a percentage with its sign."""
    if share is None or not isfinite(share):
        return NOTHING
    return f"{100 * share:+.1f} %" if abs(share) < 10 else percent(share)


def printed_uj(value: float | None, places: int | None, most: int) -> str:
    """Return an energy as a runner printed it, digit by digit where that fits.

    Args:
        value: µJ; None if nothing is printed.
        places: decimal places that are.
        most: characters; longer text is given in J.
    """
    if value is None:
        return NOTHING
    text = f"{value:.{max(places or 0, 0)}f} µJ"
    return text if len(text) <= most else si(value * MICRO, "J", 6)


def card(name: str, number: str, text: str) -> dict[str, str]:
    """Return a figure with its name and what it means, for a page."""
    return {"name": name, "number": "" if number == NOTHING else number, "text": text}
