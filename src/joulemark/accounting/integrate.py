"""Energy of one channel over one window, with its uncertainty."""

from __future__ import annotations

from joulemark.accounting.curve import Curve
from joulemark.accounting.uncertainty import uncertain
from joulemark.core.caution import Caution, Code
from joulemark.core.clock import NS
from joulemark.core.energy import Energy
from joulemark.core.units import digits

FULL = 0.9995
"""Coverage from which a window counts as covered; the rest is rounding of edges."""
FEW = 10
"""Fewer sensor updates than this in a window are worth a warning."""


def energy_between(curve: Curve, start: int, stop: int, *, edge_u_s: float = 0.0) -> Energy:
    """Return the energy of a channel between two moments.

    Nothing is filled in: time without valid samples lowers ``coverage``, adds no energy, and
    widens the uncertainty by what the missing time may have held.

    Args:
        curve: cumulative energy of the channel.
        start: ns UTC.
        stop: ns UTC, after ``start``.
        edge_u_s: standard uncertainty of the time of each edge, s.

    Raises:
        ValueError: if the window is not longer than zero.
    """
    if stop <= start:
        raise ValueError("a window ends after it starts")
    length = (stop - start) / NS
    (before, covered_before), (after, covered_after) = curve.at(start), curve.at(stop)
    joules, covered = after - before, covered_after - covered_before
    coverage = min(covered / length, 1.0)
    value, updates = uncertain(curve, start, stop, joules, covered, edge_u_s)
    return Energy(
        joules=value,
        provenance=curve.channel.provenance,
        coverage=coverage,
        method=curve.method,
        cautions=tuple(_cautions(curve, start, stop, coverage, updates)),
    )


def _cautions(
    curve: Curve, start: int, stop: int, coverage: float, updates: float
) -> list[Caution]:
    name = curve.channel.name
    found = curve.cautions(start, stop)
    if coverage < FULL:
        found.append(Caution(Code.NOT_COVERED, f"{name}: {digits(100 * coverage, 3)} % covered"))
    if updates < FEW:
        found.append(Caution(Code.FEW_SAMPLES, f"{name}: {updates:.0f} updates"))
    elif curve.power is not None:
        inside = curve.power[(curve.time >= start) & (curve.time <= stop)]
        if (inside == inside[0]).all():
            found.append(Caution(Code.HELD_SENSOR, f"{name}: {len(inside)} equal readings"))
    return found
