"""Answers as JSON values: one object for each group, numbers in the units of their metrics."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from joulemark.analysis.frontier.candidate import Candidate, Metric
from joulemark.analysis.frontier.recommend import Answer

_APART = ("gpu", "gpus")


def answer_json(answer: Answer) -> dict[str, Any]:
    """Return an answer."""
    group, time, energy = answer.group, answer.time, answer.energy

    def point(one: Candidate | None) -> dict[str, Any] | None:
        return None if one is None else point_json(one, time, energy)

    return {
        "source": group.source,
        "task": group.task,
        "model": group.model,
        **{name: group.labels[name] for name in group.labels},
        "configurations": len(group.candidates),
        "time": metric_json(time),
        "energy": metric_json(energy),
        "targets": [
            {
                "metric": target.metric,
                "bound": target.bound,
                "unit": group.metrics[target.metric].unit,
                "way": "at_least" if group.metrics[target.metric].more else "at_most",
            }
            for target in answer.targets
        ],
        "rule": answer.rule,
        "fastest": point(answer.fastest),
        "recommended": point(answer.recommended),
        "reason": answer.reason or None,
        "confidence": answer.confidence,
        "cannot_be_told_apart": [one.name for one in answer.tied],
        "default": point(answer.default),
        "default_meets_targets": None if answer.default is None else answer.default_meets,
        "default_rule": group.default_rule or None,
        "saving_vs_fastest": _finite(answer.saving_vs_fastest),
        "saving_vs_default": _finite(answer.saving_vs_default),
        "frontier": [point_json(one, time, energy) for one in answer.frontier.points],
        "tied": [
            {**point_json(tie.candidate, time, energy), "tied_with": list(tie.by)}
            for tie in answer.frontier.tied
        ],
        "uncertainty": not answer.frontier.exact,
        "notes": list(group.notes),
    }


def metric_json(metric: Metric) -> dict[str, Any]:
    """Return what a metric means."""
    return {
        "metric": metric.name,
        "title": metric.title or metric.name,
        "unit": metric.unit,
        "definition": metric.definition or None,
        "meaning": metric.meaning or None,
        "better": "more" if metric.more else "less",
    }


def point_json(one: Candidate, time: Metric, energy: Metric) -> dict[str, Any]:
    """Return a candidate with its two numbers; ``unit`` is that of energy."""
    labels: Mapping[str, Any] = one.labels
    return {
        "name": one.name,
        "gpu": labels.get("gpu"),
        "gpus": labels.get("gpus"),
        "config": {name: value for name, value in labels.items() if name not in _APART},
        "latency": one.measures[time.name].value,
        "latency_unit": time.unit,
        "latency_u95": one.measures[time.name].u95,
        "energy": one.measures[energy.name].value,
        "unit": energy.unit,
        "energy_u95": one.measures[energy.name].u95,
        "command": one.command or None,
        "source": one.source,
        **({"runs": list(one.runs)} if one.runs else {}),
    }


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
