"""What the sampling process needs of the system: to be alone, and the leash that ends it."""

from __future__ import annotations

import os
import select

from joulemark.core.clock import NS
from joulemark.core.scope import suppress
from joulemark.meters._pace import PAUSE, RESUME
from joulemark.meters._tree import SAMPLER_COMM

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from signal import SIG_IGN, SIGINT, SIGTERM, signal
    from typing import TypeAlias

    from joulemark.core.clock import Clock
else:
    from _signal import SIG_IGN, SIGINT, SIGTERM, signal  # the module signal makes enums of them

Wait: TypeAlias = "Callable[[int], bool]"
"""Waits until a time (ns on the run's clock); returns True if the loop is to end."""


LOOK_S = 0.5
"""So often a resting loop looks whether its parent lives."""


def be_alone() -> int:
    """Cut what ties this process to others; return the descriptor that answers go to.

    Ctrl-C is for the measured program. What is printed goes to standard error, so that a library
    cannot spoil an answer. What else was open in our parent is closed.
    """
    signal(SIGINT, SIG_IGN)
    answers = os.dup(1)
    os.dup2(2, 1)
    with suppress(OSError):
        for name in os.listdir("/proc/self/fd"):
            if int(name) > 2 and int(name) != answers:
                with suppress(OSError):  # the list's own, which is closed already
                    os.close(int(name))
        _call_ourselves(SAMPLER_COMM)
    return answers


def _call_ourselves(name: bytes) -> None:
    """Show a name in lists of processes, by which whoever bills processor time leaves us out."""
    file = os.open("/proc/self/comm", os.O_WRONLY)
    try:
        os.write(file, name)
    finally:
        os.close(file)


class Leash:
    """Waits on standard input, whose end, or anything but a pause, is the end of the loop.

    Args:
        descriptor: standard input.
        clock: the run's clock.
    """

    def __init__(self, descriptor: int, clock: Clock) -> None:
        """Let SIGTERM end the loop as well."""
        self._clock = clock
        self._parent = os.getppid()
        ended, self._end = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._watched = [descriptor, ended]
        self._said = b""
        self._rested_ns = 0
        signal(SIGTERM, lambda *_: self._pull())

    def _pull(self) -> None:
        with suppress(BlockingIOError):
            os.write(self._end, b".")

    def wait(self, until: int) -> bool:
        """Wait until a time; return True if the loop is to end.

        A process that our parent forked may hold our standard input open when the parent is gone;
        then the parent's number tells.
        """
        left = max(until - self._clock(), 0) / NS
        ready = [] if self._said else select.select(self._watched, [], [], left)[0]
        if ready or self._said:
            return self._watched[1] in ready or self._line() != PAUSE or self._rest()
        return os.getppid() != self._parent

    def rested(self) -> int:
        """Return how long the last wait rested, ns; asked again it is zero."""
        rested, self._rested_ns = self._rested_ns, 0
        return rested

    def _rest(self) -> bool:
        """Do nothing until told to go on; return True if the loop is to end instead.

        Whoever said ``pause`` may be gone without a word: that is looked for all the while.
        """
        began = self._clock()
        while not self._said and not select.select(self._watched, [], [], LOOK_S)[0]:
            if os.getppid() != self._parent:
                return True
        self._rested_ns = self._clock() - began
        if not self._said and self._watched[1] in select.select(self._watched, [], [], 0)[0]:
            return True
        return self._line() != RESUME

    def _line(self) -> bytes:
        """Return the next line of what was said; nothing at its end."""
        while b"\n" not in self._said:
            more = os.read(self._watched[0], 64)
            if not more:
                return b""
            self._said += more
        line, _, self._said = self._said.partition(b"\n")
        return line
