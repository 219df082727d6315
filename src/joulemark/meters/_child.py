"""What the sampling process needs of the system: to be alone, and the leash that ends it."""

from __future__ import annotations

import fcntl
import os
import select
import struct
from _thread import get_native_id

from joulemark.core.clock import NS
from joulemark.core.scope import suppress
from joulemark.meters._pace import PAUSE, RESUME
from joulemark.meters._tree import SAMPLER_COMM

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from signal import (
        SIG_BLOCK,
        SIG_IGN,
        SIGINT,
        SIGIO,
        SIGTERM,
        pthread_sigmask,
        signal,
        sigtimedwait,
    )
    from typing import TypeAlias

    from joulemark.core.clock import Clock
else:
    # the module signal makes enums of them
    from _signal import (
        SIG_BLOCK,
        SIG_IGN,
        SIGINT,
        SIGIO,
        SIGTERM,
        pthread_sigmask,
        signal,
        sigtimedwait,
    )

_ENDS = (SIGTERM, SIGIO)
"""Signals that end the loop."""
_SET_OWNER, _THREAD = 15, 0
"""``F_SETOWN_EX`` and ``F_OWNER_TID`` of fcntl(2): the signal is for one thread, not for any."""

Wait: TypeAlias = "Callable[[int], int | None]"
"""Waits until a time (ns on the run's clock); returns how long the loop was told to rest, ns, which
is zero nearly always, or None if it is to end."""

LOOK_S = 0.5
"""So often a resting loop looks whether its parent lives."""


def be_alone() -> int:
    """Cut what ties this process to others; return the descriptor that answers go to.

    Ctrl-C is for the measured program. What is printed goes to standard error, so that a library
    cannot spoil an answer. What else was open in our parent is closed.
    """
    signal(SIGINT, SIG_IGN)
    _hold_back()
    answers = os.dup(1)
    os.dup2(2, 1)
    with suppress(OSError):
        for name in os.listdir("/proc/self/fd"):
            if int(name) > 2 and int(name) != answers:
                with suppress(OSError):  # the list's own, which is closed already
                    os.close(int(name))
        _call_ourselves(SAMPLER_COMM)
    return answers


def _hold_back() -> None:
    """Hold back the signals that end the loop; threads that are started from now on do so, too."""
    signal(SIGIO, SIG_IGN)
    pthread_sigmask(SIG_BLOCK, _ENDS)


def _call_ourselves(name: bytes) -> None:
    """Show a name in lists of processes, by which whoever bills processor time leaves us out."""
    file = os.open("/proc/self/comm", os.O_WRONLY)
    try:
        os.write(file, name)
    finally:
        os.close(file)


class Leash:
    """Waits on standard input, whose end, or anything but a pause, is the end of the loop.

    The kernel is asked to say with a signal that there is something to read (``O_ASYNC``), so that
    one system call waits for the next tick, for a word and for SIGTERM together. It costs less than
    ``select`` does, which is much of what a tick costs beside its reads.

    Args:
        descriptor: standard input.
        clock: the run's clock.
    """

    def __init__(self, descriptor: int, clock: Clock) -> None:
        """Hold the signals back, to be waited for."""
        self._clock = clock
        self._descriptor = descriptor
        self._parent = os.getppid()
        self._look_at = 0
        self._said = b""
        _hold_back()
        with suppress(OSError):  # of a file, whose end has come already
            owner = struct.pack("ii", _THREAD, get_native_id())
            fcntl.fcntl(descriptor, _SET_OWNER, owner)
            flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
            fcntl.fcntl(descriptor, fcntl.F_SETFL, flags | os.O_ASYNC)
        self._unheard = self._readable()

    def wait(self, until: int) -> int | None:
        """Wait until a time; see :data:`Wait`.

        A process that our parent forked may hold our standard input open when the parent is gone;
        then the parent's number tells, which is looked at once a second.
        """
        if self._unheard or self._said:
            return self._heard()
        left = until - self._clock()
        told = sigtimedwait(_ENDS, left / NS if left > 0 else 0)
        if told is not None:
            return None if told.si_signo == SIGTERM else self._heard()
        if until < self._look_at:
            return 0
        self._look_at = until + NS
        return 0 if os.getppid() == self._parent else None

    def _heard(self) -> int | None:
        """Listen to what was said; return how long that made us rest, or None at the end."""
        self._unheard = False
        if not self._said and not self._readable():
            return 0  # the signal was for words that were heard before
        return self._rest() if self._line() == PAUSE else None

    def _rest(self) -> int | None:
        """Do nothing until told to go on; return how long, ns, or None if the loop is to end.

        Whoever said ``pause`` may be gone without a word: that is looked for all the while.
        """
        began = self._clock()
        while not self._said and not self._readable():
            told = sigtimedwait(_ENDS, LOOK_S)
            if (told is not None and told.si_signo == SIGTERM) or os.getppid() != self._parent:
                return None
        return self._clock() - began if self._line() == RESUME else None

    def _readable(self) -> bool:
        return bool(select.select([self._descriptor], [], [], 0)[0])

    def _line(self) -> bytes:
        """Return the next line of what was said; nothing at its end."""
        while b"\n" not in self._said:
            more = os.read(self._descriptor, 64)
            if not more:
                return b""
            self._said += more
        line, _, self._said = self._said.partition(b"\n")
        return line
