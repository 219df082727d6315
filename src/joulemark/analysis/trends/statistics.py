"""What many changes come to: counts, quantiles, and how far the median may be off.

The interval of the median is of a bootstrap by percentiles (Efron and Tibshirani, An Introduction
to the Bootstrap, 1993, 13.3) which draws clusters: results of one system are not independent of
each other, so they are drawn together.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from joulemark.analysis.bootstrap import DRAWS, SEED
from joulemark.analysis.bootstrap import FEWEST as FEWEST_CLUSTERS

FEWEST = 3
"""Of fewer values nothing is summed up."""
LEVEL = 0.95
WITHIN = 0.05
"""A change up to it is called small."""
_QUARTILES = (0.0, 0.25, 0.5, 0.75, 1.0)

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Of relative changes.

    Attributes:
        count: of values.
        clusters: groups of them that hang together.
        least: of all.
        lower: quartile.
        median: of all.
        upper: quartile.
        most: of all.
        mean: of all.
        interval: of the median, 95 %; None of fewer than five clusters.
        above: share of values above zero.
        small: share of values within ±5 %.
    """

    count: int
    clusters: int
    least: float
    lower: float
    median: float
    upper: float
    most: float
    mean: float
    interval: tuple[float, float] | None
    above: float
    small: float


def summary(values: Sequence[float], clusters: Sequence[Hashable] = ()) -> Summary | None:
    """Return what values come to, whatever their order; None of fewer than three.

    Args:
        values: relative changes.
        clusters: what each belongs to; each is its own where there are none.
    """
    if len(values) < FEWEST:
        return None
    all_ = np.sort(np.array(values, dtype=float))
    groups = _groups(values, clusters or range(len(values)))
    least, lower, median, upper, most = (float(np.quantile(all_, q)) for q in _QUARTILES)
    return Summary(
        count=len(values),
        clusters=len(groups),
        least=least,
        lower=lower,
        median=median,
        upper=upper,
        most=most,
        mean=float(all_.mean()),
        interval=_interval(groups),
        above=float((all_ > 0).mean()),
        small=float((np.abs(all_) <= WITHIN).mean()),
    )


def _groups(values: Sequence[float], clusters: Sequence[Hashable]) -> list[tuple[float, ...]]:
    """Return the values of each cluster, in an order that is of the values alone."""
    found: dict[Hashable, list[float]] = {}
    for value, cluster in zip(values, clusters, strict=True):
        found.setdefault(cluster, []).append(value)
    return sorted(tuple(sorted(group)) for group in found.values())


def _interval(groups: Sequence[tuple[float, ...]]) -> tuple[float, float] | None:
    """Return the interval of the median of values that are drawn in their groups."""
    if len(groups) < FEWEST_CLUSTERS:
        return None
    random = np.random.default_rng(SEED)
    values = np.array([value for group in groups for value in group])
    of = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    sorting = np.argsort(values, kind="stable")
    values, of = values[sorting], of[sorting]
    drawn = random.integers(0, len(groups), (DRAWS, len(groups)))
    places = drawn + len(groups) * np.arange(DRAWS)[:, None]
    times = np.bincount(places.ravel(), minlength=places.size).reshape(places.shape)
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(_medians(values, times[:, of]), (tail, 1 - tail))
    return float(low), float(high)


def _medians(values: Floats, times: NDArray[np.int64]) -> Floats:
    """Return the medians of sorted values which occur so many times in each draw, one a row."""
    upto = np.cumsum(times, axis=1)
    half = upto[:, -1:] / 2
    low, high = (upto >= half).argmax(axis=1), (upto > half).argmax(axis=1)
    return np.asarray((values[low] + values[high]) / 2)


@dataclass(frozen=True, slots=True)
class Correlation:
    """How one quantity goes with another.

    Attributes:
        count: of pairs.
        rank: Spearman's coefficient, -1 to 1.
        interval: of it, 95 %; None of too few pairs.
    """

    count: int
    rank: float
    interval: tuple[float, float] | None


def correlation(x: Sequence[float], y: Sequence[float]) -> Correlation | None:
    """Return how y goes with x by their ranks; None of fewer than three pairs, or if one stands.

    The interval is Fisher's, with the standard error of Bonett and Wright (Psychometrika 65, 2000):
    sqrt((1 + r²/2) / (n - 3)).

    Args:
        x: one quantity.
        y: the other, of the same things.
    """
    if len(x) < FEWEST or len(set(x)) < 2 or len(set(y)) < 2:
        return None
    rank = round(float(np.corrcoef(_ranks(x), _ranks(y))[0, 1]), 12)
    return Correlation(len(x), rank, _around(rank, len(x)))


def _around(rank: float, count: int) -> tuple[float, float] | None:
    if count < FEWEST_CLUSTERS or abs(rank) >= 1:
        return None
    half = 1.959964 * math.sqrt((1 + rank**2 / 2) / (count - 3))
    return math.tanh(math.atanh(rank) - half), math.tanh(math.atanh(rank) + half)


def _ranks(values: Sequence[float]) -> Floats:
    """Return the rank of each value; equal ones share the mean of theirs."""
    _, places, counts = np.unique(np.array(values), return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[places], dtype=float)
