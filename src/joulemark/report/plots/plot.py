"""Any figure as a drawing."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from joulemark.analysis.figures.data import FigureData, Kind, Series
from joulemark.report.drawing import Curve, Drawing, Words
from joulemark.report.format import clean
from joulemark.report.plots import around
from joulemark.report.plots.bars import draw_bars, draw_stacked, write_values
from joulemark.report.plots.frame import Frame, breaks, grid
from joulemark.report.plots.histogram import draw_histogram
from joulemark.report.plots.layers import Difference, differences, differing, layers
from joulemark.report.plots.layout import Plan, framed, plan_of
from joulemark.report.plots.lines import draw_lines, name_ends
from joulemark.report.plots.markers import marker
from joulemark.report.plots.quantity import quantity
from joulemark.report.plots.scatter import draw_scatter, name_points
from joulemark.report.plots.text import Box

PAGE, WIDE, NARROW = 900.0, 760.0, 360.0
"""Widths: on our pages, across a printed page, and in a printed column or on a phone, px."""
_RINGED = ((11, -5, "start"), (-11, -5, "end"), (11, 13, "start"), (-11, 13, "end"))
_ON_BAR = tuple((0, up, "middle") for up in (-7, -20, -33, 15, 29))
"""Where the number of a difference may stand."""
_NEAR = 24.0
"""Two points that differ by less have one number, px."""
_SAID = 16
"""So many points of a series are told in words."""


def plot(
    data: FigureData,
    width: float = WIDE,
    *,
    own: Sequence[Series] = (),
    against: FigureData | None = None,
    title: bool = True,
) -> Drawing:
    """Return a figure as a drawing.

    Args:
        data: what it shows.
        width: px; below 600 it is laid out for a phone or a printed column.
        own: series of one's own runs, laid over it.
        against: another version of it, laid beneath it; where points differ they are ringed.
        title: whether the title stands in the picture; a page has it above.
    """
    drawing = Drawing(width, 0.0, around.titled(data), summary(data))
    beneath = against
    if against is not None and data.kind is Kind.BARS:
        beneath = differing(data, against)
    plan = plan_of(data, layers(data, own, beneath), narrow=width < 600)
    found = [] if against is None else differences(against, data)
    other = "" if against is None else str(against.basis)
    whose = around.whose(data, plan.layers, other, differ=bool(found))
    top = around.head(drawing, data if title else None, whose)
    if not plan.drawable:
        drawing.words.append(Words(around.EDGE, top + 24, "There is no point to draw."))
        drawing.height = top + 44
        return drawing
    frame = framed(drawing, plan, top)
    grid(frame)
    breaks(frame, data.marks)
    if plan.at_ends:
        name_ends(frame, plan.at_ends)
    _draw(frame, plan, found)
    return drawing


def _draw(frame: Frame, plan: Plan, found: Sequence[Difference]) -> None:
    """Draw the series, number what differs, then write what has room."""
    layers, kind = plan.layers, plan.data.kind
    placed = draw_bars(frame, layers) if kind is Kind.BARS else []
    if kind is Kind.LINES:
        draw_lines(frame, layers)
    elif kind is Kind.STACKED:
        draw_stacked(frame, layers)
    elif kind is Kind.HISTOGRAM:
        draw_histogram(frame, layers, plan.edges)
    elif kind is Kind.SCATTER:
        draw_scatter(frame, layers)
    _mark(frame, found, ringed=not plan.blocks)
    write_values(frame, placed)
    if kind is Kind.SCATTER:
        name_points(frame, layers)


def _mark(frame: Frame, found: Sequence[Difference], *, ringed: bool) -> None:
    """Number the points that differ as their list does; what is no bar gets a ring, too."""
    for number, one in enumerate(found, 1):
        last = (-math.inf, -math.inf)
        for x, y in (frame.spots[id(p)] for p in one.points if id(p) in frame.spots):
            if ringed:
                ring = Curve(marker("circle", x, y, 8.0), "ring", clean(one.note))
                frame.drawing.curves.append(ring)
                frame.taken.append(Box(x - 8, y - 8, x + 8, y + 8))
            if math.dist(last, (x, y)) > _NEAR:
                places = _RINGED if ringed else _ON_BAR
                frame.room(*(Words(x + a, y + b, str(number), "flag", at) for a, b, at in places))
            last = (x, y)


def summary(data: FigureData) -> str:
    """Return a figure in words, for who cannot see it."""
    said = [f"{data.basis}", *_said(data)]
    said += [f"Not comparable across {place}: {why}" for place, why in data.marks]
    return clean(". ".join([*said, *data.notes]), 4000)


def _said(data: FigureData) -> Iterator[str]:
    for series in data.series:
        told = quantity(data.right_label if series.right else data.y_label).said
        values = [told(point.y) for point in series.points]
        if data.kind is Kind.HISTOGRAM or len(values) > _SAID:
            yield f"{series.name}: {len(values)} points"
            continue
        names = [point.x or point.label for point in series.points]
        yield f"{series.name}: " + ", ".join(
            f"{name} {value}".strip() for name, value in zip(names, values, strict=True)
        )
