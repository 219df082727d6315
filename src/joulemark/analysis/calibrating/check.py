"""What a calibration gains for a workload that it has not seen: leave each one out in turn."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from joulemark.analysis.calibrating.fit import Fit, fit
from joulemark.analysis.calibrating.points import Floats, Points
from joulemark.analysis.coverage import LEAST
from joulemark.core.calibration import Check
from joulemark.core.student import student_975

MOST_FOLDS = 200
"""Of more workloads than this, every n-th is left out."""
_ROUNDING = 1 + 1e-9
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
    def share(self) -> float:
        """How far the workload's energy lies away, in half-widths of what was predicted."""
        return abs(float(self.deviation_j.sum())) / self.sum_half_j

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


def factor_of(left: list[Left], student: float) -> float:
    """Return what turns a standard uncertainty into a 95 % half-width for a new workload.

    It is Student's factor, or what would have held 93 % of the workloads left out if that is more
    (as in the jackknife+; Barber and others, Annals of Statistics 49, 2021, 486-507): workloads
    that lie far away now and then do not follow a normal distribution.

    Args:
        left: the workloads that were left out.
        student: the factor that their intervals were made with.
    """
    shares = sorted(each.share for each in left)
    return student * max(shares[math.ceil(LEAST * len(shares)) - 1], 1.0)


def check_of(left: list[Left], widened: float = 1.0) -> Check:
    """Return what leaving each workload out showed, in a few numbers.

    Args:
        left: the workloads that were left out.
        widened: how much wider the intervals are than those predicted for each.
    """
    before = np.abs(np.concatenate([each.before for each in left]))
    after = np.abs(np.concatenate([each.after for each in left]))
    points = np.concatenate([np.abs(each.deviation_j) / each.half_j for each in left])
    groups = np.array([each.share for each in left])
    return Check(
        before=float(before.mean()),
        after=float(after.mean()),
        worst_before=float(before.max()),
        worst_after=float(after.max()),
        inside=float((groups <= widened * _ROUNDING).mean()),
        inside_points=float((points <= widened * _ROUNDING).mean()),
        inside_student=float((groups <= 1).mean()),
    )
