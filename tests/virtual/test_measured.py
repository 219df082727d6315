"""Virtual hardware through the real meters, the real loop and the real accounting."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from joulemark.core.caution import Code
from joulemark.core.channel import Provenance, Quantity
from joulemark.core.clock import NS
from joulemark.core.errors import UnavailableError
from joulemark.core.window import Role, Work
from joulemark.virtual.hardware import Board, Register, counter, power
from joulemark.virtual.judge import NothingSaidError, check, energies, results
from joulemark.virtual.machines import UNIT_J, WRAP_J, ina3221, power_meter, rapl, replayed
from joulemark.virtual.nvml import Gpu, nvml
from joulemark.virtual.sampling import (
    ORIGIN,
    Lateness,
    Machine,
    VirtualClock,
    accuracy_of,
    ns,
    record,
)
from joulemark.virtual.schedule import Stage, Step, busy, command, observe
from joulemark.virtual.truth import Ramp, Steady, Sum, Truth

RISING = Sum([Steady(30.0), Ramp(2.0, 4.0, 60.0)])
PUNCTUAL = Lateness(busy=0.0, stalls=0.0)


def stage(folder: Path) -> Stage:
    return Stage(np.random.default_rng(1), folder, lateness=PUNCTUAL)


def shown(truth: Truth, unit: float = UNIT_J, period: float = 1e-3, **more: float) -> Register:
    rng = np.random.default_rng(2)
    return counter(rng, truth, Board(), 10.0, period=period, unit=unit, **more)


def within(machine: Machine, truth: Truth, folder: Path, rel: float) -> None:
    """What is said is as near the truth as a flawless sensor allows."""
    steps = [Step("run", 1.0, 5.0)]
    (gross, mean) = energies(observe(stage(folder), [machine], steps), truth)
    for one in (gross, mean):
        assert one.held.value == pytest.approx(one.held.truth, rel=rel), one.quantity
        assert one.held.held


def test_rapl_with_a_wrap_in_the_window(tmp_path: Path) -> None:
    package = shown(RISING, wrap=WRAP_J, start=WRAP_J - 100)
    dram = shown(Steady(3.0), wrap=WRAP_J, start=1000)
    within(rapl(tmp_path, package.at, dram.at), Sum([RISING, Steady(3.0)]), tmp_path, 1e-3)
    meter = rapl(tmp_path, package.at)(VirtualClock())
    meter.open(VirtualClock())
    assert [channel.part for channel in meter.channels] == ["package-0"]
    meter.close()


def test_nvml_prefers_the_counter(tmp_path: Path) -> None:
    energy = shown(RISING, 1e-3, 0.1, start=1e6).at
    gpu = Gpu("NVIDIA H100", 9, energy=energy, instant=lambda moment: 999.0)
    within(nvml([gpu]), RISING, tmp_path, 0.03)


def test_nvml_power(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    seen = power(rng, RISING, Board(), 10.0, period=0.1, window=0.1).at
    for gpu in (
        Gpu("NVIDIA GeForce RTX 3090", 8, instant=seen, average=seen),
        Gpu("Tesla V100", 5, usage=seen),
    ):
        within(nvml([gpu]), RISING, tmp_path, 0.03)


def test_a_board_without_any_sensor_is_explained(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="gives no"):
        accuracy_of(nvml([Gpu("nothing", 9)]))


def test_hwmon(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    moment = power(rng, RISING, Board(), 10.0, period=2e-3, window=1e-3).at
    within(ina3221(tmp_path, moment), RISING, tmp_path, 0.02)
    mean = power(rng, RISING, Board(), 10.0, period=0.5, window=0.5).at
    within(power_meter(tmp_path, mean, 0.5), RISING, tmp_path, 0.05)


def test_a_recording_is_declared(tmp_path: Path) -> None:
    rows = [(t / 20, float(RISING.energy(np.array([t / 20]))[0])) for t in range(200)]
    machine = replayed(tmp_path / "wall.csv", "wall:wall:energy", rows)
    within(machine, RISING, tmp_path, 0.01)
    steps = [Step("run", 1.0, 5.0)]
    total = results(observe(stage(tmp_path), [machine], steps))["run"].total
    assert total is not None
    assert total.provenance is Provenance.DECLARED


def test_a_sensor_that_does_not_answer_is_told_and_lowers_coverage(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    seen = power(rng, RISING, Board(), 10.0, period=0.1, window=0.1)
    holed = Register(seen.first, seen.period, seen.values, broken=[(2.0, 3.5)])
    gpu = Gpu("NVIDIA GeForce RTX 3090", 8, instant=holed.at)
    result = results(observe(stage(tmp_path), [nvml([gpu])], [Step("run", 1.0, 5.0)]))["run"]
    assert result.total is not None
    assert result.total.coverage == pytest.approx(0.6, abs=0.05)
    assert Code.GAP in {caution.code for caution in result.cautions}


def test_a_file_that_does_not_answer_costs_its_own_rows_only(tmp_path: Path) -> None:
    package, dram = shown(RISING, start=100), shown(Steady(3.0), start=100)
    holed = Register(package.first, package.period, package.values, broken=[(2.0, 3.0)])
    machine = rapl(tmp_path, holed.at, dram.at)
    recording = record(np.random.default_rng(1), [machine], 5.0, period_s=0.1, lateness=PUNCTUAL)
    first, second = recording.traces()
    assert len(second) == len(first) + 10


def test_the_loop_wakes_late_and_skips_what_has_passed(tmp_path: Path) -> None:
    machine = rapl(tmp_path, shown(RISING, start=100).at)
    lateness = Lateness(busy=0.3, busy_s=0.05, stalls=0.1, stall_s=0.5)
    recording = record(np.random.default_rng(1), [machine], 9.0, period_s=0.1, lateness=lateness)
    (trace,) = recording.traces()
    seconds = (trace.time - ORIGIN) / NS
    assert seconds[0] < 0.01
    assert seconds[-1] == pytest.approx(9.0, abs=0.5)
    assert len(trace) < 91
    assert 0.15 < np.diff(seconds).max() < 0.7
    assert trace.channel.quantity is Quantity.ENERGY


def test_counters_are_read_at_the_edges(tmp_path: Path) -> None:
    machine = rapl(tmp_path, shown(RISING, start=100).at)
    steps = [Step("run", 1.0333, 4.0444, work=Work(1, "run"))]
    observed = observe(stage(tmp_path), [machine], steps)
    (trace,), (window,), (span,) = observed.traces, observed.windows, observed.spans
    assert (np.diff(trace.time) > 0).all()
    for edge in (window.start, window.stop or 0):
        assert np.abs(trace.time - edge).min() < 100_000
    assert span == pytest.approx((1.0333, 4.0444), abs=1e-4)
    assert window.work == Work(1, "run")


def test_edges_that_another_program_tells(tmp_path: Path) -> None:
    machine = rapl(tmp_path, shown(RISING, start=100).at)
    steps = [Step("run", 1.03331, 4.04449, told=0.0)]
    observed = observe(stage(tmp_path), [machine], steps)
    (window,) = observed.windows
    assert observed.spans == [(1.03331, 4.04449)]
    assert (window.start, window.stop) == (ns(1.033), ns(4.044))
    assert 0 < window.edge_u_s < 1e-3
    assert busy(np.random.default_rng(1), steps) == [(1.03331, 4.04449)]


def test_a_command_between_two_idle_windows() -> None:
    rng = np.random.default_rng(1)
    steps = command(rng, 2.0, [3.0, 1.0])
    assert [step.role for step in steps] == [Role.IDLE, Role.MEASURE, Role.MEASURE, Role.IDLE]
    assert [step.stop - step.start for step in steps] == pytest.approx([2, 3, 1, 2])
    assert all(a.stop < b.start for a, b in pairwise(steps))
    loads = busy(rng, steps, late_s=0.01)
    assert [stop for _, stop in loads] == [steps[1].stop, steps[2].stop]
    assert all(step.start <= start for step, (start, _) in zip(steps[1:3], loads, strict=True))
    assert command(rng, 0.0, [3.0])[0].phase == "run"


def test_where_nothing_was_said_nothing_is_judged() -> None:
    with pytest.raises(NothingSaidError, match="net"):
        check("net", None, 1.0)
