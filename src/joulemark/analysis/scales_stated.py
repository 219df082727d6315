"""Results that others stated as points of the scales.

A result of kind ``logs`` was computed from its logs, any other is published only. One that was
copied under another benchmark, scenario or round is one measurement and counts once; one that a
table states counts only where its logs were not imported. What the rules on stated results call an
error is left out and counted.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from joulemark.analysis.scales import Basis, LeftOut, Point, Scale
from joulemark.core.value import Value
from joulemark.formats.results.declared import (
    LATENCY,
    LOGS,
    MLENERGY,
    PER_INFERENCE,
    PER_QUERY,
    PER_RUN,
    RATES,
    WATTS,
    DeclaredResult,
)
from joulemark.rules.results.others import Others, Stated, significant

INFERENCES = "inferences/s"
HARMLESS = ("results/row", "results/tables")
"""Rules whose findings leave a result in: an odd row, a table that another contradicts."""
MOST_W: Mapping[Scale, float] = {
    Scale.TINY: 100.0,
    Scale.EDGE: 5e3,
    Scale.DATACENTER: 1e5,
    Scale.TRAINING: 1e9,
    Scale.UNKNOWN: 1e5,
}
"""No system behind one monitor or one analyser draws more; mJ that were taken for J do."""
_STREAMS = ("SingleStream", "MultiStream")
_FEWEST = 3
"""A figure of fewer digits may well be that of two results."""
_STEPS = 1.01
"""Steps of the last digit by which a figure that was rounded twice may differ."""


def scale_of(row: DeclaredResult) -> tuple[Scale, str]:
    """Return the scale of a stated result, and how it was determined."""
    if row.suite == "training":
        return Scale.TRAINING, "a result of MLPerf Training"
    if row.suite == "tiny":
        return Scale.TINY, "a result of MLPerf Tiny"
    kinds = [kind.strip().lower() for kind in row.system_type.replace("+", ",").split(",")]
    known = [scale for scale in (Scale.EDGE, Scale.DATACENTER) if scale.value in kinds]
    if len(known) == 1:
        return known[0], "the system's description"
    if row.scenario in _STREAMS:
        return Scale.EDGE, "a scenario that is of edge systems alone"
    if row.scenario == "Server":
        return Scale.DATACENTER, "a scenario that is of datacenter systems alone"
    if known:
        return Scale.DATACENTER, "described as both; Offline counts as datacenter"
    return Scale.UNKNOWN, "neither description nor scenario says"


def declared_points(
    rows: Sequence[DeclaredResult],
    doubts: Mapping[str, Sequence[str]],
    rates: Mapping[tuple[str, str], float],
) -> tuple[list[Point], LeftOut]:
    """Return a point for each measurement among stated results.

    Args:
        rows: all of a store.
        doubts: what is doubtful of them, by key, each as ``rule: what was seen``.
        rates: queries a second of runs, by name and the scenario that is stated.

    Returns:
        The points, and how many results were left out.
    """
    known = _Known(rows)
    found: list[Point] = []
    left: Counter[str] = Counter()
    for row in rows:
        point = point_of(row, rates)
        if row.suite == MLENERGY:
            left["gpus_alone"] += 1
        elif _doubtful(doubts.get(row.key, ())):
            left["doubtful"] += 1
        elif point.energy is None and point.power is None:
            left["silent"] += 1
        elif known.is_copy(row):
            left["copies"] += 1
        elif point.power is not None and point.power.value > MOST_W[point.scale]:
            left["implausible"] += 1
        else:
            found.append(point)
    return found, LeftOut(**left)


def _doubtful(said: Sequence[str]) -> bool:
    return any(why.partition(":")[0] not in HARMLESS for why in said)


class _Known:
    """Which rows are of a measurement that another row stands for.

    A table's row is one where it states a result that logs give, by its names; of training and
    tiny, whose tables name systems and benchmarks otherwise, by its figure: that of the logs of
    its round to the last digit that is stated.
    """

    def __init__(self, rows: Sequence[DeclaredResult]) -> None:
        self._others = Others.among(rows)
        self._seen: set[tuple[str, str]] = set()
        self._figures: dict[tuple[str, str, str], list[float]] = {}
        for row in rows:
            if row.kind == LOGS and row.power is not None:
                self._figures.setdefault(_table(row), []).append(row.power)

    def is_copy(self, row: DeclaredResult) -> bool:
        """Return whether a row is a copy; note it if it is not."""
        if row.kind != LOGS:
            named = Stated(row, self._others).same_result
            return any(other.kind == LOGS for other in named) or self._has_figure(row)
        name = (row.run or row.key, row.power_unit)
        known = name in self._seen
        self._seen.add(name)
        return known

    def _has_figure(self, row: DeclaredResult) -> bool:
        if row.suite == "inference" or row.power is None:
            return False
        places = significant(row.power)
        step = 10.0 ** (math.floor(math.log10(row.power)) - places + 1) if row.power > 0 else 0.0
        figures = self._figures.get(_table(row), ())
        same = any(abs(of - row.power) <= _STEPS * step for of in figures)
        return places >= _FEWEST and same


def _table(row: DeclaredResult) -> tuple[str, str, str]:
    """Return suite, round (some tables give it in the public number alone) and unit."""
    round_ = row.round or f"v{row.public_id.partition('-')[0]}"
    return row.suite, round_, row.power_unit


def point_of(row: DeclaredResult, rates: Mapping[tuple[str, str], float]) -> Point:
    """Return a stated result as a point; its figures are exact as far as anybody says.

    Args:
        row: the result.
        rates: queries a second of runs, by name and scenario, where the result tells energy of a
            query alone.
    """
    scale, why = scale_of(row)
    energy, unit = _energy(row)
    power = _power_w(row, rates.get((row.run, row.scenario)))
    words = (row.benchmark, row.scenario, row.round, row.submitter, row.system or row.system_name)
    return Point(
        scale=scale,
        why=why,
        basis=Basis.LOGS if row.kind == LOGS and row.run else Basis.PUBLISHED,
        name=" ".join(filter(None, words)),
        power=None if power is None else Value(power, "W"),
        energy=None if energy is None else Value(energy, f"J/{unit}"),
        unit=unit if energy is not None else "",
        of=row.run,
    )


def _power_w(row: DeclaredResult, rate: float | None) -> float | None:
    """Return mean power, W; of an energy where the time, or the rate, is stated too."""
    if not _is_positive(row.power):
        return None
    if row.power_unit == WATTS:
        return row.power
    if row.power_unit == PER_QUERY and row.power is not None and rate is not None:
        return row.power * rate
    if not _is_positive(row.performance) or row.power is None or row.performance is None:
        return None
    if (row.power_unit, row.performance_unit) == (PER_RUN, "s"):
        return row.power / row.performance
    if row.power_unit in (PER_QUERY, PER_INFERENCE) and row.performance_unit == LATENCY:
        return row.power / row.performance
    if (row.power_unit, row.performance_unit) == (PER_INFERENCE, INFERENCES):
        return row.power * row.performance
    return None


def _energy(row: DeclaredResult) -> tuple[float | None, str]:
    """Return the energy of a unit of work, J, and the unit."""
    if not _is_positive(row.power) or row.power is None:
        return None, ""
    named = {PER_RUN: "run", PER_INFERENCE: "inference", PER_QUERY: "query"}
    if row.power_unit in named:
        return row.power, named[row.power_unit]
    rated = row.power_unit == WATTS and row.performance_unit in RATES
    if not rated or not _is_positive(row.performance) or row.performance is None:
        return None, ""
    return row.power / row.performance, _singular(row.performance_unit)


def _singular(rate: str) -> str:
    plain = rate.removesuffix("/s")
    return "query" if plain == "queries" else plain.removesuffix("s")


def _is_positive(value: float | None) -> bool:
    return value is not None and 0 < value < math.inf
