"""Running the git program on a repository that nobody has to trust.

Only plumbing that runs nothing named by the repository is used, with no configuration but the
repository's own, no replaced objects, and no fetching of what is absent.
"""

from __future__ import annotations

import fcntl
import os
import select
import shutil
import subprocess
import tempfile
from contextlib import suppress
from typing import IO, cast

from joulemark.core.errors import FormatError, UnavailableError
from joulemark.formats.trees.limits import Limits
from joulemark.formats.trees.names import shown

PIECE = 1 << 20
QUIET = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",  # older gits do not know the line above
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
SETTINGS = (
    "safe.directory=*",
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.sshCommand=false",
    # mapped pieces of packs count as memory of ours
    "core.packedGitWindowSize=4m",
    "core.packedGitLimit=32m",
    "core.deltaBaseCacheLimit=16m",
)


class Git:
    """The git program, for one repository.

    Args:
        folder: what git calls ``GIT_DIR``.
        name: for messages.
        limits: how long an answer may take.
    """

    def __init__(self, folder: str, name: str, limits: Limits) -> None:
        """Look for the program.

        Raises:
            UnavailableError: if there is none.
        """
        program = shutil.which("git")
        if program is None:
            raise UnavailableError(
                "the program git, which reads git repositories, is not there",
                where=shown(name),
                remedy="install it (apt install git, dnf install git)",
            )
        self.folder = folder
        self.name = name
        self.limits = limits
        options = [part for setting in SETTINGS for part in ("-c", setting)]
        self._command = [program, "--no-pager", "--no-replace-objects", *options]
        path = os.environ.get("PATH", os.defpath)
        self._environment = {"PATH": path, "GIT_DIR": folder, **QUIET}

    def ask(self, *arguments: str) -> str | None:
        """Return what a command prints, without the end of the line; None if it fails.

        Raises:
            FormatError: if it does not answer.
        """
        try:
            done = subprocess.run(
                [*self._command, *arguments],
                env=self._environment,
                cwd="/",
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=self.limits.answer_s,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise self.silent() from None
        except (OSError, ValueError) as error:
            raise UnavailableError(f"git cannot be run: {error}", where=shown(self.name)) from None
        return os.fsdecode(done.stdout).removesuffix("\n") if done.returncode == 0 else None

    def silent(self) -> FormatError:
        """Return the error about a git that does not answer."""
        return FormatError(
            f"git has not answered for {self.limits.answer_s:g} s; the repository may be damaged",
            where=shown(self.name),
        )

    def start(self, *arguments: str) -> Conversation:
        """Start a command that is talked to.

        Raises:
            UnavailableError: if it cannot be run.
        """
        errors = tempfile.TemporaryFile()  # noqa: SIM115 # closed with the conversation
        try:
            process = subprocess.Popen(
                [*self._command, *arguments],
                env=self._environment,
                cwd="/",
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                bufsize=0,
            )
        except (OSError, ValueError) as error:
            errors.close()
            raise UnavailableError(f"git cannot be run: {error}", where=shown(self.name)) from None
        return Conversation(self, process, errors)


class Conversation:
    """A running git: what it says, with a bound on how long it may be silent.

    Args:
        git: whose.
        process: with its three pipes.
        errors: what it says on its error output.
    """

    def __init__(self, git: Git, process: subprocess.Popen[bytes], errors: IO[bytes]) -> None:
        """Take over the process."""
        self._git = git
        self._process = process
        self._errors = errors
        self._to, self._out = cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout)
        self._from = self._out.fileno()
        self._poll = select.poll()
        self._poll.register(self._from, select.POLLIN)
        self._buffer = b""
        self._maker = os.getpid()
        with suppress(OSError):  # a smaller pipe is only slower
            fcntl.fcntl(self._from, fcntl.F_SETPIPE_SZ, PIECE)

    def say(self, line: bytes) -> None:
        """Send a line; that nobody listens shows in the answer."""
        with suppress(BrokenPipeError):
            self._to.write(line)

    def some(self) -> bytes:
        """Return what comes next; nothing at the end.

        Raises:
            FormatError: if nothing comes in time.
        """
        if self._buffer:
            data, self._buffer = self._buffer, b""
            return data
        if not self._poll.poll(self._git.limits.answer_s * 1000):
            raise self._git.silent()
        return os.read(self._from, PIECE)

    def line(self) -> bytes:
        """Return what comes up to the end of the line, without it; at the end what is left."""
        data = b""
        while b"\n" not in data:
            more = self.some()
            if not more:
                return data
            data += more
        data, _, self._buffer = data.partition(b"\n")
        return data

    def exactly(self, size: int) -> bytes:
        """Return so many bytes; fewer at the end."""
        pieces = []
        while size > 0 and (piece := self.some()):
            self._buffer = piece[size:]
            pieces.append(piece[:size])
            size -= len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def complaint(self) -> str:
        """Wait for the end; return what it complained about, empty if it went well."""
        self._to.close()
        try:
            code = self._process.wait(self._git.limits.answer_s)
        except subprocess.TimeoutExpired:
            return "it does not end"
        if code == 0:
            return ""
        self._errors.seek(0)
        lines = self._errors.read(4096).decode("utf-8", "replace").strip().splitlines()
        return shown(lines[-1]) if lines else f"it ended with {code}"

    def close(self) -> None:
        """End the process; a second call does nothing."""
        if self._maker == os.getpid():  # and no fork that has copies of the pipes
            if self._process.poll() is None:
                self._process.kill()
            self._process.wait()
        self._errors.close()
        self._to.close()
        self._out.close()
