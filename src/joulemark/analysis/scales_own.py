"""One's own runs as points of the scales."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from joulemark.accounting.results import PhaseResult
from joulemark.analysis.record.definitions import definitions
from joulemark.analysis.scales import Basis, Point, Scale
from joulemark.core.caution import Code
from joulemark.core.channel import Provenance
from joulemark.core.run import Run
from joulemark.core.window import Role

IMPORTED = "imported"
"""Setting of a run that somebody else measured; its results are among the stated ones."""
_SINGLE, _MULTI = "SingleStream", "MultiStream"
_PROCEDURES: tuple[tuple[str, Scale], ...] = (
    ("tiny", Scale.TINY),
    ("training", Scale.TRAINING),
    ("gather", Scale.TRAINING),
)
_BASES: Mapping[Provenance, Basis] = {
    Provenance.MEASURED: Basis.MEASURED,
    Provenance.ESTIMATED: Basis.ESTIMATED,
    Provenance.DECLARED: Basis.PLAYED_BACK,
}


def is_imported(run: Run) -> bool:
    """Return whether somebody else measured a run."""
    return IMPORTED in run.settings


def is_rehearsal(run: Run) -> bool:
    """Return whether instruments in software were read: nothing of it is a measurement."""
    return any(caution.code is Code.VIRTUAL for caution in run.cautions)


def query_rate(run: Run) -> float | None:
    """Return the queries a second of an imported run; None where it counts something else."""
    for window in run.windows:
        counted = window.work is not None and window.work.unit == "query"
        if window.role is Role.MEASURE and counted and window.duration_s > 0 and window.work:
            return window.work.count / window.duration_s
    return None


def query_rates(run: Run) -> dict[tuple[str, str], float]:
    """Return the queries a second of an imported run by its name and the scenario that is stated.

    A result of MultiStream may be inferred from a run of SingleStream: its query is 8 of the run's.
    """
    rate, loadgen = query_rate(run), run.results.get("loadgen")
    scenario = str(loadgen.get("scenario", "")) if isinstance(loadgen, dict) else ""
    if rate is None:
        return {}
    rates = {(run.id, scenario): rate}
    if scenario == _SINGLE:
        rates[run.id, _MULTI] = rate / definitions().queries[_MULTI]
    return rates


def own_scale(run: Run) -> tuple[Scale, str]:
    """Return the scale of a run of one's own, and how it was determined."""
    for word, scale in _PROCEDURES:
        if word in run.procedure:
            return scale, f"the procedure {run.procedure}"
    return Scale.UNKNOWN, "a run of one's own, which does not say"


def own_points(run: Run, results: Iterable[PhaseResult]) -> list[Point]:
    """Return a point for each measured phase of a run in which anything was read.

    A rehearsal with a simulated board has none.

    Args:
        run: one's own.
        results: what its phases came to.
    """
    if any(caution.code is Code.VIRTUAL for caution in run.cautions):
        return []
    scale, why = own_scale(run)
    return [
        Point(
            scale=scale,
            why=why,
            basis=_BASES[result.total.provenance],
            name=f"{run.title or run.id}, {result.phase}",
            power=result.power,
            energy=result.per_unit,
            unit=result.work.unit if result.work and result.per_unit is not None else "",
        )
        for result in results
        if result.role is Role.MEASURE and result.total is not None
    ]
