"""Processor time of a process and everything that it started.

``/proc/PID/stat`` tells a process's own time and the time of the children that it has waited for,
in ticks (proc(5)). The sum over all living processes of a tree is therefore almost a counter; what
could make it go back is settled here:

- A child that ended between two reads is counted where it last stood, until its parent's figure
  shows it. If no parent's figure ever does (its parent does not wait for children), it stays.
- Parents are read before their children, so no time is ever counted twice.

New processes are looked for at each read where the kernel gives out the next numbers:
``/proc/loadavg`` ends with the last one, so most reads look at no other process at all. If there
were any, all processes are listed a second later to make sure. A process once in the tree stays in
it, whoever adopts it later. What starts and is given away to ``init`` between two reads is not
seen, unless the root adopts orphans (``PR_SET_CHILD_SUBREAPER``).
"""

from __future__ import annotations

import os
from _thread import allocate_lock  # threading, which is heavier, is not needed for a lock

from joulemark.core.clock import NS, Clock
from joulemark.core.errors import UnavailableError
from joulemark.meters._pidstat import Process, Stat, parse, read_once
from joulemark.meters._proc import KeptFile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

SAMPLER_COMM = b"joulemark-meter"
"""What a sampler calls itself (at most 15 bytes); such processes are never billed."""
MAX_PROBES = 128
"""Of more new numbers than this, the rest waits for the next list of all processes."""
LIST_NS = NS
"""Shortest time between two lists of all processes."""
MAX_CHILDREN = 1 << 20
"""Most that is read of a thread's list of children, bytes."""
MAX_KEPT = 128
"""Processes whose file stays open."""


class ProcessTree:
    """A process, everything that it started, and their processor time.

    Args:
        proc: where the proc file system is mounted.
        root_pid: the process at the top.
        clock: tells when to look for new processes.
        hz: ticks per second of the kernel's figures.
        exclude: processes that are not billed, nor anything that they start.
        include_root: whether the top's own time counts, or only what it started.
        kept: of how many processes the file stays open.

    Raises:
        UnavailableError: if there is no such process.
    """

    def __init__(
        self,
        proc: str,
        root_pid: int,
        clock: Clock,
        hz: int,
        *,
        exclude: Collection[int] = (),
        include_root: bool = True,
        kept: int = MAX_KEPT,
    ) -> None:
        """Find all processes of the tree."""
        self._proc = proc
        self._hz = hz
        self._kept = kept
        self._lock = allocate_lock()
        self._exclude = frozenset(exclude)
        self._members: dict[int, Process] = {}
        self._others: set[int] = set()
        self._lost = self._owed = self._unbilled = self._best = 0
        self._numbers = _Numbers(proc, clock)
        stat = self._look(root_pid)
        if stat is None or not self._admit(root_pid, stat):
            raise UnavailableError(
                f"there is no process {root_pid}", where=proc, remedy="name one that is running"
            )
        self._members[root_pid].billed = include_root
        if not self._adopt_children():
            self._adopt(self._unknown())

    def cpu_s(self) -> float:
        """Return the processor time of the tree up to now, s; never less than before."""
        with self._lock:  # the marking thread may ask while the sampling thread does
            return self._ticks() / self._hz

    def _ticks(self) -> int:
        self._adopt(self._unknown() if self._numbers.list_due() else self._numbers.new())
        alive = gained = 0
        ended: list[Process] = []
        for process in self._members.values():
            waited = process.waited
            if not process.read():
                ended.append(process)
            elif not process.excluded:
                gained += process.waited - waited
                alive += process.waited + process.own if process.billed else process.waited
        self._settle(gained, ended)
        total = alive + self._lost + self._owed - self._unbilled
        self._best = max(self._best, total)
        return self._best

    def close(self) -> None:
        """Close all files; a second call does nothing."""
        for process in self._members.values():
            process.close()
        self._members.clear()
        self._numbers.close()

    def _settle(self, gained: int, ended: list[Process]) -> None:
        """Match what ended with what the figures of waiting parents gained, ticks."""
        gone = gone_excluded = 0
        for process in ended:
            gone += process.counted
            gone_excluded += process.own + process.waited if process.excluded else 0
            process.close()
            del self._members[process.pid]
        paid = min(self._owed, gained)
        self._lost += self._owed - paid  # a parent that waits would have shown it by now
        gained -= paid
        self._owed = max(gone - gained, 0)
        self._unbilled += min(gone_excluded, max(gained - gone, 0))

    def _look(self, pid: int) -> Stat | None:
        try:
            return parse(read_once(f"{self._proc}/{pid}/stat"))
        except OSError:
            return None

    def _unknown(self) -> list[int]:
        """Return all processes that have not been looked at before."""
        listed = _listed(self._proc)
        self._others.intersection_update(listed)
        new = [pid for pid in listed if pid not in self._others]
        self._others.update(new)
        return new

    def _adopt_children(self) -> bool:
        """Take in what the kernel lists as children; return whether it keeps such lists.

        It may miss a child while others end, so all processes are listed a second later. That is
        too much work for the start: a machine runs hundreds.
        """
        waiting = list(self._members)
        while waiting:
            parent = waiting.pop()
            children = _children(self._proc, parent)
            if children is None:
                return False
            known = set(self._members)
            self._adopt(children)
            waiting += self._members.keys() - known
        return True

    def _adopt(self, pids: Iterable[int]) -> None:
        """Take in those of some processes whose parent belongs to the tree."""
        found = {pid: self._look(pid) for pid in pids if pid not in self._members}
        waiting = {pid: stat for pid, stat in found.items() if stat and not stat.is_thread}
        while True:
            ready = [pid for pid, stat in waiting.items() if stat.parent in self._members]
            if not ready:
                return
            for pid in ready:
                self._admit(pid, waiting.pop(pid))

    def _admit(self, pid: int, stat: Stat) -> bool:
        path, keep = f"{self._proc}/{pid}/stat", len(self._members) < self._kept
        try:
            process = Process(pid, path, stat, keep=keep)
        except OSError:
            return False  # it ended this moment
        parent = self._members.get(stat.parent)
        inherited = parent is not None and parent.excluded
        process.excluded = inherited or pid in self._exclude or stat.comm == SAMPLER_COMM
        self._members[pid] = process
        return True


class _Numbers:
    """The numbers that new processes are given."""

    def __init__(self, proc: str, clock: Clock) -> None:
        self._proc = proc
        self._clock = clock
        self._file = self._opened() if self._counts_ours() else None
        self._seen = self._last()
        self._changed = True
        self._list_at = clock() + LIST_NS

    def list_due(self) -> bool:
        """Whether it is time to list all processes: not often, and only if there are new ones."""
        if not self._changed or self._clock() < self._list_at:
            return False
        self._list_at = self._clock() + LIST_NS
        self._seen = self._last()
        self._changed = self._file is None
        return True

    def new(self) -> Iterable[int]:
        """Return the numbers given since the last call, as far as they are few and known."""
        last, first = self._last(), self._seen
        if last == first:
            return ()
        self._changed, self._seen = True, last
        return range(first + 1, min(last, first + MAX_PROBES) + 1)

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        if self._file is not None:
            self._file.close()

    def _last(self) -> int:
        if self._file is None:
            return 0
        try:
            return int(self._file.read().rsplit(None, 1)[-1])
        except (OSError, ValueError, IndexError):
            return 0

    def _opened(self) -> KeptFile | None:
        try:
            return KeptFile(f"{self._proc}/loadavg", 128)
        except OSError:
            return None

    def _counts_ours(self) -> bool:
        """Whether this proc file system numbers processes as we do ourselves."""
        try:
            return int(read_once(f"{self._proc}/self/stat").split()[0]) == os.getpid()
        except (OSError, ValueError, IndexError):
            return False


def _listed(proc: str) -> list[int]:
    try:
        with os.scandir(proc) as found:
            return sorted(int(entry.name) for entry in found if entry.name.isdecimal())
    except OSError:
        return []


def _children(proc: str, pid: int) -> list[int] | None:
    """Return the children of all threads of a process; None if the kernel does not list them."""
    found: list[int] = []
    try:
        for thread in os.listdir(f"{proc}/{pid}/task"):
            with open(f"{proc}/{pid}/task/{thread}/children", "rb") as listed:
                found += [int(child) for child in listed.read(MAX_CHILDREN).split()]
    except (OSError, ValueError):
        return None
    return found
