"""Energy monitors as instruments of ``joulemark virtual``: on a pseudo-terminal, in real time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from joulemark.core.clock import NS
from joulemark.core.errors import UsageError
from joulemark.virtual.instruments import setting
from joulemark.virtual.lpm01a import FAULTS, VirtualLpm01a
from joulemark.virtual.rail import Rail
from joulemark.virtual.terminal import Terminal
from joulemark.virtual.watts import Wave, wave

TICK_S = 0.005


@dataclass(frozen=True, slots=True, kw_only=True)
class Lpm01aSettings:
    """ST X-NUCLEO-LPM01A on a pseudo-terminal, with a board that draws a known power.

    Attributes:
        watts: what the board draws.
        fault: what is wrong with it.
    """

    watts: str = setting("2mW..40mW/4s", "what the board draws; D7 falls as the power rises")
    fault: str = setting("", f"what is wrong with it: {', '.join(FAULTS)}")

    def start(self) -> ServedMonitor:
        """Begin to answer.

        Raises:
            UsageError: for a fault or a power that there is not.
        """
        if self.fault and self.fault not in FAULTS:
            names = ", ".join(FAULTS)
            raise UsageError(f"no fault is called {self.fault!r}", remedy=f"choose from {names}")
        rail = Rail(begins_ns=time.time_ns())
        device = VirtualLpm01a(rail, self.fault)
        return ServedMonitor(Terminal(device, device.woken), Pace(rail, wave(self.watts)))


class ServedMonitor:
    """A monitor that answers, until it is closed.

    Args:
        terminal: where it answers.
        pace: what makes time pass.
    """

    def __init__(self, terminal: Terminal, pace: Pace) -> None:
        """Keep both."""
        self._terminal = terminal
        self._pace = pace

    @property
    def says(self) -> Sequence[str]:
        """Lines for people."""
        path = self._terminal.path
        return (
            f"LPM01A at {path}",
            f"try: joulemark run --meter lpm01a:port={path},volts=3 -- sleep 10",
        )

    def close(self) -> None:
        """Answer no more; a second call does nothing."""
        self._pace.close()
        self._terminal.close()


class Pace:
    """A board that draws a wave of power, in real time.

    Its pin is low while the power is high. Power and pin change at ticks, so the energy of the rail
    is exactly that of what is drawn, and the wave's to within a tick.

    Args:
        rail: where time passes.
        watts: what is drawn.
        monotonic: the clock, ns.
    """

    def __init__(
        self, rail: Rail, watts: Wave, monotonic: Callable[[], int] = time.monotonic_ns
    ) -> None:
        """Begin."""
        self._rail = rail
        self._watts = watts
        self._monotonic = monotonic
        self._begun = self._last = monotonic()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="paces a rail", daemon=True)
        self._thread.start()

    def tick(self) -> None:
        """Let as much virtual time pass as real time has passed since the last tick."""
        now = self._monotonic()
        power = self._watts((self._last - self._begun) / NS)
        self._rail.draw(power)
        self._rail.pin(power <= self._watts.low)
        self._rail.advance((now - self._last) / NS)
        self._last = now

    def close(self) -> None:
        """Stop the time; a second call does nothing."""
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(TICK_S):
            self.tick()
