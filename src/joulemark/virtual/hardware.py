"""Sensors between a truth and what a program reads: they lag, average, round, wrap and fail.

Every sensor becomes a :class:`Register`: what it shows as a function of time, worked out
beforehand for all of its updates at once. Reading it costs one look-up and changes nothing, so the
sampler and whoever marks windows read the same hardware.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from joulemark.core.channel import Accuracy
from joulemark.virtual.truth import Floats, Truth

Generator = np.random.Generator
Span = tuple[float, float]
Reading = Callable[[float], float]
"""What a sensor shows at a moment (s of virtual time)."""

SIGMAS = 1.959963984540054
"""An accuracy class is a 95 % half-width; a board's own error is drawn from a normal law of it."""
LOOKS_BACK_S = (1 / 6, 1.0)
MOST_AT_REST_W = 1e-3
LAGS = 12.0
"""A first-order lag forgets what lies this many time constants back."""


class UnreadableError(Exception):
    """The sensor does not answer now."""


@dataclass(frozen=True, slots=True)
class Board:
    """The errors that one specimen has for life.

    Attributes:
        gain: relative error of its reading.
        offset_w: constant error, W.
    """

    gain: float = 0.0
    offset_w: float = 0.0

    @classmethod
    def drawn(cls, rng: Generator, accuracy: Accuracy, shared: float = 0.0) -> Board:
        """Draw a specimen of an accuracy class.

        Args:
            rng: source of chance.
            accuracy: the class.
            shared: gain that all specimens have in common, relative.
        """
        own = rng.normal(0.0, accuracy.gain / SIGMAS)
        return cls(shared + own, rng.normal(0.0, accuracy.offset_w / SIGMAS))

    def shows(self, truth: Truth, moments: Floats) -> Floats:
        """Return the energy that the board believes in, J."""
        return (1 + self.gain) * truth.energy(moments) + self.offset_w * moments


@dataclass(frozen=True, slots=True)
class Register:
    """What a sensor shows: a new value at a fixed pace, until then the one before.

    Attributes:
        first: time of the first update, s.
        period: time between two, s.
        values: what it shows from each update on.
        broken: when it does not answer, s.
        stuck: when it keeps the value that it had at the beginning, s.
    """

    first: float
    period: float
    values: Sequence[float]
    broken: Sequence[Span] = ()
    stuck: Sequence[Span] = ()

    def at(self, moment: float) -> float:
        """Return what it shows at a moment (s).

        Raises:
            UnreadableError: while it is broken.
        """
        if any(start <= moment < stop for start, stop in self.broken):
            raise UnreadableError
        moment = next((start for start, stop in self.stuck if start <= moment < stop), moment)
        place = int((moment - self.first) // self.period)
        return self.values[min(max(place, 0), len(self.values) - 1)]


def _updates(rng: Generator, span_s: float, period: float) -> Floats:
    """Return the times of all updates from one before zero on, at a random phase."""
    first = rng.uniform(-period, 0.0)
    return first + period * np.arange(int(span_s / period) + 3)


def counter(
    rng: Generator,
    truth: Truth,
    board: Board,
    span_s: float,
    *,
    period: float,
    unit: float,
    wrap: float = 0.0,
    start: float = 0.0,
) -> Register:
    """Return an energy counter.

    Args:
        rng: source of chance.
        truth: what is counted.
        board: the specimen's errors.
        span_s: how long it is read, s.
        period: time between two updates, s.
        unit: its step, J.
        wrap: it begins again at zero after so many joules; 0 for never.
        start: where it stands at time zero, J.
    """
    moments = _updates(rng, span_s, period)
    counts = np.floor((start + board.shows(truth, moments)) / unit)
    if wrap:
        counts %= round(wrap / unit)
    return Register(float(moments[0]), period, (counts * unit).tolist())


def power(
    rng: Generator,
    truth: Truth,
    board: Board,
    span_s: float,
    *,
    period: float,
    window: float,
    unit: float = 0.0,
    noise: float = 0.0,
) -> Register:
    """Return a power sensor that shows the mean over a window before each update.

    Args:
        rng: source of chance.
        truth: what is measured.
        board: the specimen's errors.
        span_s: how long it is read, s.
        period: time between two updates, s.
        window: the averaging time, s; short for an instantaneous sensor.
        unit: its step, W; 0 for none.
        noise: standard deviation of each reading, W.
    """
    moments = _updates(rng, span_s, period)
    watts = (board.shows(truth, moments) - board.shows(truth, moments - window)) / window
    return _shown(rng, moments, period, watts, unit, noise)


def lagging(
    rng: Generator,
    truth: Truth,
    board: Board,
    span_s: float,
    *,
    period: float,
    lag: float,
    unit: float = 0.0,
    noise: float = 0.0,
) -> Register:
    """Return a power sensor that follows with a first-order lag (s), as a filter's capacitor does.

    The past is cut into pieces of a fiftieth of the lag, each weighted by what is left of it.
    """
    moments, piece = _updates(rng, span_s, period), lag / 50
    ages = np.arange(round(LAGS * lag / piece) + 1) * piece
    past = board.shows(truth, (moments[:, None] - ages[None, :]).ravel())
    pieces = -np.diff(past.reshape(len(moments), len(ages)), axis=1) / piece
    weights = np.exp(-ages[:-1] / lag) - np.exp(-ages[1:] / lag)
    return _shown(rng, moments, period, pieces @ weights, unit, noise)


def occupied(rng: Generator, load: Truth, span_s: float) -> Register:
    """Return a utilisation, %: of which share of the time before each update a load was there.

    NVML looks back a sixth of a second to a second, which depends on the product.
    """
    window = float(rng.uniform(*LOOKS_BACK_S))
    moments, slot = _updates(rng, span_s, window), 1e-3
    slots = np.arange(moments[0] - window, moments[-1] + slot, slot)
    there = np.diff(load.energy(slots)) > MOST_AT_REST_W * slot
    lasted = np.concatenate([[0.0], np.cumsum(there)]) * slot
    before, at = np.interp([moments - window, moments], slots, lasted)
    return Register(float(moments[0]), window, (100 * (at - before) / window).tolist())


def _shown(
    rng: Generator, moments: Floats, period: float, watts: Floats, unit: float, noise: float
) -> Register:
    if noise:
        watts = watts + rng.normal(0.0, noise, len(watts))
    if unit:
        watts = np.round(watts / unit) * unit
    return Register(float(moments[0]), period, watts.tolist())


def spans(rng: Generator, span_s: float, count: int, length_s: float) -> list[Span]:
    """Return some spans of time at random places, of exponential lengths: when something fails."""
    begins = rng.uniform(0.0, span_s, count)
    lengths = rng.exponential(length_s, count)
    return [(float(b), float(b + n)) for b, n in zip(begins, lengths, strict=True)]
