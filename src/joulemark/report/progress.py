"""Progress while measuring: one live line on a terminal, an occasional plain line elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console
from rich.live import Live
from rich.text import Text

from joulemark.core.clock import NS, Clock
from joulemark.core.units import si
from joulemark.report.format import clean, short_time

BAR = 20
"""Columns of the bar."""
EVERY_S = 30.0
"""Time between two plain lines of one phase."""
_MOST = 80


class Progress:
    """Shows what is being measured; a context manager whose :meth:`update` may be handed on.

    It writes to standard error only, may be told from any thread, and draws only when it is told:
    it keeps no thread of its own, so that it costs the measurement next to nothing.

    >>> with Progress() as progress:
    ...     progress.update("train 1", 12.0, 60.0, 84.2)

    Args:
        file: where to write; standard error by default.
        quiet: write nothing where the file is no terminal.
        clock: monotonic, ns.
        environ: variables that describe the terminal; those of the process by default.
    """

    def __init__(
        self,
        file: TextIO | None = None,
        *,
        quiet: bool = False,
        clock: Clock = time.monotonic_ns,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        """Look at the file; nothing is written."""
        self._file = sys.stderr if file is None else file
        self._console = Console(
            file=self._file, highlight=False, markup=False, emoji=False, _environ=environ
        )
        self._quiet = quiet
        self._clock = clock
        self._lock = threading.Lock()
        self._live: Live | None = None
        self._phase: str | None = None
        self._said_at = 0

    def __enter__(self) -> Self:
        """Take the line over, on a terminal."""
        if self._console.is_terminal and not self._console.is_dumb_terminal:
            self._live = Live(
                Text(),
                console=self._console,
                auto_refresh=False,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._live.start()
        return self

    def update(
        self,
        phase: str,
        done_s: float,
        total_s: float,
        watts: float | None = None,
        note: str = "",
    ) -> None:
        """Show how far a phase is.

        Args:
            phase: what goes on.
            done_s: seconds of it that are over.
            total_s: seconds in all; 0 where nobody knows.
            watts: mean power of the last seconds; None where unknown.
            note: anything else.
        """
        with self._lock:
            try:
                if self._live is not None:
                    width = min(self._console.width, _MOST)
                    shown = line(phase, done_s, total_s, watts, note, width=width)
                    self._live.update(shown, refresh=True)
                elif not self._quiet:
                    self._say(phase, _figures(done_s, total_s, watts, note))
            except (OSError, ValueError):
                self._live, self._quiet = None, True  # the terminal is gone; go on measuring

    def _say(self, phase: str, figures: str) -> None:
        now = self._clock()
        if phase == self._phase and now - self._said_at < EVERY_S * NS:
            return
        self._phase, self._said_at = phase, now
        self._file.write(f"{clean(phase, 40)}: {figures}\n")
        self._file.flush()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the line back, empty."""
        with self._lock:
            if self._live is not None:
                with suppress(OSError, ValueError):
                    self._live.stop()
                self._live = None


def line(
    phase: str, done_s: float, total_s: float, watts: float | None, note: str, *, width: int
) -> Text:
    """Return one line of at most ``width`` columns: phase, bar, times, watts, note."""
    shown = Text(no_wrap=True, overflow="ellipsis")
    shown.append(f"{clean(phase, 18):<12} ", style="bold")
    if total_s > 0 and width >= 60:
        share = min(max(done_s / total_s, 0.0), 1.0)
        full = round(share * BAR)
        shown.append("━" * full, style="cyan")
        shown.append("━" * (BAR - full) + " ", style="bright_black")
    shown.append(_figures(done_s, total_s, watts, note))
    shown.truncate(width, overflow="ellipsis")
    return shown


def _figures(done_s: float, total_s: float, watts: float | None, note: str) -> str:
    if total_s > 0:
        left = max(total_s - done_s, 0.0)
        text = f"{_seconds(done_s)} of {_seconds(total_s)}, {_seconds(left)} left"
    else:
        text = _seconds(done_s)
    if watts is not None:
        text += f"  {si(watts, 'W', 3)}"
    return f"{text}  {clean(note, 80)}" if note else text


def _seconds(value: float) -> str:
    return f"{value:.0f} s" if value < 100 else short_time(value)
