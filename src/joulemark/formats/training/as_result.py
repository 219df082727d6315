"""A benchmark's folder as one result among those that others state, and in the record of a run."""

from __future__ import annotations

from typing import Any

from joulemark.accounting.training_energy import Part, RunEnergy, Score
from joulemark.core.units import digits
from joulemark.core.value import Value
from joulemark.formats.inference.as_system import Described
from joulemark.formats.results.declared import DURATION, LOGS, PER_RUN, DeclaredResult
from joulemark.formats.training.directory import BenchmarkDirectory
from joulemark.formats.training.scored import Scored

_MOST = 3
"""So many reasons a remark gives."""


def result_of(
    directory: BenchmarkDirectory, scored: Scored, about: Described, run: str
) -> DeclaredResult:
    """Return what a folder is published as: joules as the official summarizer has them.

    Args:
        directory: of the benchmark.
        scored: its score.
        about: the system.
        run: the stored run that stands for it.
    """
    place, found = directory.place, scored.score
    identity = f"training {place.round}\0{directory.path}" if place.submitter else run
    return DeclaredResult(
        kind=LOGS,
        identity=identity,
        sources=(directory.path,),
        suite="training",
        round=place.round,
        division=place.division or "closed",
        submitter=place.submitter,
        system=place.system,
        system_name=about.name,
        location=directory.path,
        benchmark=scored.benchmark,
        accelerator=about.accelerator,
        accelerators=None if about.accelerators is None else float(about.accelerators),
        processor=about.system.cpu,
        nodes=float(about.nodes) if about.fields else None,
        software=about.fields.get("framework", ""),
        performance=found.seconds,
        performance_unit="" if found.seconds is None else DURATION,
        power=found.whole.published,
        power_unit="" if found.whole.published is None else PER_RUN,
        tree=directory.tree.name,
        run=run,
        remarks=tuple(_remarks(found)),
    )


def _remarks(score: Score) -> list[str]:
    """Return what is odd: why there is no figure, and a figure that is not that of the run."""
    found = list(dict.fromkeys(score.reasons))
    more = [f"and {len(found) - _MOST} more of this kind"] if len(found) > _MOST else []
    said = [*found[:_MOST], *more]
    published, in_run = score.whole.published, score.whole.in_run
    if published is not None and in_run is not None and published > 0:
        off = in_run.value - published
        if abs(off) > in_run.u95:
            share = f"{digits(100 * abs(off) / published, 3)} % {'more' if off > 0 else 'less'}"
            said.append(f"between start and stop of the run it was {share} than published")
    return said


def score_json(score: Score) -> dict[str, Any]:
    """Return a score as JSON values: joules and seconds, times the scaling factor."""
    return {
        "algorithm": score.algorithm.value,
        "scaling_factor": score.scale,
        "counted": list(score.runs),
        "seconds": score.seconds,
        **_part("", score.whole),
        **_part("compute_", score.compute),
        **_part("interconnect_", score.interconnect),
        "reasons": list(score.reasons)[:20],
    }


def run_json(run: RunEnergy, score: Score) -> dict[str, Any]:
    """Return one run as JSON values, without the scaling factor."""
    published = [log.published for log in run.logs]
    return {
        "converged": run.converged,
        "counted": run.name in score.runs,
        "seconds": run.seconds,
        "published_j": sum(j for j in published if j is not None) if all_(published) else None,
    }


def all_(values: list[float | None]) -> bool:
    """Return whether there are values, and none is missing."""
    return bool(values) and all(value is not None for value in values)


def _part(name: str, part: Part) -> dict[str, Any]:
    return {f"{name}published_j": part.published, f"{name}in_run_j": _value(part.in_run)}


def _value(value: Value | None) -> dict[str, float] | None:
    return None if value is None else {"value": value.value, "u95": value.u95}
