"""The small protocols by which the rooms know each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from joulemark.core.block import Block
from joulemark.core.caution import Caution
from joulemark.core.channel import Channel
from joulemark.core.clock import Clock
from joulemark.core.errors import MeterError, UnavailableError
from joulemark.core.window import Work

Settings = Mapping[str, Any]
"""JSON values by name; what a factory of the registry is given."""


@runtime_checkable
class Meter(Protocol):
    """A source of samples. Nothing is touched before ``open``.

    Attributes:
        name: its registry name.
        channels: what it reads; known after ``open``. Rows name a channel by its place here.
        missing: parts that could not be opened though others could; known after ``open``.
        failures: errors of reads that still gave other rows. Whoever samples takes them out after
            each read; a read that gives nothing raises instead.
    """

    name: str
    channels: Sequence[Channel]
    missing: list[UnavailableError]
    failures: list[MeterError]

    def open(self, clock: Clock) -> None:
        """Find the sensors and be ready to read; ``clock`` stamps the samples.

        Raises:
            UnavailableError: if there is nothing to read, with the reason and the remedy.
        """
        ...

    def read(self) -> Block:
        """Return all samples since the last read, each with its own time.

        Raises:
            MeterError: if this read failed; the next may succeed.
            MeterLostError: if the device is gone.
        """
        ...

    def close(self) -> None:
        """Let go of everything; a second call does nothing."""
        ...


@runtime_checkable
class EdgeMeter(Meter, Protocol):
    """A meter whose counters are cheap enough to be read at each edge of a window."""

    def read_edges(self) -> Block:
        """Return one sample of each energy counter, and nothing slower.

        May be called from another thread than ``read``.
        """
        ...


@runtime_checkable
class WarningMeter(Meter, Protocol):
    """A meter that knows something which the record must say.

    Attributes:
        cautions: what it is. Whoever samples takes them out after each read.
    """

    cautions: list[Caution]


NumberSource = tuple[Callable[[int, int, int], bytes], int]
"""``os.pread``, or what stands in for it, and an open file that holds one whole number."""


@runtime_checkable
class FileMeter(Meter, Protocol):
    """A meter that may be nothing but number files, which the sampling loop then reads itself."""

    def number_files(self) -> Sequence[NumberSource]:
        """Return what ``read`` would read now, one file for each channel, in their order.

        They stay open as long as reads succeed; the value of a row is the number as it stands in
        the file. Nothing, if that is not all that ``read`` does, or something is amiss.
        """
        ...


@runtime_checkable
class EnergyMonitor(Meter, Protocol):
    """A meter of one small board that may also feed it, and that sees a pin of it fall.

    Its only power channel has equal periods: the row of period k of a trace is at ``begun +
    (k + 1) * period`` and holds the mean power of the period that ends there; a period that was
    lost has no row. ``open`` connects and starts nothing. A first ``read`` that no ``start``
    preceded begins a trace, so that a monitor can be the meter of any measurement.

    Attributes:
        rate_hz: samples a second.
        feeds: whether it can power the board; else a person does, and ``power_on`` does nothing.
        lost: samples of the trace that it knows it lost.
        facts: model, firmware and settings, as JSON values; known after ``open``.
    """

    rate_hz: float
    feeds: bool
    lost: int
    facts: dict[str, Any]

    def power_on(self, volts: float) -> None:
        """Power the board.

        Raises:
            MeterError: if the monitor refuses, a voltage out of its range among the reasons.
        """
        ...

    def power_off(self) -> None:
        """Take the power away; done by ``close`` too."""
        ...

    def start(self) -> int:
        """Begin a trace; return when its first period begins, ns UTC, by the trace's own clock.

        Raises:
            MeterError: if the monitor refuses.
        """
        ...

    def take_edges(self) -> list[int]:
        """Return when the pin fell since the last call, ns UTC, by the trace's own clock."""
        ...

    def stop(self) -> None:
        """End the trace; what the monitor still holds comes with the next ``read``."""
        ...


class Knob(Protocol):
    """A setting of the machine that can be shown, set, and put back as it was.

    Attributes:
        name: its registry name.
        settings: what a factory of the registry needs to make it again, as JSON values.
    """

    name: str
    settings: Settings

    def show(self) -> Any:
        """Return how it stands now, as a JSON value that ``restore`` takes.

        Raises:
            UnavailableError: if there is no such setting here, or this user may not see it.
        """
        ...

    def set(self, value: Any) -> None:
        """Set it.

        Raises:
            UsageError: if the machine does not know such a value.
            UnavailableError: if this user may not set it, with the remedy; nothing was changed.
        """
        ...

    def restore(self, shown: Any) -> None:
        """Put it back as ``show`` found it; a second call does no harm.

        Raises:
            UnavailableError: if that failed.
        """
        ...


class Workload(Protocol):
    """Something that does work for as long as it is asked to.

    Attributes:
        name: what the run is called.
        unit: singular name of the unit of work.
        phase: what its measured windows are called.
        cautions: warnings that belong to every result of it; known after ``prepare``.
    """

    name: str
    unit: str
    phase: str
    cautions: Sequence[Caution]

    def prepare(self) -> Mapping[str, Any]:
        """Load everything; return facts that belong in the run (model, data, settings)."""
        ...

    def run(self, seconds: float) -> tuple[Work, Mapping[str, float]]:
        """Work for at least ``seconds``; return what was done, and other numbers of it."""
        ...

    def results(self) -> Mapping[str, Any]:
        """Return what is known after the last window (accuracy, loss per epoch), as JSON values."""
        ...

    def close(self) -> None:
        """Let go of everything; a second call does nothing."""
        ...


@runtime_checkable
class Queries(Protocol):
    """A workload that answers single queries, as LoadGen asks for them.

    Attributes:
        sample_count: size of its data set.
    """

    sample_count: int

    def answer(self, indices: Sequence[int]) -> None:
        """Do the work of the samples at these places of the data set, and wait for its end."""
        ...
