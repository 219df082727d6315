"""Results of a stored run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from joulemark.accounting.phases import phases
from joulemark.accounting.results import PhaseResult
from joulemark.procedures.conduct import conduct_of
from joulemark.store.reader import StoredRun


def results_of(stored: StoredRun) -> list[PhaseResult]:
    """Return what each phase of a stored run came to, computed from its traces."""
    run = stored.run
    return phases(
        run.windows,
        stored.traces().values(),
        gpus=bool(run.system.gpus),
        fewest=_fewest(run.settings),
        conduct=conduct_of(run),
    )


def _fewest(settings: Mapping[str, Any]) -> int | None:
    """Return after how many windows ``bench`` could have stopped; None for other procedures."""
    bench = settings.get("bench")
    repeats = bench.get("repeats") if isinstance(bench, dict) else None
    return repeats if isinstance(repeats, int) else None
