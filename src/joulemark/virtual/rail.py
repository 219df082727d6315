"""The supply line between an energy monitor and a small board, in virtual time.

One object that both are handed. The board says what it draws and moves its pin; the monitor
switches the voltage and reads the exact mean power of any period. Time passes only by
:meth:`Rail.advance`, so a rehearsal is as fast as it can be computed and always the same.
"""

from __future__ import annotations

import threading
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence

from joulemark.core.clock import NS

BEGINS_NS = 1_700_000_000 * NS
"""When virtual time begins, ns UTC: 14 November 2023, 22:13:20."""

Watcher = Callable[[], None]


class Rail:
    """A voltage, a board's power that is constant between its changes, and one signal pin.

    All times are ns UTC of virtual time. Safe to use from several threads; watchers are called by
    the thread that caused the change, after it. Whoever shares the rail guards what is his own by
    the rail's lock, too: with one lock there is no order of locks to get wrong.

    Args:
        parasitic_w: power that the board can draw through its signal pins, W. The monitor does not
            see it, and a board that has any goes on working when its supply is taken away.
        begins_ns: when time begins.

    Attributes:
        lock: a lock that its holder may take again.
    """

    def __init__(self, *, parasitic_w: float = 0.0, begins_ns: int = BEGINS_NS) -> None:
        """Begin unpowered, with the pin high."""
        self.parasitic_w = parasitic_w
        self.lock = threading.RLock()
        self._now = begins_ns
        self._volts = 0.0
        self._drawn = 0.0
        self._starts = [begins_ns]
        self._watts = [0.0]
        self._spent = [0.0]  # J up to each start
        self._edges: list[int] = []
        self._levels: list[bool] = []
        self._watchers: list[Watcher] = []

    # ------------------------------------------------------------------ both

    def clock(self) -> int:
        """Return the virtual time, ns UTC; a :data:`joulemark.core.clock.Clock`."""
        with self.lock:
            return self._now

    def advance(self, seconds: float) -> None:
        """Let time pass.

        Raises:
            ValueError: if it would go back.
        """
        step = round(seconds * NS)
        if step < 0:
            raise ValueError(f"time does not go back by {seconds} s")
        with self.lock:
            self._now += step
        self._tell()

    def watch(self, watcher: Watcher) -> None:
        """Have something called after each change and each step of time."""
        with self.lock:
            self._watchers.append(watcher)

    # ------------------------------------------------------------------ the board's side

    @property
    def alive(self) -> bool:
        """Whether the board works: it is powered, or lives on what its signal pins give."""
        return self.volts > 0 or self.parasitic_w > 0

    @property
    def level(self) -> bool:
        """Whether the signal pin is high."""
        with self.lock:
            return self._levels[-1] if self._levels else True

    def draw(self, watts: float) -> None:
        """Say what the board draws from now on where it is powered, W, pins included."""
        with self.lock:
            self._drawn = watts
            self._changed()
        self._tell()

    def pin(self, level: bool) -> None:  # noqa: FBT001 # a level is a truth value
        """Drive the signal pin; nothing happens where it stands so already."""
        with self.lock:
            if level == self.level:
                return
            self._edges.append(self._now)
            self._levels.append(level)
        self._tell()

    # ------------------------------------------------------------------ the monitor's side

    @property
    def volts(self) -> float:
        """What the board is supplied with, V; zero for nothing."""
        with self.lock:
            return self._volts

    def switch(self, volts: float) -> None:
        """Set the supply, V; zero takes it away."""
        with self.lock:
            self._volts = volts
            self._changed()
        self._tell()

    def joules(self, start: int, stop: int) -> float:
        """Return the energy that came through the supply between two times, J.

        The power of now is taken to last for what lies in the future.
        """
        with self.lock:
            first = max(bisect_right(self._starts, start) - 1, 0)
            last = max(bisect_left(self._starts, stop) - 1, first)
            if first == last:
                return self._watts[first] * (stop - start) / NS
            whole = self._spent[last] - self._spent[first + 1]
            head = self._watts[first] * (self._starts[first + 1] - start) / NS
            return head + whole + self._watts[last] * (stop - self._starts[last]) / NS

    def mean(self, start: int, stop: int) -> float:
        """Return the mean power through the supply between two times, W."""
        return self.joules(start, stop) * NS / (stop - start)

    def edges(self, start: int, stop: int) -> Sequence[tuple[int, bool]]:
        """Return time and new level of each change of the pin in [start, stop)."""
        with self.lock:
            first, last = bisect_left(self._edges, start), bisect_left(self._edges, stop)
            return list(zip(self._edges[first:last], self._levels[first:last], strict=True))

    def _changed(self) -> None:
        """Begin a new piece of the history; the lock is held."""
        watts = max(self._drawn - self.parasitic_w, 0.0) if self._volts > 0 else 0.0
        if watts == self._watts[-1]:
            return
        if self._starts[-1] == self._now:
            self._watts[-1] = watts
            return
        passed = (self._now - self._starts[-1]) / NS
        self._spent.append(self._spent[-1] + self._watts[-1] * passed)
        self._starts.append(self._now)
        self._watts.append(watts)

    def _tell(self) -> None:
        with self.lock:
            watchers = list(self._watchers)
        for watcher in watchers:
            watcher()
