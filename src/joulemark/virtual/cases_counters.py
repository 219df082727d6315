"""Cases of energy counters: RAPL, which steps every millisecond, and NVML's, every 100 ms."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from joulemark.core.channel import Accuracy
from joulemark.virtual import shapes
from joulemark.virtual.hardware import Board, Register, counter, spans
from joulemark.virtual.judge import Check, energies
from joulemark.virtual.machines import UNIT_J, WRAP_J, rapl
from joulemark.virtual.nvml import Gpu, nvml
from joulemark.virtual.sampling import Lateness, Machine, accuracy_of
from joulemark.virtual.schedule import Stage, Step, busy, command, observe
from joulemark.virtual.truth import During, Fed, Ramp, Steady, Sum, Swing, Truth


def beside_load() -> Lateness:
    """Return how late a sampler wakes beside a workload that takes every core."""
    return Lateness(busy=0.2, busy_s=0.03, stalls=0.02, stall_s=0.6)


def end_of(steps: Sequence[Step]) -> float:
    """Return how long hardware must be there for a procedure, s."""
    return max(step.stop for step in steps) + 1.5


def processor(
    stage: Stage, package: Truth, dram: Truth, span: float, start: float = 0.0
) -> Machine:
    """Return a RAPL machine whose counters share the gain of their board."""
    board = Board.drawn(stage.rng, accuracy_of_rapl(stage.folder))
    shown = [
        counter(
            stage.rng,
            truth,
            board,
            span,
            period=1e-3,
            unit=UNIT_J,
            wrap=WRAP_J,
            start=start or float(stage.rng.uniform(1e3, 2e5)),
        ).at
        for truth in (package, dram)
    ]
    return rapl(stage.folder, *shown)


def _flat(moment: float) -> float:
    return 1.0


@cache
def accuracy_of_rapl(folder: Path) -> Accuracy:
    """Return the accuracy class that the meter states for a package."""
    return accuracy_of(rapl(folder, _flat))


@cache
def accuracy_of_gpu(name: str, architecture: int, *, energy: bool) -> Accuracy:
    """Return the accuracy class that the meter states for a board."""
    gpu = Gpu(name, architecture, energy=_flat if energy else None, usage=_flat)
    return accuracy_of(nvml([gpu]))


def gpu_counter(
    stage: Stage, truth: Truth, span: float, *, shared: float = 0.0, broken: int = 0
) -> Gpu:
    """Return a board with an energy counter; its pace is near 100 ms."""
    name = "NVIDIA A100-SXM4-40GB"
    board = Board.drawn(stage.rng, accuracy_of_gpu(name, 7, energy=True), shared)
    period = 0.1 * (1 + stage.rng.normal(0.0, 0.01))
    shown = counter(stage.rng, truth, board, span, period=period, unit=1e-3, start=1e6)
    if broken:
        holes = spans(stage.rng, span, broken, 0.5)
        shown = Register(shown.first, shown.period, shown.values, broken=holes)
    return Gpu(name, 7, energy=shown.at)


def _loaded(stage: Stage, load: Truth, length: float, idle_s: float = 2.0) -> Sequence[Check]:
    """Measure a command whose load is drawn, on a package and its memory."""
    steps = command(stage.rng, idle_s, [length])
    extra = During(load, busy(stage.rng, steps))
    memory = Fed(extra, 0.1, 3.0)
    package = Sum([Steady(20.0), extra])
    machine = processor(stage, package, memory, end_of(steps))
    above = Sum([extra, Fed(extra, 0.1, 0.0)])
    return energies(observe(stage, [machine], steps), Sum([package, memory]), above)


def rapl_steps(stage: Stage) -> Sequence[Check]:
    """Package and memory: load that steps at random."""
    return _loaded(stage, shapes.steps(stage.rng, 12.0, 20, 120, 0.3), 3.0)


def rapl_bursts(stage: Stage) -> Sequence[Check]:
    """Bursts of 3 ms at random, far shorter than the sampler's period."""
    return _loaded(stage, shapes.bursts(stage.rng, 12.0, 100.0, 0.003, 0.02), 3.0)


def rapl_short(stage: Stage) -> Sequence[Check]:
    """A job of 50 ms, half of one sampling period."""
    return _loaded(stage, Steady(90.0), 0.05)


def rapl_drift(stage: Stage) -> Sequence[Check]:
    """Idle power that drifts: a slow swing and a ramp."""
    steps = command(stage.rng, 3.0, [4.0])
    extra = During(
        Sum([Steady(50.0), shapes.noise(stage.rng, 20, 5, 0.01)]), busy(stage.rng, steps)
    )
    swing = Swing(float(stage.rng.uniform(20, 60)), 3.0, float(stage.rng.uniform(0, 6.28)))
    idle = Sum([Steady(20.0), swing, Ramp(0.0, 15.0, float(stage.rng.uniform(0, 3)))])
    package = Sum([idle, extra])
    machine = processor(stage, package, Steady(3.0), end_of(steps))
    return energies(observe(stage, [machine], steps), Sum([package, Steady(3.0)]), extra)


def rapl_wrap(stage: Stage) -> Sequence[Check]:
    """The counter wraps in the middle of the window."""
    steps = command(stage.rng, 0.0, [3.0])
    package = Sum([Steady(30.0), shapes.noise(stage.rng, 20, 10, 0.01)])
    machine = processor(stage, package, Steady(3.0), end_of(steps), start=WRAP_J - 60.0)
    return energies(observe(stage, [machine], steps), Sum([package, Steady(3.0)]))


def _board(stage: Stage, load: Truth, length: float, broken: int = 0) -> Sequence[Check]:
    """Measure a command on one board with an energy counter."""
    steps = command(stage.rng, 2.0, [length])
    extra = During(load, busy(stage.rng, steps))
    whole = Sum([Steady(60.0), extra])
    gpu = gpu_counter(stage, whole, end_of(steps), broken=broken)
    return energies(observe(stage, [nvml([gpu])], steps), whole, extra)


def gpu_counter_steps(stage: Stage) -> Sequence[Check]:
    """NVML's counter under a load that steps at random."""
    return _board(stage, shapes.steps(stage.rng, 15.0, 50, 300, 0.2), 4.0)


def gpu_counter_short(stage: Stage) -> Sequence[Check]:
    """NVML's counter and a job of three and a half of its updates."""
    return _board(stage, Steady(220.0), 0.35)


def gpu_counter_square(stage: Stage) -> Sequence[Check]:
    """NVML's counter under a square wave at its own pace, which it does not mind."""
    return _board(stage, shapes.square(stage.rng, 250.0, 0.1), 4.0)


def gpu_counter_broken(stage: Stage) -> Sequence[Check]:
    """NVML's counter does not answer for a while, two times."""
    return _board(stage, shapes.steps(stage.rng, 15.0, 50, 300, 0.2), 4.0, broken=2)
