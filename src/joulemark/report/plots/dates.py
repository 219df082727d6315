"""Axes of dates, which are days since 1970."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date

from joulemark.report.plots.axes import Axis, Mapped
from joulemark.report.plots.quantity import Quantity
from joulemark.report.svg import Scale

_EPOCH = 719_163
"""Ordinal of the first day of 1970."""
_FIRST_DAY, _LAST_DAY = -500_000.0, 2_500_000.0


def date_axis(days: Sequence[float], label: str, ends: Mapped, most: int) -> Axis:
    """Return an axis of dates, as days since 1970."""
    known = [day for day in days if _FIRST_DAY < day < _LAST_DAY] or [18_262.0]
    low, high = min(known), max(known)
    margin = max(0.02 * (high - low), 15.0)
    low, high = low - margin, high + margin
    first, last = _day(low), _day(high)
    months = 12 * math.ceil((last.year - first.year + 1) / most)
    if high - low < 2 * 365:
        months = next((m for m in (1, 2, 3, 6) if (high - low) / 30.4 / m <= most), 12)
    shown = []
    for count in range(12 * first.year, 12 * last.year + 13, months):
        at = date(count // 12, count % 12 + 1, 1)
        if first <= at <= last:
            text = f"{at:%Y}" if months >= 12 else f"{at:%b %Y}"
            shown.append((float(at.toordinal() - _EPOCH), text))
    return Axis(Scale(low, high, *ends), log=False, ticks=tuple(shown), minor=(), label=label,
                quantity=Quantity(label))  # fmt: skip


def _day(number: float) -> date:
    return date.fromordinal(_EPOCH + math.floor(number))


def iso_day(number: float) -> str:
    """Return days since 1970 as an ISO date; empty where that is no date."""
    if not (math.isfinite(number) and _FIRST_DAY < number < _LAST_DAY):
        return ""
    return _day(number).isoformat()
