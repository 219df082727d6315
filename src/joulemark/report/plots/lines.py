"""Lines over an ordered axis, each named at its end."""

from __future__ import annotations

from collections.abc import Sequence

from joulemark.analysis.figures.data import Point
from joulemark.report.drawing import Curve, Words
from joulemark.report.plots.frame import Frame
from joulemark.report.plots.layers import Layer, Role
from joulemark.report.plots.markers import marker
from joulemark.report.svg import number

APART = 15.0
"""Least distance of two names at the ends of lines, px."""


def draw_lines(frame: Frame, layers: Sequence[Layer]) -> None:
    """Draw lines with their points and intervals."""
    for layer in layers:
        draw_line(frame, layer)


def draw_line(frame: Frame, layer: Layer, *, joined: bool = True) -> None:
    """Draw one series: a line that breaks where a point has no place, and its points.

    Args:
        frame: with its axes.
        layer: the series.
        joined: whether its points are joined.
    """
    curves, places = frame.drawing.curves, frame.places(layer)
    at = {id(point): (x, y) for point, x, y in places}
    path, broken = "", True
    for point in layer.series.points:
        if id(point) in at:
            x, y = at[id(point)]
            path += f"{'M' if broken else 'L'}{number(x)} {number(y)}"
        broken = id(point) not in at
    if joined and path:
        curves.append(Curve(path, layer.line))
    for point, x, y in places:
        frame.whisker(frame.axis(layer), point, x)
        curves.append(mark(frame, layer, point, x, y))
        frame.spots[id(point)] = (x, y)


def mark(frame: Frame, layer: Layer, point: Point, x: float, y: float) -> Curve:
    """Return the mark of a point; hollow where it is another version's."""
    told = frame.told(layer, point)
    of = layer.fill if layer.role is Role.GHOST else f"{layer.fill} mark"
    return Curve(marker(layer.shape, x, y, 3.5 if layer.role is Role.GHOST else 4.0), of, told)


def name_ends(frame: Frame, named: Sequence[tuple[Layer, str]]) -> None:
    """Write the name of each line at its end, moved apart where they would touch."""
    ends = [(*frame.places(layer)[-1][1:], layer, text) for layer, text in named]
    ends.sort(key=lambda end: end[1])
    at = spread([y for _, y, _, _ in ends], APART, frame.box.top + 4, frame.box.bottom - 2)
    x = frame.box.right + 14
    for (from_x, from_y, layer, text), y in zip(ends, at, strict=True):
        if from_x < frame.box.right - 12 or abs(y - from_y) > 3:
            begin = f"M{number(from_x + 6)} {number(from_y)}"
            if from_x < frame.box.right - 12:
                begin += f"H{number(frame.box.right)}"
            d = f"{begin}L{number(x - 3)} {number(y)}"
            frame.drawing.curves.append(Curve(d, "leader"))
        frame.drawing.curves.append(Curve(marker(layer.shape, x + 4, y), f"{layer.fill} mark"))
        frame.write(Words(x + 13, y + 4, text, "value"))


def spread(wanted: Sequence[float], apart: float, low: float, high: float) -> list[float]:
    """Return places near the wanted ones, in the same order, at least so far apart.

    The sum of squared shifts is the least (pool of adjacent violators), then all are kept within
    bounds, as far as they fit.

    Args:
        wanted: not decreasing.
        apart: least distance.
        low: least place.
        high: greatest place.
    """
    blocks: list[tuple[float, int]] = []
    for n, place in enumerate(wanted):
        mean, count = place - n * apart, 1
        while blocks and blocks[-1][0] > mean:
            other, many = blocks.pop()
            mean, count = (other * many + mean * count) / (many + count), many + count
        blocks.append((mean, count))
    top = high - (len(wanted) - 1) * apart
    flat = [min(max(mean, low), max(top, low)) for mean, count in blocks for _ in range(count)]
    return [place + n * apart for n, place in enumerate(flat)]
