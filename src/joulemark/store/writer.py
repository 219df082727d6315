"""Write a run directory while the run goes; whatever ends the process, it can be opened.

This is on the measuring path: the standard library only. A killed process loses nothing that was
written; a power cut may lose the seconds that the kernel had not yet put on the disk.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path

from joulemark.core.caution import Caution
from joulemark.core.clock import NS
from joulemark.core.errors import FormatError, StoreError, UsageError
from joulemark.core.run import Run, Sampler
from joulemark.core.window import Role, Window
from joulemark.store.eventlog import EventWriter
from joulemark.store.files import EVENTS, RAW, RUN, TRACES, replace_file, store_error
from joulemark.store.jsontext import encode

__all__ = ["EventWriter", "RunWriter", "default_store", "new_run_id"]

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


def default_store(environ: Mapping[str, str] | None = None, directory: Path | None = None) -> Path:
    """Return where runs are kept: ``$JOULEMARK_STORE``, else ``./joulemark-runs``.

    Args:
        environ: the environment; the process's own if None.
        directory: the working directory; the process's own if None.
    """
    named = (os.environ if environ is None else environ).get("JOULEMARK_STORE", "")
    return (directory or Path.cwd()) / (named or "joulemark-runs")


def new_run_id(now_utc_ns: int, title: str, random: Callable[[int], bytes] = os.urandom) -> str:
    """Return a name for a run, such as ``20261122-004512-resnet18-infer-a3f2``.

    Args:
        now_utc_ns: the time of its start, ns UTC.
        title: what is measured; anything but ASCII letters and digits becomes a dash.
        random: gives that many random bytes.
    """
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(now_utc_ns // NS))
    words = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:40].strip("-")
    return f"{stamp}-{words or 'run'}-{random(2).hex()}"


class RunWriter:
    """A run directory that is being written.

    Attributes:
        path: the directory.
        events: where each marking process writes its own events file.
        traces: where each sampling process writes its own spool.
        raw: for the files of other tools.
        log: the events of the main process.
    """

    def __init__(self, path: Path, log: EventWriter) -> None:
        """Take over a directory that :meth:`create` made."""
        self.path = path
        self.events = path / EVENTS
        self.traces = path / TRACES
        self.raw = path / RAW
        self.log = log
        self._closed = False

    @classmethod
    def create(cls, store: Path, run: Run) -> RunWriter:
        """Make the directory of a run and write what is known of it.

        Args:
            store: the directory of all runs; made if it is not there.
            run: the record so far.

        Raises:
            StoreError: if the run exists, or the store cannot be written.
            UsageError: if the run's id is no safe name, or its record is not JSON.
        """
        path = store / _safe(run.id)
        record = _record(run)
        _make(path)
        replace_file(path / RUN, record)
        for name in (EVENTS, TRACES, RAW):
            _make(path / name)
        log = EventWriter(path / EVENTS / "main.jsonl")
        log.lock()
        return cls(path, log)

    def open_window(self, phase: str, role: Role, time: int, process: int = 0) -> str:
        """Record that a window opened at ``time`` (ns UTC); return its id."""
        return self.log.open_window(phase, role, time, process)

    def close_window(self, name: str, window: Window) -> None:
        """Record that a window closed, and what was done in it."""
        self.log.close_window(name, window)

    def caution(self, caution: Caution) -> None:
        """Record a warning."""
        self.log.caution(caution)

    def sampler(self, sampler: Sampler) -> None:
        """Record what the sampling loop says of itself; the last word counts."""
        self.log.sampler(sampler)

    def result(self, name: str, value: object) -> None:
        """Record what a tool beside us said, a JSON value."""
        self.log.result(name, value)

    def update(self, run: Run) -> None:
        """Replace the record, when channels became known for instance."""
        replace_file(self.path / RUN, _record(run))

    def close(self, run: Run, *, compact: bool) -> None:
        """Write the final record and the checksums; a second call does nothing.

        What the events of all writers say becomes part of the record. Every spool must have been
        closed by its writer.

        Args:
            run: the final record.
            compact: turn the spools into Parquet, which takes DuckDB and a second or more.

        Raises:
            StoreError: if something cannot be written; all that was written can be opened.
        """
        if self._closed:
            return
        self._closed = True
        try:
            self.log.sync()
            self.update(self._complete(run))
            self._finish(compact=compact)
        finally:
            self.log.close()

    def _complete(self, run: Run) -> Run:
        from joulemark.store.events import read_events, with_events

        try:
            return with_events(run, read_events(self.path))
        except FormatError:  # a foreign thing among the events: whoever opens the run is told
            return run

    def _finish(self, *, compact: bool) -> None:
        from joulemark.store.checksums import write_sums

        try:
            if compact:
                from joulemark.store.compact import compact_all

                compact_all(self.traces)
        finally:
            write_sums(self.path)


def _record(run: Run) -> bytes:
    """Return the record as JSON, one field a line: quick to write and fit for the eye."""
    lines = [
        encode(field.name) + b": " + encode(getattr(run, field.name), field.name)
        for field in fields(run)
    ]
    return b"{\n" + b",\n".join(lines) + b"\n}\n"


def _safe(name: str) -> str:
    if not _ID.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot name a run",
            remedy="use letters, digits, dots, dashes and underscores",
        )
    return name


def _make(path: Path) -> None:
    """Make a directory and those above it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise store_error(error, path.parent) from error
    try:
        path.mkdir()
    except FileExistsError as error:
        what, remedy = "a run of this name exists", "choose another name or another --store"
        raise StoreError(what, where=str(path), remedy=remedy) from error
    except OSError as error:
        raise store_error(error, path) from error
