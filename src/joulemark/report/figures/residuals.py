"""How far workloads that were left out lay from where the others put them, as an SVG file."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from joulemark.analysis.calibrating.make import Made
from joulemark.analysis.calibrating.outcome import Outcome
from joulemark.core.student import student_975
from joulemark.report import svg
from joulemark.report.calibration import stratum_name
from joulemark.report.drawing import Curve, Drawing, Stroke, Words, svg_file
from joulemark.report.format import clean
from joulemark.report.plots.markers import marker
from joulemark.report.plots.text import fitted

WIDTH, HEIGHT = 720, 260
"""Of one panel, px; each calibration has one."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 20, 46, 44

Point = tuple[float, float, float, str]
"""Power, deviation and half-width (W), and whose it is."""


def residuals(outcome: Outcome) -> str:
    """Return one picture: a panel for each calibration, a point for each stretch of time.

    A point is the reference less the calibrated reading, W, over the reading; its bar is the 95 %
    interval that was predicted for it. Points off their bar's reach of zero have another colour
    and another shape.
    """
    panels = [(one, list(_points(one))) for one in outcome.made]
    missed = sum(abs(off) > half for _, points in panels for _, off, half, _ in points)
    drawing = Drawing(
        width=WIDTH,
        height=HEIGHT * len(panels),
        title=clean(f"{outcome.target} against {outcome.reference}", 120),
        summary=f"{sum(len(p) for _, p in panels)} stretches that were left out, {missed} off",
    )
    for place, (one, points) in enumerate(panels):
        _panel(drawing, one, points, place * HEIGHT, outcome)
    return svg_file(drawing)


def _panel(drawing: Drawing, one: Made, points: list[Point], top: int, outcome: Outcome) -> None:
    power = one.calibration.power_w
    reach = max(svg.TINY, *(abs(off) + half for _, off, half, _ in points))
    across = svg.Scale(power.low, power.high, _LEFT + 10, WIDTH - _RIGHT - 10)
    up = svg.Scale(-reach, reach, top + HEIGHT - _BOTTOM, top + _TOP)
    room, target = WIDTH - _LEFT - _RIGHT, clean(outcome.target, 60)
    title = fitted(clean(stratum_name(one.calibration.stratum), 120), room, "head")
    said = f"left out: {clean(outcome.reference, 60)} less the calibrated reading, W; bars: 95 %"
    below = f"mean power by {target}, W"
    drawing.words += [
        Words(_LEFT, top + 20, title, "head"),
        Words(_LEFT, top + 36, fitted(said, room)),
        Words((_LEFT + WIDTH) / 2, top + HEIGHT - 8, fitted(below, room), "", "middle"),
    ]
    _axes(drawing, across, up)
    for watts, off, half, label in points:
        _mark(drawing, (across(watts), up(off)), up(0.0) - up(half), label, off=abs(off) > half)


def _points(one: Made) -> Iterator[Point]:
    """Yield power, deviation and half-width (W), and the name of each point that was left out."""
    for each in one.left:
        seconds, own = each.points.seconds, each.points
        half = student_975(each.others.dof) * np.sqrt(each.others.variance_j2(own)) / seconds
        off = each.deviation_j / seconds
        yield from zip(own.target_w.tolist(), off.tolist(), half.tolist(), own.labels, strict=True)


def _axes(drawing: Drawing, across: svg.Scale, up: svg.Scale) -> None:
    for value, label in svg.labelled(svg.ticks(up.low, up.high)):
        of = "rule" if value else "tick"
        drawing.strokes.append(Stroke(_LEFT, up(value), WIDTH - _RIGHT, up(value), of))
        drawing.words.append(Words(_LEFT - 8, up(value) + 4, label, "", "end"))
    for value, label in svg.labelled(svg.ticks(across.low, across.high, 8)):
        drawing.words.append(Words(across(value), up.start + 18, label, "", "middle"))


def _mark(drawing: Drawing, at: tuple[float, float], half: float, label: str, *, off: bool) -> None:
    """Draw a point with its interval; ``half`` is its half-width, px."""
    x, y = at
    colour, shape = ("2", "diamond") if off else ("1", "circle")
    bar = f"M{svg.number(x)} {svg.number(y - half)}V{svg.number(y + half)}"
    drawing.curves += [
        Curve(bar, f"line{colour} whisker"),
        Curve(marker(shape, x, y, 3.0), f"fill{colour}", clean(label, 120)),
    ]
