"""Least and greatest mean power of each scale, on one logarithmic axis of watts."""

from __future__ import annotations

import math
from collections.abc import Sequence

from joulemark.analysis.scales import Basis, Point, ScaleRow, Spread
from joulemark.core.units import si
from joulemark.core.value import Value
from joulemark.report.drawing import Dot, Drawing, Stroke, Words
from joulemark.report.format import clean
from joulemark.report.plots.quantity import tick_label
from joulemark.report.svg import Scale

TITLE = "Least and greatest mean power of each scale"
WIDE, NARROW = 860.0, 360.0
_ROW, _NARROW_ROW, _TOP, _FOOT = 46.0, 50.0, 34.0, 34.0
_NAMES, _LABELS, _EDGE = 96.0, 84.0, 8.0
_APART = 52.0
"""Least distance of two labels on the axis."""


def power_drawing(rows: Sequence[ScaleRow], width: float = WIDE) -> Drawing | None:
    """Return the picture; None where no result tells its power.

    Args:
        rows: of the scales, the smallest first.
        width: of the picture; below 600 names stand above their lines.
    """
    known = [(row, row.power) for row in rows if row.power is not None]
    if not known:
        return None
    narrow = width < 600
    axis = _axis([spread for _, spread in known], width, narrow=narrow)
    step = _NARROW_ROW if narrow else _ROW
    bottom = _TOP + step * len(known)
    drawing = Drawing(
        width=width,
        height=bottom + _FOOT,
        title=TITLE,
        summary="; ".join(f"{row.scale}: {_range(spread)}" for row, spread in known),
    )
    drawing.words.append(Words(axis.start if not narrow else _EDGE, 14, "mean power", "head"))
    _grid(drawing, axis, bottom)
    for place, (row, spread) in enumerate(known):
        _line(drawing, axis, row, spread, _TOP + step * place, narrow=narrow)
    return drawing


def _range(spread: Spread) -> str:
    if spread.least.value == spread.most.value:
        return watts(spread.least)
    return f"{watts(spread.least)} to {watts(spread.most)}"


def watts(value: Value) -> str:
    """Return a power of four significant digits."""
    return si(value.value, "W")


def _axis(spreads: Sequence[Spread], width: float, *, narrow: bool) -> Scale:
    """Return the axis: logarithms of W, whole decades."""
    low = math.floor(math.log10(min(spread.least.value for spread in spreads)))
    high = math.ceil(math.log10(max(spread.most.value for spread in spreads)))
    left = _EDGE + 14 if narrow else _NAMES + _LABELS
    right = width - (_EDGE + 14 if narrow else _LABELS)
    return Scale(float(low), float(max(high, low + 1)), left, right)


def _grid(drawing: Drawing, axis: Scale, bottom: float) -> None:
    """Draw every decade, and label as many as have room, those of a prefix first."""
    decades = range(round(axis.low), round(axis.high) + 1)
    length = (axis.stop - axis.start) / max(len(decades) - 1, 1)
    every = 1 if length >= _APART else 3
    for decade in decades:
        x = axis(float(decade))
        drawing.strokes.append(Stroke(x, _TOP - 8, x, bottom, "rule"))
        if decade % every == 0:
            label = tick_label(10.0**decade, "W")
            drawing.words.append(Words(x, bottom + 18, label, "", "middle"))
    drawing.strokes.append(Stroke(axis.start, bottom, axis.stop, bottom, "base"))


def _line(
    drawing: Drawing, axis: Scale, row: ScaleRow, spread: Spread, top: float, *, narrow: bool
) -> None:
    ends = [axis(math.log10(value.value)) for value in (spread.least, spread.most)]
    y = top + (36 if narrow else 18)
    count = f"{row.count} measurement{'s' if row.count != 1 else ''}"
    if narrow:
        drawing.words.append(Words(_EDGE, top + 16, str(row.scale), "name"))
        drawing.words.append(Words(drawing.width - _EDGE, top + 16, _range(spread), "value", "end"))
    else:
        drawing.words.append(Words(_EDGE, y, str(row.scale), "name"))
        drawing.words.append(Words(_EDGE, y + 16, count))
        drawing.words.append(Words(ends[0] - 11, y + 4, watts(spread.least), "value", "end"))
        if ends[1] > ends[0]:
            drawing.words.append(Words(ends[1] + 11, y + 4, watts(spread.most), "value"))
    drawing.strokes.append(Stroke(ends[0], y, ends[1], y, "span"))
    for x, point, value in (
        (ends[0], spread.low, spread.least),
        (ends[1], spread.high, spread.most),
    ):
        drawing.dots.append(Dot(x, y, 6, _of(point), _told(point, value)))


def _of(point: Point) -> str:
    return "end published" if point.basis is Basis.PUBLISHED else "end"


def _told(point: Point, value: Value) -> str:
    return f"{watts(value)} ({point.basis}): {clean(point.name, 120)}"
