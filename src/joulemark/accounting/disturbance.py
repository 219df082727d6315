"""What measuring costs the work: the same stretch with the sampler and without, many times over.

The two stretches of a pair follow each other, and which comes first changes from pair to pair
(ABBA…), so that a machine that slows down or speeds up steadily adds to one pair what it takes from
the next. What is the same in all pairs is the effect; what changes sign with the order is the
drift; both are fitted, and the rest is the scatter (paired t with n - 2 degrees of freedom).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from joulemark.core.student import student_975

FEWEST = 4
"""Pairs below which nothing is said."""


@dataclass(frozen=True, slots=True)
class Effect:
    """A difference and its 95 % half-width.

    Attributes:
        value: the difference.
        u95: half-width of the interval that holds the true difference in 95 % of cases.
    """

    value: float
    u95: float


def orders(pairs: int) -> list[bool]:
    """Return for each pair whether the sampler is on first; as often as off first.

    An odd number of pairs gets one more, and there are ``FEWEST`` at least.
    """
    return [number % 2 == 0 for number in range(max(pairs + pairs % 2, FEWEST))]


def effect(differences: Sequence[float], first: Sequence[bool]) -> Effect:
    """Return the mean of differences of pairs, and how well it is known.

    Args:
        differences: with the sampler minus without, of each pair.
        first: whether the sampler was on first in that pair, as often as not.

    Raises:
        ValueError: if there are fewer than ``FEWEST`` pairs, or the orders are not balanced.
    """
    count = len(differences)
    signs = [1.0 if on else -1.0 for on in first]
    if count < FEWEST or count != len(signs) or sum(signs, start=0.0):
        raise ValueError(f"at least {FEWEST} pairs are needed, half of them in each order")
    mean = sum(differences) / count
    drift = sum(d * sign for d, sign in zip(differences, signs, strict=True)) / count
    rest = [d - mean - drift * sign for d, sign in zip(differences, signs, strict=True)]
    scatter = math.sqrt(sum(r * r for r in rest) / (count - 2))
    return Effect(mean, student_975(count - 2) * scatter / math.sqrt(count))


def slowdown(rates: Sequence[tuple[float, float]], first: Sequence[bool]) -> Effect:
    """Return by what share the sampler slows the work; 0.01 is 1 %, negative is faster.

    Args:
        rates: work per second with the sampler and without, of each pair, above zero.
        first: whether the sampler was on first in that pair.
    """
    logs = [math.log(without / sampled) for sampled, without in rates]
    found = effect(logs, first)
    return Effect(math.expm1(found.value), math.exp(found.value) * found.u95)
