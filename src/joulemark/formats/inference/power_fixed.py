"""Pieces of a power log in which every line is like the first, as PTDaemon writes them.

Then a line is known by where its commas stand, and whole columns are computed from their bytes. A
piece that differs anywhere is left to the slower reading of columns as texts.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from joulemark.formats.inference.parsed import Floats, Times
from joulemark.formats.inference.power_lines import Layout, layout_of
from joulemark.formats.inference.stamps import WIDTH, characters_ns

_OF_NUMBERS = b"0123456789.-"
DECIMALS = 6
"""Digits after the point, of every figure."""
_WIDEST = 15 + 2
"""Digits that a float64 holds for certain, point and sign."""
_COMMA, _FEED, _POINT, _MINUS, _ZERO = b",\n.-0"
Bytes = NDArray[np.uint8]
Places = NDArray[np.int64]


def fixed_columns(piece: bytes) -> tuple[Layout, Times, str, Floats] | None:
    """Return layout, times, mark and figures of lines that are all alike.

    Args:
        piece: lines with line feeds between them.

    Returns:
        Times of shape (n, 1 + analysers with their own), figures of shape (n, 4 · parts), as
        ``float`` of each text would give them; None if the lines are not all alike.
    """
    piece += b"\n"
    data = np.frombuffer(piece, np.uint8)
    found = np.flatnonzero((data == _COMMA) | (data == _FEED))
    count = piece.count(b"\n")
    if len(found) % count:
        return None
    begins = np.concatenate(([0], found[:-1] + 1)).reshape(count, -1)
    ends = found.reshape(count, -1)
    first = piece[: ends[0, -1]].decode("latin-1")
    layout = layout_of(first.split(","))
    if layout is None or not layout.whole or layout.mark < 0 or not first.isprintable():
        return None
    bare = piece.translate(None, _OF_NUMBERS)
    if bare != bare[: bare.index(b"\n") + 1] * count:
        return None
    numbered = [column for column, label in layout.labels if label[-1].isdigit()]
    if not _same(data, begins, ends, [*numbered, layout.mark]):
        return None
    times = _times(data, begins, ends, layout.stamps)
    columns = list(layout.numbers)
    figures = _numbers(data, begins[:, columns], ends[:, columns])
    if times is None or figures is None:
        return None
    return layout, times, first.split(",")[layout.mark], figures


def _times(data: Bytes, begins: Places, ends: Places, columns: tuple[int, ...]) -> Times | None:
    """Return the times in some columns, shape (n, columns); None if one is odd."""
    times = np.empty((len(begins), len(columns)), np.int64)
    for i, column in enumerate(columns):
        if (ends[:, column] - begins[:, column] != WIDTH).any():
            return None
        times[:, i], good = characters_ns(data[begins[:, column, None] + np.arange(WIDTH)])
        if not good.all():
            return None
    return times


def _same(data: Bytes, begins: Places, ends: Places, columns: list[int]) -> bool:
    """Return whether these columns say on every line what they say on the first."""
    for column in columns:
        length = ends[0, column] - begins[0, column]
        if (ends[:, column] - begins[:, column] != length).any():
            return False
        text = data[begins[:, column, None] + np.arange(length)]
        if (text != text[0]).any():
            return False
    return True


def _numbers(data: Bytes, begins: Places, ends: Places) -> Floats | None:
    """Return figures of shape (n, k) by where each begins and ends; None if one is odd.

    Each is an integer of at most 15 digits, divided by a power of ten: both are exact in float64,
    so that the quotient is what reading the decimal text gives.
    """
    width = int((ends - begins).max())
    negative = data[begins] == _MINUS
    if width > _WIDEST or (ends - begins - negative).min() < DECIMALS + 2:
        return None
    places = ends[:, :, None] - np.arange(width, 0, -1)
    digits = data.take(places, mode="wrap") - np.uint8(_ZERO)  # what is no digit wraps to large
    point = width - DECIMALS - 1
    if (digits[:, :, point] != (_POINT - _ZERO) % 256).any():
        return None
    digits[places < (begins + negative)[:, :, None]] = 0
    digits[:, :, point] = 0
    if (digits > 9).any():
        return None
    powers = 10.0 ** np.arange(width - 1, -1, -1)
    powers[:point] /= 10
    values: Floats = digits.astype(np.float64) @ powers / 10.0**DECIMALS
    return np.where(negative, -values, values)
