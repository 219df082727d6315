"""Least squares over parts of a run whose errors differ, and are alike in neighbouring parts.

Variances are those of Newey and West (Econometrica 55, 1987), prewhitened (Andrews and Monahan,
Econometrica 60, 1992): power that wanders makes neighbours more alike than a short window shows.
"""

from __future__ import annotations

import numpy as np

from joulemark.accounting.serving_work import Floats

MOST_LEVERAGE = 0.95
"""A part that decides a factor alone says nothing of its error."""
MOST_ALIKE = 0.9
"""Neighbours are taken to be no more alike than this."""


def inflation_of(table: Floats) -> Floats:
    """Return by how much the other columns inflate each factor's variance, shape (columns,)."""
    unit = table / np.linalg.norm(table, axis=0)
    values, vectors = np.linalg.eigh(unit.T @ unit)
    return np.asarray((vectors**2 / np.maximum(values, 1e-14)).sum(axis=1))


def regression(table: Floats, joules: Floats) -> tuple[Floats, Floats, Floats]:
    """Return factors, their standard errors and degrees of freedom, shape (k,) each.

    Few parts may decide a factor (a drain, a very long prompt): each residual is divided by one
    less its leverage (HC3, MacKinnon and White, J. Econometrics 29, 1985), and the degrees of
    freedom are the number of parts that decide it, ``(sum a²)² / sum a⁴`` of their influences
    ``a``, by ``1 + 2 L / 3`` (what Bartlett's window of ``L = round(n ** (1/3))`` neighbours leaves
    of them), at least one.

    Args:
        table: a row for each part, shape (n, k).
        joules: energy of each part, shape (n,).
    """
    scale = np.linalg.norm(table, axis=0)
    unit = table / scale
    bread = np.linalg.inv(unit.T @ unit)
    influence = unit @ bread
    found = influence.T @ joules
    leverage = np.minimum((influence * unit).sum(axis=1), MOST_LEVERAGE)
    scores = influence * ((joules - unit @ found) / (1 - leverage))[:, None]
    lags = round(len(joules) ** (1 / 3))
    deciding = (influence**2).sum(axis=0) ** 2 / (influence**4).sum(axis=0)
    dof = np.maximum(deciding / (1 + 2 * lags / 3), 1.0)
    return found / scale, np.sqrt(_variance(scores, lags)) / scale, dof


def _variance(scores: Floats, lags: int) -> Floats:
    """Return the variance of the sum of each column, whose rows are alike in order, shape (k,).

    What a first order of likeness explains is taken out before the rest is weighed, and put back
    after it. Of few rows it comes out too low, by about ``(1 + 3 r) / n`` (Marriott and Pope,
    Biometrika 41, 1954).
    """
    before, after = scores[:-1], scores[1:]
    square = (before**2).sum(axis=0)
    alike = (after * before).sum(axis=0) / np.where(square > 0, square, 1.0)
    alike = np.clip(alike + (1 + 3 * alike) / len(scores), -MOST_ALIKE, MOST_ALIKE)
    fresh = np.vstack([scores[:1] * np.sqrt(1 - alike**2), after - alike * before])
    variance = (fresh**2).sum(axis=0)
    for lag in range(1, lags + 1):
        variance += 2 * (1 - lag / (lags + 1)) * (fresh[lag:] * fresh[:-lag]).sum(axis=0)
    return np.asarray(np.maximum(variance, 0.0) / (1 - alike) ** 2)
