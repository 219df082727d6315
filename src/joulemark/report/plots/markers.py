"""Shapes of marks, which tell series apart without colour."""

from __future__ import annotations

import math
from collections.abc import Mapping

from joulemark.report.drawing import Curve
from joulemark.report.plots.layers import Layer, Role
from joulemark.report.svg import number

_CORNERS: Mapping[str, tuple[tuple[float, float], ...]] = {
    "square": ((-0.88, -0.88), (0.88, -0.88), (0.88, 0.88), (-0.88, 0.88)),
    "triangle": ((0.0, -1.2), (1.1, 0.8), (-1.1, 0.8)),
    "down": ((0.0, 1.2), (1.1, -0.8), (-1.1, -0.8)),
    "diamond": ((0.0, -1.3), (1.15, 0.0), (0.0, 1.3), (-1.15, 0.0)),
    "bar": ((-1.25, -0.5), (1.25, -0.5), (1.25, 0.5), (-1.25, 0.5)),
    "cross": (
        *((-0.4, -1.2), (0.4, -1.2), (0.4, -0.4), (1.2, -0.4), (1.2, 0.4), (0.4, 0.4)),
        *((0.4, 1.2), (-0.4, 1.2), (-0.4, 0.4), (-1.2, 0.4), (-1.2, -0.4), (-0.4, -0.4)),
    ),
}


def marker(shape: str, x: float, y: float, radius: float = 4.0) -> str:
    """Return the path of a mark of about the same weight whatever its shape."""
    if shape == "circle":
        r, twice = number(radius), number(2 * radius)
        return (
            f"M{number(x - radius)} {number(y)}a{r} {r} 0 1 0 {twice} 0a{r} {r} 0 1 0 -{twice} 0z"
        )
    corners = _star() if shape == "star" else _CORNERS[shape]
    points = [f"{number(x + radius * a)} {number(y + radius * b)}" for a, b in corners]
    return f"M{'L'.join(points)}z"


def _star() -> list[tuple[float, float]]:
    turns = ((k * math.pi / 5, 1.6 if k % 2 == 0 else 0.65) for k in range(10))
    return [(r * math.sin(turn), -r * math.cos(turn)) for turn, r in turns]


_SPACE = 6.0
"""Between the lines of a texture, px."""


def block(layer: Layer, left: float, base: float, width: float, top: float) -> list[Curve]:
    """Return a bar: its area and, to tell series apart without colour, a texture.

    The first series is plain, the next have slanting, level and upright lines, and both slants.
    """
    high, low = min(top, base), max(top, base)
    d = f"M{number(left)} {number(low)}V{number(high)}h{number(width)}V{number(low)}z"
    if layer.role is Role.GHOST:
        return [Curve(d, f"{layer.fill} ghost")]
    lines = _texture(layer.index % 5, left, high, left + width, low)
    return [Curve(d, f"{layer.fill} bar"), *([Curve(lines, "texture")] if lines else [])]


def _texture(kind: int, left: float, top: float, right: float, bottom: float) -> str:
    if kind == 2:
        rows = math.floor((bottom - top) / _SPACE)
        levels = (number(bottom - _SPACE * n) for n in range(1, rows + 1))
        return "".join(f"M{number(left)} {y}H{number(right)}" for y in levels)
    if kind == 3:
        count = math.floor((right - left) / _SPACE)
        places = (number(left + _SPACE * n) for n in range(1, count + 1))
        return "".join(f"M{x} {number(top)}V{number(bottom)}" for x in places)
    slants = {1: (1,), 4: (1, -1)}.get(kind, ())
    return "".join(_slants(s, left, top, right, bottom) for s in slants)


def _slants(sign: int, left: float, top: float, right: float, bottom: float) -> str:
    """Return lines at 45 degrees through a rectangle."""
    wide, tall = right - left, bottom - top
    d = ""
    for n in range(1, math.ceil((wide + tall) / _SPACE)):
        c = n * _SPACE
        (x1, y1), (x2, y2) = (max(c - tall, 0.0), min(c, tall)), (min(c, wide), max(c - wide, 0.0))
        ends = [(left + x if sign > 0 else right - x, bottom - y) for x, y in ((x1, y1), (x2, y2))]
        (a, b), (e, f) = ends
        d += f"M{number(a)} {number(b)}L{number(e)} {number(f)}"
    return d
