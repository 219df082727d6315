"""Which runs stand on which side of a comparison, and their phases."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from joulemark.core.errors import UsageError

if TYPE_CHECKING:
    from joulemark.analysis.observed import Observation

    Phases = dict[str, Observation]


def sides_of(runs: list[str], others: list[list[str]] | None, *, apart: bool) -> list[list[str]]:
    """Return the names of the runs of each side.

    Args:
        runs: named first.
        others: named after each ``--to``.
        apart: whether each run is a side by itself.

    Raises:
        UsageError: if it is not clear which run belongs to which side.
    """
    if apart:
        found = [[name] for names in (runs, *(others or ())) for name in names]
    elif others:
        found = [runs, *others]
    elif len(runs) == 2:
        found = [[name] for name in runs]
    else:
        raise UsageError(
            f"two runs are compared, not {len(runs)}",
            remedy="write A1 A2 --to B1 B2 for several runs a side, or --rank to order them",
        )
    if len(found) < 2:
        raise UsageError("there is nothing to compare it with", remedy="name a second run")
    return found


def loaded(names: Iterable[str], store: Path) -> list[Phases]:
    """Return the measured phases of each run of a side, by name."""
    return [{one.phase: one for one in _observations(name, store)} for name in names]


def _observations(name: str, store: Path) -> list[Observation]:
    from joulemark.analysis.exported import exported
    from joulemark.analysis.observed import observed
    from joulemark.core.window import Role
    from joulemark.procedures.results import results_of
    from joulemark.procedures.serving.counted import counted, refuse_without_window
    from joulemark.procedures.serving.results import is_serving, serving_of
    from joulemark.store.catalogue import find_run
    from joulemark.store.reader import open_run

    if Path(name).is_file():
        found = exported(Path(name))
    else:
        stored = open_run(find_run(store, name))
        if is_serving(stored):
            result = serving_of(stored)
            refuse_without_window(result, name)
            stored = counted(stored, result)
        results = [r for r in results_of(stored) if r.role is Role.MEASURE]
        found = [observed(stored.run, result) for result in results]
    if not found:
        raise UsageError("no phase was measured", where=name, remedy="choose another run")
    return found


def refuse_twice(sides: list[list[Phases]]) -> None:
    """Refuse a run that is named twice.

    Raises:
        UsageError: if one is.
    """
    ids = [next(iter(phases.values())).run for side in sides for phases in side]
    twice = [one for one in ids if ids.count(one) > 1]
    if twice:
        raise UsageError("a run is named twice", where=twice[0], remedy="name another run")


def by_phase(
    sides: list[list[Phases]], phase: str | None, to_phase: str | None
) -> list[list[list[Observation]]]:
    """Return the observations to compare: by phase, by side, by run.

    Args:
        sides: the phases of each run of each side.
        phase: the only phase; None for all that every run has.
        to_phase: the phase of every side but the first, where it is another.

    Raises:
        UsageError: if a run has no such phase, or all runs have none in common.
    """
    runs = [phases for side in sides for phases in side]
    common = [name for name in runs[0] if all(name in phases for phases in runs)]
    if phase is None and to_phase is None:
        if not common:
            known = "; ".join(", ".join(phases) for phases in runs)
            raise UsageError(
                "no phase is in all runs", remedy=f"choose with --phase and --to-phase from {known}"
            )
        return [[[phases[name] for phases in side] for side in sides] for name in common]
    first = phase if phase is not None else next(iter(runs[0]))
    other = to_phase if to_phase is not None else first
    names = [first, *[other] * (len(sides) - 1)]
    return [
        [
            [_phase_of(phases, name) for phases in side]
            for side, name in zip(sides, names, strict=True)
        ]
    ]


def _phase_of(phases: Phases, name: str) -> Observation:
    if name not in phases:
        run = next(iter(phases.values())).run
        known = ", ".join(phases)
        raise UsageError(f"no phase {name!r}", where=run, remedy=f"choose from {known}")
    return phases[name]
