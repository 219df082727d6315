"""Cases of power sensors: NVML's with their windows and lags, rails of boards, a server's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import Enum

from joulemark.core.caution import Code
from joulemark.virtual import shapes
from joulemark.virtual.cases_counters import accuracy_of_gpu, beside_load, end_of
from joulemark.virtual.hardware import Board, Register, lagging, occupied, power, spans
from joulemark.virtual.judge import Check, energies
from joulemark.virtual.machines import ina3221, power_meter
from joulemark.virtual.nvml import Gpu, nvml
from joulemark.virtual.sampling import accuracy_of
from joulemark.virtual.schedule import Stage, busy, command, observe
from joulemark.virtual.truth import During, Steady, Sum, Truth

PACE = (0.98, 1.05)
"""Boards that ought to update every 100 ms do so every 98 to 105 (arXiv 2312.02741, its data)."""


class Kind(Enum):
    """How the power sensor of a board works.

    Attributes:
        board: product name, by which the meter knows its sensor.
        architecture: NVML's number of it.
        period: time between two updates, s.
        window: averaging time, s; 0 for a sensor that lags.
        lag: longest time constant of one that lags, s; the shortest is a sixth of it.
    """

    A100 = "NVIDIA A100-SXM4-40GB", 7, 0.1, 0.025, 0.0
    RTX_3090 = "NVIDIA GeForce RTX 3090", 7, 0.1, 0.1, 0.0
    RTX_3090_OLD_CALL = "NVIDIA GeForce RTX 3090", 7, 0.1, 1.0, 0.0
    V100 = "Tesla V100-SXM2-16GB", 5, 0.02, 0.01, 0.0
    K40 = "Tesla K40m", 2, 0.1, 0.0, 0.1

    def __init__(
        self, board: str, architecture: int, period: float, window: float, lag: float
    ) -> None:
        """Name the values."""
        self.board = board
        self.architecture = architecture
        self.period = period
        self.window = window
        self.lag = lag


def gpu_power(
    stage: Stage,
    kind: Kind,
    truth: Truth,
    load: Truth,
    span: float,
    *,
    stuck: int = 0,
    broken: int = 0,
    pace: tuple[float, float] = PACE,
) -> Gpu:
    """Return a board that has only a power sensor.

    Args:
        stage: the draw.
        kind: how the sensor works.
        truth: what the board uses.
        load: what of it is above idle, by which it knows its utilisation.
        span: how long it is read, s.
        stuck: how often the sensor hangs.
        broken: how often it does not answer for a while.
        pace: its period over what it should be is drawn between these.
    """
    rng = stage.rng
    accuracy = accuracy_of_gpu(kind.board, kind.architecture, energy=False)
    board = Board.drawn(rng, accuracy)
    period = kind.period * float(rng.uniform(*pace))
    if kind.lag:
        lag = float(rng.uniform(kind.lag / 6, kind.lag))
        shown = lagging(rng, truth, board, span, period=period, lag=lag, noise=0.5)
    else:
        shown = power(rng, truth, board, span, period=period, window=kind.window, noise=0.5)
    shown = Register(
        shown.first,
        shown.period,
        shown.values,
        broken=spans(rng, span, broken, 0.4),
        stuck=spans(rng, span, stuck, 0.3),
    )
    busy = occupied(rng.spawn(1)[0], load, span).at
    if kind in (Kind.A100, Kind.RTX_3090):
        return Gpu(kind.board, kind.architecture, instant=shown.at, busy=busy)
    return Gpu(kind.board, kind.architecture, usage=shown.at, busy=busy)


def _measured(
    stage: Stage,
    kind: Kind,
    load: Truth,
    *,
    length: float = 6.0,
    stuck: int = 0,
    broken: int = 0,
    pace: tuple[float, float] = PACE,
    caution: Code | None = None,
) -> Sequence[Check]:
    """Measure a command on one board."""
    steps = command(stage.rng, 2.0, [length])
    extra = During(load, busy(stage.rng, steps))
    whole = Sum([Steady(60.0), extra])
    gpu = gpu_power(stage, kind, whole, extra, end_of(steps), stuck=stuck, broken=broken, pace=pace)
    observed = observe(stage, [nvml([gpu])], steps)
    return energies(observed, whole, extra, caution=caution)


def window_100_steps(stage: Stage) -> Sequence[Check]:
    """A sensor that averages over its whole period of 100 ms; load that steps at random."""
    return _measured(stage, Kind.RTX_3090, shapes.steps(stage.rng, 15.0, 50, 300, 0.4))


def window_100_square(stage: Stage) -> Sequence[Check]:
    """The same sensor under a square wave of nearly its own period."""
    period = 0.1 * float(stage.rng.uniform(0.9, 1.1))
    return _measured(stage, Kind.RTX_3090, shapes.square(stage.rng, 250.0, period))


def window_25_bursts(stage: Stage) -> Sequence[Check]:
    """A sensor that sees 25 of every 100 ms; bursts of 40 ms at random."""
    return _measured(stage, Kind.A100, shapes.bursts(stage.rng, 15.0, 250.0, 0.04, 0.06))


def window_25_square(stage: Stage) -> Sequence[Check]:
    """The same sensor under a square wave whose period is drawn from half to twice its own."""
    period = 0.1 * float(2 ** stage.rng.uniform(-1, 1))
    return _measured(stage, Kind.A100, shapes.square(stage.rng, 250.0, period))


def window_25_own_pace(stage: Stage) -> Sequence[Check]:
    """The same sensor under a square wave of 100 ms, a pace that boards keep to some percent."""
    load = shapes.square(stage.rng, 250.0, 0.1)
    return _measured(stage, Kind.A100, load, length=20.0, caution=Code.PART_SEEN)


def window_25_locked(stage: Stage) -> Sequence[Check]:
    """A square wave at the very pace of the sensor, which no reading shows; utilisation does."""
    load = shapes.square(stage.rng, 250.0, 0.1)
    return _measured(stage, Kind.A100, load, pace=(1.0, 1.0), caution=Code.PART_SEEN)


def window_25_ramp(stage: Stage) -> Sequence[Check]:
    """The same sensor under a restless load with noise."""
    load = Sum([shapes.steps(stage.rng, 15, 100, 200, 0.05), shapes.noise(stage.rng, 15, 20, 0.01)])
    return _measured(stage, Kind.A100, load)


def window_1s_steps(stage: Stage) -> Sequence[Check]:
    """A sensor that averages over one second."""
    return _measured(stage, Kind.RTX_3090_OLD_CALL, shapes.steps(stage.rng, 15.0, 50, 300, 0.4))


def window_10_of_20(stage: Stage) -> Sequence[Check]:
    """A sensor that updates every 20 ms, read every 100 ms."""
    return _measured(stage, Kind.V100, shapes.bursts(stage.rng, 15.0, 200.0, 0.03, 0.05))


def lag(stage: Stage) -> Sequence[Check]:
    """A sensor behind a filter of 17 to 100 ms."""
    return _measured(stage, Kind.K40, shapes.steps(stage.rng, 15.0, 50, 150, 0.4))


def held(stage: Stage) -> Sequence[Check]:
    """A sensor that stands still for a while, four times."""
    return _measured(stage, Kind.RTX_3090, shapes.steps(stage.rng, 15.0, 50, 300, 0.4), stuck=4)


def broken(stage: Stage) -> Sequence[Check]:
    """A sensor that does not answer for a while, three times."""
    return _measured(stage, Kind.RTX_3090, shapes.steps(stage.rng, 15.0, 50, 300, 0.4), broken=3)


def late(stage: Stage) -> Sequence[Check]:
    """A sampler that wakes late beside a workload that takes every core."""
    load = shapes.steps(stage.rng, 15.0, 50, 300, 0.4)
    return _measured(replace(stage, lateness=beside_load()), Kind.RTX_3090, load)


def short(stage: Stage) -> Sequence[Check]:
    """A job of three and a half updates."""
    return _measured(stage, Kind.RTX_3090, Steady(250.0), length=0.35)


def _small_board(stage: Stage, load: Truth) -> Sequence[Check]:
    steps = command(stage.rng, 2.0, [6.0])
    extra = During(load, busy(stage.rng, steps))
    whole = Sum([Steady(4.0), extra])
    board = Board.drawn(stage.rng, accuracy_of(ina3221(stage.folder, lambda moment: 4.0)))
    shown = power(stage.rng, whole, board, end_of(steps), period=2e-3, window=1.1e-3)
    return energies(observe(stage, [ina3221(stage.folder, shown.at)], steps), whole, extra)


def rail_steps(stage: Stage) -> Sequence[Check]:
    """The register of an INA3221, polled every 100 ms."""
    return _small_board(stage, shapes.steps(stage.rng, 15.0, 1, 9, 0.3))


def rail_square(stage: Stage) -> Sequence[Check]:
    """The same register under a square wave at exactly the sampler's pace."""
    return _small_board(stage, shapes.square(stage.rng, 8.0, 0.1))


def rail_bursts(stage: Stage) -> Sequence[Check]:
    """The same register; bursts of 10 ms, shorter than the sampler's period."""
    return _small_board(stage, shapes.bursts(stage.rng, 15.0, 8.0, 0.01, 0.03))


def server(stage: Stage) -> Sequence[Check]:
    """A server's own meter, which averages over a second."""
    steps = command(stage.rng, 4.0, [8.0])
    extra = During(shapes.steps(stage.rng, 25.0, 50, 300, 0.8), busy(stage.rng, steps))
    whole = Sum([Steady(150.0), extra])
    machine = power_meter(stage.folder, lambda moment: 150.0, 1.0)
    board = Board.drawn(stage.rng, accuracy_of(machine))
    shown = power(stage.rng, whole, board, end_of(steps), period=1.0, window=1.0, unit=1.0)
    machine = power_meter(stage.folder, shown.at, 1.0)
    return energies(observe(stage, [machine], steps), whole, extra)
