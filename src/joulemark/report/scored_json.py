"""Scores as JSON lines: one object a line, one line a benchmark or session.

A figure that cannot be had is null, and ``reasons`` says why, by its name.
"""

from __future__ import annotations

from typing import Any

from joulemark.accounting.training_energy import KWH
from joulemark.core.finding import Finding
from joulemark.procedures.checked import Measured
from joulemark.procedures.scored import Both, Scored, TinyScore, TrainingFigures


def scored_json(scored: Scored) -> dict[str, Any]:
    """Return a score as JSON values."""
    record: dict[str, Any] = {
        "kind": scored.kind,
        "path": scored.path,
        "round": scored.round or None,
        "division": scored.division or None,
        "submitter": scored.submitter or None,
        "system": scored.system or None,
        "benchmark": scored.benchmark or None,
        "verdict": scored.verdict.value,
    }
    if scored.training is not None:
        record |= _training(scored.training)
    if scored.tiny is not None:
        record |= _tiny(scored.tiny)
    return record | {
        "reasons": dict(scored.reasons),
        "findings": [_finding(scored, finding) for finding in scored.findings],
        "tree": scored.tree,
    }


def where(scored: Scored, finding: Finding) -> str:
    """Return file and line of a finding; the folder if it names no file."""
    return finding.where if finding.file else scored.path


def _finding(scored: Scored, finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "message": finding.message,
        "where": where(scored, finding),
        "file": finding.file or None,
        "line": finding.line,
    }


def _training(figures: TrainingFigures) -> dict[str, Any]:
    whole, seconds = figures.whole, figures.ttt_s
    return {
        "official": {"energy_j": _exact(whole.official), "algorithm": figures.algorithm},
        "in_run": {"energy_j": _measured(whole.in_run), "budget_j": dict(figures.budget)},
        "scale": figures.scale,
        "ttt_s": seconds,
        "kwh": _both(whole.scaled(1 / KWH)),
        "average_w": _both(whole.scaled(1 / seconds) if seconds else Both()),
        "compute": {"energy_j": _both(figures.compute)},
        "interconnect": {"energy_j": _both(figures.interconnect)},
        "nodes": [
            {
                "name": log.name,
                "kind": log.kind,
                "energy_j": _both(log.energy),
                "readings": log.readings,
                "longest_gap_s": log.longest_gap_s,
                "coverage": log.coverage,
                "shift_s": log.shift_s,
            }
            for log in figures.logs
        ],
        "runs": [
            {
                "name": run.name,
                "seconds": run.seconds,
                "converged": run.converged,
                "counted": run.counted,
                "energy_j": _both(run.energy),
            }
            for run in figures.runs
        ],
    }


def _tiny(score: TinyScore) -> dict[str, Any]:
    recomputed = score.recomputed
    windows = score.windows
    return {
        "mode": score.mode or None,
        "variant": score.variant or None,
        "reported_uj": score.reported_uj,
        "reported_places": score.places,
        "recomputed_uj": None if recomputed is None else recomputed.value,
        "u95": None if recomputed is None else recomputed.u95,
        "windows_s": [one.seconds for one in windows] or None,
        "per_window_uj": [one.per_inference_uj for one in windows] or None,
        "reported_per_window_uj": [one.reported_uj for one in windows] or None,
        "inferences": [one.inferences for one in windows] or None,
        "throughput": score.throughput,
        "reported_throughput": score.reported_throughput,
        "power_w": _measured(score.power_w),
        "reported_power_w": score.reported_power_w,
        "duty_cycle": _measured(score.duty),
        "reported_duty_cycle": score.reported_duty,
        "period_s": score.period_s,
        "detections": _detections(score.detected),
        "macs": score.macs,
        "energy_per_mac_j": _measured(score.energy_per_mac_j),
        "accuracy": {
            "metric": score.metric or None,
            "recomputed": score.accuracy,
            "reported": score.reported_accuracy,
            "inputs": score.inputs,
        },
        "meter": score.meter or None,
        "volts": score.volts,
        "rate_hz": score.rate_hz,
    }


def _detections(counts: tuple[int, int, int] | None) -> dict[str, int] | None:
    if counts is None:
        return None
    return dict(zip(("true_positives", "false_negatives", "false_positives"), counts, strict=True))


def _both(both: Both) -> dict[str, Any]:
    return {"official": _exact(both.official), "in_run": _measured(both.in_run)}


def _exact(value: float | None) -> dict[str, float | None]:
    """Return a number that an algorithm gives: it states no uncertainty."""
    return {"value": value, "u95": None}


def _measured(measured: Measured | None) -> dict[str, float | None]:
    if measured is None:
        return {"value": None, "u95": None}
    return {"value": measured.value, "u95": measured.u95}
