"""A number with a unit and an uncertainty that remembers where it came from.

First-order propagation after the GUM (JCGM 100:2008, 5.1 and 5.2): a value carries signed standard
uncertainties, each under a :class:`Source`. Uncertainties of one source are fully correlated and
add with their signs; those of different sources are independent and add in squares. So the gain of
a board stays one error through sums, differences and ratios, and cancels where it should.

Sources of one *kin* are alike, but nobody knows how much: two boards of one model share some of
their gain and not all of it. Any common correlation between none and full is possible, and the
variance is linear in it, so the larger of the two ends is taken: full in a sum, none in a ratio.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from joulemark.core.student import student_975
from joulemark.core.units import with_u95


class Term(StrEnum):
    """The kinds of uncertainty in a budget."""

    GAIN = "gain"
    OFFSET = "offset"
    MODEL = "model"
    RESOLUTION = "resolution"
    SAMPLING = "sampling"
    EDGES = "edges"
    COVERAGE = "coverage"
    CLOCK = "clock"
    IDLE = "idle"
    REPEATS = "repeats"
    WORK = "work"
    CALIBRATION = "calibration"


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """What an uncertainty comes from: a kind and the thing that it belongs to.

    Attributes:
        term: the kind.
        of: what is shared: a meter for its gain, a window for its edges.
        dof: degrees of freedom of the estimate; infinite unless it came from few repeats.
        kin: what is alike to an unknown degree: the boards of one meter. Empty for none.
    """

    term: Term
    of: str
    dof: float = math.inf
    kin: str = ""


@dataclass(frozen=True, slots=True)
class Value:
    """A number, its unit, and its signed standard uncertainties by source.

    Attributes:
        value: the number.
        unit: its unit (J, W, s, J/sample …).
        parts: standard uncertainty in ``unit`` by source, signed by the sensitivity.
    """

    value: float
    unit: str
    parts: Mapping[Source, float] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return the number and its 95 % half-width, with a prefix: ``12.3 ± 6.0 mJ``."""
        return with_u95(self.value, self.u95, self.unit)

    @property
    def u(self) -> float:
        """Combined standard uncertainty."""
        return math.hypot(*self._shares().values())

    def _shares(self) -> dict[Source | tuple[Term, str], float]:
        """Return the uncertainty of each source, or kin of sources, that is independent."""
        shares: dict[Source | tuple[Term, str], float] = {}
        alike: dict[tuple[Term, str], list[float]] = {}
        for source, part in self.parts.items():
            if source.kin:
                alike.setdefault((source.term, source.kin), []).append(part)
            else:
                shares[source] = part
        for kin, parts in alike.items():
            shares[kin] = max(abs(sum(parts)), math.hypot(*parts))
        return shares

    @property
    def dof(self) -> float:
        """Effective degrees of freedom (Welch-Satterthwaite, GUM G.4.1)."""
        u = self.u
        few = [(p / u, s.dof) for s, p in self.parts.items() if u > 0 and math.isfinite(s.dof)]
        weight = sum(share**4 / dof for share, dof in few)
        return 1 / weight if weight > 0 else math.inf

    @property
    def u95(self) -> float:
        """Half-width of the interval that holds the true value in 95 % of cases."""
        u = self.u
        return 0.0 if u == 0 else u * student_975(self.dof)

    def budget(self) -> dict[Term, float]:
        """Return the standard uncertainty by kind, largest first."""
        squares: dict[Term, float] = {}
        for source, part in self._shares().items():
            term = source.term if isinstance(source, Source) else source[0]
            squares[term] = squares.get(term, 0.0) + part * part
        ordered = sorted(squares.items(), key=lambda item: -item[1])
        return {term: math.sqrt(square) for term, square in ordered if square > 0}

    def only(self, keep: Callable[[Source], bool]) -> Value:
        """Return the same number with only the sources that ``keep`` accepts."""
        return Value(self.value, self.unit, {s: p for s, p in self.parts.items() if keep(s)})

    def scaled(self, factor: float, unit: str) -> Value:
        """Return ``factor`` times this value, in a new unit; the factor is exact."""
        return Value(self.value * factor, unit, {s: p * factor for s, p in self.parts.items()})

    def plus(self, source: Source, u: float) -> Value:
        """Return the same number with one more uncertainty (standard, in ``unit``)."""
        if u == 0:
            return self
        return Value(self.value, self.unit, _merged(self.parts, {source: u}, 1.0))

    def __add__(self, other: Value) -> Value:
        """Add; correlated parts add with their signs."""
        _same_unit(self, other)
        return Value(self.value + other.value, self.unit, _merged(self.parts, other.parts, 1.0))

    def __sub__(self, other: Value) -> Value:
        """Subtract; correlated parts cancel."""
        _same_unit(self, other)
        return Value(self.value - other.value, self.unit, _merged(self.parts, other.parts, -1.0))

    def over(self, other: Value, unit: str) -> Value:
        """Divide; relative errors of one source cancel.

        Raises:
            ZeroDivisionError: if ``other`` is zero.
        """
        ratio = self.value / other.value
        mine = {s: p / other.value for s, p in self.parts.items()}
        return Value(ratio, unit, _merged(mine, other.parts, -ratio / other.value))


def total(values: list[Value], unit: str) -> Value:
    """Return the sum of several values; zero of ``unit`` for none."""
    nothing, number, parts = Value(0.0, unit), 0.0, dict[Source, float]()
    for value in values:
        _same_unit(nothing, value)
        number += value.value
        for source, part in value.parts.items():
            parts[source] = parts.get(source, 0.0) + part
    return Value(number, unit, parts)


def _same_unit(left: Value, right: Value) -> None:
    if left.unit != right.unit:
        raise ValueError(f"cannot add {right.unit} to {left.unit}")


def _merged(
    left: Mapping[Source, float], right: Mapping[Source, float], factor: float
) -> dict[Source, float]:
    merged = dict(left)
    for source, part in right.items():
        merged[source] = merged.get(source, 0.0) + factor * part
    return merged
