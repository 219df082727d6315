"""RAPL by perf events: on trees as the kernel writes them, and one real event of the kernel's."""

from __future__ import annotations

import errno
import os
import struct
import time
from pathlib import Path

import pytest
from tests.meters.trees import PerfTree, Ticks, intel_laptop, open_descriptors, perf_laptop, put

from joulemark.core.channel import Domain, Instrument, Quantity
from joulemark.core.errors import (
    MeterError,
    PermissionNeededError,
    UnavailableError,
    UsageError,
)
from joulemark.meters._perf_event import Since, numbers, open_event
from joulemark.meters.rapl import Rapl
from joulemark.meters.rapl_perf import RaplPerf, rapl_perf

DUAL = {0: (0, 0), 16: (0, 1), 32: (1, 0), 48: (1, 1)}


def opened(tree: PerfTree, **more: list[str]) -> RaplPerf:
    meter = RaplPerf(
        tree.root, opener=tree.opener, reader=tree.reader, proc=tree.proc, without=more.get("w", ())
    )
    meter.open(Ticks())
    return meter


def joules(meter: RaplPerf) -> dict[str, float]:
    channels = meter.channels
    return {channels[i].part: value * channels[i].scale for _, value, i in meter.read().rows()}


def test_parts_are_named_and_nested_as_powercap_does(tmp_path: Path) -> None:
    rapl = Rapl(intel_laptop(tmp_path / "a").root)
    rapl.open(Ticks())
    meter = opened(perf_laptop(tmp_path / "b"))
    assert {c.part: (c.domain, c.parent) for c in meter.channels} == {
        c.part: (c.domain, c.parent) for c in rapl.channels
    }
    rapl.close()
    meter.close()


def test_a_reading_is_the_energy_since_the_one_before(tmp_path: Path) -> None:
    tree = perf_laptop(tmp_path)
    meter = opened(tree)
    tree.use(0, tree.PACKAGE, 12.5)
    assert joules(meter)["package-0"] == pytest.approx(12.5)
    assert joules(meter)["package-0"] == pytest.approx(0, abs=1e-9)
    tree.use(0, tree.PACKAGE, 300_000)  # beyond where powercap wraps
    assert joules(meter)["package-0"] == pytest.approx(300_000)
    assert {c.quantity for c in meter.channels} == {Quantity.INTERVAL}
    assert meter.read_edges().rows() == []
    meter.close()


def test_dies_of_a_package_are_parts_of_their_own(tmp_path: Path) -> None:
    tree = PerfTree(tmp_path).add(DUAL, pkg=2, ram=3, psys=5)
    meter = opened(tree)
    packages = sorted(c.part for c in meter.channels if c.domain is Domain.PACKAGE)
    assert packages == [f"package-{s}-die-{d}" for s in (0, 1) for d in (0, 1)]
    assert [c.part for c in meter.channels if c.domain is Domain.PSYS] == ["psys", "psys-1"]
    tree.use(48, tree.PACKAGE, 3.0)
    assert joules(meter)["package-1-die-1"] == pytest.approx(3.0)
    meter.close()


def test_on_amd_every_die_shows_its_socket_which_is_counted_once(tmp_path: Path) -> None:
    meter = opened(PerfTree(tmp_path, "AuthenticAMD").add(DUAL, pkg=2))
    assert [c.part for c in meter.channels] == ["package-0", "package-1"]
    meter.close()


def test_what_another_meter_reads_is_left_out(tmp_path: Path) -> None:
    tree = PerfTree(tmp_path).add({0: (0, 0)}, pkg=2, ram=3)
    meter = opened(tree, w=["package-0"])
    assert [c.part for c in meter.channels] == ["dram-0"]
    meter.close()
    with pytest.raises(UnavailableError, match="reads all of it already"):
        opened(tree, w=["package-0", "dram-0"])


@pytest.mark.parametrize("code", [errno.EACCES, errno.EPERM])
def test_a_missing_right_comes_with_the_remedy(tmp_path: Path, code: int) -> None:
    tree = PerfTree(tmp_path, paranoid=4).add({0: (0, 0)}, pkg=2)
    tree.refusals[tree.PACKAGE] = code
    with pytest.raises(PermissionNeededError, match="perf_event_paranoid is 4") as caught:
        opened(tree)
    assert "joulemark meters --fix" in caught.value.remedy
    assert "--cap-add PERFMON" in caught.value.remedy


def test_what_can_be_opened_is_read_and_the_rest_is_listed(tmp_path: Path) -> None:
    tree = PerfTree(tmp_path).add({0: (0, 0)}, pkg=2, ram=3, cores=1)
    tree.refusals[tree.MEMORY] = errno.EINVAL
    put(tree.pmu / "events", {"energy-cores.unit": "Furlongs"})
    meter = opened(tree)
    assert [c.part for c in meter.channels] == ["package-0"]
    assert sorted(each.what for each in meter.missing) == [
        "core-0: its description is not understood",
        "dram-0: Invalid argument",
    ]
    meter.close()


def test_nothing_to_read_says_why(tmp_path: Path) -> None:
    tree = PerfTree(tmp_path)
    with pytest.raises(UnavailableError, match="no PMU 'power'") as caught:
        opened(tree)
    assert "modprobe rapl" in caught.value.remedy
    tree.add({0: (0, 0)})
    with pytest.raises(UnavailableError, match="no event counts energy"):
        opened(tree)
    tree.add({0: (0, 0)}, pkg=2)
    tree.refusals[tree.PACKAGE] = errno.ENOENT
    with pytest.raises(UnavailableError, match="package-0: No such file"):
        opened(tree)


def test_files_are_closed(tmp_path: Path) -> None:
    before = open_descriptors()
    meter = opened(perf_laptop(tmp_path))
    assert open_descriptors() == before + 5
    meter.close()
    assert open_descriptors() == before


def test_a_counter_that_cannot_be_read_is_an_error() -> None:
    def broken() -> bytes:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with pytest.raises(MeterError, match="Input/output"):
        Since(broken, "here")()
    with pytest.raises(MeterError, match="0 bytes instead of 8"):
        Since(lambda: b"", "here")()


def test_lists_of_processors_are_read() -> None:
    assert numbers("0,18-19, 40") == [0, 18, 19, 40]
    assert numbers("") == []
    assert numbers("x,7") == [7]
    assert len(numbers("0-99999")) == 4096


def test_the_system_call_opens_a_counter_of_the_kernel() -> None:
    software, cpu_clock = 1, 0
    try:
        descriptor = open_event(software, cpu_clock, 0)
    except OSError as error:
        pytest.skip(f"this kernel gives no perf events to this user: {error}")
    try:
        first, second = (struct.unpack("=Q", os.read(descriptor, 8))[0] for _ in range(2))
    finally:
        os.close(descriptor)
    assert 0 < first < second
    with pytest.raises(OSError, match=r"No such|Invalid|not supported|Operation|Permission"):
        open_event(2**31 - 1, 0, 0)


def test_a_clock_of_the_kernel_is_read_as_the_power_that_it_stands_for(tmp_path: Path) -> None:
    software, watts = 1, 50
    tree = PerfTree(tmp_path).add({0: (0, 0)}, pkg=0)  # the kernel's cpu-clock, ns
    put(tree.pmu, {"type": software})
    put(tree.pmu / "events", {"energy-pkg.scale": f"{watts * 1e-9}"})
    meter = RaplPerf(tree.root, proc=tree.proc)
    try:
        meter.open(time.monotonic_ns)
    except UnavailableError as error:
        pytest.skip(f"this kernel gives no perf events to this user: {error.what}")
    before = time.monotonic_ns()
    meter.read()
    began = time.monotonic_ns()
    while (ended := time.monotonic_ns()) < began + 20_000_000:
        pass
    ((_, counts, _),) = meter.read().rows()
    after = time.monotonic_ns()
    meter.close()
    joules = counts * meter.channels[0].scale
    least, most = watts * (ended - began) * 1e-9, watts * (after - before) * 1e-9
    assert 0.99 * least <= joules <= 1.01 * most  # the clocks of kernel and process differ a little


def test_the_factory_takes_a_root_and_what_to_leave_out(tmp_path: Path) -> None:
    assert rapl_perf({"root": str(tmp_path), "without": ["dram-0"]}).root == str(tmp_path)
    with pytest.raises(UsageError, match="not a list of names"):
        rapl_perf({"without": "dram-0"})


def test_an_event_that_counts_nothing_is_explained_and_not_read(tmp_path: Path) -> None:
    """As Firecracker shows one: psys alone, and it stays at zero."""
    tree = PerfTree(tmp_path).add({0: (0, 0)}, psys=5)
    put(tree.proc, {"cpuinfo": "processor\t: 0\nflags\t\t: fpu hypervisor lm"})
    tree.dead.add(tree.PSYS)
    waits: list[float] = []
    meter = RaplPerf(
        tree.root, opener=tree.opener, reader=tree.reader, proc=tree.proc, sleep=waits.append
    )
    with pytest.raises(UnavailableError, match="psys: the event is there, but counts nothing"):
        meter.open(Ticks())
    assert sum(waits) == pytest.approx(0.1)


def test_graphics_may_rest(tmp_path: Path) -> None:
    tree = perf_laptop(tmp_path)
    tree.dead |= {tree.GRAPHICS, tree.MEMORY}
    meter = opened(tree)
    assert {c.part for c in meter.channels} == {"psys", "package-0", "core-0", "uncore-0"}
    assert [error.what for error in meter.missing] == [
        "dram-0: the event is there, but counts nothing"
    ]
    meter.close()


def test_a_counter_of_a_virtual_machine_is_of_unknown_make(tmp_path: Path) -> None:
    tree = perf_laptop(tmp_path)
    put(tree.proc, {"cpuinfo": "processor\t: 0\nflags\t\t: fpu hypervisor lm"})
    meter = opened(tree)
    assert {c.instrument for c in meter.channels} == {Instrument.UNKNOWN}
    assert all("virtual machine" in c.note for c in meter.channels)
    meter.close()


def test_a_counter_that_fails_at_once_is_left_to_who_samples(tmp_path: Path) -> None:
    tree = perf_laptop(tmp_path)

    def broken(descriptor: int, length: int) -> bytes:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    meter = RaplPerf(tree.root, opener=tree.opener, reader=broken, proc=tree.proc)
    meter.open(Ticks())
    assert len(meter.channels) == 5
    meter.close()
