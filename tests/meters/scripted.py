"""A meter that does what a list says, and a world of events that are kept in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from joulemark.core.block import Block, Row
from joulemark.core.channel import Channel, Domain, Quantity
from joulemark.core.clock import Clock
from joulemark.core.errors import MeterError, UnavailableError


def power_channel(name: str, update_s: float | None = 1.0) -> Channel:
    return Channel(
        name=name,
        meter="scripted",
        part=name,
        domain=Domain.WALL,
        quantity=Quantity.POWER,
        unit="W",
        update_s=update_s,
    )


class Scripted:
    """A meter whose reads follow a script.

    Args:
        name: its registry name, and that of its one channel.
        script: for each read, an error to raise, or a watt value; the last goes on for ever.
        opens: for each opening, an error to raise or None; afterwards None.
        channels: names of its channels; the first is the one that is read.
        update_s: how often they update; None for power as it is at the moment.
    """

    def __init__(
        self,
        name: str,
        script: Sequence[float | Exception] = (1.0,),
        opens: Sequence[Exception | None] = (),
        channels: Sequence[str] = (),
        update_s: float | None = 1.0,
    ) -> None:
        self.name = name
        self.channels: Sequence[Channel] = ()
        self.missing: list[UnavailableError] = []
        self.failures: list[MeterError] = []
        self.reads: list[int] = []
        self.opened = self.closed = 0
        self._names = list(channels) or [name]
        self._update_s = update_s
        self._script, self._opens = self._steps(script), iter(opens)

    @staticmethod
    def _steps(script: Sequence[float | Exception]) -> Iterator[float | Exception]:
        yield from script
        while True:
            yield script[-1]

    def open(self, clock: Clock) -> None:
        self.opened += 1
        error = next(self._opens, None)
        if error is not None:
            raise error
        self.channels = [power_channel(name, self._update_s) for name in self._names]
        self._clock = clock

    def read(self) -> Block:
        self.reads.append(self._clock())
        step = next(self._script)
        if isinstance(step, Exception):
            raise step
        return Block.of([(self._clock(), step, 0)])

    def close(self) -> None:
        self.closed += 1

    def rename(self, *names: str) -> None:
        """Have other channels from the next opening on."""
        self._names = list(names)


class World:
    """A clock that goes on while the loop waits, rows and events in memory.

    Args:
        ticks: how often the loop may wait before it is told to end.
        busy_s: time that each write takes, by its number.
    """

    def __init__(self, ticks: int, busy_s: Mapping[int, float] | None = None) -> None:
        self.now = 1_000_000_000
        self.rows: list[Row] = []
        self.blocks = 0
        self.events: list[Mapping[str, Any]] = []
        self.deadlines: list[int] = []
        self._ticks = ticks
        self._busy_s = busy_s or {}

    def clock(self) -> int:
        return self.now

    def write(self, block: bytes) -> None:
        self.rows += Block(block).rows()
        self.now += round(self._busy_s.get(self.blocks, 0.0) * 1e9)
        self.blocks += 1

    def wait(self, until: int) -> int | None:
        self.deadlines.append(until)
        self.now = max(self.now, until)
        return None if len(self.deadlines) >= self._ticks else 0

    def note(self, event: Mapping[str, Any]) -> None:
        self.events.append(event)

    @property
    def cautions(self) -> list[tuple[str, str]]:
        return [(e["code"], e["detail"]) for e in self.events if e["event"] == "caution"]
