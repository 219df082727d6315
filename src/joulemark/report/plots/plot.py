"""Any figure as a drawing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from joulemark.analysis.figures.data import FigureData, Kind, Series
from joulemark.report.drawing import Curve, Drawing, Words
from joulemark.report.format import clean
from joulemark.report.plots import around
from joulemark.report.plots.bars import draw_bars, draw_stacked
from joulemark.report.plots.frame import Frame, breaks, grid
from joulemark.report.plots.histogram import draw_histogram
from joulemark.report.plots.layers import Difference, differences, layers
from joulemark.report.plots.layout import Plan, framed, plan_of
from joulemark.report.plots.lines import draw_lines, name_ends
from joulemark.report.plots.markers import marker
from joulemark.report.plots.quantity import quantity
from joulemark.report.plots.scatter import draw_scatter

PAGE, WIDE, NARROW = 900.0, 760.0, 360.0
"""Widths: on our pages, across a printed page, and in a printed column or on a phone, px."""
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
    plan = plan_of(data, layers(data, own, against), narrow=width < 600)
    other = "" if against is None else str(against.basis)
    top = around.head(drawing, data if title else None, around.whose(data, plan.layers, other))
    if not plan.drawable:
        drawing.words.append(Words(around.EDGE, top + 24, "There is no point to draw."))
        drawing.height = top + 44
        return drawing
    frame = framed(drawing, plan, top)
    grid(frame)
    breaks(frame, data.marks)
    if plan.at_ends:
        name_ends(frame, plan.at_ends)
    _draw(frame, plan)
    if against is not None:
        _ring(frame, differences(against, data))
    return drawing


def _draw(frame: Frame, plan: Plan) -> None:
    if plan.data.kind is Kind.LINES:
        draw_lines(frame, plan.layers)
    elif plan.data.kind is Kind.BARS:
        draw_bars(frame, plan.layers)
    elif plan.data.kind is Kind.STACKED:
        draw_stacked(frame, plan.layers)
    elif plan.data.kind is Kind.HISTOGRAM:
        draw_histogram(frame, plan.layers, plan.edges)
    else:
        draw_scatter(frame, plan.layers)


def _ring(frame: Frame, found: Sequence[Difference]) -> None:
    """Ring the points that differ, with their numbers in the list of differences."""
    for number, one in enumerate(found, 1):
        spots = [frame.spots[id(p)] for p in one.points if id(p) in frame.spots]
        for x, y in spots:
            frame.drawing.curves.append(Curve(marker("circle", x, y, 8.0), "ring", one.note))
        for x, y in spots:
            places = ((11, -5, "start"), (-11, -5, "end"), (11, 13, "start"), (-11, 13, "end"))
            frame.room(*(Words(x + a, y + b, str(number), "flag", at) for a, b, at in places))


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
