"""What a calibration gains for a workload that it has not seen: leave each one out in turn."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from joulemark.analysis.calibrating.fit import Fit, fit
from joulemark.analysis.calibrating.points import Floats, Points
from joulemark.core.calibration import Check
from joulemark.core.student import student_975

MOST_FOLDS = 200
"""Of more workloads than this, every n-th is left out."""
FAR = 2.0
"""A point that lies this many half-widths from where the others put it is an outlier."""


@dataclass(frozen=True, slots=True, eq=False)
class Left:
    """A workload that was left out.

    Attributes:
        group: its name.
        before: relative errors of the target's own readings, signed, shape (n,).
        after: relative errors of the readings as all others calibrate them, shape (n,).
        deviation_j: reference less calibrated reading, J, shape (n,).
        half_j: 95 % half-width that was predicted for each, J, shape (n,).
        sum_half_j: that of their sum, J.
        seconds: length of each, s, shape (n,).
        labels: their names.
    """

    group: str
    before: Floats
    after: Floats
    deviation_j: Floats
    half_j: Floats
    sum_half_j: float
    seconds: Floats
    labels: tuple[str, ...]

    @property
    def inside(self) -> bool:
        """Whether the workload's energy lies in the predicted interval."""
        return abs(float(self.deviation_j.sum())) <= self.sum_half_j

    @property
    def mean_w(self) -> float:
        """How far the workload lies above the line, W."""
        return float(self.deviation_j.sum() / self.seconds.sum())

    def outliers(self) -> list[str]:
        """Return the points that lie far away, with how far."""
        watts, half = self.deviation_j / self.seconds, self.half_j / self.seconds
        return [
            f"{label}: {off:+.3g} W where ±{within:.2g} W was expected"
            for label, off, within in zip(self.labels, watts, half, strict=True)
            if abs(off) > FAR * within
        ]


def leave_out(points: Points, *, most: int = MOST_FOLDS) -> list[Left]:
    """Return each workload as all the others calibrate it.

    Args:
        points: all points.
        most: how many workloads are left out at most.
    """
    places, names = points.places, points.names
    every = math.ceil(len(names) / most)
    return [
        _left(points.at(np.flatnonzero(places == k)), fit(points.at(np.flatnonzero(places != k))))
        for k in range(0, len(names), every)
    ]


def _left(points: Points, others: Fit) -> Left:
    factor, predicted = student_975(others.dof), others.predicted_j(points)
    return Left(
        group=points.groups[0],
        before=points.target_j / points.reference_j - 1,
        after=predicted / points.reference_j - 1,
        deviation_j=points.reference_j - predicted,
        half_j=factor * np.sqrt(others.variance_j2(points)),
        sum_half_j=factor * math.sqrt(others.variance_of_sum_j2(points)),
        seconds=points.seconds,
        labels=points.labels,
    )


def check_of(left: list[Left]) -> Check:
    """Return what leaving each workload out showed, in a few numbers."""
    before = np.abs(np.concatenate([each.before for each in left]))
    after = np.abs(np.concatenate([each.after for each in left]))
    inside = np.concatenate([np.abs(each.deviation_j) <= each.half_j for each in left])
    return Check(
        before=float(before.mean()),
        after=float(after.mean()),
        worst_before=float(before.max()),
        worst_after=float(after.max()),
        inside=sum(each.inside for each in left) / len(left),
        inside_points=float(inside.mean()),
    )


def wider_between_w(points: Points, fitted: Fit, left: list[Left]) -> float:
    """Return the scatter from workload to workload, W, large enough for those left out.

    The estimate of a variance from few workloads may come out too small, even zero. It is raised
    until the squared deviations of the workloads left out are as large as predicted, on average.
    """
    places, names = points.places, points.names
    variance, square = [], []
    for each in left:
        own = points.at(np.flatnonzero(places == names.index(each.group)))
        variance.append(fitted.variance_of_sum_j2(own) / float(own.seconds.sum()) ** 2)
        square.append(each.mean_w**2)
    known, seen, more = np.array(variance), np.array(square), 0.0
    high = float(seen.max())
    for _ in range(60 if high > 0 else 0):
        middle = (more + high) / 2
        short = float((seen / (known + middle)).mean()) > 1
        more, high = (middle, high) if short else (more, middle)
    return math.sqrt(fitted.between_w**2 + more)
