"""Write a run directory while the run goes; whatever ends the process, it can be opened.

This is on the measuring path: the standard library only. A killed process loses nothing that was
written; a power cut may lose the seconds that the kernel had not yet put on the disk.
"""

from __future__ import annotations

import os
import time

from joulemark.core.clock import NS
from joulemark.core.errors import FormatError, StoreError, UsageError
from joulemark.core.record import names
from joulemark.core.run import Run
from joulemark.store.eventlog import EventWriter
from joulemark.store.files import EVENTS, RAW, RUN, TRACES, replace_file, store_error
from joulemark.store.jsontext import encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from joulemark.core.caution import Caution
    from joulemark.core.run import Sampler
    from joulemark.core.window import Role, Window
    from joulemark.meters._files import StrPath

__all__ = ["EventWriter", "RunWriter", "default_store", "new_run_id", "store_folder"]

MAX_ID = 128
"""Longest name of a run, characters."""


def default_store(
    environ: Mapping[str, str] | None = None, directory: StrPath | None = None
) -> Path:
    """Return where runs are kept: ``$JOULEMARK_STORE``, else ``./joulemark-runs``.

    Args:
        environ: the environment; the process's own if None.
        directory: the working directory; the process's own if None.
    """
    from pathlib import Path

    return Path(store_folder(environ, directory))


def store_folder(environ: Mapping[str, str] | None = None, directory: StrPath | None = None) -> str:
    """Return the same as text, for which nothing has to be imported."""
    named = (os.environ if environ is None else environ).get("JOULEMARK_STORE", "")
    return os.path.join(directory or os.getcwd(), named or "joulemark-runs")


def new_run_id(now_utc_ns: int, title: str, random: Callable[[int], bytes] = os.urandom) -> str:
    """Return a name for a run, such as ``20261122-004512-resnet18-infer-a3f2``.

    Args:
        now_utc_ns: the time of its start, ns UTC.
        title: what is measured; anything but ASCII letters and digits becomes a dash.
        random: gives that many random bytes.
    """
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(now_utc_ns // NS))
    plain = "".join(c if c.isascii() and c.isalnum() else " " for c in title.lower())
    words = "-".join(plain.split())[:40].strip("-")
    return f"{stamp}-{words or 'run'}-{random(2).hex()}"


class RunWriter:
    """A run directory that is being written.

    Attributes:
        directory: it, as text.
        log: the events of the main process.
    """

    def __init__(self, directory: str, log: EventWriter) -> None:
        """Take over a directory that :meth:`create` made."""
        self.directory = directory
        self.log = log
        self._closed = False

    @property
    def path(self) -> Path:
        """The directory."""
        from pathlib import Path

        return Path(self.directory)

    @property
    def events(self) -> Path:
        """Where each marking process writes its own events file."""
        return self.path / EVENTS

    @property
    def traces(self) -> Path:
        """Where each sampling process writes its own spool."""
        return self.path / TRACES

    @property
    def raw(self) -> Path:
        """For the files of other tools."""
        return self.path / RAW

    @classmethod
    def create(cls, store: StrPath, run: Run) -> RunWriter:
        """Make the directory of a run and write what is known of it.

        Args:
            store: the directory of all runs; made if it is not there.
            run: the record so far.

        Raises:
            StoreError: if the run exists, or the store cannot be written.
            UsageError: if the run's id is no safe name, or its record is not JSON.
        """
        directory = os.path.join(store, safe_name(run.id))
        record = record_of(run)
        _make(directory)
        replace_file(f"{directory}/{RUN}", record)
        for name in (EVENTS, TRACES, RAW):
            _make(f"{directory}/{name}")
        log = EventWriter(f"{directory}/{EVENTS}/main.jsonl")
        log.lock()
        return cls(directory, log)

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
        replace_file(f"{self.directory}/{RUN}", record_of(run))

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
            return with_events(run, read_events(self.directory))
        except FormatError:  # a foreign thing among the events: whoever opens the run is told
            return run

    def _finish(self, *, compact: bool) -> None:
        from joulemark.store.checksums import write_sums

        try:
            if compact:
                from joulemark.store.compact import compact_all

                compact_all(self.traces)
        finally:
            write_sums(self.directory)


def record_of(run: Run) -> bytes:
    """Return the record as JSON, one field a line: quick to write and fit for the eye."""
    lines = [encode(name) + b": " + encode(getattr(run, name), name) for name in names(Run)]
    return b"{\n" + b",\n".join(lines) + b"\n}\n"


def safe_name(name: str) -> str:
    plain = name.replace(".", "a").replace("_", "a").replace("-", "a")
    if not (plain.isascii() and plain.isalnum() and name[0].isalnum() and len(name) <= MAX_ID):
        raise UsageError(
            f"{name!r} cannot name a run",
            remedy="use letters, digits, dots, dashes and underscores",
        )
    return name


def _make(path: str) -> None:
    """Make a directory and those above it."""
    above = os.path.dirname(path) or "."
    try:
        os.makedirs(above, exist_ok=True)
    except OSError as error:
        raise store_error(error, above) from error
    try:
        os.mkdir(path)
    except FileExistsError as error:
        what, remedy = "a run of this name exists", "choose another name or another --store"
        raise StoreError(what, where=path, remedy=remedy) from error
    except OSError as error:
        raise store_error(error, path) from error
