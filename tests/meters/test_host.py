"""The machine's own state beside its power."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.meters.fake_proc import FakeProc, Ticking
from tests.meters.trees import put

from joulemark.core.channel import Domain, Quantity
from joulemark.core.errors import MeterError, UnavailableError, UsageError
from joulemark.meters._billed import Billed
from joulemark.meters.host import MAX_THREADS, Host, host


@pytest.fixture
def proc(tmp_path: Path) -> FakeProc:
    return FakeProc(tmp_path / "proc")


@pytest.fixture
def clock() -> Ticking:
    return Ticking()


def opened(proc: FakeProc, clock: Ticking, **more: Any) -> Host:
    billed = Billed(proc=str(proc), sys=str(proc.root.parent / "sys"), **more)
    meter = Host(billed, cpu_s=0.5, slow_s=1.0, realtime=lambda: clock.now + 250)
    meter.open(clock)
    return meter


def values(meter: Host) -> dict[str, float]:
    """Read it; return values by channel."""
    return {meter.channels[place].name: value for _, value, place in meter.read().rows()}


def test_everything_that_a_machine_tells(proc: FakeProc, clock: Ticking, tmp_path: Path) -> None:
    hwmon = tmp_path / "sys/class/hwmon"
    chip = {"name": "coretemp", "temp1_label": "Package id 0", "temp1_input": 51000}
    put(hwmon / "hwmon2", {**chip, "temp2_label": "Core 0", "temp2_input": 99000})
    put(hwmon / "hwmon3", {**chip, "temp1_label": "Package id 1", "temp1_input": 53500})
    put(hwmon / "hwmon4", {"name": "nvme", "temp1_label": "Composite", "temp1_input": 70000})
    for place, khz in enumerate([1_000_000, 2_000_000, 3_000_000, 4_000_000]):
        cpu = tmp_path / f"sys/devices/system/cpu/cpu{place}/cpufreq"
        put(cpu, {"scaling_cur_freq": khz})
    proc.cpu(1000)
    proc.memory(1000, 400)
    proc.process(10, 1, own=70)
    meter = opened(proc, clock, root_pid=10)
    assert values(meter) == {
        "host/cpu": pytest.approx(10.06),
        "host/workload": pytest.approx(0.7),
        "host/clock": 250.0,
        "host/memory": 600 * 1024.0,
        "host/temperature": pytest.approx(53.5 + 273.15),
        "host/frequency": 2_500_000.0,
    }
    assert meter.missing == []
    kinds = {channel.name: (channel.quantity, channel.unit, channel.scale) for channel in
             meter.channels}  # fmt: skip
    assert kinds == {
        "host/cpu": (Quantity.CPU_TIME, "s", 1.0),
        "host/workload": (Quantity.CPU_TIME, "s", 1.0),
        "host/clock": (Quantity.CLOCK_OFFSET, "ns", 1e-9),
        "host/memory": (Quantity.MEMORY, "B", 1.0),
        "host/temperature": (Quantity.TEMPERATURE, "K", 1.0),
        "host/frequency": (Quantity.FREQUENCY, "kHz", 1e3),
    }
    assert {(c.part, c.domain, c.carries_energy) for c in meter.channels} == {
        ("host", Domain.HOST, False)
    }
    meter.close()
    meter.close()


def test_a_bare_guest_tells_less_and_that_is_no_fault(proc: FakeProc, clock: Ticking) -> None:
    meter = opened(proc, clock)
    assert list(values(meter)) == ["host/cpu", "host/clock", "host/memory"]
    assert meter.missing == []


def test_each_is_read_in_its_own_time(proc: FakeProc, clock: Ticking) -> None:
    meter = opened(proc, clock)
    seen: dict[str, int] = {}
    for _ in range(41):
        for name in values(meter):
            seen[name] = seen.get(name, 0) + 1
        clock.later(0.1)
    assert seen == {"host/cpu": 9, "host/clock": 5, "host/memory": 5}


def test_processor_time_is_read_at_any_edge(proc: FakeProc, clock: Ticking) -> None:
    proc.process(10, 1, own=70)
    meter = opened(proc, clock, root_pid=10)
    for _ in range(3):
        rows = meter.read_edges().rows()
        assert [meter.channels[place].name for _, _, place in rows] == ["host/cpu", "host/workload"]
    meter.close()
    with pytest.raises(MeterError, match="while closed"):
        meter.read_edges()


def test_a_step_of_the_system_clock_shows(proc: FakeProc) -> None:
    clock, system = Ticking(), Ticking()
    meter = Host(Billed(proc=str(proc), sys="/none"), realtime=system)
    meter.open(clock)
    assert values(meter)["host/clock"] == 0
    clock.later(2)
    system.later(5)
    assert values(meter)["host/clock"] == 3e9


def test_a_machine_without_proc_is_not_available(tmp_path: Path, clock: Ticking) -> None:
    meter = Host(Billed(proc=str(tmp_path / "none")))
    with pytest.raises(UnavailableError):
        meter.open(clock)
    with pytest.raises(MeterError):
        meter.read()


def test_parts_that_are_missing_are_named(proc: FakeProc, clock: Ticking) -> None:
    (proc.root / "meminfo").unlink()
    meter = opened(proc, clock, root_pid=99)
    assert [error.what for error in meter.missing] == [
        "there is no process 99",
        "No such file or directory",
    ]
    assert list(values(meter)) == ["host/cpu", "host/clock"]


def test_one_that_fails_costs_no_other(proc: FakeProc, clock: Ticking, tmp_path: Path) -> None:
    chip = {"name": "k10temp", "temp1_label": "Tctl", "temp1_input": 60000}
    put(tmp_path / "sys/class/hwmon/hwmon0", chip)
    meter = opened(proc, clock)
    put(tmp_path / "sys/class/hwmon/hwmon0", {"temp1_input": "hot"})
    (proc.root / "stat").write_text("")
    assert list(values(meter)) == ["host/clock", "host/memory"]
    assert [failure.where.rpartition("/")[2] for failure in meter.failures] == [
        "stat",
        "temp1_input",
    ]


def test_one_of_several_temperatures_may_be_silent(
    proc: FakeProc, clock: Ticking, tmp_path: Path
) -> None:
    root = tmp_path / "sys/class/hwmon"
    put(root / "hwmon0", {"name": "cpu_thermal", "temp1_input": 60000, "temp2_input": 70000})
    meter = opened(proc, clock)
    put(root / "hwmon0", {"temp2_input": ""})
    assert values(meter)["host/temperature"] == pytest.approx(60 + 273.15)


def test_few_threads_stand_for_many(clock: Ticking, tmp_path: Path) -> None:
    proc = FakeProc(tmp_path / "proc", threads=100)
    for place in range(100):
        cpu = tmp_path / f"sys/devices/system/cpu/cpu{place}/cpufreq"
        put(cpu, {"scaling_cur_freq": 1000 + place % 7})
    meter = opened(proc, clock)
    asked = range(0, 100, 7)
    assert len(asked) <= MAX_THREADS
    assert values(meter)["host/frequency"] == 1000.0


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"colour": 1}, "no setting 'colour'"),
        ({"slow_s": -1}, "slow_s is -1"),
        ({"cpu_s": "1"}, "cpu_s is '1'"),
        ({"root_pid": -1}, "root_pid is -1"),
    ],
)
def test_settings_that_make_no_sense(settings: dict[str, Any], what: str) -> None:
    with pytest.raises(UsageError, match=what):
        host(settings)


def test_this_machine() -> None:
    meter = host({})
    meter.open(Ticking())
    assert values(meter)["host/cpu"] > 0
    meter.close()
