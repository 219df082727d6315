"""How far workloads that were left out lay from where the others put them, as an SVG file."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

import numpy as np

from joulemark.analysis.calibrating.make import Made
from joulemark.analysis.calibrating.outcome import Outcome
from joulemark.core.student import student_975
from joulemark.report import svg
from joulemark.report.calibration import stratum_name
from joulemark.report.format import clean
from joulemark.report.style import COLOURS, FONT, SERIES

WIDTH, HEIGHT = 720, 260
"""Of one panel, px; each calibration has one."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 20, 46, 44
_PALETTE = COLOURS["light"]
_MISSED, _HELD = SERIES["light"][1], SERIES["light"][0]


def residuals(outcome: Outcome) -> str:
    """Return one picture: a panel for each calibration, a point for each stretch of time.

    A point is the reference less the calibrated reading, W, over the reading; its bar is the 95 %
    interval that was predicted for it. Points off their bar's reach of zero have another colour
    and another shape.
    """
    height = HEIGHT * len(outcome.made)
    panels = (_panel(one, place * HEIGHT, outcome) for place, one in enumerate(outcome.made))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" font-family="{escape(FONT)}" font-size="12" '
        f'fill="{_PALETTE["text"]}" role="img">\n'
        f"<title>{_text(f'{outcome.target} against {outcome.reference}')}</title>\n"
        f'<rect width="{WIDTH}" height="{height}" fill="{_PALETTE["surface"]}"/>\n'
        f"{''.join(panels)}</svg>\n"
    )


def _panel(one: Made, top: int, outcome: Outcome) -> str:
    points = list(_points(one))
    power = one.calibration.power_w
    reach = max(svg.TINY, *(abs(off) + half for _, off, half, _ in points))
    across = svg.Scale(power.low, power.high, _LEFT + 10, WIDTH - _RIGHT - 10)
    up = svg.Scale(-reach, reach, HEIGHT - _BOTTOM, _TOP)
    title = stratum_name(one.calibration.stratum)
    marks = "".join(
        _mark(across(watts), up(off), up(0) - up(half), label) for watts, off, half, label in points
    )
    return (
        f'<g transform="translate(0 {top})">\n'
        f'<text x="{_LEFT}" y="20" font-weight="bold">{_text(title)}</text>\n'
        f'<text x="{_LEFT}" y="36" fill="{_PALETTE["muted"]}">left out: '
        f"{_text(outcome.reference)} less the calibrated reading, W; bars: 95 %</text>\n"
        f"{_axes(across, up)}{marks}"
        f'<text x="{(_LEFT + WIDTH) / 2}" y="{HEIGHT - 8}" text-anchor="middle">'
        f"mean power by {_text(outcome.target)}, W</text>\n</g>\n"
    )


def _points(one: Made) -> Iterator[tuple[float, float, float, str]]:
    """Yield power, deviation and half-width (W), and the name of each point that was left out."""
    for each in one.left:
        seconds, own = each.points.seconds, each.points
        half = student_975(each.others.dof) * np.sqrt(each.others.variance_j2(own)) / seconds
        off = each.deviation_j / seconds
        yield from zip(own.target_w.tolist(), off.tolist(), half.tolist(), own.labels, strict=True)


def _axes(across: svg.Scale, up: svg.Scale) -> str:
    lines = []
    for value, label in svg.labelled(svg.ticks(up.low, up.high)):
        y, colour = svg.number(up(value)), _PALETTE["line" if value else "muted"]
        lines.append(
            f'<path d="M{_LEFT} {y}H{WIDTH - _RIGHT}" stroke="{colour}"/>'
            f'<text x="{_LEFT - 8}" y="{y}" dy="4" text-anchor="end">{label}</text>\n'
        )
    for value, label in svg.labelled(svg.ticks(across.low, across.high, 8)):
        x = svg.number(across(value))
        lines.append(
            f'<text x="{x}" y="{HEIGHT - _BOTTOM + 18}" text-anchor="middle">{label}</text>\n'
        )
    return "".join(lines)


def _mark(x: float, y: float, half: float, label: str) -> str:
    """Return a point with its interval; ``half`` is its half-width, px."""
    zero = (_TOP + HEIGHT - _BOTTOM) / 2
    missed = abs(y - zero) > abs(half)
    colour, at = (_MISSED if missed else _HELD), f"{svg.number(x)} {svg.number(y)}"
    shape = "m-4 0l4 -4l4 4l-4 4z" if missed else "m-3 0a3 3 0 1 0 6 0a3 3 0 1 0 -6 0"
    bar = f"M{svg.number(x)} {svg.number(y - abs(half))}V{svg.number(y + abs(half))}"
    return (
        f'<g><title>{_text(label)}</title><path d="{bar}" stroke="{colour}" stroke-opacity="0.35"/>'
        f'<path d="M{at}{shape}" fill="{colour}"/></g>\n'
    )


def _text(value: object) -> str:
    return escape(clean(value, 120))
