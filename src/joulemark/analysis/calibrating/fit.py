"""Fit gain and offset in watts, with errors in both meters and workloads that scatter.

Model, for stretch i of workload g: ``R_i = gain·P_i + offset (+ slope·u_i) + b_g + w_i + e_i`` with
the mean powers P of the target and R of the reference. The errors e are known beforehand (the step
of both meters over the length of the stretch), b and w are not: the scatter from workload to
workload and from run to run. Their variances come from the restricted likelihood (Patterson and
Thompson, Biometrika 58, 1971, 545-554), so that the step of the reference is not taken for
scatter, and the error of a *new* workload is in what is predicted for it.

Errors of the target's readings count through the gain (effective variance), and its readings are
adjusted within them, which makes the gain that of a straight line with errors in both variables
(York and others, American Journal of Physics 72, 2004, 367-375) and not too small.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from joulemark.analysis.calibrating.points import Floats, Places, Points

_ROUNDS = 8
"""Most rounds of gain and scatter in turn."""
_SETTLED = 1e-6
_FARTHEST = 1.5
"""Errors of the target change a gain by less than this factor, or are too large to allow for."""
_STEPS = (13, 17)
"""Standard deviations that are tried on each axis, from coarse to fine."""
_WIDEST = 2.0
"""Largest standard deviation that is tried, times that of the points about the line."""
_NEGLIGIBLE = 1e-4


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A fitted line.

    Attributes:
        coefficients: gain (1), offset (W), slope (W per utilisation) if asked for.
        covariance: of the coefficients.
        between_w: standard deviation from workload to workload, W.
        within_w: standard deviation from run to run, W.
        residual_w: standard deviation of the points about the line, W.
        dof: workloads less coefficients.
    """

    coefficients: Floats
    covariance: Floats
    between_w: float
    within_w: float
    residual_w: float
    dof: int

    def predicted_j(self, points: Points) -> Floats:
        """Return the reference's energies as the target's readings give them, J, shape (n,)."""
        return np.asarray(points.design @ self.coefficients * points.seconds)

    def variance_j2(self, points: Points) -> Floats:
        """Return the variance of what the reference shows for each of some new stretches, J²."""
        rows = points.design * points.seconds[:, None]
        fitted = np.einsum("ij,jk,ik->i", rows, self.covariance, rows)
        scatter = (self.between_w**2 + self.within_w**2) * points.seconds**2
        return np.asarray(fitted + scatter + known_variance_j2(points, self.coefficients[0]))

    def variance_of_sum_j2(self, points: Points) -> float:
        """Return the variance of what the reference shows for all stretches of a new workload."""
        row, length = points.seconds @ points.design, float(points.seconds.sum())
        single = float((self.within_w**2 * points.seconds**2).sum())
        single += float(known_variance_j2(points, self.coefficients[0]).sum())
        return float(row @ self.covariance @ row) + (self.between_w * length) ** 2 + single


def known_variance_j2(points: Points, gain: float) -> Floats:
    """Return the variance of each stretch that the steps of both meters make, J²."""
    return np.asarray(points.reference_u_j**2 + (gain * points.target_u_j) ** 2)


def fit(points: Points) -> Fit:
    """Return the line through some points; they must span a range."""
    design, watts = points.design, points.reference_w
    places, target_v = points.places, (points.target_u_j / points.seconds) ** 2
    single = bool(np.bincount(places).max() < 2)
    coefficients = np.asarray(np.linalg.lstsq(design, watts, rcond=None)[0], dtype=np.float64)
    floor = _floor(watts, watts - design @ coefficients)
    for _ in range(_ROUNDS):
        before = float(coefficients[0])
        known = known_variance_j2(points, before) / points.seconds**2 + floor
        line = _Line(design, watts, known, places)
        between, within = _scatter(line, coefficients, single=single)
        line = _Line(design, watts, known + within, places)
        coefficients, covariance = line.solved(between, coefficients, target_v)
        if abs(float(coefficients[0]) - before) <= _SETTLED * abs(before):
            break
    residual = watts - design @ coefficients
    count = max(len(points) - design.shape[1], 1)
    return Fit(
        coefficients=coefficients,
        covariance=covariance,
        between_w=math.sqrt(between),
        within_w=math.sqrt(within),
        residual_w=math.sqrt(float(residual @ residual) / count),
        dof=len(points.names) - design.shape[1],
    )


class _Line:
    """A linear model whose errors have a part of their own and one that a group shares.

    Args:
        design: shape (n, p).
        watts: shape (n,).
        own: variance of each point's own error, W², shape (n,).
        places: group of each point, shape (n,).
    """

    def __init__(self, design: Floats, watts: Floats, own: Floats, places: Places) -> None:
        self.design, self.watts, self.own, self.places = design, watts, own, places
        self.columns = np.column_stack([design, watts])

    def normal(self, between: Floats, more: float = 0.0) -> tuple[Floats, Floats]:
        """Return XᵀV⁻¹X with the watts as last column of X, and the logarithm of |V|.

        Args:
            between: variances that a group shares, W², shape (m,).
            more: added to each point's own variance, W².

        Returns:
            Shapes (m, p + 1, p + 1) and (m,).
        """
        own = self.own + more
        weighted, sums = self.columns / own[:, None], np.bincount(self.places, 1 / own)
        grouped = np.zeros((len(sums), self.columns.shape[1]))
        np.add.at(grouped, self.places, weighted)
        shared = between[:, None] / (1 + between[:, None] * sums)
        within = np.einsum("mg,gi,gj->mij", shared, grouped, grouped, optimize=True)
        size = np.log(own).sum() + np.log1p(between[:, None] * sums).sum(axis=1)
        return self.columns.T @ weighted - within, size

    def likelihood(self, coefficients: Floats, between: Floats, more: float) -> Floats:
        """Return the restricted log-likelihood of variances, less a constant, shape (m,).

        It is taken at given coefficients: at the best ones for each pair of variances, errors of
        the target that exceed what a workload's own stretches differ by would pass for scatter.
        """
        matrix, size = self.normal(between, more)
        combination = np.append(-coefficients, 1.0)
        left = np.einsum("i,mij,j->m", combination, matrix, combination)
        return np.asarray(-(size + np.linalg.slogdet(matrix[:, :-1, :-1])[1] + left) / 2)

    def solved(self, between: float, start: Floats, target_v: Floats) -> tuple[Floats, Floats]:
        """Return coefficients and covariance, the target's readings adjusted within their errors.

        Where the errors are too large for the range, so that the adjusted gain runs away, the
        coefficients stay as they were.

        Args:
            between: variance that a group shares, W².
            start: coefficients to begin with.
            target_v: variance of the target's readings, W², shape (n,).
        """
        matrix = self.normal(np.array([between]))[0][0]
        covariance = np.asarray(np.linalg.inv(matrix[:-1, :-1]))
        if not target_v.any():
            return np.asarray(covariance @ matrix[:-1, -1]), covariance
        coefficients = start
        for _ in range(_ROUNDS):
            pull = self._weighted(between, self.watts - self.design @ coefficients)
            adjusted = self.design.copy()
            adjusted[:, 0] += float(coefficients[0]) * target_v * pull
            left = np.stack([self._weighted(between, column) for column in adjusted.T])
            inverse = np.linalg.inv(left @ self.design)
            coefficients = inverse @ (left @ self.watts)
            if not 1 / _FARTHEST < coefficients[0] / start[0] < _FARTHEST:
                return start, covariance
        return coefficients, np.asarray((inverse + inverse.T) / 2)

    def _weighted(self, between: float, column: Floats) -> Floats:
        """Return V⁻¹ times a column."""
        weight = 1 / self.own
        sums = np.bincount(self.places, weight)
        shared = between / (1 + between * sums) * np.bincount(self.places, weight * column)
        return np.asarray(weight * (column - shared[self.places]))


def _scatter(line: _Line, coefficients: Floats, *, single: bool) -> tuple[float, float]:
    """Return the variances between and within groups, W²; all between where no group has two.

    They are means over what the points leave possible, weighted by the restricted likelihood and
    evenly in standard deviation (Gelman, Bayesian Analysis 1, 2006, 515-534), not its highest
    point: where the step of a meter hides the scatter, that would often be zero.
    """
    spread = line.watts - line.design @ coefficients
    high = _WIDEST * math.sqrt(float(spread @ spread) / len(spread))
    box = ((0.0, high), (0.0, 0.0 if single else high))
    for count in _STEPS:
        between = np.linspace(*box[0], count)
        within = np.linspace(*box[1], 1 if single else count)
        tried = [line.likelihood(coefficients, between**2, float(w) ** 2) for w in within]
        found = np.stack(tried, axis=1)
        weight = np.exp(found - found.max())
        kept = np.argwhere(weight > _NEGLIGIBLE)
        box = (_around(between, kept[:, 0]), _around(within, kept[:, 1]))
    weight /= weight.sum()
    return float(weight.sum(axis=1) @ between) ** 2, float(weight.sum(axis=0) @ within) ** 2


def _around(values: Floats, kept: Places) -> tuple[float, float]:
    """Return the ends of what is kept, one step further out where there is one."""
    low, high = max(int(kept.min()) - 1, 0), min(int(kept.max()) + 1, len(values) - 1)
    return float(values[low]), float(values[high])


def _floor(watts: Floats, residual: Floats) -> float:
    """Return a variance that is of no account, W², but keeps the arithmetic from dividing by 0."""
    return (1e-4 * float(np.std(residual))) ** 2 + (1e-9 * float(np.abs(watts).max())) ** 2
