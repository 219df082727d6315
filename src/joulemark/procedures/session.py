"""A measurement from its first sample to its closed run directory."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import joulemark
from joulemark.core.caution import Caution, Code
from joulemark.core.channel import Domain
from joulemark.core.clock import Anchor, Clock
from joulemark.core.errors import StoreError, UsageError
from joulemark.core.interfaces import EdgeMeter, Meter
from joulemark.core.run import Run, Status, System
from joulemark.core.window import Role, Window, Work
from joulemark.meters._system import describe_system
from joulemark.meters._thread import SamplerThread
from joulemark.meters.sampling import SamplerProcess
from joulemark.procedures.environment import environment
from joulemark.procedures.live import Tell, following
from joulemark.procedures.marker import Edges, Marker
from joulemark.procedures.marking import RUN_VARIABLE
from joulemark.procedures.plan import Plan, Spec, plan
from joulemark.store.writer import RunWriter, new_run_id


@dataclass(frozen=True, slots=True, kw_only=True)
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
        calibration: JSON of a calibration, to be kept in the run and applied to its results.
    """

    store: Path
    meters: Sequence[tuple[str, Spec]] | None = None
    objects: Sequence[Meter] = ()
    period_s: float = 0.1
    idle_s: float = 0.0
    own_work: bool = True
    calibration: Mapping[str, Any] | None = None


@dataclass(slots=True)
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
        self._marker: Marker | None = None

    def __enter__(self) -> Self:
        """Open everything and begin to sample.

        Raises:
            UnavailableError: if there is nothing to measure with.
            StoreError: if the run cannot be written.
        """
        anchor = Anchor(time.time_ns(), time.monotonic_ns())
        clock = anchor.clock(time.monotonic_ns)
        chosen = self._plan(clock, anchor.utc_ns)
        try:
            self._run = self._head(anchor, chosen)
            self.writer = RunWriter.create(self.options.store, self._run)
        except BaseException:
            chosen.close()
            raise
        self.path = self.writer.path
        self._edges = Edges(chosen.edge_meters())
        try:
            self._start(anchor, chosen)
        except BaseException:
            self._edges.close()
            self._finish(Status.FAILED, compact=False)
            raise
        return self

    def _plan(self, clock: Clock, origin_ns: int) -> Plan:
        if self.options.objects:
            return Plan()
        process = {"root_pid": os.getpid(), "include_root": self.options.own_work}
        return plan(self.options.meters, clock, process, origin_ns=origin_ns)

    def _head(self, anchor: Anchor, chosen: Plan) -> Run:
        edge_names = {meter.name for meter in chosen.edge_meters()}
        return Run(
            id=new_run_id(anchor.utc_ns, self.title),
            procedure=self.procedure,
            title=self.title,
            joulemark=joulemark.__version__,
            anchor=anchor,
            system=_system(chosen),
            settings={
                **self.settings,
                "period_s": self.options.period_s,
                "idle_s": self.options.idle_s,
                **_asked(self.options),
                "edge_meters": [s for s in chosen.specs if s["name"] in edge_names],
                "unavailable": [
                    {"meter": name, "what": error.what, "remedy": error.remedy}
                    for name, error in chosen.unavailable
                ],
            },
            environment=environment(Path.cwd()),
            meters=tuple(chosen.specs),
            channels=tuple(chosen.channels),
        )

    def _start(self, anchor: Anchor, chosen: Plan) -> None:
        directory, period = self.path, self.options.period_s
        chosen.close_all_but_edges()
        if self.options.objects:
            self._sampler = SamplerThread.start(self.options.objects, period, anchor, directory)
            self._edges = Edges([m for m in self.options.objects if isinstance(m, EdgeMeter)])
        else:
            self._sampler = SamplerProcess.start(chosen.specs, period, anchor, directory)
        self._edges.keep_in(directory / "traces" / "edges.spool", "edges", anchor)
        self._marker = Marker(anchor, self.writer.log, self._edges)

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
    def clock(self) -> Clock:
        """The run's clock."""
        return self.marker.clock

    @property
    def slowest_update_s(self) -> float:
        """Longest time between two updates of a sensor that energy is taken from."""
        channels = [] if self._sampler is None else self._sampler.channels
        known = [c.update_s for c in channels if c.carries_energy and c.update_s]
        return max([self.options.period_s, *known])

    @property
    def variables(self) -> dict[str, str]:
        """Environment variables by which a measured command joins this run."""
        return {RUN_VARIABLE: str(self.path.resolve())}

    @contextmanager
    def window(self, phase: str, role: Role = Role.MEASURE) -> Iterator[Mark]:
        """Mark a window; give the yielded mark its work before the block ends."""
        opened, mark = self.marker.open(phase, role), Mark()
        try:
            yield mark
        finally:
            mark.window = self.marker.shut(opened, mark.work, mark.facts, bounds=mark.bounds)

    def idle(self, tell: Tell | None = None) -> None:
        """Measure the idle machine for as long as the options say."""
        seconds = self.options.idle_s
        if seconds <= 0:
            return
        with self.window("idle", Role.IDLE), following(self.path, "idle", seconds, tell):
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
            if isinstance(sampler, SamplerThread):
                self.caution(Code.THREAD_SAMPLER)
            self.writer.close(replace(self._run, status=status, stopped=stopped), compact=compact)
        except StoreError as error:
            failures.append(error)
        return next((failure for failure in failures if failure is not None), None)


def _system(chosen: Plan) -> System:
    boards = {c.part: c.note for c in chosen.channels if c.domain is Domain.GPU}
    return replace(describe_system(), gpus=tuple(boards[part] or part for part in sorted(boards)))


def _asked(options: Options) -> dict[str, Any]:
    return {} if options.calibration is None else {"calibration": dict(options.calibration)}
