"""A time axis made by adding a period up in double precision, without adding.

While the sum stays below the next power of two its last place is worth the same, so every addition
rounds the period to the same multiple of it: the axis is a few arithmetic series, each exact. Where
the period lies in the middle between two multiples, the sum is rounded to an even one, and from an
even one on the steps are alike as well.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.int64]
ENDLESS = 1 << 62


class Series(NamedTuple):
    """Sums that are equally far apart.

    Attributes:
        first: which sum the first is, from 0.
        start: that sum.
        step: between two of them.
        length: how many they are.
    """

    first: int
    start: float
    step: float
    length: int


def series_of(period: float, until: float, most: int) -> Iterator[Series]:
    """Yield the series that sums of a period consist of, beginning with zero.

    Args:
        period: what is added, more than zero.
        until: no series that begins beyond this is wanted.
        most: how many sums are wanted.
    """
    first, start = 0, 0.0
    while first < most and start <= until:
        step, length = _steps(start, period)
        length = min(length, most - first)
        yield Series(first, start, step, length)
        first += length
        start = start + (length - 1) * step + period


def _steps(start: float, period: float) -> tuple[float, int]:
    """Return the distance of the sums from one on, and for how many it stays."""
    step = start + period - start
    last_place = math.ulp(start)
    top = math.ldexp(1.0, math.frexp(start)[1])
    if not start or start + step >= top:
        return step, 1
    between = abs(Fraction(period) - Fraction(step)) * 2 == Fraction(last_place)
    if between and int(start / last_place) % 2:
        return step, 1
    if not step:
        return step, ENDLESS
    left, each = int((top - start) / last_place), int(step / last_place)
    return step, -(-left // each)


def places_before(stamps: Sequence[float], period: float, most: int = ENDLESS) -> Places:
    """Return how many of the sums of a period, beginning with zero, lie before each stamp.

    Args:
        stamps: in any order, finite.
        period: what is added, more than zero.
        most: how many sums there are.
    """
    wanted = np.asarray(stamps, dtype=np.float64)
    found = np.zeros(len(wanted), dtype=np.int64)
    for series in series_of(period, float(wanted.max(initial=0.0)), most):
        found += _before(wanted, series)
    return found


def _before(stamps: NDArray[np.float64], series: Series) -> Places:
    """Return how many sums of a series lie before each stamp."""
    if not series.step:
        return np.where(stamps > series.start, series.length, 0)
    about = np.floor((stamps - series.start) / series.step)
    near = np.clip(about, 0, series.length - 1).astype(np.int64)
    near -= series.start + near * series.step >= stamps  # the quotient was rounded up
    beside = np.clip(near + 1, 0, series.length - 1)
    near += (beside > near) & (series.start + beside * series.step < stamps)
    return near + 1
