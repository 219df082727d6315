"""Runs of one's own as entries of the record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from joulemark.accounting.results import PhaseResult
from joulemark.analysis.record.entry import Category, Entry, Evidence
from joulemark.analysis.scales_own import own_scale
from joulemark.core.caution import Code
from joulemark.core.clock import NS
from joulemark.core.run import Run
from joulemark.core.value import Value
from joulemark.core.window import Role


def own_entries(run: Run, results: Iterable[PhaseResult]) -> Iterator[Entry]:
    """Yield an entry for each measured phase of a run in which anything was read.

    A rehearsal with a simulated instrument has none.

    Args:
        run: one's own.
        results: what its phases came to.
    """
    if any(caution.code is Code.VIRTUAL for caution in run.cautions):
        return
    for result in results:
        if result.role is Role.MEASURE and result.total is not None:
            yield _entry(run, result)


def _entry(run: Run, result: PhaseResult) -> Entry:
    work, power, energy = result.work, result.power, result.per_unit
    if (work is None or energy is None) and result.total is not None:
        work, energy = None, result.total.joules
    rate = work.count / result.duration_s if work and result.duration_s > 0 else None
    seconds = run.anchor.utc_ns // NS
    return Entry(
        key=f"{run.id}/{result.phase}",
        suite="",
        category=Category(own_scale(run)[0].value),
        round="",
        date=datetime.fromtimestamp(seconds, UTC).date().isoformat(),
        division="",
        submitter="",
        system=run.system.host,
        system_name=run.system.host,
        public_id="",
        benchmark=_benchmark(run),
        target="",
        scenario=_text(run.settings.get("scenario")),
        processor=run.system.cpu,
        accelerator=run.system.gpus[0] if run.system.gpus else "",
        accelerators=float(len(run.system.gpus)) or None,
        nodes=1.0,
        software=f"joulemark {run.joulemark}".strip(),
        work=work.unit if work else "run",
        performance=rate,
        latency_s=None,
        power_w=None if power is None else power.value,
        energy_j=None if energy is None else energy.value,
        u95=_relative(energy or power),
        evidence=Evidence.OWN,
        runs=(run.id,),
        remarks=tuple(dict.fromkeys(caution.code.value for caution in result.cautions)),
    )


def _benchmark(run: Run) -> str:
    """Return what was run: its model or benchmark, else the title."""
    workload = run.settings.get("workload")
    settings = workload.get("settings") if isinstance(workload, dict) else None
    named = settings if isinstance(settings, dict) else {}
    return _text(named.get("benchmark")) or _text(named.get("model")) or run.title


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _relative(value: Value | None) -> float | None:
    return value.u95 / value.value if value is not None and value.value > 0 else None
