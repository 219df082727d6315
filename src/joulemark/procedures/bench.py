"""Measure a workload: idle, warm-up, windows until they repeat well enough, idle."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from joulemark.accounting.phases import phases
from joulemark.accounting.repeats import half_width
from joulemark.core.caution import Code
from joulemark.core.interfaces import Workload
from joulemark.core.trace import Trace
from joulemark.core.units import digits
from joulemark.core.window import Role, Window
from joulemark.procedures.disturbance import STRETCH_S, Stretch, disturb
from joulemark.procedures.live import Tell, following
from joulemark.procedures.session import Mark, Options, Session
from joulemark.procedures.shifts import blind_period_s, rise_s, shifted
from joulemark.store.reader import open_run


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchSettings:
    """How long and how often.

    Attributes:
        warm_up_s: work before the first measured window.
        window_s: shortest measured window.
        updates: fewest sensor updates in a measured window; the slowest sensor counts.
        repeats: fewest measured windows.
        max_repeats: most measured windows.
        target: relative 95 % half-width of the repeats at which to stop.
        quick: whether this is a look that is not comparable with a full run.
        disturbance: pairs of stretches with the sampler and without; none if 0.
    """

    warm_up_s: float = 10.0
    window_s: float = 60.0
    updates: int = 60
    repeats: int = 3
    max_repeats: int = 5
    target: float = 0.02
    quick: bool = False
    disturbance: int = 0


QUICK = BenchSettings(
    warm_up_s=3.0, window_s=10.0, updates=10, repeats=2, max_repeats=3, quick=True
)
"""Settings of a look that takes a minute and is not comparable."""


class Load(Protocol):
    """Drives a workload for one measured window."""

    def __call__(self, session: Session, mark: Mark, seconds: float, repeat: int) -> None:
        """Work for about ``seconds``; give the mark its work, facts and bounds."""
        ...


def plain_load(workload: Workload) -> Load:
    """Return the load that lets a workload run by itself, as fast as it can.

    Where energy depends on a sensor that misses some of the time, it is kept out of step with it.
    """

    def load(session: Session, mark: Mark, seconds: float, repeat: int) -> None:
        period_s = blind_period_s(session.channels)
        if period_s:
            work, facts = shifted(workload.run, seconds, period_s)
        else:
            work, facts = workload.run(seconds)
        mark.work, mark.facts = work, dict(facts)

    return load


def bench(
    workload: Workload,
    options: Options,
    settings: BenchSettings,
    *,
    load: Load | None = None,
    title: str = "",
    more: Mapping[str, Any] | None = None,
    tell: Tell | None = None,
) -> Path:
    """Measure a workload and return the run directory.

    Args:
        workload: what does the work.
        options: how to measure.
        settings: how long and how often.
        load: what drives the workload in a measured window; as fast as it can by default.
        title: what is measured; the workload's name by default.
        more: settings to keep in the run beside those of the procedure.
        tell: told of progress.
    """
    load = load or plain_load(workload)
    kept = {"bench": asdict(settings), **(more or {})}
    try:
        facts = workload.prepare()
        kept["workload"] = dict(facts)
        with Session("bench", title or workload.name, options, kept) as session:
            _phases(session, workload, load, settings, tell)
            for name, value in workload.results().items():
                session.result(name, value)
        return session.path
    finally:
        workload.close()


def _phases(
    session: Session, workload: Workload, load: Load, settings: BenchSettings, tell: Tell | None
) -> None:
    for caution in workload.cautions:
        session.caution(caution.code, caution.detail)
    if settings.quick:
        session.caution(Code.QUICK, f"windows of {digits(settings.window_s, 3)} s")
    session.idle(tell)
    with (
        session.window("warm-up", Role.WARM_UP) as mark,
        following(session.path, "warm-up", settings.warm_up_s, tell),
    ):
        mark.work, _ = workload.run(settings.warm_up_s)
    if settings.disturbance:
        disturb(session, settings.disturbance, _stretch(workload), tell)
    _measure(session, workload, load, settings, tell)
    session.idle(tell)


def _stretch(workload: Workload) -> Stretch:
    """Return what works once, and says how fast."""

    def stretch(mark: Mark) -> dict[str, float]:
        began = time.monotonic()
        mark.work, _ = workload.run(STRETCH_S)
        return {f"{mark.work.unit}s": mark.work.count / (time.monotonic() - began)}

    return stretch


def _measure(
    session: Session, workload: Workload, load: Load, settings: BenchSettings, tell: Tell | None
) -> None:
    seconds = window_length(session.slowest_update_s, settings)
    rising, reached = rise_s(session.channels), math.inf
    for repeat in range(settings.max_repeats):
        name = f"{workload.phase} {repeat + 1}"
        if rising:
            workload.run(rising)
        with (
            session.window(workload.phase) as mark,
            following(session.path, name, seconds, tell),
        ):
            load(session, mark, seconds, repeat)
        reached = spread(session, workload.phase)
        if enough(repeat + 1, reached, settings):
            return
    session.caution(Code.SPREAD, f"±{digits(100 * reached, 2)} %", workload.phase)


def window_length(slowest_update_s: float, settings: BenchSettings) -> float:
    """Return the length of a window: as asked, and enough updates of the slowest sensor."""
    return max(settings.window_s, settings.updates * slowest_update_s)


def enough(windows: int, reached: float, settings: BenchSettings) -> bool:
    """Return whether so many windows, whose mean is known to ``reached``, are enough."""
    return windows >= settings.repeats and reached <= settings.target


def spread(session: Session, phase: str) -> float:
    """Return the relative 95 % half-width of energy per unit over the windows measured so far."""
    stored = open_run(session.path)
    windows = [window for window in stored.run.windows if window.phase == phase]
    return spread_of(windows, stored.traces().values())


def spread_of(windows: Sequence[Window], traces: Iterable[Trace]) -> float:
    """Return the relative 95 % half-width of energy per unit over the windows of one phase."""
    for result in phases(windows, traces):
        single = [
            w.total.joules.value / w.window.work.count
            for w in result.windows
            if w.total is not None and w.window.work is not None and w.window.work.count > 0
        ]
        return half_width(single) if len(single) == len(windows) else math.inf
    return math.inf
