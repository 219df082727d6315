"""What stands around the frame: title, key, names of columns, footnotes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from joulemark.analysis.figures.data import FigureData, Kind
from joulemark.report.drawing import Curve, Drawing, Words
from joulemark.report.format import clean
from joulemark.report.plots.frame import Frame, flag
from joulemark.report.plots.layers import Layer, Role
from joulemark.report.plots.markers import block, marker
from joulemark.report.plots.text import box_of, fitted, width_of, wrapped

EDGE = 8.0
_LINE, _SMALL_LINE = 18.0, 14.0
_KEY_ROW, _KEY_GAP = 17.0, 16.0
_TURNS = (40.0, 60.0, 90.0)
"""Names that have no room stand aslant, as little as will do, in degrees."""
_APART = 13.0
"""Least distance of two lines aslant, px."""
_LONGEST = 118.0
"""Longest name of a column that stands aslant, px."""


@dataclass(frozen=True, slots=True)
class Columns:
    """How the names of columns stand below the axis.

    Attributes:
        lines: of each name.
        every: so many columns have one name.
        height: px.
        aslant: degrees by which they are turned.
    """

    lines: Mapping[str, Sequence[str]]
    every: int
    height: float
    aslant: float = 0.0


def head(drawing: Drawing, data: FigureData | None, whose: str) -> float:
    """Write the title of a figure, if any, and whose it is; return where they end."""
    y, width = 5.0, drawing.width - 2 * EDGE
    for line in wrapped("" if data is None else titled(data), width, "title", 4):
        y += _LINE
        drawing.words.append(Words(EDGE, y - 3, line, "title"))
    for line in wrapped(whose, width, "note", 3):
        y += _SMALL_LINE
        drawing.words.append(Words(EDGE, y, line, "note"))
    return y + 6


def titled(data: FigureData) -> str:
    """Return the title with its number."""
    number = clean(data.number, 20)
    return f"Figure {number}. {clean(data.title)}" if number else clean(data.title)


def whose(data: FigureData, layers: Sequence[Layer], other: str, *, differ: bool) -> str:
    """Return in words what is drawn how.

    Args:
        data: the figure.
        layers: that are drawn.
        other: what the version beneath is.
        differ: whether points of both differ.
    """
    roles = {layer.role for layer in layers}
    said = [str(data.basis)]
    if Role.GHOST in roles:
        said.append(_beneath(data, other, differ=differ))
    if any(point.u95 for layer in layers for point in layer.series.points):
        said.append("whiskers: 95 % intervals")
    if Role.OWN in roles:
        said.append("stars: own runs")
    return "; ".join(said)


def _beneath(data: FigureData, other: str, *, differ: bool) -> str:
    if differ:
        return f"hollow and dotted: {other}, numbered where it differs"
    same = data.kind is not Kind.HISTOGRAM
    return f"{other}: the same" if same else f"dotted: {other}"


def key(
    drawing: Drawing, layers: Sequence[Layer], texts: Sequence[str], top: float, *, blocks: bool
) -> float:
    """Write a key in rows; return where it ends.

    Args:
        drawing: that is added to.
        layers: that are named.
        texts: their names.
        top: where it begins.
        blocks: whether those of the left axis are areas, not marks.
    """
    x, y = EDGE, top + 11
    for layer, text in zip(layers, texts, strict=True):
        shown = fitted(text, drawing.width - 2 * EDGE - 16)
        width = width_of(shown) + 14
        if x > EDGE and x + width > drawing.width - EDGE:
            x, y = EDGE, y + _KEY_ROW
        if blocks and not layer.series.right and layer.role is not Role.OWN:
            drawing.curves += block(layer, x, y - 10, 11.0, y + 1)
        else:
            drawing.curves.append(Curve(marker(layer.shape, x + 5, y - 4), f"{layer.fill} mark"))
        drawing.words.append(Words(x + 14, y, shown, "value"))
        x += width + _KEY_GAP
    return y + 8


def labels(drawing: Drawing, left: str, right: str, top: float) -> float:
    """Write what the upright axes show, above them; return where that ends."""
    width = drawing.width - 2 * EDGE
    both = bool(right) and width_of(left, "head") + width_of(right, "head") + 24 <= width
    y = top
    for line in wrapped(left, width, "head", 3):
        y += 15
        drawing.words.append(Words(EDGE, y, line, "head"))
    if right:
        for n, line in enumerate(wrapped(right, width, "head", 3)):
            y += 0 if both and n == 0 else 15
            drawing.words.append(Words(drawing.width - EDGE, y, line, "head", "end"))
    return y + 6


def columns(names: Mapping[str, float], step: float) -> Columns:
    """Return how names stand: in lines where they fit, aslant where a word would break.

    Args:
        names: with their places.
        step: from one to the next, px.
    """
    shown = {name: clean(name, 80) or "–" for name in names}
    pieces = [p for text in shown.values() for p in text.replace("-", "- ").split()]
    if max(map(width_of, pieces), default=0.0) <= step - 5:
        lines = {name: wrapped(text, step - 4, most=3) for name, text in shown.items()}
        return Columns(lines, 1, 15.0 * max(map(len, lines.values()), default=1) + 6)
    turn = next((t for t in _TURNS if step * math.sin(math.radians(t)) >= _APART), _TURNS[-1])
    down, along = math.sin(math.radians(turn)), max(math.cos(math.radians(turn)), 0.01)
    cut = {
        name: [fitted(text, min(_LONGEST, (names[name] - 6) / along))]
        for name, text in shown.items()
    }
    longest = max((width_of(text[0]) for text in cut.values()), default=0.0)
    every = max(1, math.ceil(_APART / down / step))
    return Columns(cut, every, longest * down + 20, turn)


def write_columns(frame: Frame, how: Columns) -> None:
    """Write the names of columns below the axis."""
    for n, (name, lines) in enumerate(how.lines.items()):
        x, y = frame.across.names[name], frame.box.bottom
        if how.aslant:
            if n % how.every == 0:
                words = Words(x + 4, y + 14, lines[0], "", "end", -how.aslant)
                frame.drawing.words.append(words)
            continue
        for row, line in enumerate(lines):
            frame.write(Words(x, y + 17 + 15 * row, line, "", "middle"))


def below(frame: Frame, top: float) -> float:
    """Write what the axis below shows, and why comparability breaks; return where that ends."""
    drawing, data, y = frame.drawing, frame.data, top
    middle, width = (frame.box.left + frame.box.right) / 2, drawing.width - 2 * EDGE
    for line in wrapped(_below_label(frame), width, "head", 3):
        y += 15
        shift = box_of(middle, y, line, "head", "middle")
        move = max(EDGE - shift.left, 0.0) - max(shift.right - drawing.width + EDGE, 0.0)
        drawing.words.append(Words(middle + move, y, line, "head", "middle"))
    y += 4 if data.marks else 0
    for n, (place, why) in enumerate(data.marks):
        said = f"{flag(n)}  {clean(place, 40)}: {clean(why)}"
        for line in wrapped(said, width, "note", 4):
            y += _SMALL_LINE
            drawing.words.append(Words(EDGE, y, line, "note"))
    return y + 9


def _below_label(frame: Frame) -> str:
    axis = frame.across.axis
    return clean(frame.data.x_label if axis is None else axis.label, 120)
