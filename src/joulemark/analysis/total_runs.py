"""Energy of stored runs by run, phase and part: one run in memory at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from joulemark.accounting.boundary import PartEnergy
from joulemark.accounting.results import PhaseResult
from joulemark.accounting.tally import Tally
from joulemark.analysis.total import Tell, Totals, grouped
from joulemark.core.caution import Caution, Code
from joulemark.core.channel import Provenance
from joulemark.core.energy import Energy
from joulemark.core.errors import UsageError
from joulemark.core.value import Term, Value, total
from joulemark.core.window import Role
from joulemark.store.files import RUN
from joulemark.store.reader import StoredRun, open_run

COLUMNS = ("run", "phase", "node", "part")
"""What the parts of runs can be told apart by."""

Results = Callable[[StoredRun], Sequence[PhaseResult]]
"""Says what each phase of a run came to."""

_Row = tuple[tuple[str, ...], PartEnergy, PhaseResult]


def runs_in(path: Path) -> list[Path]:
    """Return the run directories that a path means: itself, or those of a store."""
    if (path / RUN).is_file():
        return [path]
    return sorted(found.parent for found in path.glob(f"*/{RUN}")) if path.is_dir() else []


def total_runs(
    paths: Sequence[Path],
    results_of: Results,
    by: Sequence[str] | None = None,
    tell: Tell | None = None,
) -> Totals:
    """Return the energy of runs by group; the same joules as each run's own results.

    Parts that lie inside others are shown and not added, nor are idle and warm-up windows.

    Args:
        paths: run directories.
        results_of: says what each phase of a run came to.
        by: some of ``COLUMNS``, all if None.
        tell: told of progress.

    Raises:
        UsageError: if a column is not known.
        FormatError: if a run is damaged.
        StoreError: if a run cannot be read.
    """
    by = COLUMNS if by is None else tuple(by)
    for name in by:
        if name not in COLUMNS:
            remedy = f"runs have {', '.join(COLUMNS)}"
            raise UsageError(f"no column {name!r}", where=str(paths[0]), remedy=remedy)
    rows: list[_Row] = []
    warned: dict[Caution, None] = {}
    for number, path in enumerate(paths, 1):
        stored = open_run(path)
        results = results_of(stored)
        rows += _rows(stored, results)
        warned |= dict.fromkeys(_cautions(stored, results))
        if tell is not None:
            tell(number, len(paths))
    values: list[list[Any]] = [[row[0][COLUMNS.index(name)] for row in rows] for name in by]
    values.append([_added(row) for row in rows])
    group, labels = grouped(values, len(rows))
    members = [[row for row, at in zip(rows, group, strict=True) if at == g] for g in set(group)]
    return Totals(
        by=by,
        labels=labels[:-1],
        groups=_tally(members),
        whole=_tally([[row for row in rows if _added(row)]] if any(map(_added, rows)) else []),
        added=np.array(labels[-1], dtype=bool),
        provenance=[_weakest(some) for some in members],
        about={"decoded_by": "joulemark", "runs": len(paths)},
        cautions=tuple(warned),
    )


def _rows(stored: StoredRun, results: Sequence[PhaseResult]) -> Iterator[_Row]:
    for result in results:
        for part in result.parts:
            channel = part.channel
            yield (stored.run.id, result.phase, channel.node, channel.part), part, result


def _cautions(stored: StoredRun, results: Sequence[PhaseResult]) -> Iterator[Caution]:
    """Return what is wrong with the numbers themselves; the rest is the business of each run."""
    for caution in (c for result in results for c in result.cautions):
        if caution.code in (Code.GAP, Code.INVALID_SAMPLE, Code.NOT_COVERED, Code.COUNTER_RESET):
            yield Caution(caution.code, f"{stored.run.id}: {caution.detail}", caution.phase)


def _added(row: _Row) -> bool:
    return row[1].added and row[2].role is Role.MEASURE


def _weakest(rows: list[_Row]) -> str:
    return Provenance.weakest([row[1].energy.provenance for row in rows]).value


def _tally(groups: list[list[_Row]]) -> Tally:
    energies = [[row[1].energy for row in rows] for rows in groups]
    sums = [total([energy.joules for energy in some], "J") for some in energies]
    length = [[row[2].duration_s for row in rows] for rows in groups]
    covered = [_covered(*pair) for pair in zip(energies, length, strict=True)]
    nothing = np.zeros(len(groups))
    return Tally(
        joules=np.array([value.value for value in sums]),
        u={term: _terms(sums, term) for term in Term},
        covered_s=np.array(covered),
        length_s=np.array([sum(some) for some in length]),
        samples=nothing,
        gaps=nothing,
        invalid=nothing,
    )


def _covered(energies: list[Energy], length: list[float]) -> float:
    return sum(e.coverage * seconds for e, seconds in zip(energies, length, strict=True))


def _terms(sums: list[Value], term: Term) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([value.budget().get(term, 0.0) for value in sums])
