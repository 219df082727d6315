"""One counter of Linux's perf events, opened by the system call itself."""

from __future__ import annotations

import errno
import os
import struct

from joulemark.core.errors import MeterError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from joulemark.meters._polled import Values

MAX_CPUS = 4096
MAX_NUMERAL = 5
"""Digits of the number of a processor."""
WIDTH = 8
"""Bytes of a count."""

_ATTRIBUTES = struct.Struct("=IIQQQQQIIQ")
"""The first version of ``perf_event_attr``, 64 bytes, which every kernel takes."""
_CLOSE_ON_EXEC = 8
_CALLS = {"x86_64": 298, "i386": 336, "i686": 336}
"""Number of the system call; no other processors have RAPL."""

OpenEvent: TypeAlias = "Callable[[int, int, int], int]"
"""Type of the PMU, number of the event and of the processor to an open file."""


def open_event(pmu: int, config: int, cpu: int) -> int:
    """Open a counter of everything that runs on one processor (``perf_event_open(2)``).

    Raises:
        OSError: as the system call fails.
    """
    import ctypes

    number = _CALLS.get(os.uname().machine)
    if number is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    attributes = _ATTRIBUTES.pack(pmu, _ATTRIBUTES.size, config, 0, 0, 0, 0, 0, 0, 0)
    call = ctypes.CDLL(None, use_errno=True).syscall
    call.restype = ctypes.c_long
    every_process, no_group = ctypes.c_int(-1), ctypes.c_int(-1)
    descriptor = call(
        ctypes.c_long(number),
        ctypes.c_char_p(attributes),
        every_process,
        ctypes.c_int(cpu),
        no_group,
        ctypes.c_ulong(_CLOSE_ON_EXEC),
    )
    if descriptor < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return int(descriptor)


class Since:
    """Energy since it was last asked, in counts."""

    def __init__(self, read: Callable[[], bytes], where: str) -> None:
        self._read = read
        self._where = where
        self._last: int | None = None

    def __call__(self) -> Values:
        """Return what was counted since; the first time, since the counter was opened.

        Raises:
            MeterError: if the counter cannot be read.
        """
        try:
            raw = self._read()
        except OSError as error:
            raise MeterError(error.strerror or "cannot be read", where=self._where) from None
        if len(raw) != WIDTH:
            raise MeterError(f"{len(raw)} bytes instead of {WIDTH}", where=self._where)
        (count,) = struct.unpack("=Q", raw)
        since = count - (self._last or 0)
        self._last = count
        return (float(since),)


def numbers(text: str) -> list[int]:
    """Return the numbers in a list such as ``0,18-19``."""
    found: list[int] = []
    for piece in text.split(","):
        low, _, high = piece.strip().partition("-")
        if all(end.isdecimal() and len(end) <= MAX_NUMERAL for end in (low, high or low)):
            first, last = int(low), int(high or low)
            found.extend(range(first, min(last, first + MAX_CPUS) + 1))
    return found[:MAX_CPUS]
