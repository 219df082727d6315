"""What the client does wrong itself: how late its event loop is, and what it reads too late."""

from __future__ import annotations

import asyncio
import time
from array import array
from dataclasses import dataclass

TICK_S = 0.01


@dataclass(frozen=True, slots=True)
class Lag:
    """What a client adds to the times that it measures.

    A byte waits for the event loop at most as long as the loop is late, so ``late`` bounds the
    error of every time. It is sampled by a timer every 10 ms, which epoll rounds up by 1 ms.

    Attributes:
        ticks: how often lateness was sampled.
        late_p50_s: median lateness of the loop, s.
        late_p99_s: 99th percentile, s.
        late_most_s: most, s.
        busy: processor time of the process over wall time.
        reads: reads of sockets that brought something.
        events: events with text.
        joined: events that came in one read with another of the same stream before them; they
            share its time. Servers that write several at once cause it, and clients that are late.
    """

    ticks: int = 0
    late_p50_s: float = 0.0
    late_p99_s: float = 0.0
    late_most_s: float = 0.0
    busy: float = 0.0
    reads: int = 0
    events: int = 0
    joined: int = 0


class LagMeter:
    """Samples the lateness of the loop that it is started in; counts reads.

    Attributes:
        reads: as in :class:`Lag`; whoever reads counts.
        events: likewise.
        joined: likewise.
    """

    def __init__(self) -> None:
        """Begin with nothing counted."""
        self.reads = 0
        self.events = 0
        self.joined = 0
        self._late = array("d")
        self._timer: asyncio.TimerHandle | None = None
        self._begun = (0.0, 0.0)

    def start(self) -> None:
        """Begin to sample, in a running loop."""
        self._begun = (time.monotonic(), time.process_time())
        self._wait(asyncio.get_running_loop())

    def stop(self) -> Lag:
        """Sample no more; return what was found."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        wall, used = time.monotonic() - self._begun[0], time.process_time() - self._begun[1]
        late = sorted(self._late)
        middle, high, most = (
            late[int(share * (len(late) - 1))] if late else 0.0 for share in (0.5, 0.99, 1.0)
        )
        busy = used / max(wall, 1e-9)
        return Lag(len(late), middle, high, most, busy, self.reads, self.events, self.joined)

    def _wait(self, loop: asyncio.AbstractEventLoop) -> None:
        due = loop.time() + TICK_S
        self._timer = loop.call_at(due, self._tick, loop, due)

    def _tick(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        self._late.append(max(loop.time() - due, 0.0))
        self._wait(loop)


def together(parts: list[Lag]) -> Lag:
    """Return the lag of several processes: the worst of each lateness, the sum of counts."""
    if not parts:
        return Lag()
    return Lag(
        sum(one.ticks for one in parts),
        max(one.late_p50_s for one in parts),
        max(one.late_p99_s for one in parts),
        max(one.late_most_s for one in parts),
        max(one.busy for one in parts),
        sum(one.reads for one in parts),
        sum(one.events for one in parts),
        sum(one.joined for one in parts),
    )
