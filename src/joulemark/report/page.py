"""One self-contained HTML page of a run: no network, works without JavaScript, prints."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from joulemark.accounting.results import PhaseResult
from joulemark.core.run import Run, Status
from joulemark.core.trace import Trace
from joulemark.core.window import Role
from joulemark.procedures.serving.results import ServingResult
from joulemark.report import about, views, views_trust
from joulemark.report.calibrated import calibration_rows
from joulemark.report.disturbed import disturbance_rows
from joulemark.report.figures.balance import balance_bars
from joulemark.report.figures.budget import budget
from joulemark.report.figures.learning import charts, epochs_of
from joulemark.report.figures.parts import bars
from joulemark.report.figures.repeats import repeats
from joulemark.report.figures.timeline import timeline
from joulemark.report.flat import rows
from joulemark.report.format import clean, iso
from joulemark.report.html import STYLES, rendered
from joulemark.report.sentences import headline
from joulemark.report.serving_view import serving_view
from joulemark.report.table_balance import has_balance
from joulemark.report.warned import all_cautions, grouped
from joulemark.report.words import ROLES, STATUS, disclaimer

SHADED = (Role.IDLE, Role.WARM_UP, Role.RANGING, Role.MEASURE)
"""Roles whose windows have a shade of their own on the timeline."""


def run_page(
    run: Run,
    traces: Mapping[str, Trace],
    results: Sequence[PhaseResult],
    *,
    path: Path | str | None = None,
    checksums: Mapping[str, str] | None = None,
    serving: ServingResult | None = None,
) -> str:
    """Return the page of a run.

    Args:
        run: the record.
        traces: all traces by channel name.
        results: what each phase came to.
        path: run directory, to be named on the page.
        checksums: SHA-256 of the files of the run directory, by their names.
        serving: what the loads of a run of serving came to; these figures come first then.
    """
    where = run.id if path is None else str(path)
    return rendered(
        "run.html.j2",
        styles=STYLES if serving is None else (*STYLES, "serving.css"),
        serving=None if serving is None else serving_view(run, traces, results, serving),
        where=clean(where),
        command=shlex.quote(clean(where)),
        checksums=sorted((checksums or {}).items()),
        **_record(run, "" if path is None else where, results),
        **_measured(run, traces, results),
    )


def _record(run: Run, path: str, results: Sequence[PhaseResult]) -> dict[str, Any]:
    """Return what the page says of the run itself."""
    loads, load_table = about.loadgen(run.results)
    learned, epochs = epochs_of(run.results)
    known = [learned, *(name for name in run.results if "loadgen" in name.lower())]
    return {
        "title": clean(run.title or run.id, 200),
        "id": clean(run.id, 200),
        "started": (iso(run.anchor.utc_ns) or "").replace("T", " ")[:19],
        "host": clean(run.system.host, 80),
        "status": "" if run.status is Status.COMPLETE else STATUS[run.status],
        "disclaimer": disclaimer(run),
        "identity": [
            *about.run_rows(run, path),
            *calibration_rows(results),
            *disturbance_rows(run.results),
        ],
        "system": about.system_rows(run),
        "sampler": about.sampler_rows(run),
        "meters": about.meter_rows(run.channels),
        "unavailable": about.unavailable(run),
        "settings": rows({k: v for k, v in run.settings.items() if k != "unavailable"}),
        "environment": rows(run.environment),
        "loads": loads,
        "load_table": load_table,
        "others": about.others(run.results, known),
        "learning": charts(epochs),
        "epochs": epochs,
    }


def _measured(
    run: Run, traces: Mapping[str, Trace], results: Sequence[PhaseResult]
) -> dict[str, Any]:
    """Return the results: words, pictures and tables."""
    measured = [result for result in results if result.role is Role.MEASURE]
    compared = [result for result in measured if has_balance(result)]
    return {
        "headlines": [headline(result) for result in measured],
        "timeline": timeline(run, traces, results),
        "phase_headings": views.phase_headings(results),
        "phases": [views.phase_row(result) for result in results],
        "repeats": [(clean(r.phase, 60), repeats(r), views.windows(r)) for r in measured],
        "bars": bars(results),
        "parts": [(clean(r.phase, 60), views.part_rows(r, results)) for r in measured if r.parts],
        "balances": [(clean(r.phase, 60), balance_bars(r, results)) for r in compared],
        "evidences": [views_trust.evidence_view(r) for r in measured],
        "budgets": [(clean(r.phase, 60), budget(r)) for r in measured],
        "states": views.state_table(results, run.channels),
        "state_phases": [clean(result.phase, 60) for result in results],
        "warnings": grouped(all_cautions(run, results)),
        "roles": [(role.value, ROLES[role]) for role in SHADED],
    }
