"""Intervals of ratios as lines of text on one logarithmic axis."""

from __future__ import annotations

import math
from collections.abc import Sequence

from joulemark.analysis.compare import Comparison
from joulemark.core.units import digits
from joulemark.report.format import clean

LABEL, WIDTH = 12, 64
"""Columns of the name and of the axis."""
_WIDEST = 4.605
"""Logarithm of the largest ratio that an axis reaches, 100; longer intervals end in an arrow."""

Row = tuple[str, float | None, tuple[float, float] | None]
"""Name, ratio and interval; None where there is none."""


def axis(rows: Sequence[Row], of: Comparison) -> list[str]:
    """Return lines of text: an interval for each row, 1 and the margin marked, and the scale.

    Args:
        rows: what to draw.
        of: whose margin is marked.
    """
    drawn = [(name, ratio, limits) for name, ratio, limits in rows if ratio and limits]
    if not drawn:
        return []
    margin = math.log1p(of.question.margin)
    ends = [abs(math.log(limit)) for _, _, limits in drawn for limit in limits]
    reach = min(max([1.5 * margin, 1e-4, *(1.1 * end for end in ends)]), _WIDEST)
    lines = [
        f"{clean(name, LABEL - 1):{LABEL}}{_line(ratio, limits, reach, margin)}"
        for name, ratio, limits in drawn
    ]
    return [*lines, f"{'B/A':{LABEL}}{_scale(reach, margin)}"]


def _place(logarithm: float, reach: float) -> int:
    """Return the column of the logarithm of a ratio; 1 is in the middle."""
    half = (WIDTH - 1) // 2
    return half + round(max(min(logarithm / reach, 1.0), -1.0) * half)


def _line(ratio: float, limits: tuple[float, float], reach: float, margin: float) -> str:
    cells = [" "] * WIDTH
    for mark in (-margin, margin):
        cells[_place(mark, reach)] = "┊"
    cells[_place(0.0, reach)] = "│"
    low, high = (_place(math.log(limit), reach) for limit in limits)
    cells[low : high + 1] = "─" * (high - low + 1)
    cells[low] = "├" if math.log(limits[0]) >= -reach else "◂"
    cells[high] = "┤" if math.log(limits[1]) <= reach else "▸"
    if abs(math.log(ratio)) <= reach:
        cells[_place(math.log(ratio), reach)] = "●"
    return "".join(cells).rstrip()


def _scale(reach: float, margin: float) -> str:
    """Return the numbers below the axis; one that would touch another is left out."""
    line = " " * (WIDTH + 6)
    for mark in (0.0, -reach, reach, -margin, margin):
        text = "1" if mark == 0 else digits(math.exp(mark), 3)
        start = max(_place(mark, reach) - len(text) // 2, 0)
        start = min(start, WIDTH - len(text))
        if not line[max(start - 1, 0) : start + len(text) + 1].strip():
            line = line[:start] + text + line[start + len(text) :]
    return line.rstrip()
