"""Where everything of a plot goes: what is named how, the axes and the frame."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from joulemark.analysis.figures.data import FigureData, Kind
from joulemark.report.drawing import Drawing
from joulemark.report.format import clean
from joulemark.report.plots import around
from joulemark.report.plots.axes import Axis, drawable, named_axis, number_axis, tight
from joulemark.report.plots.dates import date_axis
from joulemark.report.plots.frame import Across, Frame
from joulemark.report.plots.histogram import counts_of, edges_of, values_of
from joulemark.report.plots.layers import Layer, Role
from joulemark.report.plots.lines import APART
from joulemark.report.plots.quantity import quantity
from joulemark.report.plots.text import Box, box_of, width_of

HEIGHT, NARROW_HEIGHT = 330.0, 250.0
_VALUES_AT_ENDS, _MOST_AT_ENDS = 0.26, 0.34
"""Names at the ends of lines, with values and without, take at most so much of the width; else
there is a key."""
_ROUND = re.compile(r"v?(\d+)\.(\d+)")
_FROM_ZERO = (Kind.BARS, Kind.STACKED, Kind.HISTOGRAM)
_TICKS, _NARROW_TICKS = 6, 5
_SHORT, _FAR = 0.05, 0.9
"""An axis holds intervals of these half-widths, relative to their value."""
_PAD = 18.0
"""From the axes to the ends of lines over names, px."""
_LABELS = 1.08
"""How much higher an axis is than what carries its value above it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is drawn, before places are known.

    Attributes:
        data: the figure.
        layers: the lowest first.
        narrow: whether room is scarce.
        edges: of the bins of a histogram.
        at_ends: lines whose names stand at their ends, each with the text.
        in_key: those in a key above.
    """

    data: FigureData
    layers: list[Layer]
    narrow: bool
    edges: list[float]
    at_ends: list[tuple[Layer, str]]
    in_key: list[tuple[Layer, str]]

    @property
    def log(self) -> bool:
        """Return whether the left axis is of logarithms."""
        return self.data.log_y and self.data.kind not in (Kind.STACKED, Kind.HISTOGRAM)

    @property
    def blocks(self) -> bool:
        """Return whether series are areas, not marks."""
        return self.data.kind in _FROM_ZERO and not self.log

    @property
    def height(self) -> float:
        """Return the height of the frame, px."""
        return NARROW_HEIGHT if self.narrow else HEIGHT

    @property
    def drawable(self) -> bool:
        """Return whether there is a point with a place."""
        numeric = self.data.kind is Kind.SCATTER
        log = self.data.log_x if self.data.kind is Kind.HISTOGRAM else self.log
        return any(
            drawable(p.y, log=log) and (not numeric or drawable(p.at, log=self.data.log_x))
            for layer in self.layers
            for p in layer.series.points
        )


def plan_of(data: FigureData, layers: list[Layer], *, narrow: bool) -> Plan:
    """Return what is drawn: names at the ends of lines where they fit, else in a key."""
    edges = edges_of(layers, data) if data.kind is Kind.HISTOGRAM else []
    plan = Plan(data, layers, narrow, edges, [], [])
    named = _named(plan)
    width = 360.0 if narrow else 760.0
    if data.kind is Kind.LINES and not any(layer.series.right for layer in layers):
        valued = [(layer, f"{layer.name} {_last(plan, layer)}") for layer in named]
        bare = [(layer, layer.name) for layer in named]
        for ends, share in ((valued, _VALUES_AT_ENDS), (bare, _MOST_AT_ENDS)):
            fits = max((width_of(text) for _, text in ends), default=0.0) <= share * width
            if fits and len(ends) * APART <= plan.height:
                return Plan(data, layers, narrow, edges, ends, [])
    return Plan(data, layers, narrow, edges, [], [(layer, _text(plan, layer)) for layer in named])


def _named(plan: Plan) -> list[Layer]:
    """Return the layers that need a name: not those whose other version has it, nor a lone one."""
    drawn = [x for x in plan.layers if any(_shown(plan, x, p.y) for p in x.series.points)]
    plain = {layer.name for layer in drawn if layer.role is not Role.GHOST}
    named = [x for x in drawn if x.role is not Role.GHOST or x.name not in plain]
    return named if len(named) > 1 or plan.data.kind is Kind.HISTOGRAM else []


def _shown(plan: Plan, layer: Layer, value: float) -> bool:
    return drawable(value, log=plan.log and not layer.series.right)


def _last(plan: Plan, layer: Layer) -> str:
    values = [p.y for p in layer.series.points if _shown(plan, layer, p.y)]
    return quantity(plan.data.y_label).said(values[-1])


def _text(plan: Plan, layer: Layer) -> str:
    """Return the name of a layer in the key, with what else tells it apart."""
    name = f"{layer.name} (dotted)" if layer.role is Role.GHOST else layer.name
    if plan.data.kind is Kind.HISTOGRAM:
        count = str(len(values_of(layer, log=plan.data.log_x)))
        return name if count in layer.name.split() else f"{name}, n = {count}"
    return f"{name} (right axis)" if layer.series.right else name


def framed(drawing: Drawing, plan: Plan, top: float) -> Frame:
    """Return the frame, with everything around it drawn, and give the drawing its height.

    Args:
        drawing: with its head.
        plan: what is drawn.
        top: where its head ends.
    """
    if plan.in_key:
        layers, texts = zip(*plan.in_key, strict=True)
        top = around.key(drawing, layers, texts, top, blocks=plan.blocks)
    left, right = _axes(plan, (0.0, 0.0))
    top = around.labels(drawing, left.label, "" if right is None else right.label, top)
    top += 16 if plan.data.marks else 8
    bottom = top + plan.height
    left, right = _axes(plan, (bottom, top))
    begin = around.EDGE + _widest(left) + 9
    end = drawing.width - _margin(plan, right)
    box = Box(begin, top, end, bottom)
    frame = Frame(drawing, plan.data, box, _across(plan, box), left, right, plan.narrow)
    frame.taken += [box_of(w.x, w.y, w.text, w.of, w.anchor) for w in drawing.words]
    foot = bottom + 24
    if frame.across.axis is None:
        how = around.columns(frame.across.names, frame.across.step)
        around.write_columns(frame, how)
        foot = bottom + how.height + 4
    drawing.height = around.below(frame, foot)
    return frame


def _widest(axis: Axis) -> float:
    return max((width_of(text) for _, text in axis.ticks), default=0.0)


def _margin(plan: Plan, right: Axis | None) -> float:
    """Return what the right needs: names of lines, ticks of an axis, or half a label below."""
    if plan.at_ends:
        return max(width_of(text) for _, text in plan.at_ends) + 13 + 14 + 4
    return around.EDGE + (10 if right is None else _widest(right) + 9)


def _axes(plan: Plan, ends: tuple[float, float]) -> tuple[Axis, Axis | None]:
    data, most = plan.data, _NARROW_TICKS if plan.narrow else _TICKS
    zero = data.kind in _FROM_ZERO
    values = _heights(plan)
    if data.kind is Kind.HISTOGRAM:
        most = max(1, min(most, round(max(values, default=1.0))))
    if zero:
        values += [v * (2.0 if plan.log else _LABELS) for v in values]
    left = number_axis(values, data.y_label, ends, log=plan.log, zero=zero, most=most)
    others = [x for x in plan.layers if x.series.right and data.kind is not Kind.HISTOGRAM]
    if not others:
        return left, None
    high = _reached(others)
    right = number_axis(high, data.right_label, ends, log=_wide(high), zero=True, most=most)
    return left, right


def _wide(values: Sequence[float]) -> bool:
    """Return whether values of a right axis span so much that only logarithms show them."""
    known = [v for v in values if drawable(v, log=False)]
    return bool(known) and min(known) > 0 and max(known) > 100 * min(known)


def _heights(plan: Plan) -> list[float]:
    """Return what the left axis must hold."""
    of = [layer for layer in plan.layers if not layer.series.right]
    if plan.data.kind is Kind.HISTOGRAM:
        return [float(n) for layer in plan.layers for n in counts_of(layer, plan.edges)]
    if plan.data.kind is not Kind.STACKED:
        return _reached(of)
    sums: dict[tuple[str, bool], float] = {}
    for layer in of:
        for point in layer.series.points:
            if layer.role is not Role.OWN and 0 < point.y < math.inf:
                at = (point.x, layer.role is Role.GHOST)
                sums[at] = sums.get(at, 0.0) + point.y
    return [*sums.values(), *_reached([x for x in of if x.role is Role.OWN])]


def _reached(layers: Sequence[Layer]) -> list[float]:
    """Return values, and the ends of intervals that are neither short nor far away."""
    points = [p for layer in layers for p in layer.series.points]
    wide = [p for p in points if p.u95 and _SHORT * abs(p.y) < p.u95 < _FAR * abs(p.y)]
    ends = [p.y + k * p.u95 for p in wide if p.u95 for k in (1, -1)]
    return [*(p.y for p in points), *ends]


def _across(plan: Plan, box: Box) -> Across:
    data, ends = plan.data, (box.left, box.right)
    most = max(2, round((box.right - box.left) / 70))
    if data.kind is Kind.HISTOGRAM:
        axis = number_axis(plan.edges, data.x_label, ends, log=data.log_x, zero=False, most=most)
        return Across({}, 0.0, tight(axis, plan.edges))
    ranked = sorted(plan.layers, key=lambda layer: layer.role is not Role.PLAIN)
    points = [p for layer in ranked for p in layer.series.points]
    at = [p.at for p in points if p.at is not None]
    numeric = data.kind is Kind.SCATTER or (data.kind is Kind.LINES and len(at) == len(points))
    named = _named_places(plan) if numeric and data.kind is Kind.LINES else {}
    if named:
        ticks = [(place, clean(name, 30)) for name, place in named.items()]
        axis = named_axis(ticks, data.x_label, ends, _PAD)
        return Across({name: axis(place) for name, place in named.items()}, 0.0, axis)
    if numeric and data.dates:
        return Across({}, 0.0, date_axis(at, data.x_label, ends, most))
    if numeric:
        axis = number_axis(at, data.x_label, ends, log=data.log_x, zero=False, most=most)
        return Across({}, 0.0, axis)
    names = ordered([p.x for p in points])
    wide, ends_at = box.right - box.left, data.kind is Kind.LINES and len(names) > 1
    step = (wide - 2 * _PAD) / (len(names) - 1) if ends_at else wide / max(len(names), 1)
    first = box.left + (_PAD if ends_at else step / 2)
    return Across({name: first + n * step for n, name in enumerate(names)}, step)


def _named_places(plan: Plan) -> dict[str, float]:
    """Return where each name stands on an axis of numbers; none where that is not one place.

    Places of the figure itself count; names that only other layers have are added.
    """
    found: dict[str, float] = {}
    for layer in sorted(plan.layers, key=lambda layer: layer.role is not Role.PLAIN):
        for p in layer.series.points:
            if p.at is None or (found.setdefault(p.x, p.at) != p.at and layer.role is Role.PLAIN):
                return {}
    return {} if "" in found or len(set(found.values())) < len(found) else found


def ordered(names: Sequence[str]) -> list[str]:
    """Return names once each: rounds in their order, anything else as it comes."""
    once = list(dict.fromkeys(names))
    rounds = {name: _ROUND.fullmatch(name) for name in once}
    known = {name: (int(m[1]), int(m[2])) for name, m in rounds.items() if m is not None}
    return sorted(once, key=known.__getitem__) if len(known) == len(once) else once
