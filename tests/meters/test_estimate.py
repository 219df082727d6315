"""The fallback model: which model for which machine, how many watts, and whose work is billed."""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.meters.fake_proc import FakeProc, Ticking

import joulemark.meters
from joulemark.core.block import Block
from joulemark.core.channel import Domain, Provenance, Quantity
from joulemark.core.errors import MeterError, UnavailableError, UsageError
from joulemark.core.interfaces import EdgeMeter
from joulemark.core.run import System
from joulemark.meters._power_model import (
    Model,
    installed_gib,
    module_watts,
    power_models,
)
from joulemark.meters._tdp import Tdp, find_tdp, model_key
from joulemark.meters.estimate import Estimate, estimate

TABLE = Path(joulemark.meters.__file__).parent / "data" / "cpu_tdp.csv"
SERVER = System(
    host="n",
    machine="x86_64",
    cpu="Intel(R) Xeon(R) Gold 6248 CPU @ 2.50GHz",  # 150 W
    sockets=2,
    threads=80,
    memory_bytes=60 * 2**30,
)
GUEST = replace(SERVER, virtual="KVM", threads=2)


# -------------------------------------------------------------------- thermal design power


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("AMD EPYC 7763 64-Core Processor", "epyc 7763"),
        ("AMD EPYC 9654 96-Core Processor", "epyc 9654"),
        ("AMD EPYC Processor", "epyc"),
        ("AMD EPYC-Milan Processor", "epyc-milan"),
        ("INTEL(R) XEON(R) PLATINUM 8592+", "xeon platinum 8592+"),
        ("Intel(R) Xeon(R) Platinum 8480+", "xeon platinum 8480+"),
        ("Intel(R) Xeon(R) Gold 6248 CPU @ 2.50GHz", "xeon gold 6248"),
        ("Intel(R) Xeon(R) CPU E5-2620 v3 @ 2.40GHz", "xeon e5-2620 v3"),
        ("Intel(R) Xeon(R) CPU E3-1240 V2 @ 3.40GHz", "xeon e3-1240 v2"),
        ("Intel(R) Xeon(R) CPU @ 2.20GHz", "xeon"),
        ("Intel(R) Xeon(R) Processor", "xeon"),
        ("13th Gen Intel(R) Core(TM) i9-13900K", "core i9-13900k"),
        ("Intel(R) Core(TM) Ultra 9 285K", "core ultra 9 285k"),
        ("AMD Ryzen 7 5700G with Radeon Graphics", "ryzen 7 5700g"),
        ("AMD Ryzen 9 5950X 16-Core Processor", "ryzen 9 5950x"),
        ("AMD Ryzen Threadripper PRO 5995WX 64-Cores", "ryzen threadripper pro 5995wx"),
        ("AMD Ryzen Threadripper 1950X 16-Core Processor", "ryzen threadripper 1950x"),
        ("", ""),
    ],
)
def test_a_name_is_reduced_to_its_model(name: str, key: str) -> None:
    assert model_key(name) == key


@pytest.mark.parametrize(
    ("name", "tdp", "limit"),
    [
        ("AMD EPYC 7763 64-Core Processor", 280, 280),
        ("AMD EPYC 9654 96-Core Processor", 360, 360),
        ("Intel(R) Xeon(R) Platinum 8480+", 350, 350),
        ("Intel(R) Xeon(R) Platinum 8380 CPU @ 2.30GHz", 270, 270),
        ("13th Gen Intel(R) Core(TM) i9-13900K", 125, 253),
        ("AMD Ryzen 9 5950X 16-Core Processor", 105, 142),
    ],
)
def test_known_processors(name: str, tdp: float, limit: float) -> None:
    assert find_tdp(name) == Tdp(tdp, limit)


@pytest.mark.parametrize(
    "name",
    [
        "AMD EPYC",
        "AMD EPYC Processor",
        "AMD EPYC 7B12",
        "Intel(R) Xeon(R) CPU @ 2.20GHz",
        "Intel(R) Xeon(R) Platinum 8480",
        "Intel(R) Xeon(R) Platinum 8480CL",
        "Xeon",
        "i9-13900K",  # a part of a name
        "xeon gold .*",
        "model",
        "",
        "x" * 100_000,
    ],
)
def test_what_is_not_in_the_table_is_not_found(name: str) -> None:
    assert find_tdp(name) is None


def test_the_table_itself() -> None:
    with TABLE.open(newline="") as file:
        rows = list(csv.DictReader(file))
    models = [row["model"] for row in rows]
    assert len(models) > 60
    assert models == sorted(set(models))
    for row in rows:
        assert model_key(row["model"]) == row["model"]  # or nobody would ever find it
        assert re.search(r"\d", row["model"]), "a family has no TDP"
        assert 4 <= float(row["tdp_w"]) <= float(row["limit_w"]) <= 500
        assert find_tdp(row["model"]) == Tdp(float(row["tdp_w"]), float(row["limit_w"]))


def test_an_installation_without_its_table_says_so(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="table of processors is missing"):
        find_tdp("AMD EPYC 7763", str(tmp_path / "none.csv"))


# -------------------------------------------------------------------- watts


def models(system: System, *parts: str, threads: int = 80) -> dict[str, Model]:
    found = power_models(system, threads, parts or ("cpu", "dram"))
    return {model.part: model for model in found}


def test_bare_metal_of_a_known_model_has_a_processor_and_memory() -> None:
    found = models(SERVER)
    assert list(found) == ["package", "dram"]
    cpu = found["package"]
    assert cpu.full_w == pytest.approx(2 * 150 * 0.70)
    assert cpu.idle_w == pytest.approx(2 * 150 * 0.13)
    assert cpu.accuracy.model == 0.5
    assert cpu.rated_w == 2 * 150
    assert (cpu.domain, cpu.covers) == (Domain.PACKAGE, ())
    assert "2 x Intel(R) Xeon(R) Gold 6248" in cpu.note
    assert "TDP 150 W: 39 W idle, 210 W" in cpu.note
    # the interval of full power holds what was seen: 0.47 to 0.93 of the TDP
    low, high = cpu.full_w * (1 - 0.5), cpu.full_w * (1 + 0.5)
    assert low <= 300 * 0.47 <= 300 * 0.93 <= high


def test_a_power_limit_above_the_tdp_counts_under_load() -> None:
    cpu = models(replace(SERVER, cpu="13th Gen Intel(R) Core(TM) i9-13900K", sockets=1))["package"]
    assert cpu.full_w == pytest.approx(253 * 0.70)
    assert cpu.idle_w == pytest.approx(125 * 0.13)
    assert "(limit 253 W)" in cpu.note
    assert cpu.rated_w == 253


def test_an_unknown_number_of_sockets_is_one() -> None:
    assert models(replace(SERVER, sockets=None))["package"].full_w == pytest.approx(105)


def test_a_virtual_machine_is_hardware_threads_and_never_a_socket() -> None:
    found = models(GUEST, threads=2)
    assert list(found) == ["node"]
    node = found["node"]
    assert node.full_w == pytest.approx(5.6)
    assert node.idle_w == pytest.approx(5.6 * 0.23)
    assert node.accuracy.model == 0.8
    assert node.domain is Domain.NODE
    assert set(node.covers) >= {Domain.PACKAGE, Domain.DRAM, Domain.BOARD}
    assert Domain.GPU not in node.covers
    assert node.note.startswith("virtual machine: KVM; 2 hardware threads")
    assert "memory, board and power supply are in it" in node.note


@pytest.mark.parametrize("cpu", ["AMD EPYC", "Cortex-A72", ""])
def test_an_unknown_model_says_so(cpu: str) -> None:
    node = models(replace(SERVER, cpu=cpu))["node"]
    assert node.full_w == pytest.approx(80 * 2.8)
    assert node.note.startswith("no TDP is known for ")
    assert cpu in node.note


def test_memory_alone_needs_no_processor_model_but_bare_metal() -> None:
    assert list(models(replace(SERVER, cpu="unknown"), "dram")) == ["dram"]
    with pytest.raises(UnavailableError, match="virtual machine: KVM"):
        power_models(GUEST, 2, ("dram",))
    with pytest.raises(UnavailableError, match="size is unknown"):
        power_models(replace(SERVER, memory_bytes=0), 80, ("dram",))
    assert list(models(replace(SERVER, memory_bytes=0))) == ["package"]
    assert list(models(SERVER, "cpu")) == ["package"]


@pytest.mark.parametrize(
    ("shown", "installed"),
    [
        (62.7, 64),
        (125.5, 128),
        (188.6, 192),
        (251.5, 256),
        (1007.0, 1024),
        (7.6, 8),
        (0.9, 1),
        (0.1, 0.1),
        (5.0, 5.0),  # no usual size: taken as it is shown
        (16.0, 16),
    ],
)
def test_memory_modules_come_in_usual_sizes(shown: float, installed: float) -> None:
    assert installed_gib(round(shown * 2**30)) == pytest.approx(installed)


@pytest.mark.parametrize(
    ("size", "watts"),
    [(2, 10), (8, 10), (16, 10), (64, 20), (128, 38), (1024, 38), (4096, 126), (16384, 126)],
)
def test_the_rule_per_module(size: float, watts: float) -> None:
    assert module_watts(size, arm=False) == pytest.approx(watts)


@pytest.mark.parametrize(("size", "watts"), [(1, 3), (4, 3), (64, 6), (128, 11.4)])
def test_the_rule_per_module_on_arm(size: float, watts: float) -> None:
    assert module_watts(size, arm=True) == pytest.approx(watts)


def test_memory_is_in_the_middle_of_both_rules() -> None:
    dram = models(SERVER)["dram"]  # 64 GiB: four modules, 20 W, against 0.392 W/GB, 25.088 W
    assert dram.full_w == dram.idle_w == pytest.approx((20 + 25.088) / 2)
    assert dram.accuracy.model == 0.5
    big = models(replace(SERVER, memory_bytes=1000 * 2**30))["dram"]
    assert big.full_w == pytest.approx((38 + 401.408) / 2)
    assert big.accuracy.model == pytest.approx((401.408 - 38) / (401.408 + 38))


@given(gib=st.floats(0.05, 50_000), arm=st.booleans())
def test_the_interval_of_memory_reaches_every_rule(gib: float, arm: bool) -> None:
    machine = "aarch64" if arm else "x86_64"
    system = replace(SERVER, memory_bytes=round(gib * 2**30), machine=machine)
    dram, size = models(system, "dram")["dram"], installed_gib(round(gib * 2**30))
    low = dram.full_w * (1 - dram.accuracy.model) * 0.999_999
    high = dram.full_w * (1 + dram.accuracy.model) * 1.000_001
    for rule in (size * 0.3725, size * 0.392, module_watts(size, arm=arm)):
        assert low <= rule <= high
    assert dram.accuracy.model >= 0.5


# -------------------------------------------------------------------- the meter


@pytest.fixture
def proc(tmp_path: Path) -> FakeProc:
    made = FakeProc(tmp_path / "proc", threads=4)
    made.processor("Intel(R) Xeon(R) CPU E3-1240 V2 @ 3.40GHz")  # 69 W
    made.memory(15_900_000, 12_000_000)
    return made


def settings_for(proc: FakeProc, **more: object) -> dict[str, Any]:
    return {"proc": str(proc), "sys": str(proc.root.parent / "sys"), **more}


CPU_IDLE_W, CPU_FULL_W = 0.13 * 69, 0.70 * 69
K = (CPU_FULL_W - CPU_IDLE_W) / 4


def test_energy_is_idle_power_and_work(proc: FakeProc) -> None:
    clock = Ticking()
    proc.cpu(1000)
    meter = estimate(settings_for(proc))
    assert isinstance(meter, EdgeMeter)
    meter.open(clock)
    assert [channel.name for channel in meter.channels] == ["estimate/cpu", "estimate/dram"]
    first = meter.read().rows()
    clock.later(10)
    proc.cpu(1000 + 4 * 1000)  # all four threads worked
    second = meter.read().rows()
    gained = [b[1] - a[1] for a, b in zip(first, second, strict=True)]
    assert gained[0] == pytest.approx(10 * CPU_FULL_W)
    assert gained[1] == pytest.approx(10 * (10 + 16 * 0.3725) / 2)
    assert [row[0] for row in second] == [clock.now] * 2
    meter.close()
    meter.close()
    with pytest.raises(MeterError, match="while closed"):
        meter.read()
    with pytest.raises(MeterError, match="while closed"):
        meter.read_edges()


def test_its_channels_say_what_they_are(proc: FakeProc) -> None:
    meter = estimate(settings_for(proc))
    meter.open(Ticking())
    cpu, dram = meter.channels
    assert (cpu.part, dram.part) == ("package", "dram")
    assert {channel.provenance for channel in meter.channels} == {Provenance.ESTIMATED}
    assert {channel.quantity for channel in meter.channels} == {Quantity.ENERGY}
    assert cpu.resolution == pytest.approx(K * 0.01)
    assert dram.resolution == 0
    assert cpu.update_s == 0.01
    assert cpu.source == "processor time of the whole machine"
    assert meter.missing == []
    meter.close()


def test_everyone_who_knows_the_origin_computes_the_same(proc: FakeProc) -> None:
    clock = Ticking()
    proc.process(10, 1, own=100)
    given = settings_for(proc, root_pid=10, origin_ns=clock.now)
    early, late = estimate(given), estimate(given)
    early.open(clock)
    early.read()
    clock.later(3)
    proc.process(10, 1, own=300)
    late.open(clock)
    assert early.read_edges() == late.read_edges()
    assert early.read_edges().rows()[0][1] == pytest.approx(3 * CPU_IDLE_W + 3.0 * K)


def test_other_programs_work_is_not_billed(proc: FakeProc) -> None:
    clock = Ticking()
    proc.process(10, 1, own=100)
    proc.process(20, 1, own=100)
    meter = estimate(settings_for(proc, root_pid=10, parts=["cpu"]))
    meter.open(clock)
    assert "process 10 and what it started" in meter.channels[0].source
    (before,) = meter.read_edges().rows()
    clock.later(1)
    proc.process(20, 1, own=500)
    proc.cpu(500)
    (after,) = meter.read_edges().rows()
    assert after[1] - before[1] == pytest.approx(CPU_IDLE_W)
    clock.later(1)
    proc.process(10, 1, own=150)
    (last,) = meter.read_edges().rows()
    assert last[1] - after[1] == pytest.approx(CPU_IDLE_W + 0.5 * K)


def test_only_what_the_root_started(proc: FakeProc) -> None:
    clock = Ticking()
    proc.process(10, 1, own=100)
    proc.process(11, 10, own=7)
    proc.process(12, 10, own=70)
    meter = estimate(
        settings_for(
            proc, root_pid=10, include_root=False, exclude=[12], parts=["cpu"], origin_ns=clock.now
        )
    )
    meter.open(clock)
    assert meter.read().rows()[0][1] == pytest.approx(0.07 * K)
    assert meter.channels[0].source == "processor time of what process 10 started"
    meter.close()


def test_it_is_sampled_ten_times_a_second_and_read_at_any_edge(proc: FakeProc) -> None:
    clock = Ticking()
    meter = estimate(settings_for(proc, parts=["cpu"]))
    meter.open(clock)
    counts = []
    for _ in range(201):
        counts.append(len(meter.read().rows()))
        clock.later(0.001)
    assert sum(counts) == 3
    assert meter.read() == Block()
    assert len(meter.read_edges().rows()) == 1
    for _ in range(5):  # at 10 Hz each read gives a row, though ticks come a little early
        clock.later(0.099)
        counts.append(len(meter.read().rows()))
    assert counts[-5:] == [1] * 5
    meter.close()


def test_a_virtual_machine_has_one_channel_and_the_reason(proc: FakeProc) -> None:
    proc.processor("AMD EPYC 7763 64-Core Processor", flags=" hypervisor")
    meter = estimate(settings_for(proc))
    meter.open(Ticking())
    (node,) = meter.channels
    assert (node.name, node.part, node.domain) == ("estimate/node", "node", Domain.NODE)
    assert node.note.startswith("virtual machine: ")
    assert node.resolution == pytest.approx(2.8 * (1 - 0.23) * 0.01)
    meter.close()


def test_a_process_that_does_not_exist_is_never_replaced_by_the_machine(proc: FakeProc) -> None:
    meter = estimate(settings_for(proc, root_pid=99))
    with pytest.raises(UnavailableError, match="no process 99"):
        meter.open(Ticking())
    meter.close()


def test_a_failed_read_is_an_error_of_the_meter(proc: FakeProc) -> None:
    meter = estimate(settings_for(proc))
    meter.open(Ticking())
    (proc.root / "stat").write_text("")
    with pytest.raises(MeterError):
        meter.read()
    meter.close()


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"colour": 1}, "no setting 'colour'"),
        ({"parts": []}, "parts is"),
        ({"parts": ["gpu"]}, "parts is"),
        ({"parts": [["cpu"]]}, "parts is"),
        ({"parts": "cpu"}, "parts is"),
        ({"origin_ns": 1.5}, "origin_ns is"),
        ({"origin_ns": True}, "origin_ns is"),
        ({"root_pid": 0}, "root_pid is"),
        ({"root_pid": "7"}, "root_pid is"),
        ({"root_pid": True}, "root_pid is"),
        ({"exclude": 7}, "exclude is"),
        ({"exclude": [7, None]}, "exclude is"),
        ({"include_root": 1}, "include_root is"),
        ({"proc": 3}, "proc is"),
        ({"sys": ""}, "sys is"),
    ],
)
def test_settings_that_make_no_sense(settings: dict[str, Any], what: str) -> None:
    with pytest.raises(UsageError, match=what):
        estimate(settings)


def test_this_machine_has_a_model() -> None:
    meter = Estimate()
    meter.open(Ticking())
    assert meter.read().rows()
    assert all(channel.note and channel.accuracy.model >= 0.5 for channel in meter.channels)
    meter.close()
