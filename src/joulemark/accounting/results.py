"""What a window and a phase came to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from joulemark.accounting.boundary import PartEnergy
from joulemark.accounting.crosscheck import CrossCheck
from joulemark.core.calibration import Calibration
from joulemark.core.caution import Caution
from joulemark.core.channel import Channel
from joulemark.core.energy import Energy
from joulemark.core.evidence import Evidence
from joulemark.core.value import Value
from joulemark.core.window import Role, Window, Work


@dataclass(frozen=True, slots=True)
class Application:
    """What became of a calibration that was asked for.

    Attributes:
        calibration: which one.
        refused: why it does not hold here; empty where it was applied.
    """

    calibration: Calibration
    refused: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowResult:
    """One window.

    Attributes:
        window: the window, closed.
        total: energy of the parts that are added; None where nothing was read.
        net: J above idle; None where idle power is unknown.
        parts: every part, with whether it is added.
        readings: energy of every channel, also of those that speak for no part.
    """

    window: Window
    total: Energy | None
    net: Value | None
    parts: tuple[PartEnergy, ...]
    readings: tuple[tuple[Channel, Energy], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseResult:
    """All windows of one name.

    Attributes:
        phase: name.
        role: what its windows are for.
        windows: each window's own result.
        duration_s: time in its windows, s.
        total: energy, gross; None where nothing was read.
        net: J above idle; None where unknown.
        power: W, mean over the covered time; None where nothing was read.
        work: work of all windows; None where none was counted.
        per_unit: energy per unit of work, gross, with the scatter of repeats.
        units_per_joule: its inverse.
        net_per_unit: the same, net of idle.
        parts: energy by part, summed over the windows.
        lacks: what the total leaves out, in words.
        context: means of what was recorded beside energy, by channel name, SI.
        calibration: what became of the calibration that was asked for; None if none was.
        cautions: warnings.
        crosscheck: what its meters say of each other.
        evidence: its tier, and why it is not a higher one; None where nothing was read.
    """

    phase: str
    role: Role
    windows: tuple[WindowResult, ...]
    duration_s: float
    total: Energy | None
    net: Value | None = None
    power: Value | None = None
    work: Work | None = None
    per_unit: Value | None = None
    units_per_joule: Value | None = None
    net_per_unit: Value | None = None
    parts: tuple[PartEnergy, ...] = ()
    lacks: tuple[str, ...] = ()
    context: Mapping[str, float]
    calibration: Application | None = None
    cautions: tuple[Caution, ...] = ()
    crosscheck: CrossCheck = field(default_factory=CrossCheck)
    evidence: Evidence | None = None


def over_windows(energies: Sequence[Energy], windows: Sequence[Window]) -> Energy:
    """Return the energy of all windows of a phase; coverage is that of their whole time."""
    length = sum(window.duration_s for window in windows)
    covered = sum(e.coverage * w.duration_s for e, w in zip(energies, windows, strict=True))
    return replace(Energy.sum_of(list(energies)), coverage=covered / length)
