"""A comparison and a ranking as plain JSON values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from joulemark.analysis.compare import Comparison
from joulemark.analysis.gate import ONE_SIDED, Outcome
from joulemark.analysis.observed import Observation
from joulemark.analysis.rank import Ranking
from joulemark.analysis.scatter import CONFIDENCE
from joulemark.analysis.sides import LogRatio
from joulemark.report.compared import advice, headline, notes
from joulemark.report.plain import finite, number


def comparison_json(
    comparisons: Sequence[Comparison],
    outcomes: Sequence[Outcome] = (),
    outcome: Outcome | None = None,
    bound: float | None = None,
) -> dict[str, Any]:
    """Return everything that ``compare`` knows.

    Args:
        comparisons: one for each phase, at least one.
        outcomes: what the gate says of each; none without a gate.
        outcome: what it says of all together; None without a gate.
        bound: the largest increase that it allows.
    """
    first = comparisons[0]
    gate = None if outcome is None else {"max_increase": bound, "outcome": outcome.value}
    each: Sequence[Outcome | None] = outcomes or [None] * len(comparisons)
    plain: dict[str, Any] = finite(
        {
            "a": [_run(one) for one in first.a],
            "b": [_run(one) for one in first.b],
            "metric": first.question.metric.value,
            "margin": first.question.margin,
            "gate": gate,
            "comparisons": [
                {**_one(comparison), "gate": None if said is None else said.value}
                for comparison, said in zip(comparisons, each, strict=True)
            ],
        }
    )
    return plain


def _run(one: Observation) -> dict[str, Any]:
    return {
        "id": one.run,
        "title": one.title,
        "host": one.system.host,
        "joulemark": one.joulemark,
    }


def _one(comparison: Comparison) -> dict[str, Any]:
    a, b = (number(value, unit=True) for value in comparison.figures)
    interval, one_sided = comparison.interval(), comparison.interval(ONE_SIDED)
    return {
        "phase": comparison.phase,
        "verdict": comparison.verdict.value,
        "sentence": headline(comparison),
        "a": a,
        "b": b,
        "ratio": comparison.value,
        "interval": None if interval is None else list(interval),
        "one_sided_limits": None if one_sided is None else list(one_sided),
        "refused": [
            {"reason": refusal.reason.value, "detail": refusal.detail}
            for refusal in comparison.refused
        ],
        "differences": [
            {"what": one.what, "a": list(one.a), "b": list(one.b)} for one in comparison.differences
        ],
        **_ratio(comparison.ratio),
        "outlook": _outlook(comparison),
        "advice": advice(comparison),
        "notes": list(notes(comparison)),
    }


def _ratio(ratio: LogRatio | None) -> dict[str, Any]:
    if ratio is None:
        return {"budget": None, "cancels": [], "repeats": None}
    seen = ratio.scatter
    return {
        "budget": {term.value: u for term, u in ratio.whole(CONFIDENCE).budget().items()},
        "cancels": [
            {"term": one.term.value, "of": one.by.name, "known": one.by.known.value}
            for one in ratio.shared
        ],
        "repeats": {
            "level": seen.level.value,
            "paired": seen.paired,
            "a": seen.counts[0],
            "b": seen.counts[1],
            "standard_uncertainty": seen.u,
            "degrees_of_freedom": seen.dof,
            "bootstrap_factor": None if ratio.drawn is None else ratio.drawn.factor(CONFIDENCE),
        },
    }


def _outlook(comparison: Comparison) -> dict[str, Any] | None:
    seen = comparison.outlook
    if seen is None:
        return None
    return {
        "difference": seen.difference,
        "more_repeats": seen.more,
        "seconds": seen.seconds,
        "smallest_difference": seen.floor,
    }


def ranking_json(ranking: Ranking) -> dict[str, Any]:
    """Return everything that a ranking knows."""
    plain: dict[str, Any] = finite(
        {
            "phase": ranking.phase,
            "metric": ranking.question.metric.value,
            "best": ranking.best,
            "refused": ranking.refused or None,
            "confidence_of_each_pair": ranking.level,
            "places": [
                {
                    "name": place.name,
                    "figure": number(place.figure, unit=True),
                    "over_first": None if place.over_first is None else list(place.over_first),
                    "groups": list(place.groups),
                }
                for place in ranking.places
            ],
        }
    )
    return plain
