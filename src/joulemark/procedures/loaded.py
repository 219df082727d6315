"""Measured windows that LoadGen drives and bounds."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import Any

from joulemark.core.caution import Code
from joulemark.core.clock import NS
from joulemark.core.interfaces import Queries
from joulemark.core.units import digits
from joulemark.loads.calibrate import calibrated
from joulemark.loads.loadgen import LoadGenSettings, LoadResult, run_loadgen
from joulemark.procedures.bench import Load
from joulemark.procedures.session import Mark, Session

STEP_S = 0.01
"""A system clock that moves more than this during a window has been set."""
CALIBRATE_S = 2.0
"""How long queries are answered beforehand to find what LoadGen must be told."""


def loadgen_load(queries: Queries, settings: LoadGenSettings) -> Load:
    """Return a load that runs LoadGen for each window, its logs in ``raw/loadgen-<n>``.

    The window is LoadGen's own, from ``power_begin`` to ``power_end``. These are UTC by the system
    clock, so its distance from the run's clock is read before and after; what it moved in between,
    and the millisecond that LoadGen rounds to, widen the edges.

    What the settings leave open (the rate, the expected latency) is measured once, in the first
    window but before LoadGen's own.
    """
    known: list[LoadGenSettings] = []

    def load(session: Session, mark: Mark, seconds: float, repeat: int) -> None:
        if not known:
            asked = replace(settings, min_duration_s=seconds)
            known.append(calibrated(asked, queries, CALIBRATE_S, session.clock))
        outdir = session.writer.raw / f"loadgen-{repeat + 1}"
        before = time.time_ns() - session.clock()
        result = run_loadgen(queries, known[0], outdir, session.clock)
        after = time.time_ns() - session.clock()
        _take(session, mark, result, (before, after))
        session.result(f"loadgen-{repeat + 1}", _json(result))

    return load


def _take(session: Session, mark: Mark, result: LoadResult, offsets: tuple[int, int]) -> None:
    moved_s = abs(offsets[1] - offsets[0]) / NS
    if moved_s > STEP_S:
        session.caution(Code.CLOCK_STEP, f"by {digits(moved_s, 3)} s while LoadGen ran")
    offset = (offsets[0] + offsets[1]) // 2
    edge_u_s = math.hypot(result.edge_u_s, moved_s / math.sqrt(12))
    mark.bounds = (result.begin_utc_ns - offset, result.end_utc_ns - offset, edge_u_s)
    mark.work, mark.facts = result.work, result.latencies.facts()
    if not result.valid:
        session.caution(Code.LOADGEN_INVALID, "; ".join(result.invalid_reasons))


def _json(result: LoadResult) -> dict[str, Any]:
    """Return what belongs in the run of a test, as JSON values; the logs hold the rest."""
    return {
        "valid": result.valid,
        "invalid_reasons": list(result.invalid_reasons),
        "scenario": result.log.scenario.value,
        "loadgen": result.log.version,
        "queries": result.log.queries,
        "samples": result.log.samples,
        "samples_per_s": result.samples_per_s,
        **result.latencies.facts(),
        "summary": result.summary,
    }
