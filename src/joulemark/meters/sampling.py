"""The parent's side of sampling: start the loop in a process of its own, or in a thread.

The process is a fresh interpreter that is told names and settings of meters, so nothing of the
measured program is imported again or copied. Meters that are handed in as objects can only be read
in this process; the thread that does so competes with what it measures, and the record says so.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Self

from joulemark.core import errors
from joulemark.core.channel import Channel
from joulemark.core.clock import Anchor
from joulemark.core.errors import FormatError, JoulemarkError, MeterError, StoreError
from joulemark.meters._feeds import Missing, check_period
from joulemark.meters._thread import SamplerThread, run_files
from joulemark.meters.sampler import MAX_LINE
from joulemark.meters.spool import channel_from

__all__ = ["SamplerProcess", "SamplerThread"]

READY_S = 20.0
"""Time that the meters may take to open."""
STOP_S = 10.0
"""Time that a last sample and its way to the disk may take."""
MAX_TAIL = 2000

_BOOT = (
    "import sys; sys.path.insert(0, sys.argv[1]); import joulemark; del sys.path[0];"
    " from joulemark.meters.sampler import main; sys.exit(main())"
)
"""The same as ``-m joulemark.meters.sampler``, but of exactly this installation: a ``joulemark`` in
the working directory or elsewhere on the path is not taken for it, and nothing else is looked for
where this one lies."""


class SamplerProcess:
    """A sampling process. Make it with :meth:`start`.

    Attributes:
        channels: what it samples.
        unavailable: meters and parts of meters that it could not open.
        pid: its process number.
    """

    def __init__(self, process: subprocess.Popen[bytes], stderr: Path) -> None:
        """Take over a started process."""
        self._process = process
        self._stderr = stderr
        self.pid = process.pid
        self.channels: list[Channel] = []
        self.unavailable: list[Missing] = []

    @classmethod
    def start(
        cls,
        specs: Sequence[Mapping[str, Any]],
        period_s: float,
        anchor: Anchor,
        directory: Path,
        *,
        timeout_s: float = READY_S,
    ) -> Self:
        """Start to sample into a run directory and wait until all meters are open.

        Writes ``traces/sampler.spool``, ``events/sampler.jsonl`` and, if it says anything there,
        ``raw/sampler-stderr.txt``.

        Args:
            specs: ``{"name": …, "settings": {…}}`` of each meter.
            period_s: time between two samples.
            anchor: clock of the run.
            directory: the run directory.
            timeout_s: how long the meters may take to open.

        Raises:
            JoulemarkError: what the process says is wrong, as an error of the same kind.
            MeterError: if it does not answer in time, or ends.
        """
        order = _order(specs, check_period(period_s), anchor, directory)
        stderr = directory / "raw" / "sampler-stderr.txt"
        try:
            with stderr.open("wb") as told:
                process = _popen(told)
        except OSError as error:
            raise StoreError(
                f"the sampling process cannot be started: {error.strerror}", where=str(stderr)
            ) from error
        started = cls(process, stderr)
        try:
            started._begin(order, timeout_s)
        except BaseException:
            started.stop(0)
            raise
        return started

    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def stop(self, timeout_s: float = STOP_S) -> bool:
        """Let it take its last sample and end; return whether it ended in order.

        A second call changes nothing. A process that does not end in time is killed; what it had
        sampled is kept.
        """
        stdin = self._process.stdin
        if stdin is not None and not stdin.closed:
            with contextlib.suppress(OSError):  # it has ended already
                # the end of the file alone may not reach it: a fork of this process holds the pipe
                stdin.write(b"stop\n")
                stdin.flush()
            with contextlib.suppress(OSError):
                stdin.close()
        self._end(timeout_s)
        if self._process.stdout is not None:
            self._process.stdout.close()
        with contextlib.suppress(OSError):
            if self._stderr.stat().st_size == 0:
                self._stderr.unlink()
        return self._process.returncode == 0

    def _end(self, timeout_s: float) -> None:
        for order in (self._process.terminate, self._process.kill):
            try:
                self._process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                order()
                timeout_s = min(timeout_s, 1.0)
        self._process.wait()

    def _begin(self, order: bytes, timeout_s: float) -> None:
        stdin = self._process.stdin
        with contextlib.suppress(OSError):  # it has ended already: its answer or silence says why
            if stdin is not None:
                stdin.write(order)
                stdin.flush()
        answer = self._answer(time.monotonic() + timeout_s)
        if not answer.get("ready"):
            raise _same_kind(answer)
        self.channels = [
            channel_from(channel, where=f"sampler: channels[{place}]")
            for place, channel in enumerate(answer["channels"])
        ]
        self.unavailable = [
            (str(lack["meter"]), _unavailable(lack)) for lack in answer["unavailable"]
        ]

    def _answer(self, deadline: float) -> Mapping[str, Any]:
        line = _first_line(self._process.stdout, deadline)
        if not line.endswith(b"\n"):
            raise self._silent()
        try:
            answer = json.loads(line)
        except ValueError as error:
            raise FormatError(f"the sampling process answered {line[:80]!r}") from error
        return dict(answer)

    def _silent(self) -> MeterError:
        self.stop(1.0)
        return MeterError(
            f"the sampling process gave no answer (exit code {self._process.returncode});"
            f" it said: {_tail(self._stderr)}",
            where=str(self._stderr),
            remedy="a meter that hangs while it is opened is the usual reason",
        )


def _popen(stderr: IO[bytes]) -> subprocess.Popen[bytes]:
    root = str(Path(__file__).resolve().parents[2])
    return subprocess.Popen(
        [sys.executable, "-P", "-c", _BOOT, root],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        start_new_session=True,
    )


def _order(
    specs: Sequence[Mapping[str, Any]], period_s: float, anchor: Anchor, directory: Path
) -> bytes:
    spool, events = run_files(directory)
    order = {
        "meters": [{"name": spec["name"], "settings": dict(spec["settings"])} for spec in specs],
        "period_s": period_s,
        "anchor": {"utc_ns": anchor.utc_ns, "monotonic_ns": anchor.monotonic_ns},
        "spool": str(spool),
        "events": str(events),
        "writer": "sampler",
    }
    return json.dumps(order).encode() + b"\n"


def _first_line(stdout: IO[bytes] | None, deadline: float) -> bytes:
    """Return the first line of a pipe; less if it ends or the deadline passes before."""
    line = b""
    if stdout is None:
        return line
    while not line.endswith(b"\n") and len(line) < MAX_LINE:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([stdout], [], [], left)[0]:
            break
        more = os.read(stdout.fileno(), 65536)
        if not more:
            break
        line += more
    return line


def _tail(path: Path) -> str:
    with contextlib.suppress(OSError):
        text = path.read_bytes()[-MAX_TAIL:].decode("utf-8", "replace").strip()
        return text or "nothing"
    return "nothing"


def _same_kind(answer: Mapping[str, Any]) -> JoulemarkError:
    """Return the error that a process reports, of the class that it names."""
    kind = getattr(errors, str(answer.get("kind")), MeterError)
    what, where, remedy = (str(answer.get(key, "")) for key in ("error", "where", "remedy"))
    return _make(kind, what, where, remedy)


def _unavailable(lack: Mapping[str, Any]) -> errors.UnavailableError:
    kind = getattr(errors, str(lack.get("kind")), errors.UnavailableError)
    error = _make(kind, str(lack["what"]), str(lack["where"]), str(lack["remedy"]))
    if isinstance(error, errors.UnavailableError):
        return error
    return errors.UnavailableError(error.what, where=error.where, remedy=error.remedy)


def _make(kind: type[JoulemarkError], what: str, where: str, remedy: str) -> JoulemarkError:
    if kind is errors.MissingExtraError:  # its arguments are others; what it says is the same
        kind = errors.UnavailableError
    return kind(what, where=where, remedy=remedy)
