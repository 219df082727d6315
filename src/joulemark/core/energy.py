"""Joules, how they were obtained, and how much of the window they cover."""

from __future__ import annotations

import math
from dataclasses import dataclass

from joulemark.core.caution import Caution
from joulemark.core.channel import Provenance
from joulemark.core.units import digits
from joulemark.core.value import Value, total

WHOLE = 0.9995
"""Coverage from which a window counts as covered; the rest is rounding of edges."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Energy:
    """Energy of one part, or of a sum of parts, over one window.

    Attributes:
        joules: J with uncertainty.
        provenance: measured, estimated or declared (the weakest of a sum).
        coverage: share of the window's time that valid samples cover, 0 to 1.
        method: how it was computed (counter, trapezoid, interval; several for a sum).
        updates: how often the sensor gave a new value in the window; of a sum the fewest.
        cautions: warnings, in the order of their finding.
    """

    joules: Value
    provenance: Provenance
    coverage: float = 1.0
    method: str = ""
    updates: float = math.inf
    cautions: tuple[Caution, ...] = ()

    def __str__(self) -> str:
        """Return joules with their half-width, provenance, and coverage where it is not whole."""
        part = "" if self.coverage > WHOLE else f", {digits(100 * self.coverage, 3)} % covered"
        return f"{self.joules} ({self.provenance}{part})"

    @staticmethod
    def sum_of(parts: list[Energy]) -> Energy:
        """Add the energies of disjoint parts over one window.

        Raises:
            ValueError: if there is nothing to add; no energy is not zero energy.
        """
        if not parts:
            raise ValueError("no energy to add")
        methods = dict.fromkeys(part.method for part in parts)
        cautions = dict.fromkeys(caution for part in parts for caution in part.cautions)
        return Energy(
            joules=total([part.joules for part in parts], "J"),
            provenance=Provenance.weakest([part.provenance for part in parts]),
            coverage=min(part.coverage for part in parts),
            method=" + ".join(methods),
            updates=min(part.updates for part in parts),
            cautions=tuple(cautions),
        )
