"""What every polled meter shares: sensors that fail alone, and one time for each of their values.

A polled meter is a list of :class:`Sensor`, each of which can be asked for its values now. This
module asks them, stamps the answers, and keeps the failure of one sensor from costing the rows of
the others.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

from joulemark.core.block import Block
from joulemark.core.channel import Channel, Quantity
from joulemark.core.clock import NS, Clock
from joulemark.core.errors import MeterError, MeterLostError, UnavailableError, UsageError
from joulemark.core.record import record
from joulemark.core.scope import ExitStack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, TypeAlias

    from joulemark.core.interfaces import NumberSource, Settings
    from joulemark.meters._files import NumberFile

Values: TypeAlias = "tuple[float, ...]"
Asked: TypeAlias = "tuple[int, Callable[[], Values], str]"
"""Place of a sensor's first channel, its question, its device."""


@record(frozen=True, slots=True)
class Sensor:
    """One question to the hardware, and the channels that its answer fills.

    Attributes:
        channels: what the values of one answer mean, in their order.
        query: asks; raises MeterError, or MeterLostError once the device is gone.
        device: what is lost as a whole: all sensors of one device fall silent together.
        slow: whether it is asked at most once in ``slow_s``.
        file: the open file whose number is its one value, if it is that simple.
    """

    channels: tuple[Channel, ...]
    query: Callable[[], Values]
    device: str
    slow: bool = False
    file: NumberFile | None = None

    @property
    def counts(self) -> bool:
        """Whether it is an energy counter, to be read at the edges of a window."""
        return self.channels[0].quantity is Quantity.ENERGY


class Polled(ABC):
    """A meter made of sensors; its subclasses say in ``_find`` which.

    Energy counters are asked first, slow sensors last. A value's time is midway between the clock
    before and after its question.

    A sensor that fails does not take the others' rows with it: its error goes to ``failures``,
    which whoever samples takes out after each read. Only a read that yields nothing raises.

    Attributes:
        name: registry name.
        channels: what is read; known after ``open``.
        missing: what could not be opened and why; known after ``open``.
        failures: errors of single sensors since they were last taken out.
        facts: what else belongs in the record, as JSON values; known after ``open``.
    """

    name = ""

    def __init__(self, *, slow_s: float = 1.0) -> None:
        """Keep the settings; nothing is touched."""
        self.channels: Sequence[Channel] = ()
        self.missing: list[UnavailableError] = []
        self.failures: list[MeterError] = []
        self.facts: dict[str, Any] = {}
        self._slow_ns = round(slow_s * NS)
        self._slow_due: int | None = None
        self._clock: Clock | None = None
        self._all: list[Asked] = []
        self._fast: list[Asked] = []
        self._counters: list[Asked] = []
        self._plain: tuple[NumberSource, ...] = ()
        self._lost: set[str] = set()
        self._owned = ExitStack()

    @abstractmethod
    def _find(self, owned: ExitStack) -> list[Sensor]:
        """Return the sensors that can be read; put what must be closed into ``owned``.

        Raises:
            UnavailableError: if there is none.
        """

    def open(self, clock: Clock) -> None:
        """Find the sensors; see :class:`joulemark.core.interfaces.Meter`.

        Raises:
            UnavailableError: if there is nothing to read, with the reason and the remedy.
        """
        self.close()
        self.missing, self.failures, self.facts, self._lost = [], [], {}, set()
        self._slow_due = None
        with ExitStack() as owned:
            found = self._find(owned)
            self._owned = owned.pop_all()
        found.sort(key=lambda sensor: (sensor.slow, not sensor.counts))
        channels: list[Channel] = []
        asked: list[tuple[int, Sensor]] = []
        for sensor in found:
            asked.append((len(channels), sensor))
            channels.extend(sensor.channels)
        self.channels = tuple(channels)
        self._all = [(first, sensor.query, sensor.device) for first, sensor in asked]
        self._fast = [
            (first, sensor.query, sensor.device) for first, sensor in asked if not sensor.slow
        ]
        self._counters = [
            (first, sensor.query, sensor.device)
            for first, sensor in asked
            if sensor.counts and not sensor.slow
        ]
        files = [sensor.file for sensor in found if sensor.file and not sensor.slow]
        if len(files) == len(found):
            self._plain = tuple((file.pread, file.descriptor) for file in files)
        self._clock = clock

    def number_files(self) -> Sequence[NumberSource]:
        """Return the files that a read reads; nothing if it is more than that, or one is lost."""
        return () if self._lost else self._plain

    def read(self) -> Block:
        """Return one row of each channel (of a slow one, at most one in ``slow_s``).

        Raises:
            MeterError: if no sensor answered.
            MeterLostError: if every device is gone.
        """
        clock = self._clock
        now = self._now() if clock is None else clock()
        if self._slow_due is None or now >= self._slow_due:
            self._slow_due = now + self._slow_ns
            return self._sample(self._all, now)
        return self._sample(self._fast, now)

    def read_edges(self) -> Block:
        """Return one row of each energy counter that is not slow.

        Raises:
            MeterError: if there are counters, and none answered.
            MeterLostError: if every device with a counter is gone.
        """
        return self._sample(self._counters, self._now())

    def close(self) -> None:
        """Let go of everything; a second call does nothing."""
        self._clock = None
        self._all, self._fast, self._counters, self._plain = [], [], [], ()
        self._owned.close()

    def _now(self) -> int:
        if self._clock is None:
            raise MeterError("read while closed", where=f"meter {self.name}")
        return self._clock()

    def _sample(self, asked: list[Asked], before: int) -> Block:
        """Ask sensors; ``before`` is the time now. This runs at each tick: it is kept short."""
        fields: list[float] = []
        errors: list[MeterError] = []
        clock, lost = self._now if self._clock is None else self._clock, self._lost
        for first, query, device in asked:
            if lost and device in lost:
                continue
            try:
                values = query()
            except MeterError as error:
                errors.append(error)
                if isinstance(error, MeterLostError):
                    lost.add(device)
                before = clock()
                continue
            after = clock()
            middle, place = (before + after) // 2, first
            for value in values:
                fields += (middle, value, place)
                place += 1
            before = after
        if errors or not fields:
            self._failed(asked, errors, silent=not fields)
        return Block.flat(fields)

    def _failed(self, asked: list[Asked], errors: list[MeterError], *, silent: bool) -> None:
        """Keep the errors of a read; if it yielded nothing, raise one and keep the others.

        Raises:
            MeterError: if no sensor answered though some were asked.
            MeterLostError: if every device is gone.
        """
        if not asked or not silent:
            self.failures.extend(errors)
            return
        self.failures.extend(errors[1:])
        if all(device in self._lost for _, _, device in asked):
            what = errors[0].what if errors else "every device is gone"
            where = errors[0].where if errors else f"meter {self.name}"
            raise MeterLostError(what, where=where)
        raise errors[0]


def only_known(meter: str, settings: Settings, known: Sequence[str]) -> None:
    """Refuse settings that a meter does not have.

    Raises:
        UsageError: naming the first of them.
    """
    for name in settings:
        if name not in known:
            raise UsageError(
                f"{meter} has no setting {name!r}",
                where=f"meter {meter}",
                remedy=f"it has {', '.join(known)}",
            )


def path_setting(meter: str, settings: Settings, name: str, default: str) -> str:
    """Return a setting that is a path.

    Raises:
        UsageError: if it is not a text, or empty.
    """
    value = settings.get(name, default)
    if not isinstance(value, str) or not value or "\0" in value:
        raise UsageError(f"{name} is {value!r}, not a path", where=f"meter {meter}")
    return value


def seconds_setting(meter: str, settings: Settings, name: str, default: float) -> float:
    """Return a setting that is a time, s.

    Raises:
        UsageError: if it is not a finite number of seconds from 0 to a day.
    """
    value = settings.get(name, default)
    usable = isinstance(value, int | float) and not isinstance(value, bool)
    if not usable or not math.isfinite(value) or not 0 <= value <= 86400:
        raise UsageError(f"{name} is {value!r}, not a number of seconds", where=f"meter {meter}")
    return float(value)


def names_setting(meter: str, settings: Settings, name: str) -> tuple[str, ...]:
    """Return a setting that is a list of names; none by default.

    Raises:
        UsageError: if it is not a list of texts.
    """
    value = settings.get(name, [])
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise UsageError(f"{name} is {value!r:.80}, not a list of names", where=f"meter {meter}")
    return tuple(value)
