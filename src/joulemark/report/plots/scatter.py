"""Points in a plane, named where there is room."""

from __future__ import annotations

from collections.abc import Sequence

from joulemark.report.drawing import Words
from joulemark.report.format import clean
from joulemark.report.plots.frame import Frame
from joulemark.report.plots.layers import Layer, Role
from joulemark.report.plots.lines import draw_line
from joulemark.report.plots.text import Box, fitted

MOST_NAMED = 60
"""Of more points none is named."""


def draw_scatter(frame: Frame, layers: Sequence[Layer]) -> None:
    """Draw points."""
    for layer in layers:
        draw_line(frame, layer, joined=False)


def name_points(frame: Frame, layers: Sequence[Layer]) -> None:
    """Write the names of as many points as have room."""
    named = [
        (point, x, y)
        for layer in reversed(layers)
        if layer.role is not Role.GHOST
        for point, x, y in frame.places(layer)
        if point.label
    ]
    if len(named) > MOST_NAMED:
        return
    marks = [Box(x - 4, y - 4, x + 4, y + 4) for x, y in frame.spots.values()]
    frame.taken += marks
    widest = 90.0 if frame.narrow else 190.0
    for point, x, y in named:
        text = fitted(clean(point.label, 60), widest, "small")
        frame.room(*(w for w in _around(x, y, text) if _inside(frame, w)))
    frame.taken = [box for box in frame.taken if box not in marks]


def _around(x: float, y: float, text: str) -> list[Words]:
    places = ((8, 4, "start"), (-8, 4, "end"), (0, -9, "middle"), (0, 17, "middle"),
              (6, -7, "start"), (-6, -7, "end"), (6, 15, "start"), (-6, 15, "end"))  # fmt: skip
    return [Words(x + a, y + b, text, "small", anchor) for a, b, anchor in places]


def _inside(frame: Frame, words: Words) -> bool:
    return frame.box.top + 6 < words.y < frame.box.bottom - 2
