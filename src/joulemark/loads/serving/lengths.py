"""Lengths of prompts and answers: a distribution written as text, drawn with a seed."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from joulemark.core.errors import UsageError

MOST = 1_000_000
"""No length is more, in tokens."""
_SHAPE = re.compile(r"(?:([a-z]+):)?([0-9.e+]+)(?:,([0-9.e+]+))?")
FORMS = (
    "200, uniform:50,400, normal:200,50, lognormal:200,100, exponential:200 or pareto:2.5,100"
    " (see docs)"
)


@dataclass(frozen=True, slots=True)
class Lengths:
    """A distribution of lengths.

    Attributes:
        kind: ``constant``, ``uniform`` (least, most), ``normal`` and ``lognormal`` (mean, standard
            deviation of the lengths themselves), ``exponential`` (mean), ``pareto`` (shape above 1,
            mean; Lomax, from nought).
        first: first parameter.
        second: second parameter, where there is one.
    """

    kind: str
    first: float
    second: float = 0.0

    def draw(self, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """Return ``count`` lengths, rounded, from 1 to :data:`MOST`."""
        values = self._values(count, rng)
        return np.clip(np.rint(values), 1, MOST).astype(np.int64)

    def _values(self, count: int, rng: np.random.Generator) -> NDArray[np.float64]:
        first, second = self.first, self.second
        if self.kind == "uniform":
            return rng.uniform(first, second, count)
        if self.kind == "normal":
            return rng.normal(first, second, count)
        if self.kind == "lognormal":
            variance = math.log1p((second / first) ** 2)
            return rng.lognormal(math.log(first) - variance / 2, math.sqrt(variance), count)
        if self.kind == "exponential":
            return rng.exponential(first, count)
        if self.kind == "pareto":
            return rng.pareto(first, count) * second * (first - 1)
        return np.full(count, first)


def parse_lengths(text: str) -> Lengths:
    """Return the distribution that a text names.

    Raises:
        UsageError: if it names none, or with senseless parameters.
    """
    match = _SHAPE.fullmatch(text.strip().casefold())
    if match is not None:
        try:
            made = Lengths(match[1] or "constant", float(match[2]), float(match[3] or "nan"))
        except ValueError:
            made = Lengths("", math.nan)
        if _SENSIBLE.get(made.kind, _never)(made.first, made.second):
            return made
    raise UsageError(f"{text!r} is no distribution of lengths", remedy=f"write {FORMS}")


def _never(_: float, __: float) -> bool:
    return False


def _alone(first: float, second: float) -> bool:
    return 1 <= first <= MOST and math.isnan(second)


def _spread(first: float, second: float) -> bool:
    return 1 <= first <= MOST and 0 <= second <= MOST


_SENSIBLE: dict[str, Callable[[float, float], bool]] = {
    "constant": _alone,
    "exponential": _alone,
    "uniform": lambda least, most: 1 <= least <= most <= MOST,
    "normal": _spread,
    "lognormal": _spread,
    "pareto": lambda shape, mean: 1 < shape <= 100 and 1 <= mean <= MOST,
}
