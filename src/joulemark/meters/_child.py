"""What the sampling process needs of the system: its journal, and the leash that ends it."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
from collections.abc import Callable, Mapping
from typing import Any

from joulemark.core.clock import NS, Clock
from joulemark.core.errors import StoreError
from joulemark.meters._spool_reader import StrPath

Wait = Callable[[int], bool]
"""Waits until a time (ns on the run's clock); returns True if the loop is to end."""


class Journal:
    """Events as JSON lines, each one system call.

    Args:
        path: the file; appended to.

    Raises:
        StoreError: if it cannot be opened.
    """

    def __init__(self, path: StrPath) -> None:
        """Open the file."""
        self.path = path
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        try:
            self._file = os.open(path, flags, 0o644)
        except OSError as error:
            raise self._failed(error) from error

    def note(self, event: Mapping[str, Any]) -> None:
        """Append an event.

        Raises:
            StoreError: if it cannot be written.
        """
        line = json.dumps(event, separators=(",", ":")).encode() + b"\n"
        try:
            done = os.write(self._file, line)
            if done < len(line):
                os.write(self._file, line[done:])  # the disk is nearly full: this says why
        except OSError as error:
            raise self._failed(error) from error

    def close(self) -> None:
        """Put the events on the disk, where the disk lets us, and close the file."""
        with contextlib.suppress(OSError):
            os.fdatasync(self._file)
        os.close(self._file)

    def _failed(self, error: OSError) -> StoreError:
        return StoreError(
            f"events cannot be written: {error.strerror}",
            where=os.fspath(self.path),
            remedy="free some space or choose another place",
        )


class Leash:
    """Waits on standard input, whose end is the end of the loop.

    Args:
        descriptor: standard input.
        clock: the run's clock.
    """

    def __init__(self, descriptor: int, clock: Clock) -> None:
        """Let SIGTERM end the loop as well."""
        self._clock = clock
        self._parent = os.getppid()
        ended, self._end = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._watched = [descriptor, ended]
        signal.signal(signal.SIGTERM, lambda *_: self._pull())

    def _pull(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.write(self._end, b".")

    def wait(self, until: int) -> bool:
        """Wait until a time; return True if the loop is to end.

        A process that our parent forked may hold our standard input open when the parent is gone;
        then the parent's number tells.
        """
        left = max(until - self._clock(), 0) / NS
        return bool(select.select(self._watched, [], [], left)[0]) or os.getppid() != self._parent
