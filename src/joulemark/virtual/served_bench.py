"""A board, a relay and an LPM01A as instruments of ``joulemark virtual``: two pseudo-terminals.

Time is real, so that a session with them takes as long as with hardware, and goes the same way:
through pyserial, the monitor's driver and the clock of the host.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from joulemark.core.clock import NS
from joulemark.core.errors import UsageError
from joulemark.virtual.board import FAULTS, NETWORKS, Kind, Speaker, VirtualBoard, VirtualIoManager
from joulemark.virtual.instruments import setting
from joulemark.virtual.lpm01a import FAULTS as MONITOR_FAULTS
from joulemark.virtual.lpm01a import VirtualLpm01a
from joulemark.virtual.rail import Rail
from joulemark.virtual.terminal import Terminal

TICK_S = 0.002


class Paced:
    """A speaker whose time is that of the host.

    Args:
        speaker: a board, or a relay before it.
        rail: what feeds it, and holds its time.
        monotonic: the host's clock, ns.
    """

    def __init__(
        self, speaker: Speaker, rail: Rail, monotonic: Callable[[], int] = time.monotonic_ns
    ) -> None:
        """Begin now."""
        self._speaker = speaker
        self._rail = rail
        self._monotonic = monotonic
        self._last = monotonic()
        self._out = bytearray()
        self._lock = threading.Lock()
        self._wake: Callable[[], None] = lambda: None

    def woken(self, wake: Callable[[], None]) -> None:
        """Have a function called whenever there is something to say."""
        self._wake = wake

    def hear(self, data: bytes) -> None:
        """Take what the host wrote."""
        self.tick()
        with self._lock:
            self._speaker.hear(data)
            self._out += self._speaker.say()

    def say(self) -> bytes:
        """Return all that it says now."""
        with self._lock:
            said = bytes(self._out)
            self._out.clear()
        return said

    def tick(self) -> None:
        """Let as much time pass as has passed for the host."""
        with self._lock:
            now = self._monotonic()
            until = self._rail.clock() + now - self._last
            self._last = now
            while (left := until - self._rail.clock()) > 0:
                self._speaker.step(left / NS)
                self._out += self._speaker.say()
            spoken = bool(self._out)
        if spoken:
            self._wake()


@dataclass(frozen=True, slots=True, kw_only=True)
class TinyBenchSettings:
    """Board of MLPerf Tiny behind a relay, and an LPM01A that feeds it, in real time.

    Attributes:
        model: the network that it runs.
        fault: what is wrong with the board.
        monitor_fault: what is wrong with the monitor.
    """

    model: str = setting("kws01", f"the network that it runs: {', '.join(NETWORKS)}")
    fault: str = setting("", f"what is wrong with the board: {', '.join(FAULTS)}")
    monitor_fault: str = setting("", f"with the monitor: {', '.join(MONITOR_FAULTS)}")

    def start(self) -> ServedBench:
        """Begin to answer.

        Raises:
            UsageError: for a model or a fault that there is not.
        """
        for what, known in (
            (self.model, NETWORKS),
            (self.fault, ("", *FAULTS)),
            (self.monitor_fault, ("", *MONITOR_FAULTS)),
        ):
            if what not in known:
                raise UsageError(f"there is no {what!r}", remedy=f"choose from {', '.join(known)}")
        rail = Rail(begins_ns=time.time_ns())
        monitor = VirtualLpm01a(rail, self.monitor_fault)
        board = VirtualBoard(rail, Kind(self.model), self.fault)
        paced = Paced(VirtualIoManager(board), rail)
        return ServedBench(
            Terminal(paced, paced.woken), Terminal(monitor, monitor.woken), paced, board
        )


class ServedBench:
    """A board and its monitor that answer, until they are closed.

    Args:
        relay: where the relay answers.
        monitor: where the monitor does.
        paced: makes the board's time pass.
        board: the board, whose truth is known.
    """

    def __init__(
        self, relay: Terminal, monitor: Terminal, paced: Paced, board: VirtualBoard
    ) -> None:
        """Let time pass."""
        self.relay, self.monitor, self.board = relay.path, monitor.path, board
        self._terminals = (relay, monitor)
        self._paced = paced
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="paces a board", daemon=True)
        self._thread.start()

    @property
    def says(self) -> Sequence[str]:
        """Lines for people."""
        ports = f"--io {self.relay} --monitor lpm01a:port={self.monitor}"
        return (
            f"relay at {self.relay}, LPM01A at {self.monitor}",
            f"try: joulemark bench tiny {ports} --volts 1.8",
        )

    def close(self) -> None:
        """Answer no more; a second call does nothing."""
        self._over.set()
        self._thread.join()
        for terminal in self._terminals:
            terminal.close()

    def _run(self) -> None:
        while not self._over.wait(TICK_S):
            self._paced.tick()
