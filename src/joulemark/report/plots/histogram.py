"""How values are distributed."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from joulemark.analysis.figures.data import FigureData
from joulemark.report.drawing import Curve, Words
from joulemark.report.plots.axes import drawable
from joulemark.report.plots.frame import Frame
from joulemark.report.plots.layers import Layer, Role
from joulemark.report.plots.markers import block
from joulemark.report.svg import number

BINS = 32
"""At most about so many."""
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


def values_of(layer: Layer, *, log: bool = False) -> list[float]:
    """Return the values of a layer that can be drawn."""
    return [p.y for p in layer.series.points if drawable(p.y, log=log)]


def edges_of(layers: Sequence[Layer], data: FigureData) -> list[float]:
    """Return edges of bins at round numbers (of logarithms: at parts of decades) around all."""
    values = [v for layer in layers for v in values_of(layer, log=data.log_x)]
    if not values:
        return [0.0, 1.0]
    if data.log_x:
        values = [math.log10(v) for v in values]
    low, high = min(values), max(values)
    step = _step(((high - low) or abs(high) / 10 or 1.0) / BINS)
    first, last = math.floor(low / step + 1e-9), math.floor(high / step + 1e-9) + 1
    edges = [n * step for n in range(first, last + 1)]
    return [10.0**edge for edge in edges] if data.log_x else edges


def _step(least: float) -> float:
    power = 10.0 ** math.floor(math.log10(least))
    return power * next(m for m in _STEPS if m * power >= least * (1 - 1e-9))


def counts_of(layer: Layer, edges: Sequence[float]) -> list[int]:
    """Return how many values lie in each bin; its lower edge belongs to it."""
    values = np.array(values_of(layer, log=edges[0] > 0))
    lower = np.array(edges[:-1])
    lower = lower - 1e-9 * np.diff(np.array(edges))  # a value on an edge, whatever its rounding
    places = np.searchsorted(lower, values, side="right") - 1
    kept = places[(places >= 0) & (values <= edges[-1])]
    return [int(n) for n in np.bincount(kept, minlength=len(lower))]


def draw_histogram(frame: Frame, layers: Sequence[Layer], edges: Sequence[float]) -> None:
    """Draw bars of counts, several series side by side in a bin; other versions as outlines."""
    axis = frame.across.axis
    assert axis is not None  # noqa: S101 # a histogram stands on numbers
    filled = [layer for layer in layers if layer.role is Role.PLAIN]
    for place, layer in enumerate(filled):
        _bars(frame, layer, edges, (place, len(filled)))
    for layer in layers:
        if layer.role is not Role.PLAIN:
            _outline(frame, layer, counts_of(layer, edges), [axis(edge) for edge in edges])
    for layer in filled:
        _median(frame, layer, [axis(m) for m in _medians(layer)])


def _bars(frame: Frame, layer: Layer, edges: Sequence[float], slot: tuple[int, int]) -> None:
    """Draw the counts of one series in its share of each bin."""
    place, of = slot
    axis = frame.across.axis
    assert axis is not None  # noqa: S101 # see above
    said, base = axis.quantity.said, frame.left.base
    for (low, high), count in zip(pairwise(edges), counts_of(layer, edges), strict=True):
        width = (axis(high) - axis(low)) / of
        if count:
            left = axis(low) + place * width
            area, *texture = block(layer, left, base, width, frame.left(float(count)))
            told = f"{layer.name}: {count} from {said(low, 4)} to {said(high, 4)}"
            frame.drawing.curves += [replace(area, title=told), *texture]


def _outline(frame: Frame, layer: Layer, counts: Sequence[int], at: Sequence[float]) -> None:
    d = f"M{number(at[0])} {number(frame.left.base)}"
    for count, right in zip(counts, at[1:], strict=True):
        d += f"V{number(frame.left(float(count)))}H{number(right)}"
    of = "outlineown ghost" if layer.role is Role.GHOST else "outlineown"
    d += f"V{number(frame.left.base)}"
    frame.drawing.curves.append(Curve(d, of, layer.name))


def _medians(layer: Layer) -> list[float]:
    values = values_of(layer)
    return [statistics.median(values)] if len(values) > 2 else []


def _median(frame: Frame, layer: Layer, places: Sequence[float]) -> None:
    axis = frame.across.axis
    for x, value in zip(places, _medians(layer), strict=True):
        if axis is None or not math.isfinite(x):
            continue
        d = f"M{number(x)} {number(frame.box.top)}V{number(frame.box.bottom)}"
        frame.drawing.curves.append(Curve(d, "median"))
        of = f"{layer.name}: " if sum(s.right is False for s in frame.data.series) > 1 else ""
        sign = "+" if value > 0 > axis.low else ""
        text = f"{of}median {sign}{axis.quantity.said(value)}"
        rows = [frame.box.top + 12 + 16 * row for row in range(4)]
        frame.room(
            *(Words(x + 6, y, text, "halo") for y in rows),
            *(Words(x - 6, y, text, "halo", "end") for y in rows),
        )
