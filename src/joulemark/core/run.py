"""The record of a measurement."""

from __future__ import annotations

from joulemark.core.caution import Caution
from joulemark.core.channel import Channel
from joulemark.core.clock import Anchor
from joulemark.core.record import field, record
from joulemark.core.window import Window
from joulemark.core.words import StrEnum

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any
else:
    Any = object  # what msgspec finds when it reads a run

SCHEMA = 1
"""Version of the run format. 1: the first."""


class Status(StrEnum):
    """How a run ended."""

    RUNNING = "running"
    COMPLETE = "complete"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


@record(frozen=True, slots=True, kw_only=True)
class System:
    """The machine: what a reader needs to compare one run with another.

    Attributes:
        host: name of the node.
        os: name and version of the operating system.
        kernel: kernel release.
        machine: instruction set.
        cpu: model name of the processor.
        sockets: number of processor packages; None if unknown.
        cores: physical cores; None if unknown.
        threads: hardware threads that the system shows.
        memory_bytes: installed memory that the system shows.
        gpus: names of the accelerators.
        virtual: name of the hypervisor, empty on bare metal.
        container: kind of container, empty outside one.
    """

    host: str
    os: str = ""
    kernel: str = ""
    machine: str = ""
    cpu: str = ""
    sockets: int | None = None
    cores: int | None = None
    threads: int = 0
    memory_bytes: int = 0
    gpus: tuple[str, ...] = ()
    virtual: str = ""
    container: str = ""


@record(frozen=True, slots=True, kw_only=True)
class Sampler:
    """What the sampling loop says of itself.

    Attributes:
        mode: ``process`` (a fresh interpreter) or ``thread``.
        period_s: asked time between two samples.
        ticks: samples taken.
        skipped: samples whose time had passed before they could be taken.
        late_mean_s: mean lateness of a sample.
        late_max_s: worst lateness.
        cpu_s: processor time of the sampling loop, reads included.
    """

    mode: str = "process"
    period_s: float = 0.1
    ticks: int = 0
    skipped: int = 0
    late_mean_s: float = 0.0
    late_max_s: float = 0.0
    cpu_s: float = 0.0


@record(frozen=True, slots=True, kw_only=True)
class Run:
    """Everything about a measurement but its traces.

    Attributes:
        id: name of the run directory.
        schema: version of the format.
        joulemark: version that wrote it.
        procedure: which procedure (``run``, ``bench``, ``measure``).
        title: what was measured, for people.
        anchor: UTC and monotonic clock at the start.
        settings: settings of the procedure, meters and workload.
        system: the machine.
        environment: interpreter, packages, git state, chosen variables.
        meters: registry name and JSON settings of each meter.
        channels: everything recorded; a row's channel index is a place in this list.
        status: how it ended.
        stopped: ns UTC; None while running or if never recorded.
        windows: windows in the order of their start.
        sampler: what the sampling loop says of itself; None if it never said.
        cautions: warnings that concern the run.
        results: what tools beside us said (LoadGen's summary), by name.
    """

    id: str
    procedure: str
    anchor: Anchor
    system: System
    schema: int = SCHEMA
    joulemark: str = ""
    title: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, Any] = field(default_factory=dict)
    meters: tuple[dict[str, Any], ...] = ()
    channels: tuple[Channel, ...] = ()
    status: Status = Status.RUNNING
    stopped: int | None = None
    windows: tuple[Window, ...] = ()
    sampler: Sampler | None = None
    cautions: tuple[Caution, ...] = ()
    results: dict[str, Any] = field(default_factory=dict)
