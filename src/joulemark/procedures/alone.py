"""Run a command that measures itself: nothing is measured here, its signals are passed on.

What it leaves behind, a server that it started for instance, is ended with it: the next command
must not find it there.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from joulemark.procedures.command import Signals, find_program, spawn, waited
from joulemark.procedures.stopping import handled
from joulemark.procedures.subreaper import become_subreaper, ending_with_parent

LATE = 124
"""Exit code of a command that took too long, as ``timeout`` gives it."""
GRACE_S = 10.0
"""So long what was left behind may take to end once it was told to."""
_LOOK_S = 0.02


def run_alone(
    argv: Sequence[str], variables: Mapping[str, str], limit_s: float | None = None
) -> tuple[int, bool]:
    """Run a command and return its exit code, and whether a signal came meanwhile.

    It keeps its terminal and its environment. Ctrl-C and SIGTERM go on to it and end it, and so it
    does if this process is killed. A command killed by signal n gives 128 + n.

    Args:
        argv: the command.
        variables: of its environment, beside those that are there.
        limit_s: how long it may take, s; then it is ended, and gives ``LATE``. None for ever.

    Raises:
        UsageError: if there is no such command.
    """
    program = find_program(argv)
    reaper, before = become_subreaper(), children()
    caught = Signals()
    with handled((signal.SIGINT, signal.SIGTERM, signal.SIGHUP), caught.take):
        process = spawn(program, argv, variables, ending_with_parent())
        caught.child = process
        for number in caught.signals:  # that came before there was a child
            process.send_signal(number)
        code = _within(process, limit_s)
        caught.child = None
        if reaper:
            end_children(before)
    return code, bool(caught.signals)


def _within(process: subprocess.Popen[bytes], limit_s: float | None) -> int:
    """Wait for a command as long as it may take; end one that takes longer."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(limit_s)
        return waited(process)
    process.terminate()
    try:
        process.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    return LATE


def children() -> set[int]:
    """Return the processes whose parent is this one; none where the system does not tell."""
    own = str(os.getpid()).encode()
    found = [path for path in Path("/proc").glob("[0-9]*") if _parent(path) == own]
    return {int(path.name) for path in found}


def _parent(path: Path) -> bytes:
    try:
        data = (path / "stat").read_bytes()
    except OSError:  # it has ended
        return b""
    words = data[data.rfind(b")") + 1 :].split()
    return words[1] if len(words) > 1 else b""


def end_children(but: set[int], grace_s: float = GRACE_S) -> int:
    """End the children of this process and what they leave; return how many there were.

    Args:
        but: those that stay.
        grace_s: so long they may take before they are killed.
    """
    told: set[int] = set()
    last = time.monotonic() + grace_s
    while left := _running(but):
        late = time.monotonic() >= last
        for number in left if late else left - told:
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL if late else signal.SIGTERM)
        told |= left
        time.sleep(_LOOK_S)
    return len(told)


def _running(but: set[int]) -> set[int]:
    """Return the children that run still; those that have ended are waited for."""
    left = set()
    for number in children() - but:
        with suppress(ChildProcessError):
            if os.waitpid(number, os.WNOHANG)[0] == 0:
                left.add(number)
    return left
