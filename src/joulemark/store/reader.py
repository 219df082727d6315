"""Open a run directory, whatever happened to the run.

What counts: ``run.json`` for what was known when it was last written, the events for everything
that came after it. Of a run that was never closed the record says so, and what it lacks.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from joulemark.core.caution import Caution, Code
from joulemark.core.channel import Channel
from joulemark.core.errors import FormatError, JoulemarkError, StoreError, UsageError
from joulemark.core.run import Run, Status
from joulemark.core.trace import Trace
from joulemark.store.events import read_events, with_events
from joulemark.store.files import EVENTS, RUN, SUMS, iso_utc, open_regular, unreadable
from joulemark.store.schema import MAX_RUN, decode_run
from joulemark.store.tracefiles import Samples, TraceFile, by_channel, open_traces, places


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run directory, opened; traces are read when they are asked for.

    Attributes:
        path: the directory.
        run: the record, events included.
        files: the samples of each writer.
    """

    path: Path
    run: Run
    files: tuple[TraceFile, ...] = ()

    @property
    def channels(self) -> tuple[Channel, ...]:
        """Everything that was recorded, or was meant to be."""
        return self.run.channels

    def trace(self, name: str) -> Trace:
        """Return the samples of one channel, of all writers, in the order of time.

        Raises:
            UsageError: if the run has no such channel.
            FormatError: if a trace file is damaged.
            StoreError: if a trace file cannot be read.
        """
        for channel in self.channels:
            if channel.name == name:
                return self._trace(channel)
        known = ", ".join(channel.name for channel in self.channels) or "none"
        raise UsageError(f"no channel {name!r}", where=str(self.path), remedy=f"there is {known}")

    def traces(self) -> dict[str, Trace]:
        """Return the samples of every channel by its name; raises what :meth:`trace` does."""
        parts: dict[str, list[Samples]] = {channel.name: [] for channel in self.channels}
        for file in self.files:
            for name, samples in by_channel(file):
                parts[name].append(samples)
        return {one.name: _merged(one, parts[one.name]) for one in self.channels}

    def _trace(self, channel: Channel) -> Trace:
        files = (file for file in self.files if places(file.channels, channel.name))
        return _merged(channel, [file.read(channel.name) for file in files])


def _merged(channel: Channel, parts: list[Samples]) -> Trace:
    """Return the samples of several writers in the order of time."""
    times = [np.empty(0, np.int64), *(time for time, _ in parts)]
    values = [np.empty(0, np.float64), *(value for _, value in parts)]
    return Trace.of(channel, np.concatenate(times), np.concatenate(values))


def open_run(path: Path) -> StoredRun:
    """Open a run directory.

    A run whose writer still lives has the status ``running``; one that was never closed has
    ``interrupted``, with a caution for everything that it lacks.

    Raises:
        StoreError: if it is no run directory, a newer version wrote it, or it cannot be read.
        FormatError: if something in it does not follow the format, or leads out of it.
    """
    alive = is_alive(path)  # first: a run that closes meanwhile is then found closed
    run = read_record(path)
    run = with_events(run, read_events(path))
    files, cautions = open_traces(path)
    run = _cautioned(replace(run, channels=_channels(run, files)), cautions)
    if not alive:
        run = _with_lacks(run, path, files)
    return StoredRun(path, run, files)


def read_record(path: Path) -> Run:
    """Return what ``run.json`` says, nothing else; raises what :func:`open_run` does."""
    try:
        with open_regular(path / RUN) as file:
            data = file.read(MAX_RUN + 1)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise StoreError(
            f"not a run: it has no {RUN}",
            where=str(path),
            remedy="name the directory of a run; see joulemark list",
        ) from error
    except OSError as error:
        raise unreadable(error, path / RUN) from error
    return decode_run(data, str(path / RUN))


def is_alive(path: Path) -> bool:
    """Whether the process that writes this run holds its lock on its events."""
    try:
        with open_regular(path / EVENTS / "main.jsonl") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except (OSError, JoulemarkError):  # whoever opens the run is told
        return False
    return False


def _channels(run: Run, files: Iterable[TraceFile]) -> tuple[Channel, ...]:
    """Return all channels, as those who recorded them describe them.

    Two writers must mean the same by one name. The record lists what was meant to be recorded.
    """
    meant = {channel.name: channel for channel in run.channels}
    recorded: dict[str, tuple[Channel, Path]] = {}
    for file in files:
        for channel in file.channels:
            first, path = recorded.setdefault(channel.name, (channel, file.path))
            if _meaning(first) != _meaning(channel):
                raise FormatError(
                    f"channel {channel.name!r} means something else than in {path.name}",
                    where=str(file.path),
                    remedy="the files are of different runs; restore the directory from a copy",
                )
            meant[channel.name] = first
    return tuple(meant.values())


def _meaning(channel: Channel) -> Channel:
    """Return a channel without what two writers may word or measure differently."""
    return replace(channel, source="", note="", update_s=None)


def _with_lacks(run: Run, path: Path, files: tuple[TraceFile, ...]) -> Run:
    """Return the record with a caution for everything that a closed run would have."""
    lacks = []
    status = run.status
    if status is Status.RUNNING:
        status = Status.INTERRUPTED
        last = _last(files)
        lacks.append(f"the run has no close record; {last}")
        lacks += [
            f"window {window.phase!r} of {iso_utc(window.start)} has no stop; {last}"
            for window in run.windows
            if window.stop is None
        ]
    elif not os.path.lexists(path / SUMS):
        lacks.append(f"no {SUMS}: the run was stopped while it was being closed")
    cautions = [Caution(Code.INCOMPLETE, lack) for lack in lacks]
    return _cautioned(replace(run, status=status), cautions)


def _cautioned(run: Run, more: Iterable[Caution]) -> Run:
    return replace(run, cautions=tuple(dict.fromkeys((*run.cautions, *more))))


def _last(files: tuple[TraceFile, ...]) -> str:
    known = [time for file in files if (time := file.last()) is not None]
    return f"last sample at {iso_utc(max(known))}" if known else "no sample was recorded"
