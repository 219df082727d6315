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
        points: its own stretches.
        others: the line through all others.
    """

    points: Points
    others: Fit

    @property
    def group(self) -> str:
        """Its name."""
        return self.points.groups[0]

    @property
    def before(self) -> Floats:
        """Relative errors of the target's own readings, signed, shape (n,)."""
        return self.points.target_j / self.points.reference_j - 1

    @property
    def after(self) -> Floats:
        """Relative errors of the readings as all others calibrate them, signed, shape (n,)."""
        return self.others.predicted_j(self.points) / self.points.reference_j - 1

    @property
    def deviation_j(self) -> Floats:
        """Reference less calibrated reading, J, shape (n,)."""
        return self.points.reference_j - self.others.predicted_j(self.points)

    @property
    def mean_w(self) -> float:
        """How far the workload lies above the line, W."""
        return float(self.deviation_j.sum() / self.points.seconds.sum())

    @property
    def half_w(self) -> float:
        """95 % half-width that the others predict for it, W."""
        u = math.sqrt(self.others.variance_of_sum_j2(self.points))
        return student_975(self.others.dof) * u / float(self.points.seconds.sum())

    @property
    def inside(self) -> bool:
        """Whether the workload's energy lies in the interval that the others predict."""
        return abs(self.mean_w) <= self.half_w

    def shares(self, by: Fit) -> Floats:
        """Return how far each stretch lies off, in standard uncertainties by a line, shape (n,)."""
        return np.abs(self.deviation_j) / np.sqrt(by.variance_j2(self.points))

    def share(self, by: Fit) -> float:
        """Return how far the workload lies off, in standard uncertainties by a line."""
        return abs(float(self.deviation_j.sum())) / math.sqrt(by.variance_of_sum_j2(self.points))

    def outliers(self) -> list[str]:
        """Return the stretches that lie far away, with how far."""
        half = student_975(self.others.dof) * np.sqrt(self.others.variance_j2(self.points))
        seconds = self.points.seconds
        rows = zip(self.points.labels, self.deviation_j / seconds, half / seconds, strict=True)
        return [
            f"{label}: {off:+.3g} W where ±{within:.2g} W was expected"
            for label, off, within in rows
            if abs(off) > FAR * within
        ]


def leave_out(points: Points, *, most: int = MOST_FOLDS) -> list[Left]:
    """Return each workload as all the others calibrate it.

    Args:
        points: all points.
        most: how many workloads are left out at most.
    """
    places, names = points.places, points.names
    return [
        Left(points.at(np.flatnonzero(places == k)), fit(points.at(np.flatnonzero(places != k))))
        for k in range(0, len(names), math.ceil(len(names) / most))
    ]


def factor_of(left: list[Left], fitted: Fit) -> float:
    """Return what turns a standard uncertainty into a 95 % half-width for a new workload.

    It is Student's factor, or, where that held fewer than 93 % of the workloads left out, what
    would have held them (as in the jackknife+; Barber and others, Annals of Statistics 49, 2021,
    486-507): workloads that lie far away now and then do not follow a normal distribution.

    Args:
        left: the workloads that were left out.
        fitted: the line through all points.
    """
    student = student_975(fitted.dof)
    if sum(each.inside for each in left) >= LEAST * len(left):
        return student
    shares = sorted(each.share(fitted) for each in left)
    return max(shares[math.ceil(LEAST * len(left)) - 1] * _ROUNDING, student)


def check_of(left: list[Left], fitted: Fit, factor: float) -> Check:
    """Return what leaving each workload out showed, in a few numbers.

    Where the others' intervals held too few, what counts is the interval that is given: that of
    all points together, widened.

    Args:
        left: the workloads that were left out.
        fitted: the line through all points.
        factor: what :func:`factor_of` gave.
    """
    before = np.abs(np.concatenate([each.before for each in left]))
    after = np.abs(np.concatenate([each.after for each in left]))
    student = sum(each.inside for each in left) / len(left)
    if student < LEAST:
        inside = sum(each.share(fitted) <= factor for each in left) / len(left)
        points = np.concatenate([each.shares(fitted) <= factor for each in left])
    else:
        inside = student
        points = np.concatenate(
            [each.shares(each.others) <= student_975(each.others.dof) for each in left]
        )
    return Check(
        before=float(before.mean()),
        after=float(after.mean()),
        worst_before=float(before.max()),
        worst_after=float(after.max()),
        inside=inside,
        inside_points=float(points.mean()),
        inside_student=student,
    )
