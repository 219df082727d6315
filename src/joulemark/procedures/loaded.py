"""Measured windows that LoadGen drives and bounds."""

from __future__ import annotations

import math
import time
from dataclasses import replace

from joulemark.core.caution import Code
from joulemark.core.interfaces import Queries
from joulemark.core.units import digits
from joulemark.loads.loadgen import LoadGenSettings, LoadResult, run_loadgen
from joulemark.procedures.bench import Load
from joulemark.procedures.session import Mark, Session

STEP_S = 0.01
"""A system clock that moves more than this during a window has been set."""


def loadgen_load(queries: Queries, settings: LoadGenSettings) -> Load:
    """Return a load that runs LoadGen for each window, its logs in ``raw/loadgen-<n>``.

    The window is LoadGen's own, from ``power_begin`` to ``power_end``. These are UTC by the system
    clock, so its distance from the run's clock is read before and after; what it moved in between,
    and the millisecond that LoadGen rounds to, widen the edges.
    """

    def load(session: Session, mark: Mark, seconds: float, repeat: int) -> None:
        outdir = session.writer.raw / f"loadgen-{repeat + 1}"
        before = time.time_ns() - session.clock()
        result = run_loadgen(queries, replace(settings, min_duration_s=seconds), outdir)
        after = time.time_ns() - session.clock()
        _take(session, mark, result, (before, after))
        session.result(f"loadgen-{repeat + 1}", result.as_json())

    return load


def _take(session: Session, mark: Mark, result: LoadResult, offsets: tuple[int, int]) -> None:
    moved_s = abs(offsets[1] - offsets[0]) / 1e9
    if moved_s > STEP_S:
        session.caution(Code.CLOCK_STEP, f"by {digits(moved_s, 3)} s while LoadGen ran")
    offset = (offsets[0] + offsets[1]) // 2
    mark.work = result.work
    mark.facts = {name: value for name, value in result.latencies.items() if math.isfinite(value)}
    if result.begin_utc_ns is not None and result.end_utc_ns is not None:
        edge_u_s = math.hypot(result.edge_u_s, moved_s / math.sqrt(12))
        mark.bounds = (result.begin_utc_ns - offset, result.end_utc_ns - offset, edge_u_s)
    if not result.valid:
        session.caution(Code.LOADGEN_INVALID, "; ".join(result.invalid_reasons))
