"""Energy of several parts that are added, as one function of time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np

from joulemark.accounting.curve import Curve, Floats, Times, curve_of
from joulemark.accounting.integrate import energy_between
from joulemark.core.energy import Energy
from joulemark.core.trace import Trace


@dataclass(frozen=True, slots=True, eq=False)
class Supply:
    """Energy curves of disjoint parts, one or more, that are looked at together.

    Attributes:
        curves: one for each part.
    """

    curves: tuple[Curve, ...]

    @classmethod
    def of(cls, traces: Iterable[Trace]) -> Self:
        """Return the supply of traces of energy or power; raises what ``curve_of`` does."""
        return cls(tuple(curve_of(trace) for trace in traces))

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the parts, that of the node before each where there is one."""
        channels = [curve.channel for curve in self.curves]
        return tuple(f"{c.node}/{c.part}" if c.node else c.part for c in channels)

    def steps(self, edges: Times) -> Floats:
        """Return the energy between each edge and the next, J, shape (n - 1,).

        Args:
            edges: ns, increasing, shape (n,).
        """
        each = [[curve.at(int(edge))[0] for edge in edges] for curve in self.curves]
        return np.diff(np.sum(each, axis=0))

    def between(self, start: int, stop: int) -> Energy:
        """Return the energy between two moments, ns, with its uncertainty.

        Raises:
            ValueError: if the window is not longer than zero, or there is no part.
        """
        return Energy.sum_of([energy_between(curve, start, stop) for curve in self.curves])

    def told(self, start: int, stop: int) -> Times:
        """Return the moments of which readings tell, ns: those of the coarsest part.

        That is the part that uses most from one reading to the next. A counter that is late tells
        of moments before it was read.

        Args:
            start: only moments after it, ns.
            stop: only moments before it, ns.
        """
        found, most = np.empty(0, dtype=np.int64), -1.0
        for curve in self.curves:
            moments = curve.time - curve.late_ns
            moments = moments[(moments > start) & (moments < stop)]
            each = (curve.at(stop)[0] - curve.at(start)[0]) / (len(moments) + 1)
            if each > most:
                found, most = moments, each
        return found
