"""Work out of step with a sensor that sees a quarter of the time."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from joulemark.accounting.curve import curve_of
from joulemark.accounting.integrate import energy_between
from joulemark.core.block import Block
from joulemark.core.channel import Channel, Domain, Quantity
from joulemark.core.clock import NS
from joulemark.core.trace import Trace
from joulemark.core.window import PAUSES, Role, Work
from joulemark.procedures.bench import BenchSettings, bench
from joulemark.procedures.session import Options
from joulemark.procedures.shifts import SHIFTS, blind_period_s, pieces, rise_s, shifted
from joulemark.store.reader import open_run
from tests.procedures.fakes import Counting, Steady

PERIOD, WINDOW, JOB = 0.1, 0.025, 0.1
A100 = Channel(
    name="nvml/gpu-0/power",
    meter="nvml",
    part="gpu-0",
    domain=Domain.GPU,
    quantity=Quantity.POWER,
    unit="W",
    update_s=PERIOD,
    window_s=WINDOW,
)
COUNTER = Channel(
    name="nvml/gpu-0/energy",
    meter="nvml",
    part="gpu-0",
    domain=Domain.GPU,
    quantity=Quantity.ENERGY,
    unit="J",
)


class Machine:
    """A clock that only work and waiting move, and a board that draws power while it works."""

    def __init__(self, begin: float) -> None:
        self.now = begin
        self.edges = [begin]

    def work(self, seconds: float) -> tuple[Work, dict[str, float]]:
        """Do jobs of 100 ms, each with power for its first half."""
        count = round(seconds / JOB)
        for _ in range(count):
            self.edges += [self.now, self.now + JOB / 2]
            self.now += JOB
        return Work(count, "job"), {"loss": float(count)}

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def joules(self, moments: np.ndarray) -> np.ndarray:
        edges = np.array(self.edges[1:])
        on = np.append(0.0, np.cumsum(np.diff(edges) * (np.arange(len(edges) - 1) % 2 == 0)))
        joules: np.ndarray = 60 * moments + 140 * np.interp(moments, edges, on)
        return joules

    def error(self, stop: float) -> float:
        """Relative error of the energy that the sensor gives, from the begin to ``stop``."""
        moments = np.arange(self.edges[0] - 1, stop + 1, PERIOD)
        moments = np.floor(moments / PERIOD) * PERIOD
        watts = (self.joules(moments) - self.joules(moments - WINDOW)) / WINDOW
        curve = curve_of(Trace.of(A100, np.round(moments * NS), watts))
        start, end = round(self.edges[0] * NS), round(stop * NS)
        true = self.joules(np.array([self.edges[0], stop]))
        return float(energy_between(curve, start, end).joules.value / (true[1] - true[0]) - 1)


def test_shifts_lead_the_sensor_through_the_job() -> None:
    """32 trials of a job of the sensor's own period, each begun at some moment of the period."""
    rng = np.random.default_rng(5)
    plain, moved = [], []
    for _ in range(32):
        begin = 10 + float(rng.random()) * PERIOD
        back_to_back, apart = Machine(begin), Machine(begin)
        back_to_back.work(9.6)
        plain.append(back_to_back.error(back_to_back.now))
        shifted(apart.work, 9.6, PERIOD, apart.sleep)
        moved.append(apart.error(apart.now))
    assert np.std(plain) > 0.19
    assert np.std(moved) < 0.049


def test_delays_are_told_and_work_adds_up() -> None:
    machine = Machine(0.0)
    work, facts = shifted(machine.work, 9.6, PERIOD, machine.sleep)
    assert work == Work(96, "job")
    assert facts == {"loss": 4.0, PAUSES: pytest.approx(23 * PERIOD / SHIFTS)}
    assert machine.now == pytest.approx(9.6 + facts[PAUSES])


@pytest.mark.parametrize(
    ("seconds", "count"), [(60, 24), (9.6, 24), (9.5, 16), (3.2, 8), (3.0, 7), (0.1, 1), (0, 1)]
)
def test_a_window_is_cut_into_whole_rounds(seconds: float, count: int) -> None:
    assert pieces(seconds, PERIOD) == count


def test_only_a_part_that_depends_on_such_a_sensor_needs_it() -> None:
    full = replace(A100, window_s=PERIOD)
    unknown = replace(A100, window_s=None)
    assert blind_period_s([A100]) == PERIOD
    assert blind_period_s([A100, COUNTER]) == 0.0
    assert blind_period_s([full, unknown]) == 0.0
    assert blind_period_s([]) == 0.0


def test_windows_begin_when_averaged_readings_have_risen() -> None:
    assert rise_s([A100]) == 0.25
    assert rise_s([A100, replace(A100, name="average", window_s=1.0)]) == 1.0
    assert rise_s([A100, COUNTER]) == 0.0
    assert rise_s([replace(A100, window_s=None)]) == 0.0


class Blind(Steady):
    """A board that has only a power sensor, which sees a quarter of the time."""

    def __init__(self) -> None:
        super().__init__()
        self.channels = [
            Channel(
                name="steady/gpu-0/power",
                meter="steady",
                part="gpu-0",
                domain=Domain.GPU,
                quantity=Quantity.POWER,
                unit="W",
                update_s=0.004,
                window_s=0.001,
            )
        ]

    def read(self) -> Block:
        now = self._clock()
        return Block.of([(now, 100.0 + now % 7, 0)])

    def read_edges(self) -> Block:
        return Block()


def test_bench_shifts_where_energy_depends_on_such_a_sensor(tmp_path: Path) -> None:
    settings = BenchSettings(
        warm_up_s=0.01, window_s=0.4, updates=1, repeats=1, max_repeats=1, target=9
    )
    options = Options(store=tmp_path, objects=[Blind()], period_s=0.01, idle_s=0)
    stored = open_run(bench(Counting(time.monotonic_ns), options, settings))
    warm, window = stored.run.windows
    assert warm.role is Role.WARM_UP
    assert window.facts[PAUSES] == pytest.approx(23 * 0.004 / SHIFTS)
    assert window.start - (warm.stop or 0) >= 0.25 * NS
    plain = Options(store=tmp_path, objects=[Steady()], period_s=0.01, idle_s=0)
    stored = open_run(bench(Counting(time.monotonic_ns), plain, settings))
    (window,) = [w for w in stored.run.windows if w.role is Role.MEASURE]
    assert PAUSES not in window.facts
