"""What energy would emit and cost by declared factors, with the interval of the energy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from joulemark.accounting.results import PhaseResult
from joulemark.analysis.cost.factors import Factors, Grid
from joulemark.analysis.frontier.candidate import Candidate, Metric
from joulemark.core.energy import Energy
from joulemark.core.errors import UsageError
from joulemark.core.student import NORMAL_975
from joulemark.core.units import count_of
from joulemark.core.value import Source, Term, Value
from joulemark.core.window import Role

J_PER_KWH = 3.6e6
J_PER_WH = 3600.0
CARBON, ENERGY = "gCO2e", "Wh"
_JOULES = {"J": 1.0, "mJ": 1e-3, "kJ": 1e3, "Wh": 3600.0, "kWh": 3.6e6, "joules": 1.0, "joule": 1.0}
"""Units of energy; the words are ends of names of columns without a unit."""
_MANY = (1_000, 1_000_000)
"""Work that comes in thousands is told for so many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """What an energy comes to; None for what nothing was declared for.

    Attributes:
        facility: energy of the facility, Wh: that of the machines times the PUE.
        emissions: gCO2e.
        money: of the currency of the price.
    """

    facility: Value | None
    emissions: Value | None
    money: Value | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Amounts of something: of a whole phase, or of so much work.

    Attributes:
        of: what: ``whole phase``, ``1000 tokens``, ``image``.
        joules: its energy, J.
        amounts: what that comes to.
    """

    of: str
    joules: Value
    amounts: Amounts


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseCost:
    """A measured phase.

    Attributes:
        phase: its name.
        energy: gross, as it was metered.
        g_per_kwh: mean intensity over its energy; None where no grid was declared.
        lines: the whole phase first, then work.
        lacks: what the energy leaves out, and so all that follows from it.
    """

    phase: str
    energy: Energy
    g_per_kwh: float | None
    lines: tuple[Line, ...]
    lacks: tuple[str, ...]


def amounts(joules: Value, factors: Factors, g_per_kwh: float | None) -> Amounts:
    """Return what an energy comes to.

    Args:
        joules: J, or J per something.
        factors: what was declared.
        g_per_kwh: intensity of the grid over that energy; None where none was declared.
    """
    kwh = factors.pue / J_PER_KWH
    paid = factors.price
    return Amounts(
        facility=None
        if factors.overhead is None
        else joules.scaled(factors.pue / J_PER_WH, ENERGY),
        emissions=None if g_per_kwh is None else joules.scaled(kwh * g_per_kwh, CARBON),
        money=None if paid is None else joules.scaled(kwh * paid.per_kwh, paid.currency),
    )


def costs_of(
    results: Sequence[PhaseResult],
    factors: Factors,
    over_time: Mapping[str, float] | None = None,
    more: Mapping[str, Sequence[tuple[str, Value]]] | None = None,
) -> list[PhaseCost]:
    """Return what the measured phases of a run come to.

    Args:
        results: of all its phases.
        factors: what was declared.
        over_time: each phase's mean intensity, gCO2e/kWh, where that changes with time.
        more: energies of work that the phases do not count themselves, J, by phase; they stand
            instead of their own.

    Raises:
        UsageError: if no phase has an energy.
    """
    found = []
    for result in results:
        if result.role is not Role.MEASURE or result.total is None:
            continue
        grid = factors.grid
        held = grid.g_per_kwh if isinstance(grid, Grid) else (over_time or {}).get(result.phase)
        work = (more or {}).get(result.phase) or _work(result)
        told = [("whole phase", result.total.joules), *work]
        lines = [
            Line(of=of, joules=joules, amounts=amounts(joules, factors, held))
            for of, joules in told
        ]
        found.append(
            PhaseCost(
                phase=result.phase,
                energy=result.total,
                g_per_kwh=held,
                lines=tuple(lines),
                lacks=tuple(result.lacks),
            )
        )
    if not found:
        raise UsageError(
            "no measured phase of this run has an energy", remedy="joulemark show says why"
        )
    return found


def _work(result: PhaseResult) -> list[tuple[str, Value]]:
    if result.per_unit is None or result.work is None or result.work.count == 1:
        return []
    return of_work(result.per_unit, result.work.unit)


def of_work(per_unit: Value, unit: str) -> list[tuple[str, Value]]:
    """Return the energy of a unit of work, or of a thousand and a million of small ones, J."""
    if not unit.endswith("token"):
        return [(unit, per_unit.scaled(1.0, "J"))]
    return [(count_of(many, unit), per_unit.scaled(many, "J")) for many in _MANY]


def of_point(one: Candidate, energy: Metric, factors: Factors) -> Amounts:
    """Return what the energy of a configuration comes to, for whatever that energy is counted.

    Raises:
        UsageError: if the metric is no energy.
    """
    factor, measure = in_joules(energy.unit, energy.name), one.measures[energy.name]
    u = {Source(Term.MODEL, one.name): measure.u95 / NORMAL_975} if measure.u95 else {}
    joules = Value(measure.value, energy.unit, u).scaled(factor, "J")
    grid = factors.grid
    return amounts(joules, factors, grid.g_per_kwh if isinstance(grid, Grid) else None)


def in_joules(unit: str, name: str) -> float:
    """Return what one of a metric's unit of energy is in joules.

    Args:
        unit: of the metric: ``J/request``; empty where only its name tells.
        name: of the metric: ``joules``.

    Raises:
        UsageError: if it is no energy.
    """
    first = unit.partition("/")[0]
    factor = _JOULES.get(first if unit else name.lower().rpartition("_")[2])
    if factor is None:
        raise UsageError(
            f"{name!r:.60} is no energy that is known",
            remedy="declared factors need one, in a column like energy_j, joules or energy_kwh",
        )
    return factor
