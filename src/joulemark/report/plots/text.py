"""How much room text takes, without a font at hand."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

SIZES: Mapping[str, float] = {"title": 14.0, "note": 11.0, "small": 11.0}
"""Size of text of a class of the style, px; the rest has ``SIZE``."""
SIZE = 12.0
BOLD = ("title", "head", "inside", "flag")
_WIDE, _BOLD = 1.03, 1.08
"""A little more than the font takes, and what bold adds."""
_ADVANCES: Mapping[int, str] = {
    191: "'",
    222: "ijl",
    278: " !,./:;I[]\\ft\u202f\u00a0·",
    333: "()-r`",
    356: '"',
    389: "*",
    500: "Jckszxvy",
    556: "0123456789#$?Labdeghnopqu–_",
    584: "+<>=~±×−",
    611: "FTZ",
    667: "ABEKPSVXY&",
    722: "CDHNRUw",
    778: "GOQ",
    833: "Mm",
    889: "%",
    944: "W",
    1000: "…",
    1015: "@",
}
"""Advances of Helvetica in thousandths of its size (Adobe's font metrics), by character."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle that text or a mark fills."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box) -> bool:
        """Return whether two boxes overlap."""
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom

    def inside(self, width: float, height: float) -> bool:
        """Return whether it lies within a picture."""
        return self.left >= 0 and self.top >= 0 and self.right <= width and self.bottom <= height


def size_of(of: str) -> float:
    """Return the size of text of a class of the style, px."""
    return SIZES.get(of.partition(" ")[0], SIZE)


def width_of(text: str, of: str = "") -> float:
    """Return about how wide a text is, px, rather too much than too little."""
    advance = {c: width for width, each in _ADVANCES.items() for c in each}
    total = sum(advance.get(c) or _other(c) for c in text)
    return total / 1000 * size_of(of) * _WIDE * (_BOLD if of.partition(" ")[0] in BOLD else 1.0)


def _other(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 1000 if unicodedata.east_asian_width(character) in "WF" else 667


def box_of(x: float, y: float, text: str, of: str = "", anchor: str = "start") -> Box:
    """Return the box of a line of text whose base line begins, centres or ends at a point."""
    width, size = width_of(text, of), size_of(of)
    left = x - {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor] * width
    return Box(left, y - 0.8 * size, left + width, y + 0.25 * size)


def wrapped(text: str, width: float, of: str = "", most: int = 9) -> list[str]:
    """Return a text in lines that fit a width; what is longer than the last ends in an ellipsis.

    Args:
        text: to break at spaces and after hyphens, within words only where nothing else helps.
        width: px.
        of: its class of the style.
        most: lines.
    """
    lines: list[str] = []
    for word in text.replace("-", "-\0").replace(" ", " \0").split("\0"):
        _add(lines, word, width, of)
    lines = [line.strip() for line in lines if line.strip()]
    if len(lines) > most:
        lines = [*lines[: most - 1], fitted(" ".join(lines[most - 1 :]), width, of)]
    return lines


def _add(lines: list[str], word: str, width: float, of: str) -> None:
    if lines and width_of((lines[-1] + word).strip(), of) <= width:
        lines[-1] += word
        return
    while width_of(word.strip(), of) > width and len(word) > 1:
        count = len(word) - 1
        while count > 1 and width_of(word[:count], of) > width:
            count -= 1
        lines.append(word[:count])
        word = word[count:]
    lines.append(word)


def fitted(text: str, width: float, of: str = "") -> str:
    """Return a text that fits a width, cut with an ellipsis where it must be."""
    if width_of(text, of) <= width:
        return text
    while text and width_of(text + "…", of) > width:
        text = text[:-1]
    return text.rstrip() + "…"
