"""The factor that turns a scatter into a half-width, from the repeats themselves.

A symmetric percentile-t bootstrap (Hall, Annals of Statistics 16, 1988): both sides are drawn anew
with replacement, and how far each drawn difference lies from the real one, in its own standard
errors, takes the place of Student's t. Of several runs a side, runs are drawn first and then the
windows within each. The draws do not depend on which side is called A.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from joulemark.analysis.scatter import Side

FEWEST = 5
"""With fewer repeats a side too many draws are all alike."""
DRAWS = 1999
SEED = 20260807

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Bootstrap:
    """Drawn differences.

    Attributes:
        distances: distance of each from the real one, in its own standard errors, sorted.
    """

    distances: Floats

    def factor(self, level: float) -> float:
        """Return how many standard errors hold the share ``level`` of the draws."""
        place = min(math.ceil(level * (len(self.distances) + 1)), len(self.distances)) - 1
        return float(self.distances[place])


def bootstrap(a: Side, b: Side, *, paired: bool) -> Bootstrap | None:
    """Return drawn differences of two sides; None where there are too few repeats.

    Args:
        a: repeats of A.
        b: repeats of B.
        paired: whether the i-th of A belongs to the i-th of B.
    """
    if min(len(a), len(b)) < FEWEST:
        return None
    first, second = sorted((a, b), key=lambda side: [one.inner for one in side])
    random = np.random.default_rng(SEED)
    runs = random.integers(0, len(first), (DRAWS, len(first)))
    x = _drawn(first, runs, random)
    if not paired:
        runs = random.integers(0, len(second), (DRAWS, len(second)))
    y = _drawn(second, runs, random)
    real = _centre(second) - _centre(first)
    apart = y.mean(axis=1) - x.mean(axis=1) - real
    variance = _error(y - x) if paired else _error(x) + _error(y)
    with np.errstate(divide="ignore", invalid="ignore"):
        distances = np.abs(apart) / np.sqrt(variance)
    return Bootstrap(np.sort(np.nan_to_num(distances, nan=0.0, posinf=math.inf)))


def _drawn(side: Side, runs: NDArray[np.int64], random: np.random.Generator) -> Floats:
    """Return the mean logarithm of each drawn repeat, its windows drawn anew as well."""
    counts = np.array([len(one.inner) for one in side])
    windows = np.zeros((len(side), int(counts.max())))
    for place, one in enumerate(side):
        windows[place, : len(one.inner)] = one.inner
    if windows.shape[1] == 1:
        return np.asarray(windows[runs, 0])
    chosen = counts[runs][..., None]
    places = (random.random((*runs.shape, windows.shape[1])) * chosen).astype(np.int64)
    values = windows[runs[..., None], places]
    used = np.arange(windows.shape[1]) < chosen
    return np.asarray((values * used).sum(axis=2) / counts[runs])


def _centre(side: Side) -> float:
    return float(np.mean([np.mean(one.inner) for one in side]))


def _error(drawn: Floats) -> Floats:
    return np.asarray(drawn.var(axis=1, ddof=1) / drawn.shape[1])
