"""Cases of procedures and of what is computed from several energies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from joulemark.core.window import PAUSES, Role, Work
from joulemark.procedures.bench import BenchSettings, enough, spread_of, window_length
from joulemark.procedures.shifts import SHIFTS, pieces
from joulemark.virtual import shapes
from joulemark.virtual.cases_counters import end_of, gpu_counter, processor
from joulemark.virtual.cases_power import Kind, gpu_power
from joulemark.virtual.judge import Check, check, energies, gross, results, used
from joulemark.virtual.machines import replayed
from joulemark.virtual.nvml import nvml
from joulemark.virtual.sampling import Machine
from joulemark.virtual.schedule import Observed, Stage, Step, busy, command, observe
from joulemark.virtual.truth import During, Fed, Square, Steady, Sum, Truth

_SETTINGS = BenchSettings(window_s=2.0, updates=20)
PACE_S = 0.1
"""What an A100's power sensor keeps to, s."""
LOCKED_S = 8.0
"""Work of one window of such a job, s: whole jobs in each piece."""
RATE = 1000.0
"""Units of work per second."""


def _exact(stage: Stage, truth: Truth, span: float) -> Machine:
    """Return a meter without an error of its own: a counter of joules, every 50 ms."""
    moments = np.arange(int(20 * span) + 1) * 0.05
    rows = list(zip(moments.tolist(), truth.energy(moments).tolist(), strict=True))
    return replayed(stage.folder / "exact.csv", "wall:wall:energy", rows)


def _steps(stage: Stage, length: float, work: float) -> list[Step]:
    """Return the steps of ``joulemark bench``, with as many windows as there may be."""
    moment = float(stage.rng.uniform(0.4, 0.6))
    steps = [
        Step("idle", moment, moment + 2.0, Role.IDLE),
        Step("warm-up", moment + 2.0, moment + 3.0, Role.WARM_UP),
    ]
    moment += 3.0
    for _ in range(_SETTINGS.max_repeats):
        moment += float(stage.rng.uniform(0.001, 0.02))
        steps.append(Step("train", moment, moment + length, work=Work(work, "sample")))
        moment += length
    return [*steps, Step("idle", moment + 0.5, moment + 2.5, Role.IDLE)]


def _stopped(observed: Observed) -> Observed:
    """Return what is left once no more windows were measured than the procedure wants."""
    measured = [window for window in observed.windows if window.phase == "train"]
    count = next(
        (
            n
            for n in range(1, len(measured))
            if enough(n, spread_of(measured[:n], observed.traces), _SETTINGS)
        ),
        len(measured),
    )
    dropped = set(map(id, measured[count:]))
    pairs = [
        (window, span)
        for window, span in zip(observed.windows, observed.spans, strict=True)
        if id(window) not in dropped
    ]
    return Observed([w for w, _ in pairs], observed.traces, [s for _, s in pairs])


def _repeated(stage: Stage, spread: float, *, gpu: bool = False) -> Sequence[Check]:
    """Measure a workload whose windows differ; what is asked for is what they are on average."""
    length = window_length(0.1, _SETTINGS)
    steps = _steps(stage, length, RATE * length)
    factors = 1 + stage.rng.normal(0.0, spread, _SETTINGS.max_repeats)
    load = During(Steady(200.0), busy(stage.rng, steps, late_s=1e-4), factors.tolist())
    whole = Sum([Steady(60.0), load])
    if gpu:
        machine = nvml([gpu_counter(stage, whole, end_of(steps))])
    else:
        machine = _exact(stage, whole, end_of(steps))
    observed = _stopped(observe(stage, [machine], steps))
    result = results(observed, fewest=_SETTINGS.repeats)["train"]
    return [
        check("gross", gross(result), used(whole, observed, "train")),
        check("per unit", result.per_unit, 260.0 / RATE),
        check("net per unit", result.net_per_unit, 200.0 / RATE),
    ]


def bench_even(stage: Stage) -> Sequence[Check]:
    """Windows that differ by 0.5 %: three are enough."""
    return _repeated(stage, 0.005)


def bench_uneven(stage: Stage) -> Sequence[Check]:
    """Windows that differ by 2 %: when to stop depends on what was seen."""
    return _repeated(stage, 0.02)


def bench_wild(stage: Stage) -> Sequence[Check]:
    """Windows that differ by 4 %: mostly five, whose half-width is above the target."""
    return _repeated(stage, 0.04)


def bench_gpu(stage: Stage) -> Sequence[Check]:
    """The same on a board with an energy counter; windows differ by 1 %."""
    return _repeated(stage, 0.01, gpu=True)


def bench_locked(stage: Stage) -> Sequence[Check]:
    """A job at the very pace of a sensor that sees a quarter of the time, led through by delays."""
    count, delay = pieces(LOCKED_S, PACE_S), PACE_S / SHIFTS
    jobs = LOCKED_S / count
    pauses = (count - 1) * delay
    steps = [
        replace(step, facts={PAUSES: pauses}) if step.role is Role.MEASURE else step
        for step in _steps(stage, LOCKED_S + pauses, RATE)
    ]
    begins = [
        step.start + place * (jobs + delay)
        for step in steps
        if step.role is Role.MEASURE
        for place in range(count)
    ]
    load = Sum([During(Square(PACE_S, 0.5, 250.0, at), [(at, at + jobs)]) for at in begins])
    whole = Sum([Steady(60.0), load])
    gpu = gpu_power(stage, Kind.A100, whole, load, end_of(steps), pace=(1.0, 1.0))
    observed = _stopped(observe(stage, [nvml([gpu])], steps))
    result = results(observed, fewest=_SETTINGS.repeats)["train"]
    return [
        check("gross", gross(result), used(whole, observed, "train")),
        check("net", result.net, used(load, observed, "train")),
    ]


def loadgen_processor(stage: Stage) -> Sequence[Check]:
    """A window bounded by LoadGen in whole milliseconds; RAPL read every 100 ms."""
    return _told(stage, gpu=False)


def loadgen_gpu(stage: Stage) -> Sequence[Check]:
    """The same on a board with an energy counter; the two clocks are 2 ms apart."""
    return _told(stage, gpu=True)


def _told(stage: Stage, *, gpu: bool) -> Sequence[Check]:
    steps = command(stage.rng, 2.0, [3.0])
    steps = [step if step.role is Role.IDLE else replace(step, told=0.0) for step in steps]
    extra = During(Steady(90.0), busy(stage.rng, steps))
    whole = Sum([Steady(30.0), extra])
    span = end_of(steps)
    if gpu:
        machine = nvml([gpu_counter(stage, whole, span)])
    else:
        machine, whole = processor(stage, whole, Steady(3.0), span), Sum([whole, Steady(3.0)])
    return energies(observe(stage, [machine], steps), whole, extra)


def phases_inside(stage: Stage) -> Sequence[Check]:
    """Phases of 200 to 600 ms, one after the other, inside one measured block."""
    start = float(stage.rng.uniform(0.4, 0.6))
    moments = start + np.cumsum(np.append(0.05, stage.rng.uniform(0.2, 0.6, 6)))
    steps = [
        Step("load" if i % 2 else "train", float(a), float(b))
        for i, (a, b) in enumerate(pairwise(moments))
    ]
    steps.append(Step("measure", start, float(moments[-1]) + 0.05))
    package = Sum([Steady(20.0), shapes.steps(stage.rng, end_of(steps), 10, 100, 0.2)])
    machine = processor(stage, package, Steady(3.0), end_of(steps))
    observed, whole = observe(stage, [machine], steps), Sum([package, Steady(3.0)])
    found = results(observed)
    return [
        check(phase, gross(found[phase]), used(whole, observed, phase))
        for phase in ("measure", "train", "load")
    ]


def ratio_one_board(stage: Stage) -> Sequence[Check]:
    """Two programs on one board, one after the other: the board's gain is the same in both."""
    steps = [
        replace(step, phase=phase)
        for step, phase in zip(command(stage.rng, 0.0, [4.0, 4.0]), "ab", strict=True)
    ]
    loads = During(Steady(200.0), busy(stage.rng, steps, late_s=1e-3), (1.0, 0.9))
    whole = Sum([Steady(60.0), loads])
    observed = observe(stage, [nvml([gpu_counter(stage, whole, end_of(steps))])], steps)
    found = results(observed)
    first, second = gross(found["a"]), gross(found["b"])
    ratio = None if first is None or second is None else first.over(second, "1")
    return [check("ratio", ratio, used(whole, observed, "a") / used(whole, observed, "b"))]


def _boards(stage: Stage, count: int, shared: float) -> tuple[Observed, list[Truth]]:
    steps = command(stage.rng, 0.0, [4.0])
    spans = busy(stage.rng, steps)
    loads = [shapes.steps(stage.rng, end_of(steps), 150, 250, 0.3) for _ in range(count)]
    truths: list[Truth] = [Sum([Steady(60.0), During(load, spans)]) for load in loads]
    gpus = [gpu_counter(stage, truth, end_of(steps), shared=shared) for truth in truths]
    return observe(stage, [nvml(gpus)], steps), truths


def ratio_two_boards(stage: Stage) -> Sequence[Check]:
    """Two boards beside each other, each with a gain of its own."""
    observed, truths = _boards(stage, 2, 0.0)
    first, second = (part.energy.joules for part in results(observed)["run"].parts)
    truth = used(truths[0], observed, "run") / used(truths[1], observed, "run")
    return [check("ratio", first.over(second, "1"), truth)]


def sum_of_boards(stage: Stage) -> Sequence[Check]:
    """Four boards, each with a gain of its own."""
    observed, truths = _boards(stage, 4, 0.0)
    return energies(observed, Sum(truths))


def node(stage: Stage) -> Sequence[Check]:
    """Processor, memory and board of one machine, read by two meters."""
    steps = command(stage.rng, 2.0, [4.0])
    load = During(shapes.steps(stage.rng, end_of(steps), 50, 250, 0.3), busy(stage.rng, steps))
    board, package = Sum([Steady(60.0), load]), Fed(load, 0.3, 20.0)
    machines = [
        processor(stage, package, Steady(4.0), end_of(steps)),
        nvml([gpu_counter(stage, board, end_of(steps))]),
    ]
    whole = Sum([board, package, Steady(4.0)])
    return energies(observe(stage, machines, steps), whole, Fed(load, 1.3, 0.0))
