"""Groups of bars, and bars whose parts stand on each other."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from joulemark.analysis.figures.data import Point
from joulemark.report.drawing import Curve, Words
from joulemark.report.plots.axes import Axis
from joulemark.report.plots.frame import Frame
from joulemark.report.plots.layers import Layer, Role, same
from joulemark.report.plots.lines import draw_line, mark
from joulemark.report.plots.markers import block
from joulemark.report.plots.text import Box, width_of
from joulemark.report.svg import number

WIDEST = 54.0
_SHARE = 0.78
"""Of a column that its bars fill."""
_OVERHANG = 1.0
"""So much may a value be wider than its bar, px; over stems it may be wider if there are few."""
_FEW = 12
_SHORTEST = 2.0
"""Intervals at the tops of bars are drawn from this length on, px."""

Placed = tuple[Layer, Point, float, float, float]
"""A point of a layer, its place, and the room across that is its own."""


def draw_bars(frame: Frame, layers: Sequence[Layer]) -> list[Placed]:
    """Draw groups of bars; on an axis of logarithms, where length says nothing, marks on stems.

    Returns:
        What was drawn where, for :func:`write_values`.
    """
    placed = list(_placed(frame, layers))
    for layer, point, x, y, width in placed:
        if layer.series.right or frame.left.log:
            _stem(frame, layer, point, x, y)
        else:
            _bar(frame, layer, point, (x, y), width)
        frame.spots[id(point)] = (x, y)
    return placed


def _placed(frame: Frame, layers: Sequence[Layer]) -> Iterator[Placed]:
    """Yield points with their places: in each column the series that it has, side by side."""
    found = [(layer, *each) for layer in layers for each in frame.places(layer)]
    for name in frame.across.names:
        here = [each for each in found if each[1].x == name]
        slots = list(dict.fromkeys(each[0].name for each in here))
        slots.sort(key=lambda slot: min(e[0].index for e in here if e[0].name == slot))
        own = min(_SHARE * frame.across.step / max(len(slots), 1), WIDEST)
        for layer, point, x, y in here:
            yield layer, point, x + (slots.index(layer.name) - (len(slots) - 1) / 2) * own, y, own


def _stem(frame: Frame, layer: Layer, point: Point, x: float, y: float) -> None:
    if not layer.series.right:
        stem = f"M{number(x)} {number(frame.box.bottom)}V{number(y)}"
        frame.drawing.curves.append(Curve(stem, f"{layer.line} stem"))
    frame.whisker(frame.axis(layer), point, x)
    frame.drawing.curves.append(mark(frame, layer, point, x, y))


def _bar(frame: Frame, layer: Layer, point: Point, at: tuple[float, float], width: float) -> None:
    x, y = at
    _block(frame, layer, point, (x - width / 2, frame.left.base, width, y))
    frame.whisker(frame.left, point, x, least=_SHORTEST)


def _block(frame: Frame, layer: Layer, point: Point, at: tuple[float, float, float, float]) -> None:
    area, *texture = block(layer, *at)
    frame.drawing.curves += [replace(area, title=frame.told(layer, point)), *texture]


def write_values(frame: Frame, placed: Sequence[Placed]) -> None:
    """Write the values over all bars, or over none where they would stand on others."""
    marks = [each for each in placed if frame.left.log or each[0].series.right]
    frame.taken += [Box(x - 5, y - 5, x + 5, y + 5) for _, _, x, y, _ in marks]
    shown = [
        (frame.left.quantity.short(point.y), point, x, y, width)
        for layer, point, x, y, width in placed
        if layer.role is not Role.GHOST and not layer.series.right
    ]
    wide = any(width_of(text) > width + _OVERHANG for text, *_, width in shown)
    if wide and (len(shown) > _FEW or not frame.left.log):
        return
    for text, point, x, y, _ in shown:
        above = _above(frame.left, point, y) - (9 if frame.left.log else 6)
        tops = (y + 15, y + 29) if point.y < 0 else (above, above - 14)
        places = [Words(x, top, text, "halo", "middle") for top in tops]
        beside = [Words(x + 10, y + 10, text, "halo")] if frame.left.log else []
        if beside and x - 9 - width_of(text, "halo") > frame.box.left:
            beside.insert(0, Words(x - 9, y + 4, text, "halo", "end"))
        frame.room(places[0], *beside[:-1], *places[1:], *beside[-1:])


def _above(axis: Axis, point: Point, y: float) -> float:
    top = axis(point.y + point.u95) if point.u95 else math.nan
    return min(top, y) if math.isfinite(top) else y


def draw_stacked(frame: Frame, layers: Sequence[Layer]) -> None:
    """Draw bars of parts with their sums, the sums of another version, and lines over them."""
    parts = [x for x in layers if not x.series.right and x.role is Role.PLAIN]
    ghosts = [x for x in layers if not x.series.right and x.role is Role.GHOST]
    over = [x for x in layers if x.series.right or x.role is Role.OWN]
    width = min(0.62 * frame.across.step, WIDEST)
    marks = [Box(x - 6, y - 6, x + 6, y + 6) for each in over for _, x, y in frame.places(each)]
    frame.taken += marks
    for name, x in frame.across.names.items():
        other = _sum(ghosts, name)
        if other > 0 and not same(other, _sum(parts, name)):
            at = (x - width / 2 - 4, frame.left.base, width + 8, frame.left(other))
            frame.drawing.curves += block(ghosts[0], *at)
        _stack(frame, parts, name, x, width)
    for layer in over:
        draw_line(frame, layer, joined=layer.role is not Role.OWN)
    frame.taken = [box for box in frame.taken if box not in marks]


def _points(layers: Sequence[Layer], name: str) -> list[tuple[Layer, Point]]:
    """Return what stands on each other, the lowest first; what is not positive stands nowhere."""
    return [
        (layer, point)
        for layer in layers
        for point in layer.series.points
        if point.x == name and 0 < point.y < math.inf
    ]


def _sum(layers: Sequence[Layer], name: str) -> float:
    return math.fsum(point.y for _, point in _points(layers, name))


def _stack(frame: Frame, parts: Sequence[Layer], name: str, x: float, width: float) -> None:
    base, total, said = frame.left.base, 0.0, frame.left.quantity.short
    whiskers = []
    for layer, point in _points(parts, name):
        total += point.y
        top = frame.left(total)
        _block(frame, layer, point, (x - width / 2, base, width, top))
        frame.spots[id(point)] = (x, top)
        whiskers.append((point, total))
        of = f"inside on{layer.colour}"
        if base - top > 20 and width_of(said(point.y), of) < width and len(parts) > 1:
            frame.room(Words(x, (base + top) / 2 + 4, said(point.y), of, "middle"))
        base = top
    for point, top in whiskers:
        frame.whisker(frame.left, point, x, top, least=_SHORTEST)
    if total:
        frame.room(*(Words(x, base - up, said(total), "halo", "middle") for up in (7, 20, 33)))
