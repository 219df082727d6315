"""Write down when windows begin and end, with the energy counters at both edges.

Whoever marks a window reads the energy counters itself at both edges and appends its marks and
readings to files of its own in the run directory, so no two processes ever write to one file.
"""

from __future__ import annotations

import os
import time

from joulemark.core.block import Block
from joulemark.core.caution import Caution, Code
from joulemark.core.errors import JoulemarkError, MeterError, StoreError, UsageError
from joulemark.core.record import field, record
from joulemark.core.window import Role, Window, Work
from joulemark.meters import METERS
from joulemark.meters._spool_writer import SpoolWriter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from joulemark.core.channel import Channel
    from joulemark.core.clock import Anchor, Clock
    from joulemark.core.interfaces import EdgeMeter
    from joulemark.meters._files import StrPath
    from joulemark.store.eventlog import EventWriter


def counted(done: Work | None, count: float, unit: str, of: str) -> Work:
    """Return the work done so far with some more of it.

    Raises:
        UsageError: if another unit has been counted before.
    """
    done = done or Work(0.0, unit)
    if done.unit != unit:
        raise UsageError(
            f"{of} counts {done.unit}s, some are counted already; {unit}s cannot be added",
            remedy="use one unit of work per phase",
        )
    return Work(done.count + count, unit)


def open_edges(
    specs: Sequence[Mapping[str, Any]], clock: Clock
) -> tuple[list[EdgeMeter], list[JoulemarkError]]:
    """Open meters in this process to read them at edges; return them, and what could not be."""
    meters: list[EdgeMeter] = []
    failures: list[JoulemarkError] = []
    for spec in specs:
        try:
            meter: EdgeMeter = METERS.load(spec["name"])(spec["settings"])
            meter.open(clock)
        except JoulemarkError as error:
            failures.append(error)
            continue
        meters.append(meter)
    return meters, failures


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

    def keep_in(self, path: StrPath, writer: str, anchor: Anchor) -> None:
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

    A journal that cannot be written (a full disk) must not stop the measured program: the first
    such error is kept in ``failure`` for whoever ends the measurement.

    Args:
        anchor: clock of the run.
        journal: where marks are written.
        edges: counters to read at each edge.
    """

    def __init__(self, anchor: Anchor, journal: EventWriter, edges: Edges) -> None:
        """Keep the parts; nothing is read."""
        self.clock = anchor.clock(time.monotonic_ns)
        self.failure: StoreError | None = None
        self._journal = journal
        self._edges = edges

    def open(self, phase: str, role: Role = Role.MEASURE) -> OpenWindow:
        """Begin a window."""
        cautions = self._read_edges()
        start, process = self.clock(), os.getpid()
        name = self._written(self._journal.open_window, phase, role, start, process)
        self._tell(cautions)
        return OpenWindow(name or "", phase, role, start, process)

    def shut(
        self,
        opened: OpenWindow,
        work: Work | None = None,
        facts: Mapping[str, float] | None = None,
        *,
        bounds: tuple[int, int, float] | None = None,
    ) -> Window:
        """End a window and return it.

        Args:
            opened: what ``open`` returned.
            work: what was done in it.
            facts: other numbers of it.
            bounds: start, stop (ns) and their standard uncertainty (s), where another program
                knows them better than this call.
        """
        stop = self.clock()
        cautions = self._read_edges()
        start, stop, edge_u_s = bounds or (opened.start, stop, 0.0)
        window = Window(
            phase=opened.phase,
            start=start,
            stop=stop,
            role=opened.role,
            work=work,
            facts=dict(facts or {}),
            process=opened.process,
            edge_u_s=edge_u_s,
        )
        if opened.name:
            self._written(self._journal.close_window, opened.name, window)
        self._tell(cautions)
        return window

    def close(self) -> None:
        """Let go of the meters; the journal belongs to whoever handed it in."""
        self._edges.close()

    def _read_edges(self) -> list[Caution]:
        try:
            return self._edges.read()
        except StoreError as error:
            self.failure = self.failure or error
            return []

    def _tell(self, cautions: list[Caution]) -> None:
        for caution in cautions:
            self._written(self._journal.caution, caution)

    def _written(self, write: Callable[..., str | None], *what: object) -> str | None:
        """Write to the journal, and return what that returns; keep the error if it fails."""
        try:
            return write(*what)
        except StoreError as error:
            self.failure = self.failure or error
            return None


@record(frozen=True, slots=True)
class OpenWindow:
    """A window that has not ended.

    Attributes:
        name: its id in the journal; empty if it could not be written there.
        phase: its name.
        role: what it is for.
        start: ns on the run's clock.
        process: pid of the marking process.
    """

    name: str
    phase: str
    role: Role
    start: int
    process: int


@record(slots=True)
class Mark:
    """An open window, to be given its work and facts before it closes.

    Attributes:
        work: what was done.
        facts: other numbers.
        bounds: start, stop (ns) and their standard uncertainty (s), where another program knows
            them better.
        window: the closed window, afterwards.
    """

    work: Work | None = None
    facts: dict[str, float] = field(default_factory=dict)
    bounds: tuple[int, int, float] | None = None
    window: Window | None = None


class MarkedWindow:
    """A window that begins and ends with a ``with`` block.

    Args:
        marker: marks it.
        phase: its name.
        role: what it is for.
    """

    def __init__(self, marker: Marker, phase: str, role: Role) -> None:
        """Keep the arguments; nothing is marked yet."""
        self._marker = marker
        self._named = (phase, role)
        self._mark = Mark()

    def __enter__(self) -> Mark:
        """Begin."""
        self._opened = self._marker.open(*self._named)
        return self._mark

    def __exit__(self, *error: object) -> None:
        """End, with what the mark was given."""
        mark = self._mark
        mark.window = self._marker.shut(self._opened, mark.work, mark.facts, bounds=mark.bounds)
