"""Meters that are asked over a network, each in a thread of its own: none waits for another.

A baseboard controller may take seconds to answer, or never. The sampling loop must not wait for it:
a thread asks at an even pace and notes each answer with its time, midway between the clock before
and after the question; :meth:`Remote.read` hands over what has come since. So a device that hangs
costs its own readings and nobody else's. After a failure the next questions come ever more seldom,
and as often as before once there is an answer.

An energy counter gives a row when it has changed, and none while it stands: a row is then at most a
pace older than the update that it shows, however seldom the counter updates.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from joulemark.core.block import Block
from joulemark.core.channel import Quantity
from joulemark.core.clock import NS
from joulemark.core.errors import (
    JoulemarkError,
    MeterError,
    PermissionNeededError,
    UnavailableError,
)
from joulemark.core.scope import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from joulemark.core.caution import Caution
    from joulemark.core.channel import Channel
    from joulemark.core.clock import Clock
    from joulemark.meters._device import Device


PACE_S = 0.5
"""Time between two questions: a reading a second is demanded of the node of a training run, and an
answer that is late must not make a gap of more."""
LONGEST_REST_S = 10.0
"""Longest rest after failures, unless the device asks for a longer one."""
MOST = 100_000
"""Rows, and failures, that are kept until they are asked for."""
SOON_S = 0.3
"""How long a question may still take at the end before it is broken off."""
LAST_QUESTIONS = 5
"""Questions at the beginning and at the end that wait for counters to move."""
GIVE_UP_S = 3.0
"""How long the thread may take to end then."""
REFUSED_S = 60.0
"""Rest after a refused password: many a device locks an account after a few."""


class BusyError(MeterError):
    """A device that asks to be left alone for a while.

    Args:
        what: what was wrong.
        where: the device.
        rest_s: for how long, s.
    """

    def __init__(self, what: str, *, where: str, rest_s: float) -> None:
        """Keep for how long."""
        super().__init__(what, where=where)
        self.rest_s = rest_s


class Remote(ABC):
    """A meter that asks a device over a network; its subclasses say in ``_connect`` which.

    Args:
        pace_s: time between two questions.
        background: whether a thread asks; else each ``read`` asks once.

    Attributes:
        name: registry name.
        channels: what is read; known after ``open``.
        missing: what could not be opened and why; known after ``open``.
        failures: errors since they were last taken out.
        cautions: what the record must say, since it was last taken out.
        facts: what else is known of the device, as JSON values; known after ``open``.
    """

    name = ""

    def __init__(self, *, pace_s: float = PACE_S, background: bool = True) -> None:
        """Keep the settings; nothing is touched."""
        self.channels: Sequence[Channel] = ()
        self.missing: list[UnavailableError] = []
        self.failures: list[MeterError] = []
        self.cautions: list[Caution] = []
        self.facts: dict[str, Any] = {}
        self._pace_s = pace_s
        self._background = background
        self._clock: Clock | None = None
        self._device: Device | None = None
        self._rows: list[tuple[int, float, int]] = []
        self._failed: list[MeterError] = []
        self._thread: Any = None
        self._end: Any = None
        self._wake: Any = None
        self._asked: Any = None
        self._in_a_row = 0
        self._counted: dict[int, float | None] = {}

    @abstractmethod
    def _connect(self) -> Device:
        """Return the device, ready to be asked.

        Raises:
            UnavailableError: if it cannot be reached, or does not let us in.
        """

    def open(self, clock: Clock) -> None:
        """Connect and begin to ask; see :class:`joulemark.core.interfaces.Meter`.

        Raises:
            UnavailableError: if there is nothing to read, with the reason and the remedy.
        """
        self.close()
        self.missing, self.failures, self.cautions, self.facts = [], [], [], {}
        self._rows, self._failed, self._in_a_row = [], [], 0
        try:
            self._device = self._connect()
        except MeterError as error:
            raise UnavailableError(error.what, where=error.where, remedy=error.remedy) from None
        self.channels = tuple(self._device.channels)
        self._take_notes()
        energies = [i for i, c in enumerate(self.channels) if c.quantity is Quantity.ENERGY]
        self._counted = dict.fromkeys(energies)
        self._clock = clock
        if self._background:
            import threading

            self._end, self._wake, self._asked = (threading.Event() for _ in range(3))
            self._first(clock)
            self._thread = threading.Thread(
                target=self._go_on_asking, name=f"joulemark-{self.name}", daemon=True
            )
            self._thread.start()

    def _first(self, clock: Clock) -> None:
        """Ask until there is a row of each channel, so that the trace begins with the sampling.

        When a counter last moved before is not known: its first value is no row.
        """
        self._ask_once(clock)
        stood = dict(self._counted)
        for _ in range(LAST_QUESTIONS):
            if self._in_a_row or self._moved(stood):
                break
            self._end.wait(SOON_S)
            self._ask_once(clock)

    def _moved(self, stood: Mapping[int, float | None]) -> bool:
        return all(self._counted[place] != value for place, value in stood.items())

    def read(self) -> Block:
        """Return the rows since the last read; none where no answer has come since.

        Raises:
            MeterError: if the meter is closed, or nothing asks any more.
        """
        if self._clock is None:
            raise MeterError("read while closed", where=f"meter {self.name}")
        if self._thread is None:
            self._ask_once(self._clock)
        elif not self._thread.is_alive():
            raise MeterError("its thread has ended", where=f"meter {self.name}")
        rows, self._rows = self._rows, []
        failed, self._failed = self._failed, []
        self.failures += failed
        self._take_notes()
        return Block.of(rows)

    def read_last(self) -> Block:
        """Return the rows since the last read, and those of questions that are asked now.

        It is asked again for a moment while a counter stands, so that its last row is not long
        before the end.

        Raises:
            MeterError: if the meter is closed, or nothing asks any more.
        """
        stood = dict(self._counted)
        for _ in range(LAST_QUESTIONS):
            if self._thread is None or self._in_a_row:
                break
            self._asked.clear()
            self._wake.set()
            self._asked.wait(SOON_S)
            if self._moved(stood):
                break
            self._end.wait(SOON_S)
        return self.read()

    def close(self) -> None:
        """Let go of everything; a second call does nothing."""
        self._clock = None
        thread, self._thread = self._thread, None
        device, self._device = self._device, None
        if thread is not None:
            self._end.set()
            self._wake.set()
            thread.join(SOON_S)
            if thread.is_alive() and device is not None:
                device.interrupt()
                thread.join(GIVE_UP_S)
        if device is not None:
            with suppress(JoulemarkError, OSError):
                device.close()

    def _take_notes(self) -> None:
        if self._device is not None:
            self.cautions += self._device.cautions
            self._device.cautions.clear()

    def _go_on_asking(self) -> None:
        clock, end, wake = self._clock, self._end, self._wake
        pace = max(round(self._pace_s * NS), 1)
        due = clock() + pace if clock is not None else 0
        while clock is not None and not end.is_set():
            now = clock()
            wake.wait(max(due - now, 0) / NS)
            if end.is_set():
                break
            wake.clear()
            rest_s, now = self._ask_once(clock), clock()
            self._asked.set()
            passed = max((now - due) // pace, 0)
            due = max(due + (passed + 1) * pace, now + round(rest_s * NS))

    def _ask_once(self, clock: Clock) -> float:
        """Ask and note what comes; return how long to rest, s."""
        device = self._device
        if device is None:
            return 0.0
        before = clock()
        try:
            values = device.ask()
        except JoulemarkError as error:
            self._note(error if isinstance(error, MeterError) else _as_meter_error(error))
            self._in_a_row += 1
            return self._rest_s(error)
        self._in_a_row = 0
        middle = (before + clock()) // 2
        for place, value in enumerate(values):
            if value is not None and self._new(place, value) and len(self._rows) < MOST:
                self._rows.append((middle, value, place))
        for failure in device.failures:
            self._note(failure)
        device.failures.clear()
        return 0.0

    def _new(self, place: int, value: float) -> bool:
        """Whether a value is one to be kept: of a counter, only one that it has just moved to."""
        if place not in self._counted:
            return True
        before, self._counted[place] = self._counted[place], value
        return before is not None and before != value

    def _rest_s(self, error: JoulemarkError) -> float:
        if isinstance(error, PermissionNeededError):
            return REFUSED_S
        tired = min(self._pace_s * 2.0 ** min(self._in_a_row, 16), LONGEST_REST_S)
        return max(tired, error.rest_s) if isinstance(error, BusyError) else tired

    def _note(self, error: MeterError) -> None:
        if len(self._failed) < MOST:
            self._failed.append(error)


def _as_meter_error(error: JoulemarkError) -> MeterError:
    return MeterError(error.what, where=error.where, remedy=error.remedy)
