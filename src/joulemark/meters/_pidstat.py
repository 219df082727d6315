"""One process: who it is, and the processor time that it and its waited-for children took.

Format of ``/proc/PID/stat``: proc(5).
"""

from __future__ import annotations

import errno
import os

from joulemark.core.record import record

_GONE = (errno.ENOENT, errno.ESRCH, errno.ENOTDIR)
_SIZE = 1024


@record(frozen=True, slots=True)
class Stat:
    """What one line of ``/proc/PID/stat`` says; times in ticks."""

    comm: bytes
    parent: int
    own: int
    waited: int
    start: bytes
    is_thread: bool


def parse(raw: bytes) -> Stat | None:
    """Return the fields of a line; None if it is not one. The name may hold any character."""
    begin, end = raw.find(b"("), raw.rfind(b")")
    fields = raw[end + 1 :].split(None, 36)
    if begin < 0 or end < begin or len(fields) < 36:
        return None
    try:
        user, system, child_user, child_system = [int(field) for field in fields[11:15]]
        return Stat(
            comm=raw[begin + 1 : end],
            parent=int(fields[1]),
            own=user + system,
            waited=child_user + child_system,
            start=fields[19],
            is_thread=fields[35] == b"-1",  # its signal to the parent: a thread has none
        )
    except ValueError:
        return None


class Process:
    """A process of the tree.

    Attributes:
        pid: its number.
        billed: whether its own time counts.
        excluded: whether nothing of it counts, nor of what it starts.
        own: its own time, ticks.
        waited: time of the children that it has waited for, ticks.
    """

    __slots__ = ("_file", "_path", "_start", "billed", "excluded", "own", "pid", "waited")

    def __init__(self, pid: int, path: str, stat: Stat, *, keep: bool) -> None:
        """Take over what was read of it; with ``keep`` its file stays open."""
        self.pid = pid
        self.billed = True
        self.excluded = False
        self.own = stat.own
        self.waited = stat.waited
        self._path = path
        self._start = stat.start
        self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC) if keep else -1

    @property
    def counted(self) -> int:
        """Its part of the tree's time, ticks."""
        if self.excluded:
            return 0
        return self.waited + (self.own if self.billed else 0)

    def read(self) -> bool:
        """Bring the times up to date; return whether the process still exists."""
        if self._file < 0:
            return self._read_again()
        try:
            raw = os.pread(self._file, _SIZE, 0)
        except OSError as error:
            return error.errno not in _GONE
        # an open file stays with its process, so four numbers are all that is of interest
        fields = raw[raw.rfind(b")") + 1 :].split(None, 15)
        if len(fields) == 16:
            self.own = int(fields[11]) + int(fields[12])
            self.waited = int(fields[13]) + int(fields[14])
        return True

    def _read_again(self) -> bool:
        try:
            stat = parse(read_once(self._path))
        except OSError as error:
            return error.errno not in _GONE
        if stat is not None and stat.start != self._start:
            return False  # its number was given to another
        if stat is not None:
            self.own, self.waited = stat.own, stat.waited
        return True

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def read_once(path: str) -> bytes:
    """Return the first bytes of a small kernel file.

    Raises:
        OSError: if it cannot be read.
    """
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(file, _SIZE)
    finally:
        os.close(file)
