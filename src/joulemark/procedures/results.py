"""Results of a stored run."""

from __future__ import annotations

import math

from joulemark.accounting.calibrated import on_host
from joulemark.accounting.held import held
from joulemark.accounting.phases import phases
from joulemark.accounting.repeats import fewest_repeats
from joulemark.accounting.results import PhaseResult
from joulemark.core.calibration import Calibration
from joulemark.procedures.conduct import conduct_of
from joulemark.store.calibrations import calibration_of
from joulemark.store.reader import StoredRun

READINGS, JOINED = "readings", "joined"
"""Setting of a run whose readings go on over gaps and to the edges of its windows."""
CALIBRATION = "calibration"
"""Setting of a run that holds the calibration that was asked for when it was made."""


def results_of(
    stored: StoredRun, calibration: Calibration | None = None, *, plain: bool = False
) -> list[PhaseResult]:
    """Return what each phase of a stored run came to, computed from its traces.

    Args:
        stored: the run.
        calibration: what to apply to its energies; by default what was asked for when the run was
            made, if anything.
        plain: whether nothing is to be applied.

    Raises:
        FormatError: if what the run says of a calibration is damaged.
    """
    run = stored.run
    calibration = None if plain else calibration or asked_calibration(stored)
    joined = run.settings.get(READINGS) == JOINED
    traces = list(stored.traces().values())
    return phases(
        run.windows,
        [held(trace, run.windows) for trace in traces] if joined else traces,
        gpus=bool(run.system.gpus),
        gap_s=math.inf if joined else None,
        calibration=None if calibration is None else on_host(calibration, run.system.host),
        fewest=fewest_repeats(run.settings),
        conduct=conduct_of(run),
    )


def asked_calibration(stored: StoredRun) -> Calibration | None:
    """Return the calibration that was asked for when a run was made; None if none was.

    Raises:
        FormatError: if what the run says of it is damaged.
    """
    record = stored.run.settings.get(CALIBRATION)
    return None if record is None else calibration_of(record, f"{stored.path}: calibration")
