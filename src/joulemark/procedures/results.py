"""Results of a stored run."""

from __future__ import annotations

from joulemark.accounting.phases import phases
from joulemark.accounting.results import PhaseResult
from joulemark.store.reader import StoredRun


def results_of(stored: StoredRun) -> list[PhaseResult]:
    """Return what each phase of a stored run came to, computed from its traces."""
    traces = stored.traces().values()
    return phases(stored.run.windows, traces, gpus=bool(stored.run.system.gpus))
