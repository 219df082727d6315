"""Write the events of one process: on the measuring path, so the standard library only.

Events, by their field ``event``:

open      id, phase, role, time (ns UTC), process
close     id, time, start (if not that of ``open``), edge_u_s, work ({count, unit} or null), facts
caution   code, detail, phase
sampler   the fields of core.run.Sampler; the last word counts
result    name, value
"""

from __future__ import annotations

import itertools
import os

from joulemark.core.errors import UsageError
from joulemark.core.jsonlight import dumps
from joulemark.core.record import names
from joulemark.meters.journal import Journal
from joulemark.store.jsontext import encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from joulemark.core.caution import Caution
    from joulemark.core.run import Sampler
    from joulemark.core.window import Role, Window
    from joulemark.meters._files import StrPath
    from joulemark.meters.journal import Write

MAX_LINE = 1 << 20
"""Longest line of an events file, bytes."""


class EventWriter(Journal):
    """One writer's events: each a line, each line one system call.

    A marking child process makes its own, ``EventWriter(events / f"{pid}.jsonl")``.

    Args:
        path: the file; appended to if it exists.
        write: what writes the bytes.

    Raises:
        StoreError: if the file cannot be opened.
    """

    def __init__(self, path: StrPath, *, write: Write = os.write) -> None:
        """Open the file."""
        super().__init__(path, write=write)
        self._count = itertools.count(1)

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
        self._keep(dumps({"event": "open", **window}).encode("utf-8", "replace"))
        return name

    def close_window(self, name: str, window: Window) -> None:
        """Record that a window closed, and what was done in it.

        Args:
            name: what :meth:`open_window` returned.
            window: the closed window; its start may have become known better meanwhile.
        """
        bounds = {"time": window.stop, "start": window.start, "edge_u_s": window.edge_u_s}
        closed = {
            "event": "close",
            "id": name,
            **bounds,
            "work": window.work,
            "facts": window.facts,
        }
        plain = window.work is None and not window.facts and window.edge_u_s == 0
        if plain:  # as most windows are: nothing in it needs to be spelled in another way
            self._keep(dumps(closed).encode("utf-8", "replace"))
        else:
            self._append(closed)

    def caution(self, caution: Caution) -> None:
        """Record a warning."""
        self._append({"event": "caution", **_fields(caution)})

    def sampler(self, sampler: Sampler) -> None:
        """Record what the sampling loop says of itself; the last word counts."""
        self._append({"event": "sampler", **_fields(sampler)})

    def result(self, name: str, value: object) -> None:
        """Record what a tool beside us said, a JSON value."""
        self._append({"event": "result", "name": name, "value": value})

    def _append(self, event: Mapping[str, object]) -> None:
        self._keep(encode(event, str(event["event"])))

    def _keep(self, text: bytes) -> None:
        if len(text) >= MAX_LINE:
            raise UsageError(
                f"an event of {len(text)} bytes is too long",
                where=str(self.path),
                remedy=f"keep it below {MAX_LINE} bytes, or write it to a file in raw/",
            )
        self.add(text + b"\n")


def _fields(one: Caution | Sampler) -> dict[str, Any]:
    return {name: getattr(one, name) for name in names(type(one))}
