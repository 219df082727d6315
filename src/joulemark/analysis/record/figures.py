"""The figures of an entry, in SI and in the unit of work that its round counts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from joulemark.analysis.record.definitions import Definitions, order
from joulemark.analysis.record.names import split
from joulemark.analysis.record.runs import RunFacts
from joulemark.analysis.record.statements import Statements
from joulemark.analysis.scales import Scale
from joulemark.analysis.scales_stated import MOST_W
from joulemark.core.units import digits, si
from joulemark.formats.results.cm_results import KIND as CM_RESULT
from joulemark.formats.results.declared import (
    DURATION,
    LATENCY,
    LOGS,
    OUTPUT_RATES,
    PER_INFERENCE,
    PER_QUERY,
    PER_RUN,
    RATES,
    WATTS,
    DeclaredResult,
)
from joulemark.formats.results.names import counts_tokens
from joulemark.rules.results.others import agrees

INFERENCES = "inferences/s"
_WORK = {
    "samples/s": "sample",
    "queries/s": "query",
    "tokens/s": "token",
    INFERENCES: "inference",
    PER_QUERY: "query",
    PER_RUN: "run",
    PER_INFERENCE: "inference",
    "J/request": "request",
    "J/image": "image",
    "J/video": "video",
}


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one result.

    Attributes:
        work: singular name of the unit of work.
        performance: units a second; None where it is none.
        latency_s: of a query or an inference, or the time to train, s.
        power_w: mean power, W.
        energy_j: of a unit of work, J.
        remarks: what was seen.
    """

    work: str
    performance: float | None
    latency_s: float | None
    power_w: float | None
    energy_j: float | None
    remarks: tuple[str, ...] = ()


def figures_of(said: Statements, round_: str, facts: RunFacts, definitions: Definitions) -> Figures:
    """Return the figures of the most trusted statement; what it leaves open, others may say.

    Power that no statement gives follows from an energy only with the time or the rate of the same
    run.
    """
    best = said.best
    power = best.power
    if power is None:
        raise ValueError("the best statement has a power")
    rate, unit, remarks = _rate(said, round_, definitions)
    latency = _latency(said.rows)
    if best.power_unit == WATTS:
        energy = power / rate if rate else None
        work = _WORK.get(unit, "")
        return _finite(Figures(work, rate, latency, power, energy, tuple(remarks)))
    work = _WORK.get(best.power_unit, "")
    power, slipped = _in_joules(best, power, latency)
    remarks += slipped
    per_second = _queries(best, facts, definitions) if work == "query" else rate
    watts = power * per_second if per_second else None
    if best.power_unit == PER_RUN and best.performance_unit == DURATION and best.performance:
        watts, latency = power / best.performance, best.performance
    shown = rate if unit in (INFERENCES, *OUTPUT_RATES) else None
    return _finite(Figures(work, shown, latency, watts, power, tuple(remarks)))


def _finite(found: Figures) -> Figures:
    """Return figures without what is no number, or too large for one."""
    return Figures(
        found.work,
        _known(found.performance),
        _known(found.latency_s),
        _known(found.power_w),
        _known(found.energy_j),
        found.remarks,
    )


def _known(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _in_joules(
    row: DeclaredResult, energy: float, latency: float | None
) -> tuple[float, list[str]]:
    """Return the energy of a query, and a remark where a table calls millijoules joules.

    Only a page can be that wrong, and only where the joules of a query, over the time that it
    takes, are more power than an edge system can draw.
    """
    if row.kind in (LOGS, CM_RESULT) or row.power_unit != PER_QUERY or not latency:
        return energy, []
    watts = energy / latency
    if watts <= MOST_W[Scale.EDGE]:
        return energy, []
    said = f"stated as {digits(energy, 5)} J a query, {si(watts, 'W', 3)}: taken as mJ"
    return energy / 1000, [said]


def _queries(row: DeclaredResult, facts: RunFacts, definitions: Definitions) -> float | None:
    """Return queries a second, of the scenario that a result is stated for.

    A result of MultiStream may be inferred from a log of SingleStream: a query is 8 of its queries.
    """
    each = definitions.queries.get(row.scenario)
    if facts.rate is None or facts.samples is None or each is None:
        return facts.rate
    older = order(row.round) < order("v2.0") and row.scenario == "MultiStream"
    return facts.rate if older else facts.rate * facts.samples / each


def _rate(
    said: Statements, round_: str, definitions: Definitions
) -> tuple[float | None, str, list[str]]:
    """Return the rate in the unit that the round counts in, that unit, and remarks."""
    known = [row for row in said.rows if _is_rate(row)]
    if not known:
        return None, "", []
    first = known[0]
    tokens = first.suite == "inference" and counts_tokens(first.benchmark, round_)
    if not tokens or first.performance_unit == "tokens/s":
        return first.performance, first.performance_unit, []
    return _in_tokens(said, known, definitions)


def _in_tokens(
    said: Statements, known: Sequence[DeclaredResult], definitions: Definitions
) -> tuple[float | None, str, list[str]]:
    """Return a rate in tokens: stated so by another table, else from tokens of a sample."""
    first = known[0]
    stated = f"{digits(first.performance or 0.0, 5)} {first.performance_unit}"
    each = definitions.tokens_per_sample(split(first.benchmark, first.suite)[0])
    for row in known[1:]:
        if row.performance_unit == "tokens/s" and agrees(said.best.power, row.power):
            return row.performance, "tokens/s", [f"stated as {stated}; tokens are from a page"]
    if each is None or first.performance is None:
        return first.performance, first.performance_unit, [f"stated as {stated}, not in tokens"]
    made = first.performance * each
    return made, "tokens/s", [f"stated as {stated}; {digits(each, 4)} tokens each"]


def _is_rate(row: DeclaredResult) -> bool:
    rated = row.performance_unit in (*RATES, *OUTPUT_RATES, INFERENCES)
    return rated and row.performance is not None and row.performance > 0


def _latency(rows: Sequence[DeclaredResult]) -> float | None:
    found = (row.performance for row in rows if row.performance_unit == LATENCY)
    return next((value for value in found if value is not None and value > 0), None)
