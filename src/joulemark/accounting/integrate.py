"""Energy of one channel over one window, with its uncertainty."""

from __future__ import annotations

import numpy as np

from joulemark.accounting.curve import Curve
from joulemark.accounting.sensor import unseen
from joulemark.accounting.uncertainty import uncertain
from joulemark.core.caution import Caution, Code
from joulemark.core.clock import NS
from joulemark.core.energy import WHOLE, Energy
from joulemark.core.units import digits

MOST_UNSEEN = 0.5
"""A sensor that misses more of the time than this is worth a warning."""
FEW = 10
"""Fewer sensor updates than this in a window are worth a warning."""


def energy_between(
    curve: Curve, start: int, stop: int, *, edge_u_s: float = 0.0, busy: float | None = None
) -> Energy:
    """Return the energy of a channel between two moments.

    Nothing is filled in: time without valid samples lowers ``coverage``, adds no energy, and
    widens the uncertainty by what the missing time may have held.

    Args:
        curve: cumulative energy of the channel.
        start: ns UTC.
        stop: ns UTC, after ``start``.
        edge_u_s: standard uncertainty of the time of each edge, s.
        busy: share of the window in which the part ran anything, as its utilisation says, 0 to 1;
            None where that is unknown.

    Raises:
        ValueError: if the window is not longer than zero.
    """
    if stop <= start:
        raise ValueError("a window ends after it starts")
    (before, covered_before), (after, covered_after) = curve.at(start), curve.at(stop)
    joules, covered = after - before, covered_after - covered_before
    coverage = covered / (stop - start)
    value, updates = uncertain(curve, start, stop, joules, covered / NS, edge_u_s, busy)
    return Energy(
        joules=value,
        provenance=curve.channel.provenance,
        coverage=coverage,
        method=curve.method,
        updates=updates,
        cautions=tuple(_cautions(curve, start, stop, coverage, updates)),
    )


def _cautions(
    curve: Curve, start: int, stop: int, coverage: float, updates: float
) -> list[Caution]:
    name = curve.channel.name
    found = curve.cautions(start, stop)
    if coverage < WHOLE:
        found.append(Caution(Code.NOT_COVERED, f"{name}: {digits(100 * coverage, 3)} % covered"))
    if updates < FEW:
        found.append(Caution(Code.FEW_SAMPLES, f"{name}: {updates:.0f} updates"))
    elif curve.power is not None:
        first, last = np.searchsorted(curve.time, (start, stop + 1))
        inside = curve.power[first:last]
        if (inside == inside[:1]).all():
            found.append(Caution(Code.HELD_SENSOR, f"{name}: {len(inside)} equal readings"))
    if curve.power is not None and curve.channel.window_s and updates >= 1:
        missed = unseen(curve.channel.window_s, (stop - start) / NS / updates)
        if missed > MOST_UNSEEN:
            seen = f"{name}: {digits(100 * (1 - missed), 2)} % of the time"
            found.append(Caution(Code.PART_SEEN, seen))
    return found
