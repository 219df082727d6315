"""What a check found, as JSON lines: one object a line, one line a result."""

from __future__ import annotations

import math
from typing import Any

from joulemark.core.finding import Finding
from joulemark.procedures.checked import Amount, Checked, Measured


def checked_json(checked: Checked) -> dict[str, Any]:
    """Return a result as JSON values; a figure that cannot be had is null."""
    place = checked.place
    record: dict[str, Any] = {
        "path": checked.path,
        "round": checked.round or None,
        "verdict": checked.verdict.value,
        "findings": [_finding(checked, finding) for finding in checked.findings],
        "metric": _amount(checked.metric),
        "efficiency": _amount(checked.efficiency),
        "energy_j": _measured(checked.energy_j),
        "average_power_w": _measured(checked.average_power_w),
    }
    if checked.official is not None:
        record |= {"official": dict(checked.official), "official_revision": checked.revision}
    return record | {
        "division": place.division or None,
        "submitter": place.submitter or None,
        "system": place.system or None,
        "benchmark": place.benchmark or None,
        "scenario": place.scenario or None,
        "tree": checked.tree,
        "kind": checked.kind,
    }


def where(checked: Checked, finding: Finding) -> str:
    """Return file and line of a finding; the directory if it names no file."""
    return finding.where if finding.file else checked.path


def _finding(checked: Checked, finding: Finding) -> dict[str, str]:
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "message": finding.message,
        "where": where(checked, finding),
    }


def _amount(amount: Amount | None) -> dict[str, Any] | None:
    if amount is None or not math.isfinite(amount.value):
        return None
    return {"value": amount.value, "unit": amount.unit}


def _measured(measured: Measured | None) -> dict[str, float] | None:
    if measured is None or not (math.isfinite(measured.value) and math.isfinite(measured.u95)):
        return None
    return {"value": measured.value, "u95": measured.u95}
