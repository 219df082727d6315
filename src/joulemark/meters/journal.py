"""Lines appended to a file, each with the kernel when the call that adds it returns.

A writer that is killed loses no whole line; what it left of its last line is closed by a newline
when somebody goes on with the file. One process writes to one file.
"""

from __future__ import annotations

import errno
import os

from joulemark.core.errors import StoreError
from joulemark.core.jsonlight import dumps
from joulemark.core.scope import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, TypeAlias

    from joulemark.meters._files import StrPath

Write: TypeAlias = "Callable[[int, bytes], int]"
"""``os.write`` or something that behaves like it."""

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Journal:
    """An append-only file of lines.

    Args:
        path: the file; made, or appended to if it is there.
        write: what writes the bytes, ``os.write`` or something that behaves like it.

    Raises:
        StoreError: if it cannot be opened.
    """

    def __init__(self, path: StrPath, *, write: Write = os.write) -> None:
        """Open the file; a link is refused."""
        self.path = path
        self._write = write
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            self._file = os.open(path, flags, 0o644)
            self._torn = _ends_torn(self._file)
        except OSError as error:
            raise store_error(error, path) from error

    def note(self, event: Mapping[str, Any]) -> None:
        """Append an event, a JSON object.

        Raises:
            StoreError: if it cannot be written.
        """
        self.add(dumps(event).encode("utf-8", "replace") + b"\n")

    def add(self, line: bytes) -> None:
        """Append a line that ends with a newline: one system call.

        Raises:
            StoreError: if it cannot be written as a whole.
        """
        rest = b"\n" + line if self._torn else line
        try:
            done = self._write(self._file, rest)
            while done < len(rest):  # the disk is nearly full: the next call says why
                self._torn, rest = True, rest[done:]
                done = self._write(self._file, rest)
        except OSError as error:
            raise store_error(error, self.path) from error
        self._torn = False

    def lock(self) -> None:
        """Show that the writer lives: the kernel lets go of the lock when the process ends."""
        import fcntl

        with suppress(OSError):  # a file system without locks: shown as interrupted
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def sync(self) -> None:
        """Put everything on the disk.

        Raises:
            StoreError: if the disk refuses.
        """
        try:
            os.fsync(self._file)
        except OSError as error:
            raise store_error(error, self.path) from error

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def _ends_torn(descriptor: int) -> bool:
    """Whether the file's last line was never finished."""
    size = os.fstat(descriptor).st_size
    return size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"


def store_error(error: OSError, path: StrPath) -> StoreError:
    """Return a failure of the file system as an error that says what to do."""
    if error.errno in _FULL:
        remedy = "free some space; what was written until now can be opened"
    else:
        remedy = "choose a directory that you can write (of runs: --store DIR or JOULEMARK_STORE)"
    return StoreError(error.strerror or str(error), where=os.fspath(path), remedy=remedy)
