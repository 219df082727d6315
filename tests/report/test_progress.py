from __future__ import annotations

import io
import os
import pty
from contextlib import suppress

import pytest
from rich.cells import cell_len

from joulemark.report.progress import Progress, line

XTERM = {"TERM": "xterm", "COLUMNS": "100", "LINES": "20"}


class Clock:
    def __init__(self) -> None:
        self.ns = 0

    def __call__(self) -> int:
        return self.ns


def test_elsewhere_than_on_a_terminal_a_line_now_and_then() -> None:
    file, clock = io.StringIO(), Clock()
    with Progress(file, clock=clock) as progress:
        for second in range(0, 61, 5):
            clock.ns = second * 10**9
            progress.update("train 1", float(second), 60.0, 84.25)
        progress.update("idle", 0.5, 10.0, None, "second of two")
    assert file.getvalue().splitlines() == [
        "train 1: 0 s of 60 s, 60 s left  84.2 W",
        "train 1: 30 s of 60 s, 30 s left  84.2 W",
        "train 1: 60 s of 60 s, 0 s left  84.2 W",
        "idle: 0 s of 10 s, 10 s left  second of two",
    ]


def test_it_can_be_silent() -> None:
    file = io.StringIO()
    with Progress(file, quiet=True) as progress:
        progress.update("train", 1.0, 2.0)
    assert file.getvalue() == ""


def test_without_a_known_end() -> None:
    assert line("run", 5.0, 0.0, None, "", width=80).plain == "run          5 s"


@pytest.mark.parametrize("width", [20, 40, 60, 80])
def test_the_line_fits(width: int) -> None:
    shown = line("a very long name of a phase", 3.0, 7200.0, 1.5e6, "note " * 40, width=width)
    assert cell_len(shown.plain) <= width
    assert "\n" not in shown.plain


@pytest.mark.parametrize(("done", "full"), [(0.0, 0), (30.0, 10), (60.0, 20), (90.0, 20)])
def test_the_bar_fills(done: float, full: int) -> None:
    shown = line("x", done, 60.0, None, "", width=80)
    lit = [span.end - span.start for span in shown.spans if span.style == "cyan"]
    assert sum(lit) == full
    assert shown.plain.count("━") == 20


def test_a_file_that_is_gone_does_not_stop_the_measurement() -> None:
    file = io.StringIO()
    with Progress(file) as progress:
        file.close()
        progress.update("train", 1.0, 2.0)
        progress.update("idle", 1.0, 2.0)


SHOWN_AGAIN = "\x1b[?25h"
"""What is written last: the cursor is shown again."""


def _terminal() -> tuple[int, io.TextIOWrapper]:
    ours, theirs = pty.openpty()
    return ours, open(theirs, "w", encoding="utf-8")  # noqa: PTH123  (a descriptor)


def test_on_a_terminal_one_live_line() -> None:
    ours, file = _terminal()
    with file:
        progress = Progress(file, environ=XTERM)
        with progress:
            progress.update("train 1", 10.0, 60.0, 84.2, "second of five")
            progress.update("train 1", 20.0, 60.0, 84.2)
        seen = ""
        while SHOWN_AGAIN not in seen:
            seen += os.read(ours, 65536).decode()
    os.close(ours)
    assert "train 1" in seen
    assert "20 s of 60 s, 40 s left" in seen
    assert "84.2 W" in seen
    assert "\x1b[2K" in seen
    assert seen.count("\n") <= 2


def test_a_terminal_that_hangs_up_does_not_stop_the_measurement() -> None:
    ours, file = _terminal()
    progress = Progress(file, environ=XTERM)
    with progress:
        os.close(ours)
        progress.update("train", 1.0, 2.0)
        progress.update("train", 2.0, 2.0)
    with suppress(OSError):
        file.close()
