"""A proc file system in a folder: what a kernel would write, as far as the meters read it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

CPUINFO = """processor\t: {thread}
vendor_id\t: {vendor}
model name\t: {name}
physical id\t: {socket}
core id\t\t: {core}
flags\t\t: fpu vme{flags}

"""


class FakeProc:
    """A folder with ``stat``, ``meminfo``, ``cpuinfo``, ``loadavg`` and processes.

    Args:
        root: the folder; made.
        threads: hardware threads.
    """

    def __init__(self, root: Path, threads: int = 4) -> None:
        self.root = root
        self.threads = threads
        root.mkdir(parents=True)
        self.cpu()
        self.memory()
        self.processor("Some Processor")

    def __str__(self) -> str:
        return str(self.root)

    def cpu(self, user: int = 0, system: int = 0, *, idle: int = 0, steal: int = 0) -> None:
        """Write the machine's times, in ticks."""
        lines = [f"cpu  {user} 1 {system} {idle} 50 2 3 {steal} 7 0"]
        lines += [f"cpu{thread} 0 0 0 0 0 0 0 0 0 0" for thread in range(self.threads)]
        (self.root / "stat").write_text("\n".join([*lines, "intr 12345 0 0", "processes 99"]))

    def memory(self, total_kib: int = 16_000_000, available_kib: int = 12_000_000) -> None:
        """Write the machine's memory."""
        text = f"MemTotal: {total_kib} kB\nMemFree: 1 kB\nMemAvailable: {available_kib} kB\n"
        (self.root / "meminfo").write_text(text)

    def processor(self, name: str, *, sockets: int = 1, flags: str = "", vendor: str = "V") -> None:
        """Write what the processors are; cores have two threads each."""
        text = ""
        for thread in range(self.threads):
            socket, core = thread * sockets // self.threads, thread // 2
            text += CPUINFO.format(
                thread=thread, vendor=vendor, name=name, socket=socket, core=core, flags=flags
            )
        (self.root / "cpuinfo").write_text(text)

    def process(
        self,
        pid: int,
        parent: int,
        own: int = 0,
        waited: int = 0,
        *,
        comm: str = "some) (thing",
        start: int = 1000,
        thread: bool = False,
    ) -> None:
        """Write one process; times in ticks."""
        fields = [
            *("S", parent, pid, pid, 0, -1, 4194304, 9, 9, 0, 0),
            *(own - own // 3, own // 3, waited // 2, waited - waited // 2),
            *(20, 0, 1, 0, start, 5000, 100, 18446744073709551615),
            *([0] * 12),
            -1 if thread else 17,
            *([0] * 14),
        ]
        folder = self.root / str(pid)
        folder.mkdir(exist_ok=True)
        (folder / "stat").write_text(f"{pid} ({comm}) {' '.join(map(str, fields))}\n")

    def end(self, pid: int) -> None:
        """Take a process away."""
        shutil.rmtree(self.root / str(pid))

    def last_pid(self, pid: int) -> None:
        """Count processes as the reader does, and name the number given last."""
        (self.root / "self").mkdir(exist_ok=True)
        (self.root / "self" / "stat").write_text(f"{os.getpid()} (python) R 1")
        (self.root / "loadavg").write_text(f"0.05 0.13 0.14 2/84 {pid}\n")


class Ticking:
    """A clock that a test sets."""

    def __init__(self, now: int = 1_000_000_000_000) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now

    def later(self, seconds: float) -> None:
        """Let time pass."""
        self.now += round(seconds * 1e9)
