"""Decimal numbers in a text, read as columns of digits.

Of a number such as ``8123.45`` the digits are summed up by their places as whole numbers, and the
sum is divided by a power of ten. Both are exact as double precision, so their quotient is the same
number that reading the text gives.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from joulemark.accounting.training_record import Floats

Bytes = NDArray[np.uint8]
Places = NDArray[np.int64]
MOST_DIGITS = 15
"""More digits may be no exact whole number in double precision."""
MOST_FORMS = 64
ZERO, POINT = 0x30, 0x2E
"""``0`` and ``.``."""


def decimals(text: Bytes, begins: Places, ends: Places) -> Floats:
    """Return the numbers that stand between places of a text.

    Args:
        text: bytes.
        begins: where each number begins, shape (n,).
        ends: where it ends, shape (n,).
    """
    width = ends - begins
    values = np.full(len(begins), np.nan)
    known = np.zeros(len(begins), dtype=bool)
    for size in np.unique(width)[:MOST_FORMS].tolist():
        if not 0 < size <= MOST_DIGITS + 1:
            continue
        chosen = np.flatnonzero(width == size)
        rows = text[begins[chosen, None] + np.arange(size)]
        _of_one_width(rows, chosen, values, known)
    for at in np.flatnonzero(~known).tolist():
        values[at] = float(text[begins[at] : ends[at]].tobytes())
    return values


def _of_one_width(rows: Bytes, chosen: Places, values: Floats, known: NDArray[np.bool_]) -> None:
    """Read numbers of one width whose points, if they have any, stand at one place of a few."""
    points = rows == POINT
    has_one = points.any(axis=0)
    forms = [None, *np.flatnonzero(has_one).tolist()]
    size = rows.shape[1]
    for point in forms:
        mine = points[:, point] if point is not None else ~points.any(axis=1)
        if not mine.any():
            continue
        digits = rows if mine.all() else rows[mine]
        places = [at for at in range(size) if at != point]
        after = 0 if point is None else size - 1 - point
        powers = 10.0 ** np.arange(len(places) - 1, -1, -1)
        wide = digits[:, places].astype(np.float64) - ZERO
        right = ((wide >= 0) & (wide <= 9)).all(axis=1) & (len(places) <= MOST_DIGITS)
        into = chosen if mine.all() else chosen[mine]
        values[into] = (wide @ powers) / 10.0**after
        known[into] = right
