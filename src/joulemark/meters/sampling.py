"""The parent's side of sampling: start the loop in a process of its own, or in a thread.

The process is a fresh interpreter that is told names and settings of meters, so nothing of the
measured program is imported again or copied. Meters that are handed in as objects can only be read
in this process; the thread that does so competes with what it measures, and the record says so.
"""

from __future__ import annotations

import os
import sys
import time

from joulemark.core import errors
from joulemark.core.errors import FormatError, JoulemarkError, MeterError, UsageError
from joulemark.core.jsonlight import dumps, loads
from joulemark.core.record import record
from joulemark.meters._channels import channel_from
from joulemark.meters._pace import PAUSE, RESUME, check_period
from joulemark.meters._started import Started, start
from joulemark.meters.journal import store_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, Self

    from joulemark.core.channel import Channel
    from joulemark.core.clock import Anchor
    from joulemark.meters._feeds import Missing
    from joulemark.meters._files import StrPath
    from joulemark.meters._thread import SamplerThread

__all__ = ["Opened", "SamplerProcess", "SamplerThread"]

READY_S = 20.0
"""Time that the meters may take to open."""
STOP_S = 10.0
"""Time that a last sample and its way to the disk may take."""


def __getattr__(name: str) -> object:
    """Load the thread when it is asked for; a process does not need it."""
    if name == "SamplerThread":
        from joulemark.meters._thread import SamplerThread

        return SamplerThread
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@record(frozen=True, slots=True)
class Opened:
    """What a sampling process found when it opened a meter.

    Attributes:
        channels: what the meter reads.
        missing: what of it is not there; of a meter that gives nothing, the reason.
        edges: whether it can be read at the edges of windows.
    """

    channels: list[Channel]
    missing: list[errors.UnavailableError]
    edges: bool


class SamplerProcess:
    """A sampling process. Make it with :meth:`launch`, :meth:`open` meters, and :meth:`begin`.

    Attributes:
        channels: what it samples.
        unavailable: meters and parts of meters that it could not open.
        pid: its process number.
    """

    def __init__(self, started: Started, order: Mapping[str, Any], timeout_s: float) -> None:
        """Take over a started process, and what it is to be told first."""
        self._started = started
        self._first = order
        self._timeout_s = timeout_s
        self.pid = started.pid
        self.channels: list[Channel] = []
        self.unavailable: list[Missing] = []

    @classmethod
    def launch(cls, period_s: float, anchor: Anchor, *, timeout_s: float = READY_S) -> Self:
        """Start a process that has no meter yet; it comes up while this one goes on.

        Args:
            period_s: time between two samples.
            anchor: clock of the run.
            timeout_s: how long it may take to answer, each time.

        Raises:
            UsageError: if the period is out of bounds.
            MeterError: if it cannot be started.
        """
        order = {
            "period_s": check_period(period_s),
            "anchor": {"utc_ns": anchor.utc_ns, "monotonic_ns": anchor.monotonic_ns},
            "path": [str(place) for place in sys.path],
        }
        return cls(start(), order, timeout_s)

    @classmethod
    def start(
        cls,
        specs: Sequence[Mapping[str, Any]],
        period_s: float,
        anchor: Anchor,
        directory: StrPath,
        *,
        timeout_s: float = READY_S,
    ) -> Self:
        """Start to sample meters that are known beforehand; see the other methods.

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
        started = cls.launch(period_s, anchor, timeout_s=timeout_s)
        try:
            for spec in specs:
                started.open(spec["name"], spec["settings"])
            started.begin(directory)
        except BaseException:
            started.stop(0)
            raise
        return started

    def open(self, name: str, settings: Mapping[str, Any]) -> Opened:
        """Have it open a meter, and return what it found.

        Raises:
            UsageError: if a setting is no JSON value.
            JoulemarkError: what the process says is wrong, as an error of the same kind.
            MeterError: if it does not answer in time, or ends.
        """
        answer = self._ask({"meters": [{"name": name, "settings": dict(settings)}]})
        missing = [_unavailable(lack) for lack in answer["unavailable"]]
        self.unavailable += [(name, lack) for lack in missing]
        first = len(self.channels)
        found = [
            channel_from(channel, where=f"sampler: channels[{first + place}]")
            for place, channel in enumerate(answer["channels"])
        ]
        self.channels += found
        return Opened(found, missing, name in answer["edges"])

    def begin(self, directory: StrPath) -> None:
        """Have it sample into a run directory; when this returns the first sample is taken.

        It writes ``traces/sampler.spool``, ``events/sampler.jsonl`` and, if it has anything to say,
        ``raw/sampler-stderr.txt``.

        Raises:
            StoreError: if the run directory cannot be written.
            UnavailableError: if none of its meters could be opened.
            MeterError: if it does not answer in time, or ends.
        """
        spool, events, told = run_files(directory)
        self._started.speak_into(told)
        self._ask({"spool": spool, "events": events, "stderr": told, "writer": "sampler"})

    def alive(self) -> bool:
        """Whether it still runs."""
        return self._started.alive()

    def pause(self) -> None:
        """Have it rest: it reads nothing and wakes twice a second to see whether we live."""
        self._started.write(PAUSE + b"\n")

    def resume(self) -> None:
        """Have it go on; without a pause before this would end it."""
        self._started.write(RESUME + b"\n")

    def stop(self, timeout_s: float = STOP_S) -> bool:
        """Let it take its last sample and end; return whether it ended in order.

        A second call changes nothing. A process that does not end in time is killed; what it had
        sampled is kept.
        """
        in_order = self._started.stop(timeout_s)
        self._started.close()
        return in_order

    def _ask(self, order: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            text = dumps({**self._first, **order})
        except (TypeError, ValueError, RecursionError) as error:
            raise UsageError(
                f"settings of a meter are JSON values: {error}", remedy="give paths as text"
            ) from None
        self._first = {}
        self._started.write(text.encode("utf-8", "replace") + b"\n")
        line = self._started.line(time.monotonic() + self._timeout_s)
        if not line.endswith(b"\n"):
            raise self._silent()
        try:
            answer = loads(line)
        except ValueError as error:
            raise FormatError(f"the sampling process answered {line[:80]!r}") from error
        if "error" in answer:
            raise _same_kind(answer)
        return dict(answer)

    def _silent(self) -> MeterError:
        self._started.stop(1.0)
        error = MeterError(
            f"the sampling process gave no answer (exit code {self._started.code});"
            f" it said: {self._started.said() or 'nothing'}",
            where=self._started.where,
            remedy="a meter that hangs while it is opened is the usual reason",
        )
        self._started.close()
        return error


def run_files(directory: StrPath) -> tuple[str, str, str]:
    """Return where samples, events and messages of a run go; the directories are made.

    Raises:
        StoreError: if they cannot be.
    """
    base = os.path.realpath(directory)
    try:
        for name in ("traces", "events", "raw"):
            os.makedirs(f"{base}/{name}", exist_ok=True)
    except OSError as error:
        raise store_error(error, base) from error
    raw = f"{base}/raw/sampler-stderr.txt"
    return f"{base}/traces/sampler.spool", f"{base}/events/sampler.jsonl", raw


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
