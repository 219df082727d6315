"""Measure any command: idle, the command as often as asked, idle."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType

from joulemark.core.caution import Code
from joulemark.core.errors import UsageError
from joulemark.core.run import Status
from joulemark.core.window import Work
from joulemark.procedures.disturbance import disturb
from joulemark.procedures.live import Tell
from joulemark.procedures.marker import Mark
from joulemark.procedures.session import Options, Session
from joulemark.procedures.stopping import handled
from joulemark.procedures.subreaper import become_subreaper

NOT_FOUND, NOT_EXECUTABLE = 127, 126
"""Exit codes of a command that cannot be started, as shells give them."""


def run_command(
    argv: Sequence[str],
    options: Options,
    *,
    title: str = "",
    repeat: int = 1,
    disturbance: int = 0,
    tell: Tell | None = None,
) -> tuple[Path, int]:
    """Measure a command and return the run directory and the command's exit code.

    The command keeps its terminal, its environment and its signals. Ctrl-C and SIGTERM end the
    command; the run is closed as interrupted. A command killed by signal n gives 128 + n.

    Args:
        argv: the command.
        options: how to measure.
        title: what is measured; the command's name by default.
        repeat: how often to run it; stops at the first failure.
        disturbance: pairs of runs with the sampler and without, before the measured ones.
        tell: told of progress during idle windows.

    Raises:
        UsageError: if there is no such command; nothing is measured then.
    """
    program = find_program(argv)
    become_subreaper()
    settings = {"command": list(argv), "repeat": repeat, "disturbance": disturbance}
    options = replace(options, own_work=False)
    session = Session("run", title or Path(argv[0]).name, options, settings)
    caught = Signals()
    with handled((signal.SIGINT, signal.SIGTERM, signal.SIGHUP), caught.take), session:
        code = 0
        try:
            with caught.raising():
                session.idle(tell)
            if disturbance and not caught.signals:
                code = _disturbed(session, disturbance, program, argv, caught)
            for _ in range(repeat):
                if code == 0 and not caught.signals:
                    code = _once(session, program, argv, caught)
            with caught.raising():
                session.idle(tell)
        except KeyboardInterrupt:
            code = code or 128 + caught.signals[0]
        if caught.signals:
            names = ", ".join(signal.Signals(number).name for number in caught.signals)
            session.caution(Code.INTERRUPTED, names)
            session.status = Status.INTERRUPTED
    return session.path, code


def find_program(argv: Sequence[str]) -> str:
    """Return the path of a command's program.

    Raises:
        UsageError: if there is none, with the exit code that shells give.
    """
    from shutil import which

    found = which(argv[0])
    if found is not None:
        return found
    exists = os.sep in argv[0] and Path(argv[0]).exists()
    what = "is not executable" if exists else "was not found"
    error = UsageError(f"the command {what}", where=argv[0], remedy="check its name and your PATH")
    error.exit_code = NOT_EXECUTABLE if exists else NOT_FOUND
    raise error


def _once(session: Session, program: str, argv: Sequence[str], caught: Signals) -> int:
    with session.window("run") as mark:
        code = execute(session, mark, program, argv, caught)
    if code != 0 and not caught.signals:
        session.caution(Code.COMMAND_FAILED, f"exit code {code}", "run")
    return code


def execute(
    session: Session, mark: Mark, program: str, argv: Sequence[str], caught: Signals
) -> int:
    """Run a command in a window that is open, and return its exit code.

    Args:
        session: the measurement, which the command may join.
        mark: of the window; gets the work and the exit code.
        program: path of the program.
        argv: the command.
        caught: passes signals on to it.
    """
    process = spawn(program, argv, session.variables)
    caught.child = process
    code = waited(process)
    caught.child = None
    if code == 0:
        mark.work = Work(1, "run")
    mark.facts["exit_code"] = code
    return code


def _disturbed(
    session: Session, pairs: int, program: str, argv: Sequence[str], caught: Signals
) -> int:
    """Measure what measuring costs the command; return its exit code, the first that is not 0."""
    code = 0

    def stretch(mark: Mark) -> dict[str, float]:
        nonlocal code
        wall, cpu = time.monotonic(), _children_s()
        code = execute(session, mark, program, argv, caught)
        if code or caught.signals:
            return {}
        wall, cpu = time.monotonic() - wall, _children_s() - cpu
        return {"wall time": 1 / wall, "processor time": 1 / cpu if cpu > 0 else 0.0}

    disturb(session, pairs, stretch)
    if code and not caught.signals:
        session.caution(Code.COMMAND_FAILED, f"exit code {code}", "disturbance")
    return code


def _children_s() -> float:
    """Return the processor time of all children that have ended, s."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def spawn(
    program: str,
    argv: Sequence[str],
    variables: Mapping[str, str],
    before: Callable[[], None] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a command with variables of its environment beside those that are there.

    Args:
        program: path of the program.
        argv: the command.
        variables: of its environment.
        before: called in the child before the program starts; must do next to nothing.
    """
    sys.stdout.flush()
    environment = {**os.environ, **variables}
    return subprocess.Popen(argv, executable=program, env=environment, preexec_fn=before)  # noqa: PLW1509 # one call of the kernel


def waited(process: subprocess.Popen[bytes]) -> int:
    """Wait for a command; return its exit code, 128 + n if signal n killed it."""
    code = process.wait()
    return 128 - code if code < 0 else code


class Signals:
    """Signals that came while the run was made, and the command that must hear of them."""

    def __init__(self) -> None:
        """Have caught none."""
        self.signals: list[int] = []
        self.child: subprocess.Popen[bytes] | None = None
        self._raise = False

    def take(self, number: int, frame: FrameType | None) -> None:
        """Note a signal and pass it on, unless the terminal has sent it to the command as well."""
        self.signals.append(number)
        if self._raise:
            raise KeyboardInterrupt
        if self.child is not None and not (number == signal.SIGINT and _in_foreground()):
            self.child.send_signal(number)

    @contextmanager
    def raising(self) -> Iterator[None]:
        """Let a signal end the block at once; one that came before ends it before it begins."""
        if self.signals:
            raise KeyboardInterrupt
        self._raise = True
        try:
            yield
        finally:
            self._raise = False


def _in_foreground() -> bool:
    """Return whether Ctrl-C in a terminal reaches this process and its children by itself."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)
