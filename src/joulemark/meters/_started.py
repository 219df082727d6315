"""A fresh interpreter at the other end of two pipes, without the weight of ``subprocess``."""

from __future__ import annotations

import os
import select
import sys
import time

from joulemark.core.errors import MeterError
from joulemark.core.scope import suppress
from joulemark.meters.journal import store_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from signal import SIGKILL, SIGTERM
else:
    from _signal import SIGKILL, SIGTERM  # the module signal makes enums of them

MAX_LINE = 16 << 20
"""Longest answer that is read, bytes."""
MAX_TAIL = 2000
"""Characters of its messages that are quoted."""

_BOOT = (
    "import os, sys; sys.path.insert(0, sys.argv[1]); import joulemark; del sys.path[0];"
    " from joulemark.meters.sampler import main; os._exit(main())"
)
"""The same as ``-m joulemark.meters.sampler``, but of exactly this installation: a ``joulemark`` in
the working directory or elsewhere on the path is not taken for it, and nothing else is looked for
where this one lies."""


def start() -> Started:
    """Start a sampling process.

    ``-I -S``: nothing of the environment, the working directory or site-packages is looked at. It
    takes half the time to come up, and is told where its parent finds modules.

    Raises:
        MeterError: if the system refuses.
    """
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
    options = ["-I", "-S", *(["-B"] if sys.dont_write_bytecode else [])]
    orders, to = os.pipe()
    answers, back = os.pipe()
    said = os.memfd_create("joulemark-sampler-stderr")
    try:
        pid = os.posix_spawn(
            sys.executable,
            [sys.executable, *options, "-c", _BOOT, root],
            os.environ,
            file_actions=[
                (os.POSIX_SPAWN_DUP2, fd, place) for place, fd in enumerate((orders, back, said))
            ],
            setsid=True,
        )
    except OSError as error:
        for fd in (to, answers, said):
            os.close(fd)
        raise MeterError(
            f"the sampling process cannot be started: {error.strerror}", where=sys.executable
        ) from error
    finally:
        os.close(orders)
        os.close(back)
    return Started(pid, to, answers, said)


class Started:
    """A started process.

    Args:
        pid: its number.
        orders: pipe to its standard input.
        answers: pipe from its standard output.
        said: file that its standard error goes to at first.

    Attributes:
        code: how it ended: its exit code, or minus the signal that ended it; None while it runs.
        where: the file that its standard error goes to.
    """

    def __init__(self, pid: int, orders: int, answers: int, said: int) -> None:
        """Take it over."""
        self.pid = pid
        self.code: int | None = None
        self.where = ""
        self._orders = orders
        self._answers = answers
        self._said = said

    def write(self, line: bytes) -> None:
        """Say something to it; one that has ended does not hear it, and its silence tells."""
        with suppress(OSError):
            while line:
                line = line[os.write(self._orders, line) :]

    def line(self, deadline: float) -> bytes:
        """Return its next line; less if it ends or the deadline (monotonic, s) passes before."""
        line = b""
        while not line.endswith(b"\n") and len(line) < MAX_LINE:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._answers], [], [], left)[0]:
                break
            more = os.read(self._answers, 65536)
            if not more:
                break
            line += more
        return line

    def speak_into(self, path: str) -> None:
        """Keep what it has said in a file, where it is to go on.

        Raises:
            StoreError: if the file cannot be written.
        """
        try:
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
            with open(file, "wb") as told:
                told.write(os.pread(self._said, os.fstat(self._said).st_size, 0))
        except OSError as error:
            raise store_error(error, path) from error
        self.where = path

    def said(self) -> str:
        """Return the end of what it has said."""
        raw = b""
        with suppress(OSError):
            if self.where:
                with open(self.where, "rb") as told:
                    raw = told.read()
            else:
                raw = os.pread(self._said, os.fstat(self._said).st_size, 0)
        return raw[-MAX_TAIL:].decode("utf-8", "replace").strip()

    def alive(self) -> bool:
        """Whether it still runs."""
        return not self._ended(os.WNOHANG)

    def stop(self, timeout_s: float) -> bool:
        """Let it end, else kill it; return whether it ended in order.

        One that samples takes SIGTERM, too, for a wish to end in order: the end of the pipe may not
        reach it, as a fork of this process may hold the pipe.
        """
        if self._orders >= 0:
            os.close(self._orders)
            self._orders = -1
        for number, wait_s in ((SIGTERM, timeout_s), (SIGKILL, None)):
            if not self.alive():
                break
            os.kill(self.pid, number)
            self._await(wait_s)
        return self.code == 0

    def _await(self, timeout_s: float | None) -> None:
        """Wait for its end, which is that of its pipe."""
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        while self.alive():
            left = None if deadline is None else max(deadline - time.monotonic(), 0)
            if not select.select([self._answers], [], [], left)[0]:
                return
            if not os.read(self._answers, 65536):
                self._ended(0)

    def close(self) -> None:
        """Let go of what it has said; a second call does nothing."""
        for file in (self._answers, self._said):
            if file >= 0:
                os.close(file)
        self._answers = self._said = -1
        with suppress(OSError):
            if self.where and os.stat(self.where).st_size == 0:
                os.unlink(self.where)

    def _ended(self, flags: int) -> bool:
        if self.code is None:
            try:
                pid, status = os.waitpid(self.pid, flags)
            except ChildProcessError:  # somebody else has waited for it
                pid, status = self.pid, 0
            if pid == self.pid:
                self.code = os.waitstatus_to_exitcode(status)
        return self.code is not None
