"""Power of time whose energy is known in closed form.

A truth answers one question: how many joules were used up to each of some moments. Times are
seconds of virtual time. Nothing here integrates numerically, and nothing comes from accounting.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]


class Truth(Protocol):
    """What a part really uses."""

    def energy(self, moments: Floats) -> Floats:
        """Return the energy used up to each moment (s), J; only differences mean anything."""
        ...


def spent(truth: Truth, start: float, stop: float) -> float:
    """Return the energy between two moments (s), J."""
    before, after = truth.energy(np.array([start, stop]))
    return float(after - before)


@dataclass(frozen=True, slots=True)
class Steady:
    """Constant power.

    Attributes:
        watts: W.
    """

    watts: float

    def energy(self, moments: Floats) -> Floats:
        """Return power times time, J."""
        return self.watts * moments


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """Power that is constant between edges, and zero before the first and after the last.

    Attributes:
        edges: s, increasing, shape (n + 1,).
        watts: W between them, shape (n,).
    """

    edges: Floats
    watts: Floats

    def energy(self, moments: Floats) -> Floats:
        """Return the whole pieces before each moment and the share of the piece it lies in, J."""
        whole = np.concatenate([[0.0], np.cumsum(np.diff(self.edges) * self.watts)])
        inside = np.clip(moments, self.edges[0], self.edges[-1])
        piece = np.minimum(np.searchsorted(self.edges, inside, "right") - 1, len(self.watts) - 1)
        return np.asarray(whole[piece] + self.watts[piece] * (inside - self.edges[piece]))


@dataclass(frozen=True, slots=True)
class Ramp:
    """Power that grows in a straight line from zero at ``start``, and is constant from ``stop`` on.

    Attributes:
        start: s.
        stop: s.
        watts: W at the end.
    """

    start: float
    stop: float
    watts: float

    def energy(self, moments: Floats) -> Floats:
        """Return the triangle and the rectangle after it, J."""
        length = self.stop - self.start
        into = np.clip(moments - self.start, 0.0, length)
        after = np.maximum(moments - self.stop, 0.0)
        return np.asarray(self.watts * (into * into / (2 * length) + after))


@dataclass(frozen=True, slots=True)
class Square:
    """Power that is on for a share of each period.

    Attributes:
        period: s.
        duty: share of the period that it is on, 0 to 1.
        watts: W while on.
        phase: s at which one period begins.
    """

    period: float
    duty: float
    watts: float
    phase: float = 0.0

    def energy(self, moments: Floats) -> Floats:
        """Return whole periods and the part of the last, J."""
        turns = (moments - self.phase) / self.period
        whole = np.floor(turns)
        on: Floats = (
            self.watts * self.period * (whole * self.duty + np.minimum(turns - whole, self.duty))
        )
        return on


@dataclass(frozen=True, slots=True)
class Swing:
    """Power that swings about zero as a sine: slow drift.

    Attributes:
        period: s.
        watts: W at the crest.
        phase: rad.
    """

    period: float
    watts: float
    phase: float = 0.0

    def energy(self, moments: Floats) -> Floats:
        """Return the integral of ``watts · sin(2πt/period + phase)``, J."""
        rate = 2 * math.pi / self.period
        swung: Floats = (
            self.watts / rate * (math.cos(self.phase) - np.cos(rate * moments + self.phase))
        )
        return swung


@dataclass(frozen=True, slots=True)
class During:
    """Another truth, but only within some spans of time.

    Attributes:
        inner: what is used there.
        spans: start and stop of each, s, apart from each other.
        factors: what it is multiplied by in each; 1 everywhere where there are none.
    """

    inner: Truth
    spans: Sequence[tuple[float, float]]
    factors: Sequence[float] = ()

    def energy(self, moments: Floats) -> Floats:
        """Return what was used in the parts of the spans that lie before each moment, J."""
        used = np.zeros_like(moments)
        for place, (start, stop) in enumerate(self.spans):
            factor = self.factors[place] if self.factors else 1.0
            inside = self.inner.energy(np.clip(moments, start, stop))
            used += factor * (inside - self.inner.energy(np.array([start]))[0])
        return used


@dataclass(frozen=True, slots=True)
class Sum:
    """Several truths together: parts that make up a whole.

    Attributes:
        parts: what is added.
    """

    parts: Sequence[Truth]

    def energy(self, moments: Floats) -> Floats:
        """Return the sum, J."""
        total = np.zeros_like(moments)
        for part in self.parts:
            total += part.energy(moments)
        return total


@dataclass(frozen=True, slots=True)
class Fed:
    """What is drawn to feed another truth: a power supply with a loss of its own.

    Attributes:
        inner: what is fed.
        factor: W drawn per W delivered.
        watts: W drawn in any case.
    """

    inner: Truth
    factor: float
    watts: float

    def energy(self, moments: Floats) -> Floats:
        """Return what is drawn, J."""
        drawn: Floats = self.factor * self.inner.energy(moments) + self.watts * moments
        return drawn
