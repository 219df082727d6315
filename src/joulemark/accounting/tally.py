"""What a stream came to, by group: energy, its uncertainty term by term, coverage.

Terms as in :mod:`joulemark.accounting.uncertainty`, with what a stream keeps:

========== =================================================================================
sampling   s·T/√n over n updates of the reading; s from the difference of one update to the next
           (variance 2 s²), which takes a steady slope for scatter too
edges      of windows: a step anywhere between the readings at an edge. Of labels: the phase changed
           anywhere between two samples, so that the energy between them may belong to either side,
           rectangular from zero
coverage   the time not counted times the highest power seen, rectangular from zero
resolution the step of a counter at both ends, or of a power reading
gain       accuracy class of the meter; one error for all
offset     accuracy class of the meter, W, times the covered time; one error for a series
clock      rate of the clock, relative
========== =================================================================================
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from joulemark.accounting.curve import Floats, Times
from joulemark.accounting.ledger import Ledger
from joulemark.accounting.stretches import Sum
from joulemark.accounting.uncertainty import CLOCK_RATE_U
from joulemark.core.channel import Channel, Quantity
from joulemark.core.clock import NS
from joulemark.core.student import NORMAL_975
from joulemark.core.value import Term


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """One number for each group, arrays of shape (g,).

    Attributes:
        joules: energy, J.
        u: standard uncertainty by term, J.
        covered_s: time that is counted, of all series of the group together, s.
        length_s: time that there was, s.
        samples: number of samples.
        gaps: steps that are not counted: too long (power) or not believable (counter).
        invalid: samples that hold no reading.
    """

    joules: Floats
    u: Mapping[Term, Floats]
    covered_s: Floats
    length_s: Floats
    samples: Floats
    gaps: Floats
    invalid: Floats

    @property
    def u95(self) -> Floats:
        """Half-width of the interval that holds the true energy in 95 % of cases, J."""
        return NORMAL_975 * np.sqrt(sum(part**2 for part in self.u.values()))

    @property
    def coverage(self) -> Floats:
        """Share of the time that is counted; zero where there was none."""
        none = np.zeros_like(self.covered_s)
        share = np.divide(self.covered_s, self.length_s, out=none, where=self.length_s > 0)
        return np.minimum(share, 1.0)

    @property
    def watts(self) -> Floats:
        """Mean power of a series over the covered time, W; NaN where there is none."""
        unknown = np.full_like(self.joules, np.nan)
        return np.divide(self.joules, self.covered_s, out=unknown, where=self.covered_s > 0)


def tally(
    ledger: Ledger, channel: Channel, group: Times, *, length_ns: Times | None = None
) -> Tally:
    """Add up the columns of a ledger by group.

    Args:
        ledger: sums by series and label, or by series and window.
        channel: what the values mean.
        group: the group of each column, 0 to g - 1, shape (k,).
        length_ns: the length of each window, by column; None where the sums are by label.
    """
    count = int(group.max(initial=-1)) + 1
    table = ledger.table
    covered_s = table[Sum.COVERED] / NS
    length_s = covered_s + table[Sum.LOST] / NS if length_ns is None else length_ns / NS

    def added(column: Floats) -> Floats:
        return np.bincount(group, column, count).astype(np.float64, copy=False)

    joules = added(table[Sum.JOULES])
    variances = _variances(table, channel, length_s, by_window=length_ns is not None)
    u = {term: np.sqrt(added(column)) for term, column in variances.items()}
    u[Term.GAIN] = math.hypot(channel.accuracy.gain, channel.accuracy.model) / NORMAL_975 * joules
    u[Term.CLOCK] = CLOCK_RATE_U * joules
    u[Term.OFFSET] = channel.accuracy.offset_w / NORMAL_975 * _offset(ledger, group, covered_s)
    return Tally(
        joules=joules,
        u=u,
        covered_s=added(covered_s),
        length_s=added(length_s),
        samples=added(table[Sum.SAMPLES]),
        gaps=added(table[Sum.GAPS]),
        invalid=added(table[Sum.INVALID]),
    )


def _variances(
    table: Floats, channel: Channel, length_s: Floats, *, by_window: bool
) -> dict[Term, Floats]:
    """Return the variances of what is independent from column to column, J²."""
    covered_s, updates = table[Sum.COVERED] / NS, table[Sum.CHANGES] + 1
    scatter = table[Sum.SQUARES] / (2 * np.maximum(table[Sum.CHANGES], 1))
    edges = table[Sum.EDGES]
    missing_s = np.maximum(length_s - covered_s, 0.0)
    step = (channel.resolution * channel.scale) ** 2 / 12
    if channel.quantity is Quantity.POWER:
        resolution = step * covered_s**2 / updates
    else:
        steps = table[Sum.SAMPLES] if channel.quantity is Quantity.INTERVAL else 2.0
        resolution = step * steps * np.ones_like(covered_s)
    return {
        Term.SAMPLING: scatter * covered_s**2 / updates,
        Term.EDGES: edges**2 if by_window else edges,
        Term.COVERAGE: (missing_s * table[Sum.HIGHEST]) ** 2 / 3,
        Term.RESOLUTION: resolution,
    }


def _offset(ledger: Ledger, group: Times, covered_s: Floats) -> Floats:
    """Return covered time by group: linear within a series, in squares between series, s."""
    count = int(group.max(initial=-1)) + 1
    pairs, at = np.unique(ledger.series * max(count, 1) + group, return_inverse=True)
    each = np.bincount(at, covered_s, len(pairs))
    return np.sqrt(np.bincount(pairs % max(count, 1), each**2, count))
