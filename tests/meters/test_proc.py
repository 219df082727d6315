"""Processor time and memory from /proc, trees of processes, and which machine this is."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.meters.fake_proc import FakeProc, Ticking

from joulemark.core.errors import MeterError, UnavailableError
from joulemark.meters._pidstat import parse
from joulemark.meters._proc import CpuTime, KeptFile, Memory, describe_system, hertz
from joulemark.meters._tree import MAX_PROBES, SAMPLER_COMM, ProcessTree

HZ = 100


@pytest.fixture
def proc(tmp_path: Path) -> FakeProc:
    return FakeProc(tmp_path / "proc")


# -------------------------------------------------------------------- the whole machine


def test_busy_time_leaves_out_idle_waiting_stolen_and_guests(proc: FakeProc) -> None:
    proc.cpu(1000, 500, idle=99999, steal=777)
    cpu = CpuTime(str(proc), HZ)
    assert cpu.threads == 4
    assert cpu.busy_s() == pytest.approx((1000 + 1 + 500 + 2 + 3) / HZ)
    proc.cpu(1100, 500, idle=999999, steal=888)
    assert cpu.busy_s() == pytest.approx((1100 + 1 + 500 + 2 + 3) / HZ)
    cpu.close()
    cpu.close()


def test_a_machine_without_proc_is_not_available(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="No such file") as caught:
        CpuTime(str(tmp_path / "none"), HZ)
    assert "mount" in caught.value.remedy


def test_a_stat_without_processors_is_not_available(proc: FakeProc) -> None:
    (proc.root / "stat").write_text("intr 0\n")
    with pytest.raises(UnavailableError, match="no processor"):
        CpuTime(str(proc), HZ)


@pytest.mark.parametrize("text", ["", "cpu  1 2 3", "cpu  1 2 x 4 5 6 7 8 9", "nonsense"])
def test_a_spoilt_stat_is_a_failed_read(proc: FakeProc, text: str) -> None:
    cpu = CpuTime(str(proc), HZ)
    (proc.root / "stat").write_text(text)
    with pytest.raises(MeterError, match="no line of times"):
        cpu.busy_s()


def test_a_read_that_the_kernel_refuses_is_a_failed_read(proc: FakeProc) -> None:
    cpu = CpuTime(str(proc), HZ)
    cpu.close()
    with pytest.raises(MeterError) as caught:
        cpu.busy_s()
    assert caught.value.where == f"{proc}/stat"


def test_memory_that_programs_cannot_have(proc: FakeProc) -> None:
    proc.memory(1000, 400)
    memory = Memory(str(proc))
    assert memory.used_and_total() == (600 * 1024, 1000 * 1024)
    (proc.root / "meminfo").write_text("MemTotal: 5 kB\n")
    with pytest.raises(MeterError, match="missing"):
        memory.used_and_total()
    memory.close()


def test_this_machine_counts_upwards() -> None:
    cpu = CpuTime("/proc", hertz())
    first = cpu.busy_s()
    assert first > 0
    assert cpu.busy_s() >= first
    cpu.close()


# -------------------------------------------------------------------- one process


def test_any_name_of_a_process_is_understood(proc: FakeProc) -> None:
    proc.process(7, 3, own=90, waited=31, comm=") S 1 2 (x")
    stat = parse((proc.root / "7" / "stat").read_bytes())
    assert stat is not None
    assert (stat.comm, stat.parent, stat.own, stat.waited) == (b") S 1 2 (x", 3, 90, 31)
    assert not stat.is_thread


@pytest.mark.parametrize("raw", [b"", b"1 (x) S 1", b")(", b"1 (x) " + b"y " * 40])
def test_what_is_no_line_of_a_process_is_nothing(raw: bytes) -> None:
    assert parse(raw) is None


# -------------------------------------------------------------------- a tree of processes


def tree_of(proc: FakeProc, clock: Ticking, **more: object) -> Callable[[], float]:
    """Return a reader of the tree of process 10 that always looks for new processes."""
    tree = ProcessTree(str(proc), 10, clock, HZ, **more)  # type: ignore[arg-type]

    def read() -> float:
        clock.later(1.0)
        return round(tree.cpu_s() * HZ)

    return read


@pytest.fixture
def clock() -> Ticking:
    return Ticking()


def test_no_such_process(proc: FakeProc, clock: Ticking) -> None:
    with pytest.raises(UnavailableError, match="no process 10"):
        ProcessTree(str(proc), 10, clock, HZ)


def test_a_tree_is_everything_below_its_root(proc: FakeProc, clock: Ticking) -> None:
    proc.process(1, 0, own=10_000)
    proc.process(10, 1, own=100, waited=20)
    proc.process(11, 10, own=3)
    proc.process(12, 11, own=4)
    proc.process(13, 1, own=5000)
    proc.process(14, 11, own=7, thread=True)
    read = tree_of(proc, clock)
    assert read() == 127
    proc.process(15, 12, own=1)  # new, and below
    proc.process(16, 13, own=1)  # new, and elsewhere
    assert read() == 128


def test_children_that_the_kernel_lists_are_found_without_looking_at_others(
    proc: FakeProc, clock: Ticking
) -> None:
    for pid, parent, children in ((10, 1, "11 12 "), (11, 10, ""), (12, 10, "13 "), (13, 12, "")):
        proc.process(pid, parent, own=100)
        listed = proc.root / str(pid) / "task" / str(pid)
        listed.mkdir(parents=True)
        (listed / "children").write_text(children)
    proc.process(14, 10, own=100)  # began while the lists were read: it is in none of them
    tree = ProcessTree(str(proc), 10, clock, hz=100)
    assert tree.cpu_s() == 4.0
    clock.later(1)
    assert tree.cpu_s() == 5.0
    tree.close()


def test_the_root_may_be_left_out(proc: FakeProc, clock: Ticking) -> None:
    proc.process(10, 1, own=100, waited=20)
    proc.process(11, 10, own=3)
    read = tree_of(proc, clock, include_root=False)
    assert read() == 23
    proc.process(10, 1, own=200, waited=20)
    assert read() == 23


def test_a_child_that_ends_is_counted_once(proc: FakeProc, clock: Ticking) -> None:
    proc.process(10, 1, own=100)
    proc.process(11, 10, own=50)
    read = tree_of(proc, clock, kept=0)
    assert read() == 150
    proc.end(11)
    assert read() == 150  # gone, and not yet in its parent's figure
    proc.process(10, 1, own=100, waited=52)
    assert read() == 152
    assert read() == 152


def test_a_child_that_nobody_waits_for_stays_counted(proc: FakeProc, clock: Ticking) -> None:
    proc.process(10, 1, own=100)
    proc.process(11, 10, own=50)
    read = tree_of(proc, clock, kept=0)
    read()
    proc.end(11)
    assert [read(), read(), read()] == [150, 150, 150]
    proc.process(10, 1, own=130)
    assert read() == 180


def test_an_orphan_stays_in_the_tree(proc: FakeProc, clock: Ticking) -> None:
    proc.process(10, 1)
    proc.process(11, 10, own=5)
    proc.process(12, 11, own=7)
    read = tree_of(proc, clock, kept=0)
    assert read() == 12
    proc.end(11)
    proc.process(10, 1, waited=5)
    proc.process(12, 1, own=9)  # init took it
    assert read() == 14
    proc.process(13, 12, own=2)
    assert read() == 16


def test_a_number_that_was_given_again_is_another_process(proc: FakeProc, clock: Ticking) -> None:
    proc.process(10, 1, own=10)
    proc.process(11, 10, own=5, start=1000)
    read = tree_of(proc, clock, kept=0)
    assert read() == 15
    proc.process(11, 1, own=9999, start=2000)
    assert read() == 15


def test_excluded_processes_and_samplers_are_never_billed(proc: FakeProc, clock: Ticking) -> None:
    proc.process(10, 1, own=100)
    proc.process(11, 10, own=30)
    proc.process(12, 11, own=40)
    proc.process(13, 10, own=50, comm=SAMPLER_COMM.decode())
    read = tree_of(proc, clock, exclude=[11], kept=0)
    assert read() == 100
    proc.process(12, 11, own=400)
    assert read() == 100
    proc.end(13)
    proc.process(10, 1, own=110, waited=50)  # its parent waited for it: still not billed
    assert read() == 110


def test_the_end_of_the_root_leaves_the_counter_where_it_was(
    proc: FakeProc, clock: Ticking
) -> None:
    proc.process(10, 1, own=100, waited=5)
    read = tree_of(proc, clock, kept=0)
    assert read() == 105
    proc.end(10)
    assert [read(), read()] == [105, 105]


def test_a_spoilt_line_keeps_the_last_figure(proc: FakeProc, clock: Ticking) -> None:
    proc.process(10, 1, own=100)
    for kept in (0, 9):
        read = tree_of(proc, clock, kept=kept)
        (proc.root / "10" / "stat").write_text("")
        assert read() == 100
        proc.process(10, 1, own=100)


def test_new_numbers_are_looked_at_at_once(proc: FakeProc, clock: Ticking) -> None:
    proc.process(10, 1)
    proc.last_pid(20)
    tree = ProcessTree(str(proc), 10, clock, HZ)
    proc.process(22, 21, own=2)
    proc.process(21, 10, own=1)
    proc.process(30, 10, own=4)
    assert tree.cpu_s() == 0  # the kernel has not given these numbers yet
    proc.last_pid(25)
    assert round(tree.cpu_s() * HZ) == 3
    proc.last_pid(30 + MAX_PROBES)
    proc.process(30 + MAX_PROBES, 10, own=8)  # too far away to look at every number
    assert round(tree.cpu_s() * HZ) == 7
    clock.later(1.0)
    assert round(tree.cpu_s() * HZ) == 15  # the list of all processes makes sure
    (proc.root / "loadavg").write_text("")
    assert round(tree.cpu_s() * HZ) == 15
    tree.close()
    tree.close()


def test_processes_are_listed_only_after_others_began(proc: FakeProc, clock: Ticking) -> None:
    proc.process(10, 1)
    proc.last_pid(20)
    tree = ProcessTree(str(proc), 10, clock, HZ)
    clock.later(2.0)
    tree.cpu_s()  # once more after it was opened
    proc.process(11, 10, own=1)  # no kernel would hide its number
    clock.later(2.0)
    assert tree.cpu_s() == 0
    proc.last_pid(21)
    assert tree.cpu_s() == 0
    clock.later(2.0)
    assert round(tree.cpu_s() * HZ) == 1


class Kernel:
    """Processes that work, fork and end; every one belongs to the tree of process 10."""

    def __init__(self, proc: FakeProc) -> None:
        self.proc = proc
        self.alive = {10: [1, 0, 0]}  # pid: parent, own, waited
        self.worked = 0
        self.write(10)

    def write(self, pid: int) -> None:
        parent, own, waited = self.alive[pid]
        self.proc.process(pid, parent, own, waited, start=pid)

    def pick(self, place: int) -> int:
        return sorted(self.alive)[place % len(self.alive)]

    def work(self, place: int, ticks: int) -> None:
        pid = self.pick(place)
        self.alive[pid][1] += ticks
        self.worked += ticks
        self.write(pid)

    def fork(self, place: int, number: int) -> None:
        self.alive[number] = [self.pick(place), 0, 0]
        self.write(number)

    def end(self, place: int, *, waited_for: bool) -> None:
        pid = self.pick(place)
        if pid == 10:
            return
        parent, own, waited = self.alive.pop(pid)
        self.proc.end(pid)
        for child, entry in self.alive.items():
            if entry[0] == pid:
                entry[0] = 10  # the root adopts orphans
                self.write(child)
        if waited_for:
            self.alive[parent][2] += own + waited
            self.write(parent)


ACTIONS = st.lists(
    st.tuples(st.sampled_from(["work", "fork", "reap", "drop"]), st.integers(0, 9)), max_size=25
)


def run(kernel: Kernel, action: str, place: int, number: int) -> None:
    if action == "work":
        kernel.work(place, 5 + place)
    elif action == "fork":
        kernel.fork(place, number)
    else:
        kernel.end(place, waited_for=action == "reap")


@settings(max_examples=40, deadline=None)
@given(actions=ACTIONS)
def test_read_after_every_step_the_counter_is_exact(
    tmp_path_factory: pytest.TempPathFactory, actions: list[tuple[str, int]]
) -> None:
    kernel = Kernel(FakeProc(tmp_path_factory.mktemp("run") / "proc"))
    read = tree_of(kernel.proc, Ticking(), kept=0)
    for number, (action, place) in enumerate(actions, start=100):
        run(kernel, action, place, number)
        assert read() == kernel.worked


@settings(max_examples=40, deadline=None)
@given(actions=ACTIONS, every=st.integers(2, 6))
def test_read_seldom_the_counter_never_goes_back_and_never_counts_twice(
    tmp_path_factory: pytest.TempPathFactory, actions: list[tuple[str, int]], every: int
) -> None:
    kernel = Kernel(FakeProc(tmp_path_factory.mktemp("run") / "proc"))
    read, last = tree_of(kernel.proc, Ticking(), kept=0), 0.0
    for number, (action, place) in enumerate(actions, start=100):
        run(kernel, action, place, number)
        if number % every == 0:
            now = read()
            assert last <= now <= kernel.worked
            last = now


def test_a_real_child_is_seen_and_its_end_as_well() -> None:
    tree = ProcessTree("/proc", os.getpid(), time.monotonic_ns, hertz())
    before = tree.cpu_s()
    code = "import time\nwhile time.process_time() < 0.2: pass\nprint(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        alive = tree.cpu_s()
        assert alive >= before + 0.15
        child.communicate(b"\n")
    ended = tree.cpu_s()
    assert alive <= ended < alive + 5
    tree.close()


def test_a_kept_file_of_an_ended_process_says_so() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        tree = ProcessTree("/proc", child.pid, time.monotonic_ns, hertz())
        running = tree.cpu_s()
        child.communicate(b"\n")
    assert tree.cpu_s() >= running
    assert tree.cpu_s() >= running


# -------------------------------------------------------------------- which machine


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_two_sockets_of_bare_metal(proc: FakeProc, tmp_path: Path) -> None:
    proc.threads = 8
    proc.processor("Intel(R) Xeon(R)  Gold 6248 CPU @ 2.50GHz", sockets=2)
    write(tmp_path / "etc/os-release", 'NAME="Debian"\nPRETTY_NAME="Debian GNU/Linux 12"\n')
    system = describe_system(str(proc), str(tmp_path / "sys"), root=str(tmp_path))
    assert system.cpu == "Intel(R) Xeon(R) Gold 6248 CPU @ 2.50GHz"
    assert (system.sockets, system.cores, system.threads) == (2, 4, 8)
    assert system.memory_bytes == 16_000_000 * 1024
    assert system.os == "Debian GNU/Linux 12"
    assert system.host == os.uname().nodename
    assert (system.virtual, system.container) == ("", "")


def test_a_board_without_x86_names(proc: FakeProc, tmp_path: Path) -> None:
    write(proc.root / "cpuinfo", "processor\t: 0\nBogoMIPS\t: 108.00\n\nprocessor\t: 1\n")
    write(proc.root / "device-tree/model", "NVIDIA Jetson Orin Nano\0")
    for place in range(2):
        base = tmp_path / f"sys/devices/system/cpu/cpu{place}"
        write(base / "topology/core_id", f"{place}\n")
        write(base / "topology/physical_package_id", "0\n")
    (tmp_path / "sys/devices/system/cpu/cpu2").mkdir()  # not online: no topology
    system = describe_system(str(proc), str(tmp_path / "sys"), machine="aarch64")
    assert system.cpu == "NVIDIA Jetson Orin Nano"
    assert (system.sockets, system.cores, system.threads) == (1, 2, 2)
    assert system.machine == "aarch64"


def test_nothing_is_known(tmp_path: Path) -> None:
    nowhere = str(tmp_path / "none")
    system = describe_system(nowhere, nowhere, root=nowhere)
    assert (system.cpu, system.sockets, system.cores, system.threads) == ("", None, None, 0)
    assert (system.memory_bytes, system.os, system.container) == (0, "", "")
    assert system.kernel == os.uname().release


@pytest.mark.parametrize(
    ("flag", "vendor", "product", "kind", "virtual"),
    [
        ("", "Dell Inc.", "PowerEdge R750", "", ""),
        (" hypervisor", "", "", "", "hypervisor of unknown make"),
        (" hypervisor", "QEMU", "Standard PC (Q35 + ICH9, 2009)", "", "QEMU"),
        ("", "QEMU", "KVM Virtual Machine", "", "KVM"),  # ARM guests have no flag
        (" hypervisor", "Microsoft Corporation", "Virtual Machine", "", "Hyper-V"),
        ("", "Microsoft Corporation", "Surface Laptop", "", ""),
        (" hypervisor", "Google", "Google Compute Engine", "", "Google Compute Engine"),
        (" hypervisor", "Amazon EC2", "m5.large", "", "Amazon EC2"),
        ("", "Amazon EC2", "m5.metal", "", ""),
        (" hypervisor", "VMware, Inc.", "VMware7,1", "", "VMware"),
        ("", "", "", "xen", "Xen"),
    ],
)
def test_virtual_machines(
    proc: FakeProc,
    tmp_path: Path,
    flag: str,
    vendor: str,
    product: str,
    kind: str,
    virtual: str,
) -> None:
    proc.processor("Some Processor", flags=flag)
    write(tmp_path / "sys/class/dmi/id/sys_vendor", vendor + "\n")
    write(tmp_path / "sys/class/dmi/id/product_name", product + "\n")
    write(tmp_path / "sys/hypervisor/type", kind + "\n")
    assert describe_system(str(proc), str(tmp_path / "sys")).virtual == virtual


@pytest.mark.parametrize(
    ("path", "text", "kind"),
    [
        ("root/.dockerenv", "", "docker"),
        ("root/run/.containerenv", "", "podman"),
        ("root/run/systemd/container", "lxc\n", "lxc"),
        ("proc/1/cgroup", "0::/kubepods.slice/x\n", "kubepods"),
        ("proc/1/cgroup", "0::/init.scope\n", ""),
    ],
)
def test_containers(tmp_path: Path, path: str, text: str, kind: str) -> None:
    write(tmp_path / path, text)
    system = describe_system(
        str(tmp_path / "proc"), str(tmp_path / "sys"), root=str(tmp_path / "root")
    )
    assert system.container == kind


def test_a_folder_in_place_of_a_file_is_nothing(tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").mkdir()
    assert describe_system(str(tmp_path), str(tmp_path)).cpu == ""


def test_a_kept_file_is_read_from_its_beginning(tmp_path: Path) -> None:
    write(tmp_path / "x", "abcdef")
    file = KeptFile(str(tmp_path / "x"), 3)
    assert [file.read(), file.read()] == [b"abc", b"abc"]
    file.close()
    file.close()
