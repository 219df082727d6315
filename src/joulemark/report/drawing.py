"""A picture as shapes in user units; a template makes SVG of it, inline or as a file of its own."""

from __future__ import annotations

from dataclasses import dataclass, field

from joulemark.report import style
from joulemark.report.html import static, templates

STYLE = "drawing.css"


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle, of a class of the style; ``title`` is told by whoever points at it."""

    x: float
    y: float
    width: float
    height: float
    of: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Stroke:
    """A straight line."""

    x1: float
    y1: float
    x2: float
    y2: float
    of: str


@dataclass(frozen=True, slots=True)
class Dot:
    """A dot."""

    x: float
    y: float
    radius: float
    of: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Curve:
    """A path of any shape: ``d`` as SVG has it."""

    d: str
    of: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """Text at a point: ``anchor`` is start, middle or end; ``turn`` in degrees, clockwise."""

    x: float
    y: float
    text: str
    of: str = ""
    anchor: str = "start"
    turn: float = 0.0


@dataclass(slots=True)
class Drawing:
    """A picture.

    Attributes:
        width: of the picture, in pixels where it is not stretched.
        height: likewise.
        title: what it shows.
        summary: the same in words, for who cannot see it.
        strokes: drawn first, in their order.
        rects: drawn over them.
        curves: likewise, after them.
        dots: likewise.
        words: last.
    """

    width: float
    height: float
    title: str
    summary: str
    rects: list[Rect] = field(default_factory=list)
    strokes: list[Stroke] = field(default_factory=list)
    curves: list[Curve] = field(default_factory=list)
    dots: list[Dot] = field(default_factory=list)
    words: list[Words] = field(default_factory=list)


def svg_file(drawing: Drawing, theme: str = "") -> str:
    """Return a picture as a file of its own.

    Args:
        drawing: the picture.
        theme: ``light`` or ``dark``; empty for both, by the reader's preference, which programs
            that know no preference show in light.
    """
    css = style.flat(static(STYLE), theme or "light")
    if not theme:
        dark = style.flat(static(STYLE), "dark")
        css += f"\n@media screen and (prefers-color-scheme: dark) {{\n{dark}\n}}"
    page = templates().get_template("drawing.svg.j2")
    return page.render(drawing=drawing, css=css)
