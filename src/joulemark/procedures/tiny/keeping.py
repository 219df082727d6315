"""A run of a board while it is made: samples, windows and every line reach the disk at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

import joulemark
from joulemark.core.block import ROW, Block
from joulemark.core.caution import Caution, Code
from joulemark.core.channel import SOFTWARE, Channel, Quantity, as_it_is
from joulemark.core.clock import NS, Anchor, Clock
from joulemark.core.errors import MeterError, MeterLostError
from joulemark.core.interfaces import EnergyMonitor
from joulemark.core.run import Run, Status, System
from joulemark.core.window import Role, Window, Work
from joulemark.formats.tiny.written import LogLine
from joulemark.meters._system import describe_system
from joulemark.meters.journal import Journal
from joulemark.meters.spool import SpoolWriter
from joulemark.store.files import iso_utc
from joulemark.store.writer import RunWriter, new_run_id
from joulemark.workloads.tiny.dialogue import Said

ROWS = np.dtype([("time", "<i8"), ("value", "<f8"), ("channel", "<u4")])
PHASE = "inference"
HOLD_NS = 50_000
"""Falls of the pin so close are one: ``timestamp-hold-us=50`` of EnergyRunner."""
VIRTUAL_NOTE = f"{SOFTWARE}: simulated, nothing was measured"


@dataclass(slots=True)
class TraceSoFar:
    """A trace of the monitor.

    Attributes:
        begun: when its first period began, ns UTC.
        rate_hz: samples a second.
        times: ends of the periods, ns UTC, in pieces.
        watts: mean powers, in pieces.
        edges: falls of the pin, ns UTC.
        lost: samples that the monitor knows it lost.
    """

    begun: int
    rate_hz: float
    times: list[NDArray[np.int64]] = field(default_factory=list)
    watts: list[NDArray[np.float64]] = field(default_factory=list)
    edges: list[int] = field(default_factory=list)
    lost: int = 0

    def power(self) -> NDArray[np.float64]:
        """Return the mean power of every period, W; of a lost one, that before it."""
        if not self.times:
            return np.zeros(0)
        times, watts = np.concatenate(self.times), np.concatenate(self.watts)
        place = np.rint((times - self.begun) * self.rate_hz / NS).astype(np.int64) - 1
        keep = (place >= 0) & (place < len(place) + max(self.lost, 0) + 1)
        place, watts = place[keep], watts[keep]
        if not len(place):
            return np.zeros(0)
        before = np.searchsorted(place, np.arange(place[-1] + 1), side="right") - 1
        return np.asarray(watts[np.maximum(before, 0)])

    def mean(self, start: int, stop: int) -> tuple[float, int]:
        """Return mean power between two times, W, and of how many samples."""
        watts = self.power()
        first, last = (round((at - self.begun) * self.rate_hz / NS) for at in (start, stop))
        part = watts[max(first, 0) : last]
        return (float(part.mean()) if len(part) else float("nan")), len(part)


class Keeper:
    """The run of a session.

    Args:
        store: the directory of all runs.
        monitor: the energy monitor, open; None without.
        clock: of everything that is said and marked, ns UTC.
        title: what is measured.
        settings: to be kept with the run.
        virtual: whether it is a rehearsal.

    Attributes:
        lines: of EnergyRunner's log so far.
        failures: what the monitor complained of.
        traced: rows of all traces.
    """

    def __init__(
        self,
        store: Any,
        monitor: EnergyMonitor | None,
        clock: Clock,
        *,
        title: str,
        settings: Mapping[str, Any],
        virtual: bool = False,
    ) -> None:
        """Make the run's directory."""
        self.monitor = monitor
        self.clock = clock
        self.lines: list[LogLine] = []
        self.failures: list[MeterError] = []
        self.status = Status.COMPLETE
        self._begun = clock()
        self._trace: TraceSoFar | None = None
        self._speaker = ""
        self._spool: SpoolWriter | None = None
        anchor = Anchor(self._begun, time.monotonic_ns())
        channels = tuple(
            _shown(one, virtual=virtual) for one in (monitor.channels if monitor else ())
        )
        self._run = Run(
            id=new_run_id(time.time_ns(), title),
            procedure="bench tiny",
            title=title,
            joulemark=joulemark.__version__,
            anchor=anchor,
            system=System(host="virtual", virtual="joulemark") if virtual else describe_system(),
            settings={**settings, "virtual": virtual},
            meters=({"name": monitor.name, "facts": dict(monitor.facts)},) if monitor else (),
            channels=channels,
        )
        self.writer = RunWriter.create(store, self._run)
        self._serial = Journal(f"{self.writer.directory}/raw/serial.log")
        self._log = Journal(f"{self.writer.directory}/raw/log.txt")
        self._power = next(
            (at for at, one in enumerate(channels) if one.quantity is Quantity.POWER), 0
        )
        if virtual:
            self.caution(Code.VIRTUAL)

    @property
    def software(self) -> bool:
        """Whether the monitor says that it is software."""
        return any(channel.is_virtual for channel in self._run.channels)

    def call_virtual(self) -> None:
        """Call what was taken for a measurement a rehearsal: the board says that it is none."""
        channels = tuple(_shown(one, virtual=True) for one in self._run.channels)
        settings = {**self._run.settings, "virtual": True}
        self._run = replace(self._run, channels=channels, settings=settings)
        self.writer.update(self._run)
        self.caution(Code.VIRTUAL)

    # ------------------------------------------------------------------ what is said

    def note(self, said: Said) -> None:
        """Keep a line of the board's dialogue."""
        mark = "<" if said.heard else ">"
        self._serial.add(f"{iso_utc(said.time)} {mark} {said.text}\n".encode())
        if self._speaker and said.heard:
            self.line(self._speaker, said.text, said.time)
        elif self._speaker:
            self.line("parser", f'Command "{self._speaker} {said.text}"', said.time)

    def aloud(self, speaker: str) -> None:
        """From now on what is said belongs in the log of the official session.

        Args:
            speaker: ``io`` where a relay speaks, else ``dut``; empty for no more of it.
        """
        self._speaker = speaker

    def muted(self, work: Callable[[], None]) -> None:
        """Do something whose lines do not belong there: loading, as in EnergyRunner's logs."""
        speaker, self._speaker = self._speaker, ""
        try:
            work()
        finally:
            self._speaker = speaker

    def line(self, source: str, text: str, at: int | None = None) -> None:
        """Add a line to the log of the official session."""
        when = ((self.clock() if at is None else at) - self._begun) / NS
        added = LogLine(when, source, text)
        self.lines.append(added)
        self._log.add(f"{added}\n".encode())

    def caution(self, code: Code, detail: str = "", phase: str = "") -> None:
        """Add a warning to the run."""
        self.writer.caution(Caution(code, detail, phase))

    # ------------------------------------------------------------------ what is measured

    def begin_trace(self) -> TraceSoFar:
        """Start the monitor."""
        monitor = self._needed()
        begun = monitor.start()
        self._trace = TraceSoFar(begun, monitor.rate_hz)
        return self._trace

    def end_trace(self) -> None:
        """Stop the monitor and take what it still holds."""
        monitor, trace = self._needed(), self._trace
        try:
            monitor.stop()
        except MeterError as error:
            self.failures.append(error)
        while trace is not None and self._take(trace):
            pass
        self._trace = None

    def pump(self) -> None:
        """Take what the monitor has; called again and again while others are waited for."""
        if self._trace is not None:
            self._take(self._trace)

    def _take(self, trace: TraceSoFar) -> int:
        """Take what the monitor has; return how many rows.

        Raises:
            MeterLostError: if it is gone, or ended its trace.
        """
        monitor = self._needed()
        block = Block()
        try:
            block = monitor.read()
        except MeterLostError:
            raise
        except MeterError as error:
            self.failures.append(error)
        self.failures += monitor.failures
        monitor.failures.clear()
        if block:
            self._spooled().append(block)
            rows = np.frombuffer(block, ROWS)
            rows = rows[rows["channel"] == self._power]
            trace.times.append(rows["time"])
            trace.watts.append(rows["value"])
        for edge in monitor.take_edges():
            if not trace.edges or edge - trace.edges[-1] > HOLD_NS:
                trace.edges.append(edge)
        trace.lost = monitor.lost
        return len(block) // ROW.size

    def _spooled(self) -> SpoolWriter:
        """Return the samples' file: made when the first come, and it is known what they are."""
        if self._spool is None:
            path = f"{self.writer.directory}/traces/monitor.spool"
            self._spool = SpoolWriter(path, "monitor", self._run.channels, self._run.anchor)
        return self._spool

    def _needed(self) -> EnergyMonitor:
        if self.monitor is None:
            remedy = "name one: --monitor lpm01a:port=/dev/ttyACM1"
            raise MeterError("there is no energy monitor", remedy=remedy)
        return self.monitor

    def window(
        self, phase: str, bounds: tuple[int, int], role: Role, count: int = 0, edge_u_s: float = 0.0
    ) -> None:
        """Record a window."""
        work = Work(float(count), PHASE) if count else None
        name = self.writer.open_window(phase, role, bounds[0])
        window = Window(
            phase=phase, start=bounds[0], stop=bounds[1], role=role, work=work, edge_u_s=edge_u_s
        )
        self.writer.close_window(name, window)

    # ------------------------------------------------------------------ the end

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the run, whatever happened."""
        if kind is not None:
            interrupted = issubclass(kind, (KeyboardInterrupt, SystemExit))
            self.status = Status.INTERRUPTED if interrupted else Status.FAILED
        for file in (self._serial, self._log):
            file.close()
        if self._spool is not None:
            self._spool.sync()
            self._spool.close()
        closed = replace(self._run, status=self.status, stopped=self.clock())
        self.writer.close(closed, compact=True)


def _shown(channel: Channel, *, virtual: bool) -> Channel:
    """Return a channel; of a rehearsal, as what it is."""
    if not virtual:
        return channel
    note = f"{VIRTUAL_NOTE}; {channel.note}" if channel.note else VIRTUAL_NOTE
    return as_it_is(replace(channel, note=note))
