"""From pairs of readings to a calibration, or to the reason why there is none."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from joulemark.analysis.calibrating.check import Left, check_of, factor_of, leave_out
from joulemark.analysis.calibrating.fit import Fit, fit
from joulemark.analysis.calibrating.points import Floats, Points
from joulemark.core.calibration import Calibration, Kind, Side, Span
from joulemark.core.errors import CalibrationError
from joulemark.core.student import student_975
from joulemark.core.units import digits, si

MORE_GROUPS = 2
"""Workloads that are needed beyond the number of coefficients."""
LEAST_SPAN = 0.1
"""Range of the target's power, relative to its largest, that a gain can be told from."""
LEAST_CORRELATION = 0.5
SAME = 0.995
"""Correlation of power and utilisation above which their effects cannot be told apart."""
LARGEST_U95 = 0.5
"""Relative 95 % half-width of the gain above which it says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a calibration is to say of itself.

    Attributes:
        target: what is calibrated.
        reference: what it is calibrated against.
        utilisation: name of the utilisation; empty for none.
        beside: range of power of other parts inside the reference, by channel, W.
        stratum: what the points have in common.
        sources: SHA-256 of files or runs, by name.
        date: now, ISO 8601.
        joulemark: version.
        note: what a reader must know.
    """

    target: Side
    reference: Side
    utilisation: str = ""
    beside: Mapping[str, Span] = field(default_factory=dict)
    stratum: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    date: str = ""
    joulemark: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """A calibration, what it was made of, and what leaving each workload out showed."""

    calibration: Calibration
    points: Points
    left: list[Left]


def make(points: Points, about: About) -> Made:
    """Return the calibration that some pairs of readings give.

    Raises:
        CalibrationError: if they give none; it says why and what would help.
    """
    _refuse_points(points)
    fitted = fit(points)
    _refuse_fit(fitted, points)
    left, watts = leave_out(points), points.target_w
    factor = factor_of(left, fitted)
    calibration = Calibration(
        target=about.target,
        reference=about.reference,
        kind=Kind.UTILISATION if about.utilisation else Kind.AFFINE,
        coefficients=tuple(fitted.coefficients.tolist()),
        covariance=tuple(map(tuple, fitted.covariance.tolist())),
        dof=fitted.dof,
        factor=factor,
        between_w=fitted.between_w,
        within_w=fitted.within_w,
        residual_w=fitted.residual_w,
        points=len(points),
        groups=len(points.names),
        power_w=_span(watts),
        duration_s=_span(points.seconds),
        utilisation=about.utilisation,
        utilisation_range=None if points.utilisation is None else _span(points.utilisation),
        beside=about.beside,
        stratum=about.stratum,
        outliers=tuple(text for each in left for text in each.outliers()),
        check=check_of(left, fitted, factor),
        date=about.date,
        joulemark=about.joulemark,
        sources=about.sources,
        note=about.note,
    )
    return Made(calibration, points, left)


def _span(values: Floats) -> Span:
    return Span(float(values.min()), float(values.max()))


def _refuse_points(points: Points) -> None:
    """Raise CalibrationError for points that no line can be told from."""
    needed = points.design.shape[1] + MORE_GROUPS
    if len(points.names) < needed:
        raise CalibrationError(
            f"{len(points.names)} workloads; at least {needed} are needed to tell what the next "
            "one may be off by",
            remedy="measure more workloads, from idle to full load",
        )
    columns = {"power of the target": points.target_w, "power of the reference": points.reference_w}
    if points.utilisation is not None:
        columns["utilisation"] = points.utilisation
    for name, values in columns.items():
        if float(np.ptp(values)) < LEAST_SPAN * float(np.abs(values).max()):
            low, high = digits(float(values.min()), 4), digits(float(values.max()), 4)
            raise CalibrationError(
                f"the {name} spans only {low} to {high}: a gain cannot be told from an offset",
                remedy="add workloads of other power, idle for instance",
            )
    if points.utilisation is not None:
        related = float(np.corrcoef(points.target_w, points.utilisation)[0, 1])
        if abs(related) > SAME:
            raise CalibrationError(
                f"utilisation says the same as power here (correlation {digits(related, 3)})",
                remedy="leave out --utilisation",
            )


def _refuse_fit(fitted: Fit, points: Points) -> None:
    """Raise CalibrationError for a line that says nothing."""
    gain = float(fitted.coefficients[0])
    related = float(np.corrcoef(points.target_w, points.reference_w)[0, 1])
    if gain <= 0 or related < LEAST_CORRELATION:
        raise CalibrationError(
            f"the two do not rise together (correlation {digits(related, 2)}, gain "
            f"{digits(gain, 2)})",
            remedy="check that both are of the same stretches of the same machine",
        )
    half = student_975(fitted.dof) * math.sqrt(float(fitted.covariance[0, 0]))
    if half > LARGEST_U95 * gain:
        raise CalibrationError(
            f"the gain is {digits(gain, 3)} ± {digits(half, 2)}: the points scatter by "
            f"{si(fitted.residual_w, 'W', 2)} about any line",
            remedy="measure longer, or more workloads over a wider range",
        )
