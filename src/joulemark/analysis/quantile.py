"""Factors of Student's t for any confidence, where core's table holds 95 % only.

The distribution comes from the incomplete beta function by its continued fraction (Abramowitz and
Stegun 26.5.8 and 26.7.1, evaluated by Lentz's method), the factor from halving an interval.
"""

from __future__ import annotations

import functools
import math
from statistics import NormalDist

_NEARLY_NORMAL = 1e6
"""From as many degrees of freedom on the normal distribution is taken."""
_STEPS, _PRECISION, _TINY = 500, 1e-14, 1e-300
_LARGEST, _CLOSE = 1e12, 1e-10


@functools.cache
def factor(level: float, dof: float = math.inf) -> float:
    """Return k such that ±k standard uncertainties hold the truth with a probability of ``level``.

    >>> round(factor(0.95), 3), round(factor(0.95, 4), 3), round(factor(0.90, 1), 3)
    (1.96, 2.776, 6.314)

    Args:
        level: two-sided confidence, above 0 and below 1.
        dof: degrees of freedom, at least 1; infinite for the normal distribution.
    """
    normal = NormalDist().inv_cdf(0.5 + level / 2)
    if dof >= _NEARLY_NORMAL:
        return normal
    low, high = normal, 2 * normal
    while outside(high, dof) > 1 - level and high < _LARGEST:
        low, high = high, 2 * high
    while high - low > _CLOSE * high:
        middle = (low + high) / 2
        low, high = (middle, high) if outside(middle, dof) > 1 - level else (low, middle)
    return high


def outside(t: float, dof: float) -> float:
    """Return the probability that Student's t lies outside ±``t``; ``dof`` is finite."""
    return _incomplete_beta(dof / (dof + t * t), dof / 2, 0.5)


def _incomplete_beta(x: float, a: float, b: float) -> float:
    """Return the regularised incomplete beta function of ``x``, 0 to 1."""
    if not 0 < x < 1:
        return min(max(x, 0.0), 1.0)
    if x > (a + 1) / (a + b + 2):
        return 1 - _incomplete_beta(1 - x, b, a)
    logarithm = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    front = math.exp(logarithm + a * math.log(x) + b * math.log1p(-x))
    return front * _fraction(x, a, b) / a


def _fraction(x: float, a: float, b: float) -> float:
    c, d = 1.0, _inverse(1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, _STEPS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = _inverse(1 + term * d)
            c = 1 + term / c if c else _TINY
            value *= c * d
        if abs(c * d - 1) < _PRECISION:
            break
    return value


def _inverse(value: float) -> float:
    return 1 / value if value else 1 / _TINY
