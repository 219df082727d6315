"""Ctrl-C and SIGTERM during a call into C++ that must not be unwound."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Self

_HELD = (signal.SIGINT, signal.SIGTERM)


class HeldSignals:
    """Context in which SIGINT and SIGTERM are noted; ``deliver`` hands them on afterwards.

    LoadGen releases the interpreter lock while it blocks, so Python can only act on a signal when
    LoadGen calls back, and an exception raised there (KeyboardInterrupt) would unwind LoadGen's
    frames with its log thread still running, which ends the process. So the signal is only noted,
    ``on_signal`` makes the test end early, and the handlers that were there before get it later.

    Outside the main thread this does nothing: Python runs no signal handlers there. A signal that
    is ignored stays ignored.

    Args:
        on_signal: called at each signal, in the main thread.
    """

    def __init__(self, on_signal: Callable[[], None]) -> None:
        """Nothing is touched before the context is entered."""
        self.caught: list[signal.Signals] = []
        self._on_signal = on_signal
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        """Take the place of the handlers."""
        if threading.current_thread() is threading.main_thread():
            for number in _HELD:
                if signal.getsignal(number) not in (signal.SIG_IGN, None):
                    self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Put the handlers back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def deliver(self) -> None:
        """Raise the first signal that was caught once more, for the handlers from before."""
        if self.caught:
            signal.raise_signal(self.caught[0])

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.caught.append(signal.Signals(number))
        self._on_signal()
