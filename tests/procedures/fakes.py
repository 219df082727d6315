"""Meters and workloads for tests: they do what a sensor and a job do, by the clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from joulemark.core.block import Block
from joulemark.core.caution import Caution
from joulemark.core.channel import Accuracy, Channel, Domain, Quantity
from joulemark.core.clock import NS, Clock
from joulemark.core.errors import MeterError, MeterLostError, UnavailableError
from joulemark.core.window import Work


class Steady:
    """An energy counter of constant power."""

    name = "steady"

    def __init__(self, watts: float = 100.0, part: str = "package-0") -> None:
        self.watts = watts
        self.missing: list[UnavailableError] = []
        self.failures: list[MeterError] = []
        self.closed = 0
        self.channels: Sequence[Channel] = [
            Channel(
                name=f"steady/{part}",
                meter="steady",
                part=part,
                domain=Domain.PACKAGE,
                quantity=Quantity.ENERGY,
                unit="uJ",
                scale=1e-6,
                resolution=1.0,
                accuracy=Accuracy(gain=0.01, source="made up"),
                update_s=0.001,
                max_power_w=1000.0,
            )
        ]

    def open(self, clock: Clock) -> None:
        self._clock = clock
        self._origin = clock()

    def read(self) -> Block:
        now = self._clock()
        joules = (now - self._origin) / NS * self.watts
        return Block.of([(now, round(joules * 1e6), 0)])

    def read_edges(self) -> Block:
        return self.read()

    def close(self) -> None:
        self.closed += 1


class Failing(Steady):
    """A meter whose reads fail, for a while or for good."""

    name = "failing"

    def __init__(self, error: type[MeterError] = MeterError) -> None:
        super().__init__(part="broken")
        self.error = error

    def read(self) -> Block:
        raise self.error("the device did not answer", where="bus 3")


class Lost(Failing):
    """A meter whose device is gone."""

    def __init__(self) -> None:
        super().__init__(MeterLostError)


ANSWER_NS = 5_000
"""LoadGen tells times in ms: a query that takes none leaves a window without length."""


class Counting:
    """A workload that counts for as long as it is asked to."""

    name = "counting"
    unit = "sample"
    phase = "count"

    def __init__(self, monotonic: Clock, fail: BaseException | None = None) -> None:
        self._monotonic = monotonic
        self._fail = fail
        self.cautions: Sequence[Caution] = ()
        self.closed = 0
        self.sample_count = 64
        self.answered: list[int] = []
        self.rounds = 0

    def prepare(self) -> Mapping[str, Any]:
        return {"model": "counter"}

    def run(self, seconds: float) -> tuple[Work, Mapping[str, float]]:
        self.rounds += 1
        if self._fail is not None and self.rounds > 1:
            raise self._fail
        begun, count = self._monotonic(), 0
        while self._monotonic() - begun < seconds * NS:
            count += 1
        return Work(count, self.unit), {"rounds": float(self.rounds)}

    def answer(self, indices: Sequence[int]) -> None:
        begun = self._monotonic()
        while self._monotonic() - begun < len(indices) * ANSWER_NS:
            pass
        self.answered += indices

    def results(self) -> Mapping[str, Any]:
        return {"rounds": self.rounds}

    def close(self) -> None:
        self.closed += 1


class Stepping(Steady):
    """The offset of a system clock that somebody sets an hour forward."""

    name = "clock"

    def __init__(self) -> None:
        super().__init__()
        self.reads = 0
        self.set = False
        self.channels = [
            Channel(
                name="host/clock",
                meter="clock",
                part="host",
                domain=Domain.HOST,
                quantity=Quantity.CLOCK_OFFSET,
                unit="ns",
            )
        ]

    def read(self) -> Block:
        self.reads += 1
        return Block.of([(self._clock(), 3600.0 * NS if self.set else 0.0, 0)])

    def read_edges(self) -> Block:
        return Block()
