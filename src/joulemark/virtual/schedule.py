"""The procedures in virtual time: which windows they mark, and when the counters are read.

What is run here is the order of steps of ``joulemark run``, ``bench`` and ``measure``: idle, work,
idle; the counters before the start of a window is stamped and after its stop is. The functions that
decide (how long a window is, whether the repeats suffice) are the procedures' own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from joulemark.core.trace import Trace
from joulemark.core.window import Role, Window, Work
from joulemark.loads.logs import STAMP_U_S
from joulemark.virtual.sampling import EdgeReader, Lateness, Machine, ns, record

Generator = np.random.Generator
Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Stage:
    """One draw: its source of chance, a folder for files, and how the sampler goes.

    Attributes:
        rng: source of chance.
        folder: for trees and recordings.
        period_s: time between two samples.
        lateness: how late the sampling loop wakes.
    """

    rng: Generator
    folder: Path
    period_s: float = 0.1
    lateness: Lateness = field(default_factory=Lateness)


@dataclass(frozen=True, slots=True)
class Step:
    """One window of a procedure.

    Attributes:
        phase: its name.
        start: when it is opened, s.
        stop: when it is shut, s.
        role: what it is for.
        work: what is done in it.
        told: what another program says of its edges is off by so much (standard, s); None where
            the window's own edges count.
        facts: other numbers of it.
    """

    phase: str
    start: float
    stop: float
    role: Role = Role.MEASURE
    work: Work | None = None
    told: float | None = None
    facts: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Observed:
    """What a measurement has recorded, and what it does not know.

    Attributes:
        windows: as marked.
        traces: as sampled.
        spans: the true beginning and end of each window, s.
    """

    windows: list[Window]
    traces: list[Trace]
    spans: list[Span]

    def of(self, phase: str) -> list[Span]:
        """Return the true spans of a phase."""
        pairs = zip(self.windows, self.spans, strict=True)
        return [span for window, span in pairs if window.phase == phase]


def command(rng: Generator, idle_s: float, loads: Sequence[float]) -> list[Step]:
    """Return the steps of ``joulemark run``: idle, the command once per load (s), idle."""
    moment, steps = float(rng.uniform(0.4, 0.6)), []
    if idle_s:
        steps.append(Step("idle", moment, moment + idle_s, Role.IDLE))
        moment += idle_s
    for length in loads:
        moment += float(rng.uniform(0.001, 0.02))
        steps.append(Step("run", moment, moment + length, work=Work(1, "run")))
        moment += length
    if idle_s:
        moment += float(rng.uniform(0.001, 0.02))
        steps.append(Step("idle", moment, moment + idle_s, Role.IDLE))
    return steps


def busy(rng: Generator, steps: Sequence[Step], late_s: float = 0.01) -> list[Span]:
    """Return when the load of each measured window runs: it begins a little late (s) and ends so.

    A command begins to work once it has been started; LoadGen works from its own beginning on.
    """
    spans = []
    for step in steps:
        if step.role is Role.MEASURE:
            late = 0.0 if step.told is not None else rng.exponential(late_s)
            spans.append((min(step.start + late, step.stop), step.stop))
    return spans


def observe(stage: Stage, machines: Sequence[Machine], steps: Sequence[Step]) -> Observed:
    """Sample machines while the windows of a procedure are marked."""
    end = max(step.stop for step in steps) + 0.3
    recording = record(stage.rng, machines, end, period_s=stage.period_s, lateness=stage.lateness)
    reader = EdgeReader(machines)
    edges: dict[tuple[int, int], int] = {}
    for moment, opens, place in sorted(_marks(stage.rng, steps)):
        reader.clock.reach(ns(moment))
        if opens:
            reader.read()
        edges[place, opens] = reader.clock()
        if not opens:
            reader.read()
    reader.close_into(recording)
    windows, spans = [], []
    for place, step in enumerate(steps):
        window = Window(
            phase=step.phase,
            start=edges[place, 1],
            stop=edges[place, 0],
            role=step.role,
            work=step.work,
            facts=step.facts,
        )
        windows.append(window if step.told is None else _told(stage.rng, step, window))
        own = ((edges[place, 1] - ns(0)) / 1e9, (edges[place, 0] - ns(0)) / 1e9)
        spans.append(own if step.told is None else (step.start, step.stop))
    return Observed(windows, recording.traces(), spans)


def _marks(rng: Generator, steps: Sequence[Step]) -> list[tuple[float, int, int]]:
    """Return when each step is shut (0) and opened (1), and its place.

    Where another program bounds the work, the window is opened before it and shut after it.
    """
    marks = []
    for place, step in enumerate(steps):
        before, after = (0.0, 0.0) if step.told is None else rng.uniform(0.02, 0.2, 2)
        marks += [(step.stop + after, 0, place), (step.start - before, 1, place)]
    return marks


def _told(rng: Generator, step: Step, window: Window) -> Window:
    """Return a window with the edges that another program tells, in whole milliseconds."""
    off = rng.normal(0.0, step.told or 0.0, 2)
    start = ns(round(step.start + off[0], 3))
    stop = ns(round(step.stop + off[1], 3))
    edge_u_s = float(np.hypot(step.told or 0.0, STAMP_U_S))
    return replace(window, start=start, stop=stop, edge_u_s=edge_u_s)
