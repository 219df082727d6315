"""Idle power, and the energy of a run without it.

Equations 1 to 5 of Mavromatis et al. (ARISDE 2024) subtract the energy of an idle run. Their idle
run has a length of its own; what a run would have used idling is idle *power* times the run's own
length, and that is what is subtracted here. Gross energy is always kept beside net energy.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from joulemark.core.caution import Caution, Code
from joulemark.core.energy import Energy
from joulemark.core.units import si
from joulemark.core.value import Source, Term, Value, total

UNSTABLE = 0.10
"""Relative difference between idle windows that is worth a warning."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """Idle power of one part.

    Attributes:
        watts: W with uncertainty.
        cautions: warnings; those of the idle windows themselves stay with their own phase.
    """

    watts: Value
    cautions: tuple[Caution, ...] = ()


def baseline(name: str, windows: list[tuple[Energy, float]]) -> Baseline | None:
    """Return idle power from the idle windows of a part.

    Several windows are weighted by their length; how far they lie apart is taken for drift during
    the run (rectangular, range/√12).

    Args:
        name: of the part, for messages.
        windows: energy and covered length (s) of each idle window.

    Returns:
        None where no idle window covers any time.
    """
    usable = [(energy, seconds) for energy, seconds in windows if seconds > 0]
    if not usable:
        return None
    length = sum(seconds for _, seconds in usable)
    watts = total([energy.joules for energy, _ in usable], "J").scaled(1 / length, "W")
    levels = [energy.joules.value / seconds for energy, seconds in usable]
    apart = max(levels) - min(levels)
    cautions: tuple[Caution, ...] = ()
    if watts.value > 0 and apart > UNSTABLE * watts.value:
        seen = f"{name}: {si(min(levels), 'W')} to {si(max(levels), 'W')}"
        cautions = (Caution(Code.IDLE_UNSTABLE, seen),)
    return Baseline(watts.plus(Source(Term.IDLE, name), apart / math.sqrt(12)), cautions)


def net(gross: Value, idle: Baseline, covered_s: float) -> Value:
    """Return energy above idle: ``gross - P_idle · T``.

    Args:
        gross: energy of a window, J.
        idle: idle power of the same part.
        covered_s: time of the window that the energy covers, s.
    """
    return gross - idle.watts.scaled(covered_s, "J")
