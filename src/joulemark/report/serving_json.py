"""What a run of serving came to as plain JSON values; what is unknown is null or absent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from joulemark.accounting.serving_energy import DEFINITIONS, definition
from joulemark.accounting.serving_requests import NAME, Costs
from joulemark.accounting.serving_split import Split
from joulemark.accounting.serving_windows import Steady, Unknown
from joulemark.core.value import Term, Value
from joulemark.loads.serving.latency import Spread
from joulemark.procedures.serving.costs import Factors, all_requests, factors_of
from joulemark.procedures.serving.figures import (
    NAMES,
    STATISTICS,
    figures_of,
    metrics_of,
    rates_of,
    spreads_of,
)
from joulemark.procedures.serving.findings import findings_of_run
from joulemark.procedures.serving.repeat import Repeat
from joulemark.procedures.serving.results import ServingResult
from joulemark.report.format import iso
from joulemark.report.serving_aside import aside_json, server_metrics
from joulemark.report.serving_beyond import beyond_json
from joulemark.report.serving_energies import idle_share
from joulemark.report.serving_findings import finding_json
from joulemark.report.serving_more import request_rows
from joulemark.report.serving_requests import requests_json
from joulemark.report.serving_words import FACTORS

_SHARED = frozenset({Term.GAIN, Term.OFFSET, Term.MODEL, Term.CALIBRATION})
"""Errors that runs with the same instruments share: they do not tell one run from another."""


def serving_json(result: ServingResult, *, requests: bool = False) -> dict[str, Any]:
    """Return figures with their definitions, latency, windows of each repeat, flat metrics.

    Args:
        result: of the run.
        requests: whether every request is in it, with its energy.
    """
    provenance = None if result.provenance is None else result.provenance.value
    found = {
        "rule": result.rule,
        "parts": list(result.parts),
        "provenance": provenance,
        "idle_w": None if result.idle_w is None else value_json(result.idle_w),
        "figures": _figures(figures_of(result), provenance),
        "latency": {
            NAMES[k] + "_s": _spread(v) for k, v in spreads_of(result).items() if k in NAMES
        },
        "metrics": metrics_of(result) | server_metrics(result),
        "repeats": [
            _repeat(one, result) | aside_json(aside)
            for one, aside in zip(result.repeats, result.asides, strict=True)
        ],
        "findings": [finding_json(one) for one in findings_of_run(result)],
    }
    for of in ("accelerators", "host"):
        figures = figures_of(result, of)
        if figures:
            found[of] = _figures(figures, provenance)
    found |= beyond_json(result)
    found["idle_share_percent"] = _or_null(idle_share(result))
    found["factors"] = _factors(factors_of(result))
    found["request_energy"] = _energies(all_requests(result))
    return found | (requests_json(result) if requests else {})


def _or_null(value: Value | None) -> dict[str, Any] | None:
    return None if value is None else value_json(value)


def _factors(factors: Factors | Unknown) -> dict[str, Any]:
    if isinstance(factors, Unknown):
        return {"why_none": factors.reason}
    names = {name: FACTORS[name][1] if name in FACTORS else "" for name in factors.values}
    return {
        **{names[k] or k: value_json(v) for k, v in factors.values.items()},
        "inseparable": list(factors.inseparable),
    }


def _energies(costs: Costs | Unknown) -> dict[str, Any]:
    if isinstance(costs, Unknown):
        return {"why_none": costs.reason}
    return {
        "definition": NAME,
        **{name: value_json(value) for name, value in request_rows(costs)},
        "while_nobody_was_served_j": costs.nobody,
        "clipped": list(costs.clipped),
    }


def value_json(value: Value) -> dict[str, Any]:
    """Return a number with its 95 % half-width and unit."""
    return {"value": value.value, "u95": value.u95, "unit": value.unit}


def _figures(figures: Mapping[str, Value], provenance: str | None) -> dict[str, Any]:
    return {
        name: {
            **value_json(value),
            "scatter_u95": value.only(lambda source: source.term not in _SHARED).u95,
            "provenance": provenance,
            "meaning": definition(name).text if name in DEFINITIONS else "",
        }
        for name, value in figures.items()
    }


def _spread(spread: Spread) -> dict[str, float]:
    found = {"mean": spread.mean, "most": spread.most, "count": float(spread.count)}
    return found | {STATISTICS[k]: v for k, v in spread.percentiles.items() if k in STATISTICS}


def _repeat(repeat: Repeat, result: ServingResult) -> dict[str, Any]:
    rate = rates_of(repeat, result).get("output_tokens_per_s")
    return {
        "number": repeat.number + 1,
        "start": iso(repeat.load.start),
        "stop": iso(repeat.load.stop),
        "requests": len(repeat.requests),
        "failed": sum(not one.ok for one in repeat.requests),
        "windows": {name: _window(one) for name, one in repeat.windows.items()},
        "mean_batch": repeat.mean_batch,
        "output_tokens_per_s": rate,
        "mlenergy": dict(repeat.mlenergy),
        "split": _split(repeat.split),
    }


def _window(window: Steady | Unknown) -> dict[str, Any]:
    if isinstance(window, Unknown):
        return {"why_none": window.reason}
    return {
        "start": iso(window.start),
        "stop": iso(window.stop),
        "seconds": (window.stop - window.start) / 1e9,
        "drift": dict(window.drift),
        "remarks": list(window.remarks),
    }


def _split(split: Split | Unknown) -> dict[str, Any]:
    if isinstance(split, Unknown):
        return {"why_none": split.reason}
    return {
        "factors": {name: value_json(value) for name, value in split.factors.items()},
        "inseparable": list(split.inseparable),
    }
