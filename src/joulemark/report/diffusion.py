"""What images and videos of a diffusion pipeline cost: figures and plain numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard

from joulemark.accounting.results import PhaseResult
from joulemark.core.run import Run
from joulemark.core.units import si
from joulemark.core.window import Role

RESULT = "diffusion"
"""What the workload calls its results in a run."""


def diffusion_json(run: Run, results: Sequence[PhaseResult]) -> dict[str, Any]:
    """Return ``figures`` by their definitions and ``metrics``; nothing for runs of other kinds.

    Args:
        run: the record.
        results: what each phase came to.
    """
    facts, told = run.settings.get("workload"), run.results.get(RESULT)
    if not isinstance(facts, Mapping) or not isinstance(told, Mapping):
        return {}
    name = facts.get("definition")
    for phase in results:
        if phase.role is Role.MEASURE and isinstance(name, str):
            return {"figures": _figures(name, phase), "metrics": _metrics(told, phase)}
    return {}


def batch_rows(results: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return a row that says how long a batch took; none for runs of other kinds.

    Args:
        results: of the run, by name; what a damaged file may hold instead is left out.
    """
    told = results.get(RESULT)
    if not isinstance(told, Mapping):
        return []
    times = [(p, told.get(f"batch_p{p}_s")) for p in (50, 90, 99)]
    parts = [f"p{p} {si(float(time), 's', 3)}" for p, time in times if _is_number(time)]
    count = told.get("batches")
    return [(f"{count:.0f} batches", ", ".join(parts))] if parts and _is_number(count) else []


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _figures(name: str, phase: PhaseResult) -> dict[str, Any]:
    if phase.per_unit is None or phase.total is None or phase.work is None:
        return {}
    share = phase.per_unit
    return {
        name: {
            "value": share.value,
            "u95": share.u95,
            "unit": share.unit,
            "provenance": phase.total.provenance.value,
        }
    }


def _metrics(told: Mapping[str, Any], phase: PhaseResult) -> dict[str, float]:
    """Return numbers for sweeps; times of a batch are those of all measured windows."""
    found: dict[str, Any] = {}
    if phase.work is not None and phase.per_unit is not None:
        found[f"energy_per_{phase.work.unit}_j"] = phase.per_unit.value
    found["batch_latency_mean_s"] = told.get("mean_s")
    found |= {f"batch_latency_p{p}_s": told.get(f"batch_p{p}_s") for p in (50, 90, 99)}
    if phase.work is not None:
        unit, count = phase.work.unit, phase.work.count
        found |= {f"{unit}s_per_s": count / phase.duration_s, f"{unit}s": count}
    if phase.power is not None:
        found["power_w"] = phase.power.value
    return {key: float(value) for key, value in found.items() if _is_number(value)}
