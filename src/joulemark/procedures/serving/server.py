"""A server that joulemark starts itself: waited for, watched, and always stopped."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from joulemark.core.errors import UsageError
from joulemark.procedures.command import find_program
from joulemark.procedures.serving import guard
from joulemark.procedures.serving.ready import ServerError, is_up
from joulemark.procedures.stopping import handled
from joulemark.workloads.openai.target import Target

WAIT_S, GRACE_S, POLL_S, STOP_S = 300.0, 10.0, 0.1, 0.02
QUOTED_LINES, QUOTED_BYTES = 10, 4096
"""Of a log, in an error."""
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
SEARCHED_BYTES = 1 << 20
"""Of its beginning, for the first error."""


class StartedServer:
    """A server in a process group of its own; as a context manager it ends with the block.

    Args:
        command: the words of its command; no shell reads them.
        target: where it will answer.
        wait_s: most time until it answers, s.
        grace_s: after so long a server that was asked to end is killed, s.
        environment: variables of the command; those of this process by default.

    Attributes:
        command: the words.
        pid: of its first process, which leads its group; 0 before it is started.
        ready_s: how long it took to answer, s.
    """

    def __init__(
        self,
        command: Sequence[str],
        target: Target,
        *,
        wait_s: float = WAIT_S,
        grace_s: float = GRACE_S,
        environment: dict[str, str] | None = None,
    ) -> None:
        """Keep the arguments; nothing is started."""
        self.command = tuple(command)
        self.pid = 0
        self.ready_s = 0.0
        self._target = target
        self._wait_s, self._grace_s = wait_s, grace_s
        self._environment = environment
        self._log = Path()
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Start it and wait until it answers.

        Raises:
            UsageError: if there is no such command, or something answers there already.
            ServerError: if it ends, or does not answer in time; with the last lines of its log.
        """
        if not self.command:
            raise UsageError("no command is given that starts the server")
        program = find_program(self.command)
        if _listens(self._target):
            raise UsageError(
                "something answers there already",
                where=self._target.url,
                remedy="stop it, or choose another port for the server and --url",
            )
        started = time.monotonic()
        try:
            self._start(program)
            self._until_it_answers(started + self._wait_s)
        except BaseException:
            self.close()
            raise
        self.ready_s = time.monotonic() - started
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop it."""
        self.close()

    @property
    def exit_code(self) -> int | None:
        """Exit code of its first process (128 + n if signal n killed it); None while it lives."""
        code = None if self._process is None else self._process.poll()
        return 128 - code if code is not None and code < 0 else code

    @property
    def alive(self) -> bool:
        """Whether its first process lives."""
        return self._process is not None and self.exit_code is None

    def last_words(self) -> str:
        """Return the last lines of its log, and the first that tells of an error before them."""
        try:
            with self._log.open("rb") as file:
                first = _lines(file.read(SEARCHED_BYTES))
                file.seek(max(file.seek(0, 2) - QUOTED_BYTES, 0))
                last = _lines(file.read())[-QUOTED_LINES:]
        except OSError:
            return ""
        error = next((line for line in first if "error" in line.lower()), "")
        return "\n".join([error, "…", *last] if error and error not in last else last)

    def keep_log(self, path: Path) -> None:
        """Copy its log, as far as it has come, to a file.

        Raises:
            OSError: if it cannot be written.
        """
        shutil.copyfile(self._log, path)

    def close(self) -> None:
        """Stop its whole group: SIGTERM, after a grace SIGKILL. A second call does nothing.

        Ctrl-C is held back meanwhile, so that nothing is left running. If this process is killed,
        the guard does it.
        """
        process, self._process = self._process, None
        main = threading.current_thread() is threading.main_thread()
        calm = handled((signal.SIGINT, signal.SIGTERM), lambda *_: None) if main else nullcontext()
        with calm:
            if process is not None:
                _stop(process, self._grace_s)
            if self._guard is not None:
                guard.dismiss(self._guard)
                self._guard = None
            if self._log.name:
                self._log.unlink(missing_ok=True)

    def _start(self, program: str) -> None:
        descriptor, name = tempfile.mkstemp(prefix="joulemark-server-", suffix=".log")
        self._log = Path(name)
        with os.fdopen(descriptor, "wb") as log:
            self._process = subprocess.Popen(
                self.command,
                executable=program,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment,
                start_new_session=True,
            )
        self.pid = self._process.pid
        self._guard = guard.watch(self.pid, self._grace_s)

    def _until_it_answers(self, until: float) -> None:
        while True:
            if not self.alive:
                raise self._failed(f"the server ended with exit code {self.exit_code}")
            left = until - time.monotonic()
            if left <= 0:
                what = f"the server did not answer at {self._target.url} in {self._wait_s:g} s"
                raise self._failed(what)
            if is_up(self._target, min(left, 5.0)):
                return
            time.sleep(POLL_S)

    def _failed(self, what: str) -> ServerError:
        words = self.last_words()
        said = f"; its log ends with:\n{words}" if words else "; its log is empty"
        return ServerError(what + said, where=self.command[0])


def _lines(text: bytes) -> list[str]:
    """Return the lines of a log that say something, without what a terminal would obey."""
    lines = _COLOUR.sub("", text.decode("utf-8", "replace")).splitlines()
    clean = ("".join(c if c.isprintable() else " " for c in line).rstrip() for line in lines)
    return [line for line in clean if line]


def _listens(target: Target) -> bool:
    try:
        with socket.create_connection(target.address, 1.0):
            return True
    except OSError:
        return False


def _stop(process: subprocess.Popen[bytes], grace_s: float) -> None:
    _signal(process.pid, signal.SIGTERM)
    until = time.monotonic() + grace_s
    while _lives(process):
        if time.monotonic() > until:
            _signal(process.pid, signal.SIGKILL)
            process.wait()
            return
        time.sleep(STOP_S)


def _lives(process: subprocess.Popen[bytes]) -> bool:
    """Whether anything of a group lives."""
    if process.poll() is None:
        return True
    with suppress(ChildProcessError):  # what it left behind may have become ours
        while os.waitpid(-process.pid, os.WNOHANG)[0]:
            pass
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return False
    return True


def _signal(group: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, number)
