"""A measurement from its first sample to its closed run directory."""

from __future__ import annotations

import os
import time

import joulemark
from joulemark.core.caution import Caution, Code
from joulemark.core.channel import Channel
from joulemark.core.clock import Anchor
from joulemark.core.errors import StoreError, UsageError
from joulemark.core.record import record, replace
from joulemark.core.run import Run, Status
from joulemark.core.window import Role
from joulemark.meters._system import describe_system
from joulemark.meters.sampling import SamplerProcess
from joulemark.procedures.environment import environment
from joulemark.procedures.marker import Edges, Mark, MarkedWindow, Marker, open_edges
from joulemark.procedures.marking import RUN_VARIABLE
from joulemark.procedures.plan import Plan, plan
from joulemark.store.writer import RunWriter, new_run_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import Any, Self

    from joulemark.core.clock import Clock
    from joulemark.core.interfaces import Meter
    from joulemark.core.run import System
    from joulemark.meters._files import StrPath
    from joulemark.meters._thread import SamplerThread
    from joulemark.procedures.live import Tell
    from joulemark.procedures.plan import Spec

__all__ = ["Mark", "Options", "Session"]


@record(frozen=True, slots=True, kw_only=True)
class Options:
    """How to measure.

    Attributes:
        store: folder that run directories go to.
        meters: names and settings; None to use the best that the machine has.
        objects: meters handed in as objects, sampled by a thread of this process.
        period_s: time between two samples.
        idle_s: length of the idle windows before and after; 0 for none.
        own_work: whether the processor time of this process is the workload's, or only that of
            what it starts.
        root_pid: the process whose processor time is the workload's, and that of what it starts,
            where it is another than this; 0 for everything that runs on the machine.
        calibration: JSON of a calibration, to be kept in the run and applied to its results.
    """

    store: StrPath
    meters: Sequence[tuple[str, Spec]] | None = None
    objects: Sequence[Meter] = ()
    period_s: float = 0.1
    idle_s: float = 0.0
    own_work: bool = True
    root_pid: int | None = None
    calibration: Mapping[str, Any] | None = None


class Session:
    """Opens meters, starts the sampler, marks windows; always closes and keeps the run.

    Args:
        procedure: name of the procedure.
        title: what is measured, for people and for the name of the run.
        options: how to measure.
        settings: settings of procedure and workload, to be kept in the run.
    """

    def __init__(
        self, procedure: str, title: str, options: Options, settings: Mapping[str, Any]
    ) -> None:
        """Note everything; nothing is opened yet."""
        self.procedure = procedure
        self.title = title
        self.options = options
        self.settings = dict(settings)
        self.status = Status.COMPLETE
        self._sampler: SamplerProcess | SamplerThread | None = None
        self._edges = Edges([])
        self._marker: Marker | None = None

    def __enter__(self) -> Self:
        """Open everything and begin to sample.

        Raises:
            UnavailableError: if there is nothing to measure with.
            StoreError: if the run cannot be written.
        """
        anchor = Anchor(time.time_ns(), time.monotonic_ns())
        process = None
        if not self.options.objects:
            process = SamplerProcess.launch(self.options.period_s, anchor)
        try:
            # what is told of the machine is found out while the process comes up
            system, around = describe_system(), environment(os.getcwd())
            chosen = self._plan(process, anchor.utc_ns)
            self._run = self._head(anchor, chosen, system, around)
            self.writer = RunWriter.create(self.options.store, self._run)
        except BaseException:
            if process is not None:
                process.stop(0)
            raise
        self._sampler = process
        try:
            self._start(anchor, chosen)
        except BaseException:
            self._edges.close()
            self._finish(Status.FAILED, compact=False)
            raise
        return self

    def _plan(self, process: SamplerProcess | None, origin_ns: int) -> Plan:
        if process is None:
            return Plan()
        whose = {"root_pid": os.getpid(), "include_root": self.options.own_work}
        if self.options.root_pid == 0:
            whose = {}
        elif self.options.root_pid is not None:
            whose = {"root_pid": self.options.root_pid, "include_root": True}
        return plan(self.options.meters, process.open, whose, origin_ns=origin_ns)

    def _head(self, anchor: Anchor, chosen: Plan, system: System, around: dict[str, Any]) -> Run:
        return Run(
            id=new_run_id(anchor.utc_ns, self.title),
            procedure=self.procedure,
            title=self.title,
            joulemark=joulemark.__version__,
            anchor=anchor,
            system=replace(system, gpus=chosen.gpus()),
            settings={
                **self.settings,
                "period_s": self.options.period_s,
                "idle_s": self.options.idle_s,
                **_asked(self.options),
                "edge_meters": chosen.edge_specs,
                "unavailable": [
                    {"meter": name, "what": error.what, "remedy": error.remedy}
                    for name, error in chosen.unavailable
                ],
            },
            environment=around,
            meters=tuple(chosen.specs),
            channels=tuple(chosen.channels),
        )

    def _start(self, anchor: Anchor, chosen: Plan) -> None:
        clock = anchor.clock(time.monotonic_ns)
        if isinstance(self._sampler, SamplerProcess):
            meters, failures = open_edges(chosen.edge_specs, clock)
            self._edges = Edges(meters)
            for failure in failures:
                self.caution(Code.METER_FAILED, f"at the edges of windows: {failure}")
            self._sampler.begin(self.writer.directory)
        else:
            self._start_thread(anchor)
        self._edges.keep_in(f"{self.writer.directory}/traces/edges.spool", "edges", anchor)
        self._marker = Marker(anchor, self.writer.log, self._edges)
        software = {c.meter for c in self.channels if c.carries_energy and c.is_virtual}
        if software:
            self.caution(Code.VIRTUAL, ", ".join(sorted(software)))

    def _start_thread(self, anchor: Anchor) -> None:
        from joulemark.meters._thread import SamplerThread

        meters, period_s = self.options.objects, self.options.period_s
        self._sampler = SamplerThread.start(meters, period_s, anchor, self.writer.directory)
        found: list[Any] = [meter for meter in meters if hasattr(meter, "read_edges")]
        self._edges = Edges(found)
        self.caution(Code.THREAD_SAMPLER)

    @property
    def path(self) -> Path:
        """The run directory."""
        return self.writer.path

    @property
    def marker(self) -> Marker:
        """What opens and closes the windows of this process.

        Raises:
            UsageError: before the session has begun.
        """
        if self._marker is None:
            raise UsageError("the session has not begun", remedy="enter it with a with statement")
        return self._marker

    @property
    def sampler(self) -> SamplerProcess | SamplerThread | None:
        """What samples; None before the session has begun."""
        return self._sampler

    @property
    def clock(self) -> Clock:
        """The run's clock."""
        return self.marker.clock

    @property
    def shift_ns(self) -> int:
        """What turns the monotonic clock into the run's, ns."""
        return self._run.anchor.utc_ns - self._run.anchor.monotonic_ns

    @property
    def channels(self) -> list[Channel]:
        """What is being sampled."""
        return [] if self._sampler is None else list(self._sampler.channels)

    @property
    def slowest_update_s(self) -> float:
        """Longest time between two updates of a sensor that energy is taken from."""
        known = [c.update_s for c in self.channels if c.carries_energy and c.update_s]
        return max([self.options.period_s, *known])

    @property
    def variables(self) -> dict[str, str]:
        """Environment variables by which a measured command joins this run."""
        return {RUN_VARIABLE: os.path.realpath(self.writer.directory)}

    def window(self, phase: str, role: Role = Role.MEASURE) -> MarkedWindow:
        """Mark a window in a ``with`` block; give the mark its work before the block ends."""
        return MarkedWindow(self.marker, phase, role)

    def idle(self, tell: Tell | None = None) -> None:
        """Measure the idle machine for as long as the options say."""
        seconds = self.options.idle_s
        if seconds <= 0:
            return
        with self.window("idle", Role.IDLE):
            if tell is None:
                time.sleep(seconds)
                return
            from joulemark.procedures.live import following

            with following(self.path, "idle", seconds, tell):
                time.sleep(seconds)

    def caution(self, code: Code, detail: str = "", phase: str = "") -> None:
        """Add a warning to the run."""
        self.writer.caution(Caution(code, detail, phase))

    def result(self, name: str, value: object) -> None:
        """Add what another tool said, as JSON values."""
        self.writer.result(name, value)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop sampling and close the run, whatever happened."""
        if kind is not None and self.status is Status.COMPLETE:
            interrupted = issubclass(kind, (KeyboardInterrupt, SystemExit))
            self.status = Status.INTERRUPTED if interrupted else Status.FAILED
        failure = self._finish(self.status, compact=self.procedure != "measure")
        if failure is not None and kind is None:
            raise failure

    def _finish(self, status: Status, *, compact: bool) -> StoreError | None:
        """Close everything; return what could not be written instead of stopping at it."""
        sampler, marker = self._sampler, self._marker
        failures = [] if marker is None else [marker.failure]
        lost = sampler is not None and not sampler.stop()
        if marker is not None:
            marker.close()
        stopped = self._run.anchor.clock(time.monotonic_ns)()
        try:
            if lost:
                self.caution(Code.SAMPLER_LOST)
            self.writer.close(replace(self._run, status=status, stopped=stopped), compact=compact)
        except StoreError as error:
            failures.append(error)
        return next((failure for failure in failures if failure is not None), None)


def _asked(options: Options) -> dict[str, Any]:
    return {} if options.calibration is None else {"calibration": dict(options.calibration)}
