"""The stamps of PTDaemon and LoadGen: ``MM-DD-YYYY HH:MM:SS.mmm``, one or many at once."""

from __future__ import annotations

import re
from datetime import date

import numpy as np
from numpy.typing import NDArray

from joulemark.core.clock import NS
from joulemark.formats.inference.parsed import Times

WIDTH = 23
"""Bytes of a stamp."""
FIRST_YEAR, LAST_YEAR = 1970, 2261
"""Whole years that int64 ns hold."""
_STAMP = re.compile(r"(\d\d)-(\d\d)-(\d{4}) (\d\d):(\d\d):(\d\d)\.(\d{1,6})", re.ASCII)
_EPOCH = 719163
_SHAPE = b"00-00-0000 00:00:00.000"
_LARGEST = tuple(9 * (i not in (2, 5, 10, 13, 16, 19)) for i in range(23))
_DAY = 86_400


def stamp_ns(text: str) -> int | None:
    """Return ns since 1970 as if the stamp were UTC; None if it is none, or beyond int64 ns."""
    found = _STAMP.fullmatch(text)
    if found is None:
        return None
    month, day, year, hour, minute, second = map(int, found.groups()[:6])
    if not (FIRST_YEAR <= year <= LAST_YEAR and hour < 24 and minute < 60 and second < 60):
        return None
    try:
        days = date(year, month, day).toordinal() - _EPOCH
    except ValueError:
        return None
    seconds = days * _DAY + hour * 3600 + minute * 60 + second
    return seconds * NS + int(found[7].ljust(9, "0"))


def stamps_ns(stamps: list[str]) -> tuple[Times, NDArray[np.bool_]]:
    """Return ns of many stamps as if they were UTC, and which of them could be read.

    Args:
        stamps: n texts.

    Returns:
        Times, shape (n,), 0 where it could not be read; and whether it could, shape (n,).
    """
    count = len(stamps)
    if set(map(len, stamps)) - {WIDTH}:
        stamps = [stamp if len(stamp) == WIDTH else "x" * WIDTH for stamp in stamps]
    joined = bytearray("".join(stamps).encode("latin-1", "replace"))
    return characters_ns(np.frombuffer(joined, np.uint8).reshape(count, WIDTH))


def characters_ns(text: NDArray[np.uint8]) -> tuple[Times, NDArray[np.bool_]]:
    """Return ns of stamps given as bytes, shape (n, 23), and which could be read, shape (n,)."""
    difference = text - np.frombuffer(_SHAPE, np.uint8)
    good = _fits(difference)
    digit = difference.astype(np.int64)
    digit[~good] = 0
    ten = digit[:, [0, 3, 11, 14, 17]] * 10 + digit[:, [1, 4, 12, 15, 18]]
    month, day, hour, minute, second = ten.T
    year = digit[:, 6:10] @ np.array([1000, 100, 10, 1])
    milli = digit[:, 20:23] @ np.array([100, 10, 1])
    good &= (year >= FIRST_YEAR) & (year <= LAST_YEAR) & (month >= 1) & (month <= 12)
    good &= (day >= 1) & (hour < 24) & (minute < 60) & (second < 60)
    days = _days(year, month, day, good)
    seconds = days * _DAY + hour * 3600 + minute * 60 + second
    return np.where(good, seconds * NS + milli * (NS // 1000), 0), good


def have_shape(text: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return which texts, given as bytes, shape (n, 23), look like stamps, shape (n,)."""
    return _fits(text - np.frombuffer(_SHAPE, np.uint8))


def _fits(difference: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return which differ from the shape by digits alone; uint8 wraps: what is none is large."""
    fits: NDArray[np.bool_] = np.asarray((difference <= np.array(_LARGEST, np.uint8)).all(axis=1))
    return fits


def _days(year: Times, month: Times, day: Times, good: NDArray[np.bool_]) -> Times:
    """Return days since 1970; takes what is no day of its month out of ``good``."""
    first = np.where(good, (year - 1970) * 12 + month - 1, 0)
    start = first.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    after = (first + 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    good &= day <= after - start
    return start + day - 1
