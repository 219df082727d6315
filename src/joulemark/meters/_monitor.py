"""What the energy monitors of small boards share: one power channel of equal periods, and a pin.

A monitor's trace keeps its own clock: the period of row k ends at ``begun + (k + 1) * period``,
counted by the monitor, and so does the time of an edge of the pin. Only ``begun`` is read from the
host's clock.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

from joulemark.core.block import Block
from joulemark.core.channel import Accuracy, Channel, Domain, Instrument, Quantity
from joulemark.core.clock import NS
from joulemark.core.errors import MeterError, MeterLostError, UnavailableError, UsageError
from joulemark.core.scope import ExitStack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from joulemark.core.clock import Clock
    from joulemark.core.interfaces import Settings

PART = "board"


class Monitor(ABC):
    """An energy monitor; see :class:`joulemark.core.interfaces.EnergyMonitor`.

    Its subclasses connect, power, start, stop and fetch; what they fetch they hand to ``_sample``,
    ``_gap`` and ``_fall``. Where nobody calls ``start``, the first read begins a trace, and powers
    the board before if ``volts`` is set: so it can be any measurement's meter.

    Args:
        rate_hz: samples a second.
        volts: what the first read powers the board with; None to leave the supply alone.
    """

    name = ""
    feeds = True

    def __init__(self, rate_hz: float, volts: float | None = None) -> None:
        """Keep the settings; nothing is touched."""
        self.rate_hz = rate_hz
        self.volts = volts
        self.channels: Sequence[Channel] = ()
        self.missing: list[UnavailableError] = []
        self.failures: list[MeterError] = []
        self.facts: dict[str, Any] = {}
        self.lost = 0
        self._clock: Clock | None = None
        self._begun: int | None = None
        self._running = False
        self._powered = False
        self._periods = 0
        self._fields: list[float] = []
        self._falls: list[int] = []
        self._over: MeterLostError | None = None
        self._owned = ExitStack()

    # ------------------------------------------------------------------ of subclasses

    @abstractmethod
    def _connect(self, owned: ExitStack) -> Channel:
        """Find the instrument and set it up; return its channel.

        Raises:
            UnavailableError: if it is not there, or is something else.
        """

    @abstractmethod
    def _power(self, volts: float | None) -> None:
        """Set the supply; None takes it away."""

    @abstractmethod
    def _start(self) -> None:
        """Begin to stream."""

    @abstractmethod
    def _fetch(self) -> None:
        """Hand over what has come since the last call, without waiting for more."""

    @abstractmethod
    def _stop(self) -> None:
        """End the stream, and hand over what was still to come."""

    # ------------------------------------------------------------------ the protocol

    def open(self, clock: Clock) -> None:
        """Connect and start nothing; see :class:`joulemark.core.interfaces.EnergyMonitor`.

        Raises:
            UnavailableError: if the instrument is not there, or is something else.
        """
        self.close()
        self.missing, self.failures, self.facts, self.lost = [], [], {}, 0
        self._begun, self._over = None, None
        self._fields, self._falls = [], []
        with ExitStack() as owned:
            self.channels = (self._connect(owned),)
            self._owned = owned.pop_all()
        self._clock = clock

    def power_on(self, volts: float) -> None:
        """Power the board, if this instrument can.

        Raises:
            MeterError: if the monitor refuses, a voltage out of its range among the reasons.
        """
        self._power(volts)
        self._powered = True
        self.facts["volts"] = volts

    def power_off(self) -> None:
        """Take the power away."""
        self._power(None)
        self._powered = False

    def start(self) -> int:
        """Begin a trace; return when its first period begins, ns UTC.

        Raises:
            MeterError: if the monitor refuses.
        """
        clock = self._opened()
        if self._running:
            raise MeterError("a trace is running", where=f"meter {self.name}")
        self._periods, self.lost, self._over = 0, 0, None
        before = clock()
        self._start()
        self._running = True
        self._begun = (before + clock()) // 2
        return self._begun

    def read(self) -> Block:
        """Return what came since the last read.

        Raises:
            MeterError: if the monitor refuses to begin.
            MeterLostError: if it is gone, or ended the trace by itself; what came before that was
                returned by the read before.
        """
        self._opened()
        if self._begun is None:
            self._begin()
        if self._running and self._over is None:
            try:
                self._fetch()
            except MeterLostError as error:
                self._over = error
        fields, self._fields = self._fields, []
        if not fields and self._over is not None:
            raise self._over
        return Block.flat(fields)

    def _begin(self) -> None:
        """Power the board and begin a trace, as nobody else did."""
        if self.volts is not None:
            self.power_on(self.volts)
        elif self.feeds and not self._powered:
            raise MeterError(
                "nobody powers the board",
                where=f"meter {self.name}",
                remedy=f"say with how much: {self.name}:…,volts=3.0",
            )
        self.start()

    def take_edges(self) -> list[int]:
        """Return when the pin fell since the last call, ns UTC."""
        falls, self._falls = self._falls, []
        return falls

    def stop(self) -> None:
        """End the trace; what is still held comes with the next ``read``.

        Raises:
            MeterError: if the monitor does not end it.
        """
        if self._running:
            self._running = False
            if self._over is None:
                self._stop()

    def close(self) -> None:
        """Take the power away and let go of everything; a second call does nothing."""
        self._running, self._powered, self._clock = False, False, None
        self._owned.close()

    # ------------------------------------------------------------------ for subclasses

    def _opened(self) -> Clock:
        if self._clock is None:
            raise MeterError("read while closed", where=f"meter {self.name}")
        return self._clock

    def _time(self, periods: float) -> int:
        """Return the time after so many periods of the trace, ns UTC."""
        return (self._begun or 0) + round(periods * NS / self.rate_hz)

    def _sample(self, watts: float) -> None:
        """Take the mean power of the next period, W."""
        self._periods += 1
        self._fields += (self._time(self._periods), watts, 0)

    def _numbered(self, means: Sequence[tuple[int, float]]) -> None:
        """Take number and mean power (W) of periods; those left out were lost."""
        for number, watts in means:
            if number > self._periods:
                self._gap(number - self._periods)
            self._sample(watts)

    def _gap(self, periods: int) -> None:
        """Take note of periods that were lost: they have no row."""
        self._periods += periods
        self.lost += periods

    def _fall(self, periods: float) -> None:
        """Take note that the pin fell so many periods after the beginning."""
        self._falls.append(self._time(periods))

    def _lost(self, what: str) -> MeterLostError:
        return MeterLostError(what, where=f"meter {self.name}")

    def _trouble(self, what: str, remedy: str = "") -> None:
        """Keep an error of the instrument that did not end its trace."""
        self.failures.append(MeterError(what, where=f"meter {self.name}", remedy=remedy))

    def _channel(self, accuracy: Accuracy, resolution: float, source: str, note: str) -> Channel:
        period = 1 / self.rate_hz
        return Channel(
            name=f"{self.name}/{PART}/power",
            meter=self.name,
            part=PART,
            domain=Domain.BOARD,
            quantity=Quantity.POWER,
            unit="W",
            resolution=resolution,
            accuracy=accuracy,
            instrument=Instrument.EXTERNAL,
            update_s=period,
            window_s=period,
            floor=None,
            source=source,
            note=note,
        )


def volts_setting(meter: str, settings: Settings, low: float, high: float) -> float | None:
    """Return the setting ``volts``; None where it is not given.

    Raises:
        UsageError: if it is no voltage of the range.
    """
    value = settings.get("volts")
    if value is None:
        return None
    usable = isinstance(value, int | float) and not isinstance(value, bool)
    if not usable or not low <= value <= high:
        what = f"volts is {value!r:.40}, not a voltage from {low:g} to {high:g} V"
        raise UsageError(what, where=f"meter {meter}")
    return float(value)


def rate_setting(meter: str, settings: Settings, rates: Sequence[int], default: int) -> int:
    """Return the setting ``rate``, samples a second.

    Raises:
        UsageError: if the instrument cannot do it.
    """
    value = settings.get("rate", default)
    if isinstance(value, bool) or not isinstance(value, int | float) or value not in rates:
        choice = ", ".join(map(str, rates))
        what = f"rate is {value!r:.40}"
        raise UsageError(what, where=f"meter {meter}", remedy=f"choose from {choice} Hz")
    return int(value)


def in_range(volts: float, low: float, high: float, where: str) -> None:
    """Refuse a voltage that an instrument cannot give.

    Raises:
        MeterError: naming the range.
    """
    if not math.isfinite(volts) or not low <= volts <= high:
        what = f"it gives {low:g} V to {high:g} V, not {volts:g} V"
        raise MeterError(what, where=where)
