"""The real sampling loop in virtual time, and counters read at the edges of windows.

The loop is :func:`joulemark.meters.sampler.sample`, with a clock that only moves when the loop
waits or a sensor is asked. It wakes late, as loops do: mostly by a tenth of a millisecond, at times
by much more, and now and then so late that ticks are skipped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from joulemark.core.block import Block
from joulemark.core.channel import Accuracy, Channel
from joulemark.core.clock import NS
from joulemark.core.errors import MeterError
from joulemark.core.interfaces import Meter
from joulemark.core.trace import Trace
from joulemark.meters._feeds import open_all
from joulemark.meters._polled import Polled
from joulemark.meters.sampler import sample

Generator = np.random.Generator

ORIGIN = 1_784_000_000_123_456_789
"""Where virtual time begins, ns UTC: too long for the 53 bits of a float."""
_ROW = np.dtype([("time", "<i8"), ("value", "<f8"), ("channel", "<u4")])


def ns(moment: float) -> int:
    """Return a moment of virtual time (s) on the run's clock, ns UTC."""
    return ORIGIN + round(moment * NS)


@dataclass(slots=True)
class VirtualClock:
    """A clock that moves only when it is told to.

    Attributes:
        now: ns UTC.
    """

    now: int = ORIGIN

    def __call__(self) -> int:
        """Return the time, ns UTC."""
        return self.now

    @property
    def seconds(self) -> float:
        """Virtual time, s."""
        return (self.now - ORIGIN) / NS

    def spend(self, seconds: float) -> None:
        """Let time pass."""
        self.now += round(seconds * NS)

    def reach(self, moment: int) -> None:
        """Let time pass until a moment (ns), if it is not over yet."""
        self.now = max(self.now, moment)


Machine = Callable[[VirtualClock], Meter]
"""Makes a real meter that reads virtual hardware at the time of a clock."""


def accuracy_of(machine: Machine) -> Accuracy:
    """Return the accuracy class that a meter states for the first part that it reads."""
    clock = VirtualClock()
    meter = machine(clock)
    meter.open(clock)
    meter.close()
    return next(channel.accuracy for channel in meter.channels if channel.carries_energy)


@dataclass(frozen=True, slots=True)
class Lateness:
    """How late a loop wakes.

    Attributes:
        usual_s: mean of the usual lateness.
        busy: share of ticks that a busy machine delays.
        busy_s: mean of that delay.
        stalls: share of ticks at which the machine stands still.
        stall_s: longest standstill.
    """

    usual_s: float = 8e-5
    busy: float = 0.02
    busy_s: float = 0.008
    stalls: float = 0.002
    stall_s: float = 0.35

    def drawn(self, rng: Generator, count: int) -> list[float]:
        """Draw the lateness of some ticks, s."""
        late = rng.exponential(self.usual_s, count)
        late += (rng.random(count) < self.busy) * rng.exponential(self.busy_s, count)
        late += (rng.random(count) < self.stalls) * rng.uniform(0.0, self.stall_s, count)
        drawn: list[float] = late.tolist()
        return drawn


@dataclass(slots=True)
class Recording:
    """Everything that was read of some machines, by the sampler and at edges.

    Attributes:
        channels: of all meters.
        blocks: rows with their channel's place in ``channels``.
    """

    channels: list[Channel] = field(default_factory=list)
    blocks: list[bytes] = field(default_factory=list)

    def traces(self) -> list[Trace]:
        """Return the samples of every channel, in the order of time."""
        rows = np.frombuffer(b"".join(self.blocks), _ROW)
        found = []
        for place, channel in enumerate(self.channels):
            mine = rows[rows["channel"] == place]
            found.append(Trace.of(channel, mine["time"], mine["value"]))
        return found


def record(
    rng: Generator,
    machines: Sequence[Machine],
    stop: float,
    *,
    period_s: float,
    lateness: Lateness,
) -> Recording:
    """Sample machines from the beginning of virtual time.

    Args:
        rng: source of chance.
        machines: what is read.
        stop: when the loop is told to end, s.
        period_s: time between two ticks.
        lateness: how late it wakes.
    """
    clock, kept = VirtualClock(), Recording()
    late = iter(lateness.drawn(rng, round(stop / period_s) + 10))
    end = ns(stop)

    def wait(until: int) -> int | None:
        if until >= end:
            clock.reach(end)
            return None
        clock.reach(until)
        clock.spend(next(late))
        return 0

    feeds = open_all([(machine(clock), 1) for machine in machines], clock)
    try:
        kept.channels = list(feeds.channels)
        sample(
            feeds,
            kept.blocks.append,
            clock,
            wait,
            period_s=period_s,
            note=lambda event: None,
            cpu_s=lambda: 0.0,
        )
    finally:
        feeds.close()
    return kept


class EdgeReader:
    """Reads the energy counters at edges, as :class:`joulemark.procedures.marker.Edges` does.

    Args:
        machines: what is read; meters without counters are left out.
    """

    def __init__(self, machines: Sequence[Machine]) -> None:
        """Open the meters, on a clock of its own."""
        self.clock = VirtualClock()
        self._rows: list[tuple[int, float, str]] = []
        meters = [machine(self.clock) for machine in machines]
        self._meters = [meter for meter in meters if isinstance(meter, Polled)]
        for meter in self._meters:
            meter.open(self.clock)

    def read(self) -> None:
        """Read every counter once; a meter that fails is left out this time."""
        for meter in self._meters:
            try:
                rows = meter.read_edges().rows()
            except MeterError:
                continue
            self._rows += [(time, value, meter.channels[i].name) for time, value, i in rows]

    def close_into(self, recording: Recording) -> None:
        """Close the meters and add what was read to what the sampler read."""
        for meter in self._meters:
            meter.close()
        places = {channel.name: place for place, channel in enumerate(recording.channels)}
        rows = [(time, value, places[name]) for time, value, name in self._rows]
        recording.blocks.append(Block.of(rows))
