"""What one meter's readings say of another's: coefficients, their uncertainty, where they hold.

A calibration turns the energy E that a *target* gave over T seconds into what the *reference*
would have given, ``gain·E + offset·T + slope·u·T``, where u is a utilisation and the last term is
there only if it was asked for. The result stands for what the reference watches: a calibration
of processor and GPU against a wall meter gives the energy at the wall.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from joulemark.core.channel import Accuracy, Domain
from joulemark.core.units import digits, si

TOTAL = "total"
"""Name of a side that is the sum of several channels, not one of them."""

MARGIN = 0.1
"""How far outside the fitted range a calibration still holds, as a share of the range's width."""


class Kind(StrEnum):
    """The form of a calibration."""

    AFFINE = "affine"
    UTILISATION = "affine with utilisation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two meters.

    Attributes:
        name: channel, ``total``, or column of a table.
        meter: registry name of the meter; empty for a column.
        part: the piece of hardware.
        domain: its kind.
        node: host; empty where a table does not say.
        device: where the channel reads, so that another board is recognised; empty if unknown.
        channels: what a total is the sum of.
        accuracy: systematic error of the meter.
        resolution_j: step of its energies, J.
    """

    name: str
    meter: str = ""
    part: str = ""
    domain: Domain = Domain.WALL
    node: str = ""
    device: str = ""
    channels: tuple[str, ...] = ()
    accuracy: Accuracy = field(default_factory=Accuracy)
    resolution_j: float = 0.0


@dataclass(frozen=True, slots=True)
class Span:
    """A range of values that was seen."""

    low: float
    high: float

    def holds(self, value: float, margin: float = MARGIN) -> bool:
        """Return whether a value is in the range, or beyond it by at most a share of its width."""
        more = margin * (self.high - self.low)
        return self.low - more <= value <= self.high + more


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What leaving each group out showed; errors are mean absolute relative errors.

    Attributes:
        before: error of the target's own readings.
        after: error of the groups, each calibrated by all the others.
        worst_before: largest error of a single point.
        worst_after: likewise.
        inside: share of left-out groups whose energy lies in the predicted 95 % interval.
        inside_points: the same for single points.
        inside_student: share of groups before the interval was widened to hold them; the same
            where it was not.
    """

    before: float
    after: float
    worst_before: float
    worst_after: float
    inside: float
    inside_points: float
    inside_student: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """A calibration of a target against a reference.

    Attributes:
        id: first digits of the SHA-256 of everything else.
        target: what is calibrated.
        reference: what it is calibrated against.
        kind: its form.
        coefficients: gain (1), offset (W), and for the second kind the slope (W per utilisation).
        covariance: of the coefficients.
        dof: degrees of freedom: groups less coefficients.
        factor: what turns a standard uncertainty into the 95 % half-width for a new workload:
            Student's, or more where that held too few of the workloads left out.
        between_w: standard deviation from one workload to another, W.
        within_w: standard deviation from one run of a workload to the next, W, without the step
            of the meters.
        residual_w: standard deviation of the points about the line, W, everything included.
        points: how many pairs of readings.
        groups: how many workloads.
        power_w: range of the target's mean power, W.
        duration_s: range of the length of the points, s.
        utilisation: name of the column or channel; empty for the first kind.
        utilisation_range: range of its values; None for the first kind.
        beside: range of power of other parts inside the reference, by channel, W.
        stratum: what the points had in common (task, hardware).
        outliers: points that lie far from the line; they are in the fit.
        check: what leaving each group out showed.
        date: when it was made, ISO 8601.
        joulemark: version that made it.
        sources: SHA-256 of the files or runs it was made of, by name.
        note: what a reader must know.
    """

    id: str = ""
    target: Side
    reference: Side
    kind: Kind
    coefficients: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]
    dof: float
    factor: float
    between_w: float
    within_w: float
    residual_w: float
    points: int
    groups: int
    power_w: Span
    duration_s: Span
    utilisation: str = ""
    utilisation_range: Span | None = None
    beside: Mapping[str, Span] = field(default_factory=dict)
    stratum: Mapping[str, str] = field(default_factory=dict)
    outliers: tuple[str, ...] = ()
    check: Check | None = None
    date: str = ""
    joulemark: str = ""
    sources: Mapping[str, str] = field(default_factory=dict)
    note: str = ""

    def __str__(self) -> str:
        """Return what names it: against what, of when, and its id."""
        return f"{self.target.name} against {self.reference.name}, {self.date[:10]}, {self.id}"

    @property
    def formula(self) -> str:
        """What is done to a power, in words."""
        gain, offset, *rest = self.coefficients
        text = f"{digits(gain, 4)} · P {_signed(offset)} W"
        return f"{text} {_signed(rest[0])} W · {self.utilisation}" if rest else text

    def outside(self, power_w: float, utilisation: float | None) -> str:
        """Return why the calibration does not hold for a window; nothing if it does."""
        if not self.power_w.holds(power_w):
            low, high = si(self.power_w.low, "W", 3), si(self.power_w.high, "W", 3)
            return f"{si(power_w, 'W', 3)} is outside of {low} to {high}, for which it was made"
        if self.utilisation_range is None:
            return ""
        if utilisation is None:
            return f"{self.utilisation} was not recorded"
        if not self.utilisation_range.holds(utilisation):
            low, high = (
                digits(self.utilisation_range.low, 3),
                digits(self.utilisation_range.high, 3),
            )
            seen = digits(utilisation, 3)
            return f"{self.utilisation} of {seen} is outside of {low} to {high}"
        return ""


def _signed(value: float) -> str:
    return f"{'-' if value < 0 else '+'} {digits(abs(value), 3)}"
