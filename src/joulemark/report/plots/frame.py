"""The frame of a plot: its places, axes and grid, and which room is taken."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from joulemark.analysis.figures.data import FigureData, Point
from joulemark.report.drawing import Curve, Drawing, Stroke, Words
from joulemark.report.format import clean
from joulemark.report.plots.axes import Axis, drawable
from joulemark.report.plots.layers import Layer, where
from joulemark.report.plots.text import Box, box_of, width_of
from joulemark.report.svg import number

_GAP = 7.0
"""Least distance of two labels below the axis, px."""

Place = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Across:
    """Where points stand from left to right.

    Attributes:
        names: the middle of each name's column; a point of a name stands there, whatever its date.
        step: width of a column; nought on an axis of numbers.
        axis: of numbers or dates; None where names tell the place.
    """

    names: Mapping[str, float]
    step: float
    axis: Axis | None = None

    def __call__(self, point: Point) -> float:
        """Return the place of a point; NaN where it has none."""
        if self.axis is None or point.x in self.names:
            return self.names.get(point.x, math.nan)
        return math.nan if point.at is None else self.axis(point.at)


@dataclass(slots=True)
class Frame:
    """A drawing with its axes.

    Attributes:
        drawing: that is added to.
        data: that is drawn.
        box: between the axes.
        across: the axis below.
        left: the axis on the left.
        right: the axis on the right; None without.
        narrow: whether room is scarce.
        taken: boxes of text.
        spots: where points were drawn, by their identity.
    """

    drawing: Drawing
    data: FigureData
    box: Box
    across: Across
    left: Axis
    right: Axis | None
    narrow: bool
    taken: list[Box] = field(default_factory=list)
    spots: dict[int, Place] = field(default_factory=dict)

    def axis(self, layer: Layer) -> Axis:
        """Return the upright axis of a layer."""
        return self.right if layer.series.right and self.right is not None else self.left

    def write(self, words: Words) -> None:
        """Write text that must stand."""
        self.taken.append(box_of(words.x, words.y, words.text, words.of, words.anchor))
        self.drawing.words.append(words)

    def room(self, *choices: Words) -> bool:
        """Write text at the first of some places that is free; return whether one was."""
        for words in choices:
            box = box_of(words.x, words.y, words.text, words.of, words.anchor)
            if box.inside(self.drawing.width, self.drawing.height) and not self.is_taken(box):
                self.write(words)
                return True
        return False

    def is_taken(self, box: Box) -> bool:
        """Return whether text would lie over other text."""
        return any(box.meets(other) for other in self.taken)

    def places(self, layer: Layer) -> list[tuple[Point, float, float]]:
        """Return the points of a layer that have a place, in their order."""
        up = self.axis(layer)
        found = ((point, self.across(point), up(point.y)) for point in layer.series.points)
        return [each for each in found if math.isfinite(each[1]) and math.isfinite(each[2])]

    def told(self, layer: Layer, point: Point) -> str:
        """Return a point in words, for whoever points at it."""
        said = self.axis(layer).quantity.said
        half = f" ± {said(point.u95, 2)}" if drawable(point.u95, log=True) and point.u95 else ""
        place = where(point, self.data)
        parts = (f"{layer.name}, {place}: {said(point.y, 4)}{half}", point.label, point.note)
        return clean("; ".join(filter(None, dict.fromkeys(parts))), 400)

    def whisker(
        self, axis: Axis, point: Point, x: float, top: float | None = None, least: float = 11.0
    ) -> None:
        """Draw the interval of a point, where it is known and can be seen.

        Args:
            axis: of the point.
            point: whose interval.
            x: its place.
            top: number in the middle of it; by default the point's own.
            least: shorter ones are not drawn, px: a mark would cover them.
        """
        if point.u95 is None or not 0 < point.u95 < math.inf:
            return
        y = point.y if top is None else top
        ends = [axis(y - point.u95), axis(y + point.u95)]
        low, high = (self.clipped(v, self.box.bottom) for v in ends)
        if low - high > least:
            a, b = number(low), number(high)
            left, right = number(x - 3), number(x + 3)
            d = f"M{left} {a}H{right}M{number(x)} {a}V{b}M{left} {b}H{right}"
            self.drawing.curves += [Curve(d, "under"), Curve(d, "error")]

    def clipped(self, y: float, nowhere: float) -> float:
        """Return a place within the frame."""
        return min(max(y if math.isfinite(y) else nowhere, self.box.top), self.box.bottom)


def grid(frame: Frame) -> None:
    """Draw the lines of the axes, and write their ticks."""
    box, strokes = frame.box, frame.drawing.strokes
    for value, label in frame.left.ticks:
        y = frame.left(value)
        strokes.append(Stroke(box.left, y, box.right, y, "rule"))
        frame.write(Words(box.left - 7, y + 4, label, "", "end"))
    if frame.right is not None:
        for value, label in frame.right.ticks:
            y = frame.right(value)
            strokes.append(Stroke(box.right, y, box.right + 4, y, "tick"))
            frame.write(Words(box.right + 8, y + 4, label))
        strokes.append(Stroke(box.right, box.top, box.right, box.bottom, "base"))
    for value in frame.left.minor:
        y = frame.left(value)
        strokes.append(Stroke(box.left - 3, y, box.left, y, "base"))
    strokes.append(Stroke(box.left, box.top, box.left, box.bottom, "base"))
    strokes.append(Stroke(box.left, box.bottom, box.right, box.bottom, "tick"))
    if frame.across.axis is not None:
        _upright(frame, frame.across.axis)


def _upright(frame: Frame, axis: Axis) -> None:
    """Draw the axis below; a label that would touch the one before it is left out."""
    box = frame.box
    for value in axis.minor:
        x = axis(value)
        frame.drawing.strokes.append(Stroke(x, box.bottom, x, box.bottom + 3, "base"))
    last = -math.inf
    for value, label in axis.ticks:
        x, half = axis(value), width_of(label) / 2
        frame.drawing.strokes.append(Stroke(x, box.top, x, box.bottom, "rule"))
        if x - half > last + _GAP and x + half <= frame.drawing.width:
            frame.write(Words(x, box.bottom + 18, label, "", "middle"))
            last = x + half


def breaks(frame: Frame, marks: Sequence[tuple[str, str]]) -> None:
    """Draw where comparability breaks: before a name, or at a number or date."""
    for n, (place, _) in enumerate(marks):
        x = _break(frame, place)
        if math.isfinite(x):
            d = f"M{number(x)} {number(frame.box.top - 2)}V{number(frame.box.bottom)}"
            frame.drawing.curves.append(Curve(d, "break"))
            here = Words(x, frame.box.top - 6, flag(n), "flag", "middle")
            beside = [Words(x + 11 * k, here.y, here.text, "flag", "middle") for k in (1, -1, 2, 3)]
            frame.room(here, *beside)


def _break(frame: Frame, place: str) -> float:
    """Return the place of a break: a number's own, of a name between it and the one before."""
    across = frame.across
    if across.axis is None:
        return across.names.get(place, math.nan) - across.step / 2
    if place in across.names:
        before = [x for x in across.names.values() if x < across.names[place]]
        return (across.names[place] + max(before, default=across.names[place])) / 2
    try:
        return across.axis(float(place))
    except ValueError:
        return math.nan


def flag(n: int) -> str:
    """Return the letter of the mark at ``n``."""
    return "abcdefghijklmnopqrstuvwxyz"[n % 26]
