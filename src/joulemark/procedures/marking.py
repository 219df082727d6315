"""Windows marked from inside: by the measuring process, and by any child of a measured command.

Whoever marks a window reads the energy counters itself at both edges and appends its marks and
readings to files of its own in the run directory, so no two processes ever write to one file.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from contextlib import ContextDecorator
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from joulemark.core.block import Block
from joulemark.core.caution import Caution, Code
from joulemark.core.channel import Channel
from joulemark.core.clock import Anchor
from joulemark.core.errors import JoulemarkError, MeterError, UsageError
from joulemark.core.interfaces import EdgeMeter
from joulemark.core.window import Role, Window, Work
from joulemark.meters.spool import SpoolWriter
from joulemark.store.writer import EventWriter

RUN_VARIABLE = "JOULEMARK_RUN"
"""Environment variable by which a measured command finds its run directory."""


class Edges:
    """The energy counters of several meters, read together at an edge of a window.

    Args:
        meters: open meters.
        spool: where the readings go; its channels must be :attr:`channels`.
    """

    def __init__(self, meters: Sequence[EdgeMeter]) -> None:
        """Number the channels of all meters through."""
        self.meters = list(meters)
        self.channels: list[Channel] = [c for meter in meters for c in meter.channels]
        self._spool: SpoolWriter | None = None
        self._failed: set[str] = set()

    def keep_in(self, path: Path, writer: str, anchor: Anchor) -> None:
        """Append all readings from now on to a spool."""
        if self.channels:
            self._spool = SpoolWriter(path, writer, self.channels, anchor)

    def read(self) -> list[Caution]:
        """Read every counter once and keep the readings; return what failed, once per meter."""
        if self._spool is None:
            return []
        rows, cautions, first = [], [], 0
        for meter in self.meters:
            try:
                rows += [(t, v, first + i) for t, v, i in meter.read_edges().rows()]
            except MeterError as error:
                if meter.name not in self._failed:
                    self._failed.add(meter.name)
                    cautions.append(Caution(Code.METER_FAILED, str(error)))
            first += len(meter.channels)
        if rows:
            self._spool.append(Block.of(rows))
        return cautions

    def close(self) -> None:
        """Close the meters and the spool."""
        for meter in self.meters:
            meter.close()
        if self._spool is not None:
            self._spool.close()
            self._spool = None


class Marker:
    """Opens and closes windows of one process.

    Args:
        anchor: clock of the run.
        events: journal of this process.
        edges: counters to read at each edge.
    """

    def __init__(self, anchor: Anchor, events: EventWriter, edges: Edges) -> None:
        """Keep the parts; nothing is read."""
        self.clock = anchor.clock(time.monotonic_ns)
        self._events = events
        self._edges = edges
        self._open: dict[str, Window] = {}

    def open(self, phase: str, role: Role = Role.MEASURE) -> str:
        """Begin a window and return its id."""
        failed = self._edges.read()
        start = self.clock()
        name = self._events.open_window(phase, role, start, os.getpid())
        self._open[name] = Window(phase=phase, start=start, role=role, process=os.getpid())
        self._tell(failed)
        return name

    def shut(
        self,
        name: str,
        work: Work | None = None,
        facts: dict[str, float] | None = None,
        *,
        bounds: tuple[int, int, float] | None = None,
    ) -> Window:
        """End a window.

        Args:
            name: what ``open`` returned.
            work: what was done in it.
            facts: other numbers of it.
            bounds: start, stop (ns) and their standard uncertainty (s), where another program
                knows them better than this call.
        """
        stop, opened = self.clock(), self._open.pop(name)
        failed = self._edges.read()
        start, stop, edge_u_s = bounds or (opened.start, stop, 0.0)
        window = replace(
            opened, start=start, stop=stop, work=work, facts=facts or {}, edge_u_s=edge_u_s
        )
        self._events.close_window(name, window)
        self._tell(failed)
        return window

    def close(self) -> None:
        """Let go of the meters; the journal belongs to whoever handed it in."""
        self._edges.close()

    def _tell(self, cautions: list[Caution]) -> None:
        for caution in cautions:
            self._events.caution(caution)


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
        _joined[pid] = join(Path(directory)) if directory else None
    return _joined[pid]


def join(directory: Path) -> Marker | None:
    """Return a marker that adds the windows of this process to a run that is being measured.

    A measured program must not fail for the sake of a mark: where the run cannot be joined, the
    reason is noted in its journal if that is possible, and None is returned.
    """
    from joulemark.meters import METERS

    try:
        head = json.loads((directory / "run.json").read_bytes())
        anchor = Anchor(**head["anchor"])
        specs: list[dict[str, Any]] = head["settings"].get("edge_meters", [])
        pid = os.getpid()
        events = EventWriter(directory / "events" / f"{pid}.jsonl")
    except (OSError, ValueError, KeyError, TypeError, JoulemarkError):
        return None
    meters = []
    for spec in specs:
        meter = METERS.load(spec["name"])(spec["settings"])
        try:
            meter.open(anchor.clock(time.monotonic_ns))
        except JoulemarkError as error:
            events.caution(Caution(Code.METER_FAILED, f"at the edges of process {pid}: {error}"))
            continue
        meters.append(meter)
    edges = Edges(meters)
    edges.keep_in(directory / "traces" / f"edges-{pid}.spool", f"edges-{pid}", anchor)
    return Marker(anchor, events, edges)


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


class Phase(ContextDecorator):
    """What :func:`phase` returns.

    Attributes:
        facts: other numbers of this phase (loss, accuracy), kept with its window.
    """

    def __init__(self, name: str, count: float, unit: str) -> None:
        """Note name and work; nothing is marked yet."""
        self.name = name
        self._given = (count, unit)
        self._work: Work | None = None
        self._open: list[tuple[Marker, str]] = []
        self.facts: dict[str, float] = {}

    def _recreate_cm(self) -> Self:
        return type(self)(self.name, *self._given)

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
        done = self._work or Work(0.0, unit)
        if done.unit != unit:
            raise UsageError(
                f"phase {self.name!r} counts {done.unit}s, not {unit}s",
                remedy="use one unit of work per phase",
            )
        self._work = Work(done.count + count, unit)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the phase."""
        if self._open:
            marker, name = self._open.pop()
            marker.shut(name, self._work, dict(self.facts))
