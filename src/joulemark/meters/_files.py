"""Small kernel files, read with bounds.

The kernel writes one value per file and ends it with a newline. Nothing here trusts that: every
read is bounded, and a file that holds something else is named in the error. The system calls are
handed in, so that a test can refuse, withdraw or spoil a file without needing another user or a
kernel module.
"""

from __future__ import annotations

import errno
import os
from itertools import islice

from joulemark.core.errors import MeterError, MeterLostError
from joulemark.core.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from joulemark.core.scope import ExitStack

StrPath: TypeAlias = "str | os.PathLike[str]"
"""A path; what measures uses plain text, as pathlib costs more to import than everything else."""
Opener: TypeAlias = "Callable[[str, int], int]"
"""``os.open``: path and flags to file descriptor."""
PRead: TypeAlias = "Callable[[int, int, int], bytes]"
"""``os.pread``: descriptor, length and offset to bytes."""

MAX_TEXT = 4096
"""A sysfs attribute is at most one page."""
MAX_NUMBER = 64
MAX_ENTRIES = 4096
"""More entries than this are not looked at in one directory."""

MAX_DIGITS = 20
_GONE = frozenset({errno.ENODEV, errno.ENOENT, errno.ENXIO, errno.ESTALE})
"""What the kernel answers once the device behind an open file has been removed."""


@record(frozen=True, slots=True)
class Files:
    """How files are opened and read.

    Attributes:
        opener: opens a file for reading.
        pread: reads from an open file without moving its position, as sysfs needs to be reread.
    """

    opener: Opener = os.open
    pread: PRead = os.pread

    def open(self, path: StrPath, owned: ExitStack) -> NumberFile:
        """Open a file that holds one number; ``owned`` closes it.

        Raises:
            OSError: if it cannot be opened.
        """
        descriptor = self.opener(os.fspath(path), os.O_RDONLY | os.O_CLOEXEC)
        owned.callback(os.close, descriptor)
        return NumberFile(descriptor, os.fspath(path), self.pread)

    def text(self, path: StrPath, limit: int = MAX_TEXT) -> str:
        """Return the first ``limit`` bytes of a file; nothing if it cannot be read."""
        try:
            descriptor = self.opener(os.fspath(path), os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return ""
        try:
            return self.pread(descriptor, limit, 0).decode("utf-8", "replace")
        except OSError:
            return ""
        finally:
            os.close(descriptor)

    def line(self, path: StrPath) -> str:
        """Return the first line of a file, at most 64 printable characters of it."""
        lines = self.text(path).splitlines()
        return "".join(c for c in lines[0][:64] if c.isprintable()).strip() if lines else ""

    def number(self, path: StrPath) -> int | None:
        """Return the whole number that a file holds; None if it cannot be read or holds none."""
        return whole_number(self.text(path, MAX_NUMBER).encode())


@record(frozen=True, slots=True)
class NumberFile:
    """An open file that holds one whole number, read again and again.

    Attributes:
        descriptor: the open file.
        path: its name, for messages.
        pread: how it is read.
    """

    descriptor: int
    path: str
    pread: PRead

    def value(self) -> tuple[float]:
        """Return the number that the file holds now as the one value of a sensor.

        Raises:
            MeterError: if this read failed, or gave something else than a number.
            MeterLostError: if the device behind the file is gone.
        """
        try:
            raw = self.pread(self.descriptor, MAX_NUMBER, 0)
        except OSError as error:
            raise self._refused(error) from None
        if raw[:-1].isdigit() and raw[-1:] == b"\n" and len(raw) <= MAX_DIGITS:  # as kernels write
            return (float(raw),)
        return (float(self._number(raw)),)

    def read(self) -> int:
        """Return the number that the file holds now.

        Raises:
            MeterError: if this read failed, or gave something else than a number.
            MeterLostError: if the device behind the file is gone.
        """
        try:
            return self._number(self.pread(self.descriptor, MAX_NUMBER, 0))
        except OSError as error:
            raise self._refused(error) from None

    def _refused(self, error: OSError) -> MeterError:
        kind = MeterLostError if error.errno in _GONE else MeterError
        return kind(error.strerror or "cannot be read", where=self.path)

    def _number(self, raw: bytes) -> int:
        number = whole_number(raw) if len(raw) < MAX_NUMBER else None
        if number is None:
            raise MeterError(f"no number but {raw[:32]!r}", where=self.path)
        return number


def whole_number(raw: bytes) -> int | None:
    """Return the whole number that a text is, with white space around it; None if it is none.

    ``int`` alone would take ``1_000`` and ``+1`` as well.
    """
    text = raw.strip()
    digits = text.removeprefix(b"-")
    return int(text) if digits.isdigit() and len(digits) <= MAX_DIGITS else None


def entries(directory: StrPath) -> list[str]:
    """Return the names in a directory, sorted; none if it cannot be listed."""
    try:
        with os.scandir(directory) as found:
            return sorted(entry.name for entry in islice(found, MAX_ENTRIES))
    except OSError:
        return []
