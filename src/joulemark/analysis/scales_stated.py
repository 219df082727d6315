"""Results that others stated as points of the scales.

A result of kind ``logs`` was computed from its logs, any other is published only. One that was
copied under another benchmark, scenario or round is one measurement and counts once; one that a
table states counts only where its logs were not imported. What the rules on stated results call an
error is left out and counted.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from joulemark.analysis.scales import Basis, Point, Scale
from joulemark.core.value import Value
from joulemark.formats.results.declared import (
    LOGS,
    PER_INFERENCE,
    PER_QUERY,
    PER_RUN,
    RATES,
    WATTS,
    DeclaredResult,
)
from joulemark.rules.results.others import Others, Stated

INFERENCES = "inferences/s"
HARMLESS = ("results/row", "results/tables")
"""Rules whose findings leave a result in: an odd row, a table that another contradicts."""
_STREAMS = ("SingleStream", "MultiStream")


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
    rates: Mapping[str, float],
) -> tuple[list[Point], int, int]:
    """Return a point for each measurement among stated results.

    Args:
        rows: all of a store.
        doubts: what is doubtful of them, by key, each as ``rule: what was seen``.
        rates: queries a second of runs, by name.

    Returns:
        The points; how many doubtful ones were left out; how many were copies.
    """
    others = Others.among(rows)
    found: list[Point] = []
    seen: set[tuple[str, str]] = set()
    doubtful = copies = 0
    for row in rows:
        if _doubtful(doubts.get(row.key, ())):
            doubtful += 1
        elif _is_copy(row, others, seen):
            copies += 1
        else:
            found.append(point_of(row, rates))
    return found, doubtful, copies


def _doubtful(said: Sequence[str]) -> bool:
    return any(why.partition(":")[0] not in HARMLESS for why in said)


def _is_copy(row: DeclaredResult, others: Others, seen: set[tuple[str, str]]) -> bool:
    """Return whether a row is of a measurement that another row stands for; note it if not."""
    if row.kind != LOGS:
        return any(other.kind == LOGS for other in Stated(row, others).same_result)
    name = (row.run or row.key, row.power_unit)
    known = name in seen
    seen.add(name)
    return known


def point_of(row: DeclaredResult, rates: Mapping[str, float]) -> Point:
    """Return a stated result as a point; its figures are exact as far as anybody says.

    Args:
        row: the result.
        rates: queries a second of runs, by name, where the result tells energy of a query alone.
    """
    scale, why = scale_of(row)
    energy, unit = _energy(row)
    power = _power_w(row, rates.get(row.run))
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
