"""Counters that repeat each other: two parts with one counter, or a part that is its own sum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np

from joulemark.accounting.balance import Balance, Verdict
from joulemark.accounting.boundary import Part, contains, hosts, part_of
from joulemark.accounting.curve import Curve
from joulemark.accounting.finding import Finding
from joulemark.accounting.series import edges_between, mean_power, spacing_s, spread
from joulemark.core.caution import Code
from joulemark.core.channel import Provenance
from joulemark.core.clock import NS
from joulemark.core.units import digits

MOST_STEPS, FEWEST_STEPS = 200, 20
MOVED = 0.05
"""Share of its power by which a part must have moved to be told from one that is merely equal."""
EQUAL = 2e-3
"""Two parts whose power differs by less than this, step by step, are one."""
SAME = 0.5
"""One power reading under two names is the same number so often, where both are read at once."""
WHOLE_NUMBER = 0.01
"""Parts that are together this near to a multiple of their whole repeat it."""


def twins(curves: Sequence[Curve], parents: Mapping[Part, str | None]) -> list[Finding]:
    """Return the pairs of parts of one kind whose power is the same at every step.

    Args:
        curves: of channels that carry energy.
        parents: the named parent of each part of the run.
    """
    found = []
    for first, second in combinations(curves, 2):
        a, b = first.channel, second.channel
        modelled = Provenance.ESTIMATED in (a.provenance, b.provenance)
        alike = a.domain is b.domain and hosts(a) == hosts(b) and a.quantity is b.quantity
        if not alike or modelled or part_of(a) == part_of(b):
            continue
        if contains(a, b, parents) or contains(b, a, parents):
            continue
        if not (_alike(first, second) and _equal(first, second)):
            continue
        said = f"{a.name} and {b.name} show one and the same power"
        found.append(Finding(Code.DOUBLE_COUNT, said, (a.name, b.name)))
    return found


def _alike(first: Curve, second: Curve) -> bool:
    """Return whether two mean powers are within a percent; spares most pairs the long look."""
    low, high = sorted(_mean(curve) for curve in (first, second))
    return 0 < high * (1 - WHOLE_NUMBER) <= low


def _mean(curve: Curve) -> float:
    covered = float(curve.covered[-1]) if len(curve.time) else 0.0
    return float(curve.joules[-1]) / covered if covered > 0 else 0.0


def _equal(first: Curve, second: Curve) -> bool:
    if _merely_near(first, second):
        return False
    start = int(max(first.time[0], second.time[0]))
    stop = int(min(first.time[-1], second.time[-1]))
    step = 4 * max(spacing_s(first), spacing_s(second))
    if stop - start < FEWEST_STEPS * step * NS:
        return False
    edges = edges_between(start, stop, step, MOST_STEPS)
    one, other = mean_power(first, edges), mean_power(second, edges)
    both = np.isfinite(one) & np.isfinite(other)
    one, other = one[both], other[both]
    if len(one) < FEWEST_STEPS or not spread(one) > MOVED * float(np.median(one)) > 0:
        return False
    return float(np.quantile(np.abs(one - other) / one, 0.9)) < EQUAL


def _merely_near(first: Curve, second: Curve) -> bool:
    """Return whether two powers, read at the same moments, are seldom the same number.

    So are the inputs of two supplies that share a load evenly.
    """
    if first.power is None or second.power is None:
        return False
    if not np.array_equal(first.time, second.time):
        return False
    return float(np.mean(first.power == second.power)) < SAME


def repeated(balance: Balance) -> Finding | None:
    """Return a whole whose parts are each as much as itself: dies that mirror their package."""
    if balance.verdict is not Verdict.IMPOSSIBLE or len(balance.parts) < 2:
        return None
    whole, count = balance.whole_w.value, len(balance.parts)
    near = [abs(part.value / whole - 1) < WHOLE_NUMBER for part in balance.parts_w if whole > 0]
    if len(near) < count or not all(near):
        return None
    name = balance.whole.name
    said = f"each of the {count} parts of {name} shows what {name} does: {digits(whole, 4)} W"
    return Finding(Code.DOUBLE_COUNT, said, balance.names)
