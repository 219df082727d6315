"""A run and its results as plain JSON values, for programs.

Where a number is unknown it is null, never zero; ``warnings`` say why.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from joulemark.accounting.boundary import PartEnergy, part_of
from joulemark.accounting.repeats import RANDOM
from joulemark.accounting.results import PhaseResult, WindowResult
from joulemark.core.caution import Caution
from joulemark.core.channel import Channel, Quantity
from joulemark.core.clock import NS
from joulemark.core.run import Run
from joulemark.core.value import Source, Value
from joulemark.core.window import Work
from joulemark.report.diffusion import diffusion_json
from joulemark.report.format import iso
from joulemark.report.nesting import containers, phase_watts
from joulemark.report.plain_trust import balance_json, evidence_json
from joulemark.report.words import disclaimer

MAX_DEPTH = 40
"""Settings nested deeper than this are cut off there."""

_UNITS = {
    Quantity.UTILISATION: "1",
    Quantity.MEMORY: "B",
    Quantity.FREQUENCY: "Hz",
    Quantity.VOLTAGE: "V",
    Quantity.CURRENT: "A",
    Quantity.POWER_FACTOR: "1",
    Quantity.CPU_TIME: "hardware threads",
}


def run_json(run: Run, results: Sequence[PhaseResult], path: Path | str) -> dict[str, Any]:
    """Return everything that ``show`` knows of a run, as finite JSON values.

    Args:
        run: the record.
        results: what each phase came to.
        path: run directory.
    """
    length = None if run.stopped is None else (run.stopped - run.anchor.utc_ns) / NS
    cautions = dict.fromkeys([*run.cautions, *(c for result in results for c in result.cautions)])
    record = {
        "schema": run.schema,
        "id": run.id,
        "path": str(path),
        "title": run.title,
        "procedure": run.procedure,
        "status": run.status.value,
        "started": iso(run.anchor.utc_ns),
        "stopped": iso(run.stopped),
        "duration_s": length,
        "joulemark": run.joulemark,
        "disclaimer": disclaimer(run) or None,
        "phases": [_phase(result, run) for result in results],
        "warnings": [warning(caution) for caution in cautions],
        "results": run.results,
        "system": asdict(run.system),
        "settings": run.settings,
        "environment": run.environment,
        "meters": run.meters,
        "channels": [asdict(channel) for channel in run.channels],
        "sampler": None if run.sampler is None else asdict(run.sampler),
        **diffusion_json(run, results),
    }
    plain: dict[str, Any] = finite(record)
    return plain


def finite(value: object, depth: int = MAX_DEPTH) -> Any:
    """Return JSON values without NaN and infinities (null instead), and no other types.

    Args:
        value: anything.
        depth: deepest nesting that is kept; what lies deeper becomes null.
    """
    if value is None or isinstance(value, bool | str | int):
        return value if not isinstance(value, str) else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(k): finite(v, depth - 1) for k, v in value.items()} if depth else None
    if isinstance(value, list | tuple | set | frozenset):
        return [finite(item, depth - 1) for item in value] if depth else None
    return str(value)


def warning(caution: Caution) -> dict[str, str]:
    """Return a warning: its code, what it means, what was seen, and where."""
    return {
        "code": caution.code.value,
        "text": caution.code.text,
        "detail": caution.detail,
        "phase": caution.phase,
    }


def number(value: Value | None, *, unit: bool = False) -> dict[str, Any] | None:
    """Return a value with its 95 % half-width; null where it is unknown."""
    if value is None or not math.isfinite(value.value):
        return None
    record: dict[str, Any] = {"value": value.value, "u95": value.u95}
    return {**record, "unit": value.unit} if unit else record


def _phase(result: PhaseResult, run: Run) -> dict[str, Any]:
    total = result.total
    return {
        "phase": result.phase,
        "role": result.role.value,
        "windows": len(result.windows),
        "duration_s": result.duration_s,
        "energy_j": None if total is None else number(total.joules),
        "net_energy_j": number(result.net),
        "average_power_w": number(result.power),
        "energy_per_unit": number(result.per_unit, unit=True),
        "units_per_joule": number(result.units_per_joule, unit=True),
        "net_energy_per_unit": number(result.net_per_unit, unit=True),
        "work": _work(result.work),
        "provenance": None if total is None else total.provenance.value,
        "coverage": None if total is None else total.coverage,
        "method": None if total is None else total.method,
        "lacks": list(result.lacks),
        "evidence": evidence_json(result.evidence),
        "calibration": _application(result),
        "parts": _parts(result),
        "balance": balance_json(result.crosscheck),
        "budget": _budget(None if total is None else total.joules),
        "budget_per_unit": _budget(result.per_unit),
        "sources": {
            "energy_j": _sources(None if total is None else total.joules),
            "net_energy_j": _sources(result.net),
        },
        "context": _context(result.context, run.channels),
        "repeats": [_repeat(window) for window in result.windows],
        "warnings": [warning(caution) for caution in _of_phase(result, run)],
    }


def _of_phase(result: PhaseResult, run: Run) -> list[Caution]:
    own = [caution for caution in run.cautions if caution.phase == result.phase]
    return list(dict.fromkeys([*own, *result.cautions]))


def _work(work: Work | None) -> dict[str, Any] | None:
    return None if work is None else {"count": work.count, "unit": work.unit}


def _parts(result: PhaseResult) -> list[dict[str, Any]]:
    inside, watts = containers(result.parts), phase_watts(result)
    return [_part(part, inside[part_of(part.channel)], watts) for part in result.parts]


def _part(
    part: PartEnergy, inside: tuple[str, str] | None, watts: Mapping[tuple[str, str], float]
) -> dict[str, Any]:
    channel, energy = part.channel, part.energy
    return {
        "part": channel.part,
        "domain": channel.domain.value,
        "node": channel.node,
        "channel": channel.name,
        "meter": channel.meter,
        "provenance": energy.provenance.value,
        "instrument": channel.instrument.value,
        "energy_j": number(energy.joules),
        "average_power_w": watts.get(part_of(channel)),
        "added": part.added,
        "inside": None if inside is None else inside[1],
        "method": energy.method,
        "coverage": energy.coverage,
        "source": channel.source,
        "note": channel.note,
        "calibration": channel.calibration or None,
    }


def _application(result: PhaseResult) -> dict[str, Any] | None:
    """Return what became of the calibration that was asked for; null if none was."""
    asked = result.calibration
    if asked is None:
        return None
    return {
        "id": asked.calibration.id,
        "name": str(asked.calibration),
        "applied": not asked.refused,
        "reason": asked.refused or None,
    }


def _budget(value: Value | None) -> dict[str, Any] | None:
    """Return each term's standard uncertainty and its share of the variance."""
    if value is None:
        return None
    variance = value.u**2
    return {
        term.value: {"standard_uncertainty": u, "unit": value.unit, "share": u * u / variance}
        for term, u in value.budget().items()
        if variance > 0
    }


def _sources(value: Value | None) -> list[dict[str, Any]] | None:
    """Return each signed standard uncertainty (J) with what it belongs to.

    Those that differ from window to window are summed up by kind and belong to nothing.
    """
    if value is None:
        return None
    random = value.only(lambda source: source.term in RANDOM).budget()
    named = [(source, u) for source, u in value.parts.items() if source.term not in RANDOM]
    summed = [(Source(term, ""), u) for term, u in random.items()]
    return [
        {"term": s.term.value, "of": s.of, "kin": s.kin, "standard_uncertainty": u}
        for s, u in [*named, *summed]
    ]


def _context(context: Mapping[str, float], channels: Sequence[Channel]) -> dict[str, Any]:
    known = {channel.name: channel for channel in channels}
    return {
        name: {"value": mean, "unit": _unit(known[name]) if name in known else ""}
        for name, mean in context.items()
    }


def _unit(channel: Channel) -> str:
    if channel.quantity is Quantity.TEMPERATURE:
        return "°C" if channel.unit.endswith("C") else "K"
    return _UNITS.get(channel.quantity, channel.unit)


def _repeat(result: WindowResult) -> dict[str, Any]:
    window, total = result.window, result.total
    per_unit = None
    if total is not None and window.work is not None and window.work.count > 0:
        per_unit = total.joules.scaled(1 / window.work.count, f"J/{window.work.unit}")
    return {
        "start": iso(window.start),
        "stop": iso(window.stop),
        "duration_s": window.duration_s,
        "energy_j": None if total is None else number(total.joules),
        "net_energy_j": number(result.net),
        "energy_per_unit": number(per_unit, unit=True),
        "work": _work(window.work),
        "coverage": None if total is None else total.coverage,
        "facts": window.facts,
    }
