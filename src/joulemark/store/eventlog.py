"""Write the events of one process: on the measuring path, so the standard library only.

Events, by their field ``event``:

open      id, phase, role, time (ns UTC), process
close     id, time, start (if not that of ``open``), edge_u_s, work ({count, unit} or null), facts
caution   code, detail, phase
sampler   the fields of core.run.Sampler; the last word counts
result    name, value
"""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from joulemark.core.caution import Caution
from joulemark.core.errors import UsageError
from joulemark.core.run import Sampler
from joulemark.core.window import Role, Window
from joulemark.store.files import Write, store_error, write_all
from joulemark.store.jsontext import encode

MAX_LINE = 1 << 20
"""Longest line of an events file, bytes."""


class EventWriter:
    """One writer's events: each a line, each line one system call.

    A marking child process makes its own, ``EventWriter(events / f"{pid}.jsonl")``.

    Args:
        path: the file; appended to if it exists.
        write: what writes the bytes.

    Raises:
        StoreError: if the file cannot be opened.
    """

    def __init__(self, path: Path, *, write: Write = os.write) -> None:
        """Open the file."""
        self.path = path
        self._write = write
        self._count = itertools.count(1)
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            self._file = os.open(path, flags, 0o644)
            self._torn = _ends_torn(self._file)
        except OSError as error:
            raise store_error(error, path) from error

    def open_window(self, phase: str, role: Role, time: int, process: int = 0) -> str:
        """Record that a window opened.

        Args:
            phase: its name.
            role: what it is for.
            time: its start, ns UTC.
            process: pid of the marking process; this one if zero.

        Returns:
            An id for :meth:`close_window`.
        """
        process = process or os.getpid()
        name = f"{process}-{next(self._count)}"
        window = {"id": name, "phase": phase, "role": role, "time": time, "process": process}
        self._append({"event": "open", **window})
        return name

    def close_window(self, name: str, window: Window) -> None:
        """Record that a window closed, and what was done in it.

        Args:
            name: what :meth:`open_window` returned.
            window: the closed window; its start may have become known better meanwhile.
        """
        bounds = {"time": window.stop, "start": window.start, "edge_u_s": window.edge_u_s}
        done = {"work": window.work, "facts": window.facts}
        self._append({"event": "close", "id": name, **bounds, **done})

    def caution(self, caution: Caution) -> None:
        """Record a warning."""
        self._append({"event": "caution", **asdict(caution)})

    def sampler(self, sampler: Sampler) -> None:
        """Record what the sampling loop says of itself; the last word counts."""
        self._append({"event": "sampler", **asdict(sampler)})

    def result(self, name: str, value: object) -> None:
        """Record what a tool beside us said, a JSON value."""
        self._append({"event": "result", "name": name, "value": value})

    def sync(self) -> None:
        """Put everything on the disk."""
        try:
            os.fsync(self._file)
        except OSError as error:
            raise store_error(error, self.path) from error

    def lock(self) -> None:
        """Show that the writer lives: the kernel lets go of the lock when the process ends."""
        with contextlib.suppress(OSError):  # a file system without locks: shown as interrupted
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _append(self, event: Mapping[str, object]) -> None:
        line = encode(event, str(event["event"])) + b"\n"
        if len(line) > MAX_LINE:
            raise UsageError(
                f"an event of {len(line)} bytes is too long",
                where=str(self.path),
                remedy=f"keep it below {MAX_LINE} bytes, or write it to a file in raw/",
            )
        self._put(b"\n" + line if self._torn else line)

    def _put(self, line: bytes) -> None:
        try:
            done = self._write(self._file, line)
            self._torn = done < len(line)
            if self._torn:  # the disk is nearly full: the next call says why
                write_all(self._file, line[done:], self._write)
                self._torn = False
        except OSError as error:
            raise store_error(error, self.path) from error


def _ends_torn(descriptor: int) -> bool:
    """Whether the file's last line was never finished."""
    size = os.fstat(descriptor).st_size
    return size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
