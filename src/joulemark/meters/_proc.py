"""What ``/proc`` says of the machine, read cheaply and with bounds.

Files that are read again and again are kept open: one ``pread`` each, and only as many bytes as
are needed. Formats: Linux, ``Documentation/filesystems/proc.rst`` and proc(5).
"""

from __future__ import annotations

import os

from joulemark.core.errors import MeterError, UnavailableError
from joulemark.meters._system import MAX_DIGITS, describe_system, read_text

__all__ = ["CpuTime", "KeptFile", "Memory", "describe_system", "hertz"]

_MAX_STAT = 1 << 20


def hertz() -> int:
    """Return the ticks per second in which the kernel tells processor time."""
    return os.sysconf("SC_CLK_TCK")


class KeptFile:
    """A kernel file that stays open.

    Args:
        path: the file.
        size: how many bytes of it are of interest.

    Raises:
        OSError: if it cannot be opened.
    """

    __slots__ = ("_file", "path", "size")

    def __init__(self, path: str, size: int) -> None:
        """Open the file."""
        self.path = path
        self.size = size
        self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    def read(self) -> bytes:
        """Return its first bytes as they are now.

        Raises:
            OSError: if the kernel refuses; ESRCH once the process that it tells of is gone.
        """
        return os.pread(self._file, self.size, 0)

    def close(self) -> None:
        """Close it; a second call does nothing."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def _kept(path: str, size: int) -> KeptFile:
    try:
        return KeptFile(path, size)
    except OSError as error:
        raise UnavailableError(
            error.strerror or str(error),
            where=path,
            remedy="mount the proc file system, or name its place",
        ) from error


def _again(file: KeptFile) -> bytes:
    try:
        return file.read()
    except OSError as error:
        raise MeterError(error.strerror or str(error), where=file.path) from error


class CpuTime:
    """Processor time of the whole machine, from ``/proc/stat``.

    Args:
        proc: where the proc file system is mounted.
        hz: ticks per second of its figures.

    Attributes:
        threads: hardware threads that are online.

    Raises:
        UnavailableError: if the file cannot be opened or lists no processor.
    """

    def __init__(self, proc: str, hz: int) -> None:
        """Open the file and count the processors."""
        self._hz = hz
        self._file = _kept(f"{proc}/stat", 512)
        self.threads = _online(self._file.path)
        if not self.threads:
            self._file.close()
            raise UnavailableError("no processor is listed", where=self._file.path)

    def busy_s(self) -> float:
        """Return the seconds that all hardware threads together have worked since the start.

        User (guests are in it), nice, system and both kinds of interrupt; not idle, waiting for
        input or output, or stolen by the hypervisor.

        Raises:
            MeterError: if the file cannot be read or is not what it should be.
        """
        raw = _again(self._file)
        fields = raw.split(None, 8)
        try:
            user, nice, system, _, _, irq, soft_irq = [int(field) for field in fields[1:8]]
        except ValueError:
            raise MeterError(f"no line of times but {raw[:40]!r}", where=self._file.path) from None
        return (user + nice + system + irq + soft_irq) / self._hz

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _online(path: str) -> int:
    lines = read_text(path, _MAX_STAT).split("\n")
    return sum(line.startswith("cpu") and line[3:4].isdigit() for line in lines)


class Memory:
    """Memory of the machine, from ``/proc/meminfo``.

    Args:
        proc: where the proc file system is mounted.

    Raises:
        UnavailableError: if the file cannot be opened.
    """

    def __init__(self, proc: str) -> None:
        """Open the file."""
        self._file = _kept(f"{proc}/meminfo", 256)

    def used_and_total(self) -> tuple[int, int]:
        """Return memory that is not available to programs, and all that the kernel has, bytes.

        Raises:
            MeterError: if the file cannot be read or is not what it should be.
        """
        raw = _again(self._file)
        total, available = _kilobytes(raw, b"MemTotal:"), _kilobytes(raw, b"MemAvailable:")
        if total is None or available is None:
            raise MeterError("MemTotal or MemAvailable is missing", where=self._file.path)
        return (total - available) * 1024, total * 1024

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _kilobytes(raw: bytes, name: bytes) -> int | None:
    """Return the figure of a line ``name   123 kB``; None if there is no such whole line."""
    begin = raw.find(name)
    words = raw[begin : raw.find(b"\n", begin)].split() if begin >= 0 else []
    known = len(words) == 3 and words[2] == b"kB" and words[1].isdigit()
    return int(words[1]) if known and len(words[1]) <= MAX_DIGITS else None
