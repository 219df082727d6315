"""Mark phases from inside a measured program: in this process or in any child of a command."""

from __future__ import annotations

import os
import time

from joulemark.core.caution import Caution, Code
from joulemark.core.clock import Anchor
from joulemark.core.errors import JoulemarkError, StoreError
from joulemark.core.jsonlight import loads
from joulemark.core.window import Work
from joulemark.procedures.marker import Edges, Marker, counted, open_edges
from joulemark.store.eventlog import EventWriter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Any, ParamSpec, Self, TypeVar

    from joulemark.meters._files import StrPath
    from joulemark.procedures.marker import OpenWindow

    Arguments = ParamSpec("Arguments")
    Result = TypeVar("Result")

RUN_VARIABLE = "JOULEMARK_RUN"
"""Environment variable by which a measured command finds its run directory."""


_active: list[Marker] = []
"""Markers of this process: the measurement that runs here, or the one joined as a child."""
_joined: dict[int, Marker | None] = {}
"""By process id: what ``JOULEMARK_RUN`` led to."""


def activate(marker: Marker) -> None:
    """Let :class:`phase` in this process mark windows there."""
    _active.append(marker)


def deactivate(marker: Marker) -> None:
    """Undo :func:`activate`."""
    if marker in _active:
        _active.remove(marker)


def current() -> Marker | None:
    """Return the marker of the run that this process belongs to, if there is one."""
    if _active:
        return _active[-1]
    pid = os.getpid()
    if pid not in _joined:
        directory = os.environ.get(RUN_VARIABLE)
        _joined[pid] = _join_if_possible(directory) if directory else None
    return _joined[pid]


def _join_if_possible(directory: str) -> Marker | None:
    try:
        return join(directory)
    except JoulemarkError:  # the journal cannot be written: a full disk, say
        return None


def join(directory: StrPath) -> Marker | None:
    """Return a marker that adds the windows of this process to a run that is being measured.

    A measured program must not fail for the sake of a mark: where the run cannot be joined, the
    reason is noted in its journal if that is possible, and None is returned.
    """
    folder = os.fspath(directory)
    try:
        with open(f"{folder}/run.json", "rb") as file:
            head = loads(file.read())
        anchor = Anchor(**head["anchor"])
        specs: list[dict[str, Any]] = head["settings"].get("edge_meters", [])
        pid = os.getpid()
        journal = EventWriter(f"{folder}/events/{pid}.jsonl")
    except (OSError, ValueError, KeyError, TypeError, JoulemarkError):
        return None
    meters, failures = open_edges(specs, anchor.clock(time.monotonic_ns))
    for failure in failures:
        journal.caution(Caution(Code.METER_FAILED, f"at the edges of process {pid}: {failure}"))
    edges, writer = Edges(meters), f"edges-{pid}-{time.monotonic_ns()}"
    try:
        edges.keep_in(f"{folder}/traces/{writer}.spool", writer, anchor)
    except StoreError as error:
        journal.caution(Caution(Code.METER_FAILED, f"at the edges of process {pid}: {error}"))
    return Marker(anchor, journal, edges)


def phase(name: str, count: float = 0, unit: str = "sample") -> Phase:
    """Mark a phase of the program that is being measured.

    As a context manager or a decorator, in the process that measures or in any child of a command
    under ``joulemark run``. Outside a measurement it does nothing.

    >>> with phase("train") as p:
    ...     p.add(128, "sample")

    Args:
        name: what the phase is called; phases of one name are repeats.
        count: work done in it, if known beforehand.
        unit: singular name of the unit of work.
    """
    return Phase(name, count, unit)


class Phase:
    """What :func:`phase` returns.

    Attributes:
        facts: other numbers of this phase (loss, accuracy), kept with its window.
    """

    def __init__(self, name: str, count: float, unit: str) -> None:
        """Note name and work; nothing is marked yet."""
        self.name = name
        self._given = (count, unit)
        self._work: Work | None = None
        self._open: list[tuple[Marker, OpenWindow]] = []
        self.facts: dict[str, float] = {}

    def __call__(self, function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
        """Return a function each call of which is such a phase."""
        from functools import wraps

        @wraps(function)
        def marked(*arguments: Arguments.args, **named: Arguments.kwargs) -> Result:
            with Phase(self.name, *self._given):
                return function(*arguments, **named)

        return marked

    def __enter__(self) -> Self:
        """Begin the phase."""
        count, unit = self._given
        self._work = Work(count, unit) if count else None
        marker = current()
        if marker is not None:
            self._open.append((marker, marker.open(self.name)))
        return self

    def add(self, count: float, unit: str = "sample") -> None:
        """Count work done in this phase.

        Raises:
            UsageError: if the phase has counted another unit before.
        """
        self._work = counted(self._work, count, unit, f"phase {self.name!r}")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the phase."""
        if self._open:
            marker, opened = self._open.pop()
            marker.shut(opened, self._work, self.facts)
