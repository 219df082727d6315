"""When requests are due: pure functions of their arguments and a seed.

Times are s from the start of the load, sorted, float64, shape ``(count,)``. One seed gives one
schedule, on any machine with the same NumPy.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from joulemark.core.errors import UsageError

Times = NDArray[np.float64]
MOST = 10_000_000
"""No schedule holds more requests."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """When requests are due.

    Attributes:
        due_s: when each is due, s from the start.
        concurrency: at most so many are under way together; the others wait. None for no bound.
    """

    due_s: Times
    concurrency: int | None = None


def saturation(count: int) -> Schedule:
    """Return a schedule in which all requests are due at once."""
    return Schedule(np.zeros(_counted(count)))


def closed_loop(count: int, concurrency: int) -> Schedule:
    """Return a schedule in which a request is due whenever one before it has ended.

    Args:
        count: number of requests.
        concurrency: how many are under way together.

    Raises:
        UsageError: if a number makes no sense.
    """
    if concurrency < 1:
        raise UsageError(f"concurrency is {concurrency}", remedy="choose 1 or more")
    return Schedule(np.zeros(_counted(count)), concurrency)


def constant(count: int, rate: float) -> Schedule:
    """Return a schedule of equal distances, 1/``rate``; the first is due at once."""
    return Schedule(np.arange(_counted(count)) / _positive("rate", rate))


def poisson(count: int, rate: float, seed: int = 0) -> Schedule:
    """Return a schedule of a Poisson process: exponential distances of mean 1/``rate``."""
    return gamma(count, rate, 1.0, seed)


def gamma(count: int, rate: float, burstiness: float, seed: int = 0) -> Schedule:
    """Return a schedule whose distances follow a gamma distribution.

    ``burstiness`` is the shape, as in vLLM's ``--burstiness``: 1 is a Poisson process, less comes
    in bursts, more is nearer to equal distances. The coefficient of variation of the distances is
    1/sqrt(burstiness).

    Args:
        count: number of requests.
        rate: mean rate, 1/s.
        burstiness: shape of the distribution.
        seed: seed of the random numbers.

    Raises:
        UsageError: if a number makes no sense.
    """
    unit = _unit(_counted(count), _positive("burstiness", burstiness), seed)
    return Schedule(unit / _positive("rate", rate))


def ramp(
    count: int, first: float, last: float, *, burstiness: float = math.inf, seed: int = 0
) -> Schedule:
    """Return a schedule whose rate changes evenly from ``first`` to ``last``.

    The change takes 2·``count``/(``first`` + ``last``) seconds, in which ``count`` requests are
    expected; the rate stays at ``last`` after that. Unit arrivals are carried through the inverse
    of the expected number Λ(t) = first·t + (last - first)·t²/(2T) (time change of a point process).

    Args:
        count: number of requests.
        first: rate at the start, 1/s.
        last: rate at the end, 1/s.
        burstiness: as in :func:`gamma`; infinite for even distances.
        seed: seed of the random numbers.

    Raises:
        UsageError: if a number makes no sense.
    """
    _counted(count)
    low, high = _positive("first rate", first), _positive("last rate", last)
    if math.isinf(burstiness):
        unit = np.arange(count, dtype=np.float64)
    else:
        unit = _unit(count, _positive("burstiness", burstiness), seed)
    length = 2 * count / (low + high)
    slope = (high - low) / length
    within = np.minimum(unit, count)
    # the root of Λ(t) = within that stays finite as the slope goes to nought
    due = 2 * within / (low + np.sqrt(np.maximum(low * low + 2 * slope * within, 0.0)))
    return Schedule(due + (unit - within) / high)


def replay(stamps_s: Times, *, speed: float = 1.0) -> Schedule:
    """Return the schedule of a recording: the first is due at once, distances as recorded.

    Args:
        stamps_s: recorded times in any order, s, shape ``(count,)``.
        speed: how many times as fast.

    Raises:
        UsageError: if a number makes no sense.
    """
    stamps = np.sort(np.asarray(stamps_s, dtype=np.float64))
    _counted(len(stamps))
    if not np.isfinite(stamps).all():
        raise UsageError("a time of the recording is no number")
    return Schedule((stamps - stamps[0]) / _positive("speed", speed))


def _unit(count: int, shape: float, seed: int) -> Times:
    """Return arrivals of mean distance 1; the first is due at once."""
    distances = np.random.default_rng(seed).gamma(shape, 1 / shape, count)
    distances[0] = 0.0
    return np.cumsum(distances)


def _counted(count: int) -> int:
    if not 1 <= count <= MOST:
        raise UsageError(f"{count} requests are asked for", remedy=f"choose from 1 to {MOST}")
    return count


def _positive(name: str, value: float) -> float:
    if not (math.isfinite(value) and value > 0):
        raise UsageError(f"the {name} is {value!r}", remedy="choose a number above 0")
    return value
