"""A picture as PNG, by resvg."""

from __future__ import annotations

import importlib
import struct
import zlib
from functools import cache
from types import ModuleType

from joulemark.core.errors import MissingExtraError, UnavailableError
from joulemark.report.drawing import Drawing, svg_file

_HEAD = 33
"""Bytes of the signature and the first chunk of a PNG."""
DPI = 300
COLUMN_IN, PAGE_IN = 3.5, 7.16
"""Widths of one and of two columns of a printed page, inches."""
_PROBE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40">'
    '<text x="2" y="36" font-size="40" font-family="sans-serif">{}</text></svg>'
)


def png(drawing: Drawing, theme: str = "light") -> bytes:
    """Return a picture as PNG of 300 dots an inch: as wide as one column, or two.

    Args:
        drawing: the picture; below 600 px it is one for a column.
        theme: ``light`` or ``dark``.

    Raises:
        MissingExtraError: if the package is not installed.
        UnavailableError: if the machine has no font that could be drawn.
    """
    engine = _engine()
    if not _has_font(engine):
        raise UnavailableError(
            "a PNG needs a font and this machine has none that can be read",
            remedy="install one such as fonts-liberation, or keep the SVG",
        )
    inches = COLUMN_IN if drawing.width < 600 else PAGE_IN
    zoom = inches * DPI / drawing.width
    picture = engine.svg_to_bytes(svg_string=svg_file(drawing, theme), zoom=zoom, dpi=96)
    return _sized(bytes(picture))


def _sized(picture: bytes) -> bytes:
    """Return a PNG that says how many dots an inch it has (PNG, third edition, 11.3.4.3)."""
    per_metre = round(DPI / 0.0254)
    chunk = b"pHYs" + struct.pack(">IIB", per_metre, per_metre, 1)
    whole = struct.pack(">I", 9) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return picture[:_HEAD] + whole + picture[_HEAD:]


def _engine() -> ModuleType:
    try:
        return importlib.import_module("resvg_py")
    except ImportError as error:
        raise MissingExtraError("a PNG", "resvg_py", "png") from error


@cache
def _has_font(engine: ModuleType) -> bool:
    seen, blank = (bytes(engine.svg_to_bytes(svg_string=_PROBE.format(c))) for c in "M ")
    return seen != blank
