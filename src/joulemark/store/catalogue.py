"""List the runs of a store, and find one by what a person types."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from joulemark.core.errors import FormatError, JoulemarkError, StoreError, UsageError
from joulemark.core.run import SCHEMA, Status
from joulemark.store.files import RUN, iso_utc, open_regular, unreadable
from joulemark.store.reader import is_alive, read_record
from joulemark.store.schema import MAX_RUN

_SHOWN = 10
"""Candidates that a message names."""
_INT64 = 1 << 63


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """One line of the list of runs.

    Attributes:
        id: name of the directory.
        path: the directory.
        started: ns UTC; of a broken run the time its directory was last changed.
        title: what was measured.
        procedure: which procedure.
        host: the machine.
        status: how it ended; None where it cannot be told.
        stopped: ns UTC; None if never recorded.
        problem: why the run cannot be opened, empty if its record can be read.
    """

    id: str
    path: Path
    started: int
    title: str = ""
    procedure: str = ""
    host: str = ""
    status: Status | None = None
    stopped: int | None = None
    problem: str = ""

    def has(self, words: Iterable[str]) -> bool:
        """Return whether each word (in small letters) is somewhere in what the list shows."""
        said = (self.id, self.title, self.procedure, self.host, self.status or "unreadable")
        text = " ".join(said).casefold()
        return all(word in text for word in words)

    def as_json(self) -> dict[str, object]:
        """Return the same as JSON values; times as ISO 8601, null where unknown."""
        return {
            "id": self.id,
            "path": str(self.path),
            "started": iso_utc(self.started),
            "stopped": None if self.stopped is None else iso_utc(self.stopped),
            "title": self.title,
            "procedure": self.procedure,
            "host": self.host,
            "status": self.status,
            "problem": self.problem,
        }


def list_runs(store: Path, *, words: Iterable[str] = ()) -> Iterator[RunSummary]:
    """Return the runs of a store, newest first; one that is broken says why.

    Only the records are read, and of a run that has ended no more of it than is shown. A store
    that does not exist holds no runs.

    Args:
        store: the directory of all runs.
        words: only runs that have each of them in name, title, procedure, host or status, whatever
            the case.

    Raises:
        StoreError: if the store cannot be read.
    """
    wanted = [word.casefold() for word in words]
    found = [run for run in map(_summary, _directories(store)) if run.has(wanted)]
    yield from sorted(found, key=lambda run: (run.started, run.id), reverse=True)


def find_run(store: Path, name: str) -> Path:
    """Return the directory of a run.

    Args:
        store: the directory of all runs.
        name: an id, a beginning that only one id has, ``last``, or the path of a run directory.

    Raises:
        UsageError: if nothing or more than one run is meant; names candidates.
        StoreError: if the store cannot be read.
    """
    names = [path.name for path in _directories(store)]
    if name in names:
        return store / name
    if name == "last":
        return _last(store)
    if os.sep in name or _is_run(Path(name)):
        return Path(name)
    matches = sorted((one for one in names if name and one.startswith(name)), reverse=True)
    if len(matches) == 1:
        return store / matches[0]
    what = f"{len(matches)} runs begin with {name!r}" if matches else f"no run is called {name!r}"
    raise UsageError(what, where=str(store), remedy=_candidates(matches or names))


def _last(store: Path) -> Path:
    for run in list_runs(store):
        if not run.problem:
            return run.path
    raise UsageError("there is no run yet", where=str(store), remedy=_candidates([]))


def _is_run(path: Path) -> bool:
    try:
        return (path / RUN).is_file()
    except OSError:  # a name too long for the file system
        return False


def _candidates(names: list[str]) -> str:
    if not names:
        return "make one with joulemark run, or name another --store"
    newest = sorted(names, reverse=True)
    more = f" and {len(newest) - _SHOWN} more" if len(newest) > _SHOWN else ""
    return f"choose from {', '.join(newest[:_SHOWN])}{more}"


def _directories(store: Path) -> list[Path]:
    try:
        return [path for path in store.iterdir() if path.is_dir() and path.name[0] != "."]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise unreadable(error, store) from error


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:  # it has gone meanwhile
        return 0


def _summary(path: Path) -> RunSummary:
    head = _head(path)
    if head is not None:
        return head
    alive = is_alive(path)
    try:
        run = read_record(path)
    except (FormatError, StoreError) as error:
        return RunSummary(id=path.name, path=path, started=_changed(path), problem=str(error))
    lost = run.status is Status.RUNNING and not alive
    return RunSummary(
        id=path.name,
        path=path,
        started=run.anchor.utc_ns,
        title=run.title,
        procedure=run.procedure,
        host=run.system.host,
        status=Status.INTERRUPTED if lost else run.status,
        stopped=run.stopped,
    )


class _Anchor(msgspec.Struct):
    utc_ns: int


class _System(msgspec.Struct):
    host: str


class _Head(msgspec.Struct):
    """What the list shows of a record."""

    schema: int
    anchor: _Anchor
    system: _System
    procedure: str
    title: str
    status: str
    stopped: int | None


def _head(path: Path) -> RunSummary | None:
    """Return the summary of a run that has ended, without decoding the rest of its record.

    None where the record has to be looked at whole: the run goes on, an older or newer version
    wrote it, or it is damaged. Of thousands of runs the rest takes ten times as long.
    """
    try:
        with open_regular(path / RUN) as file:
            head = msgspec.json.decode(file.read(MAX_RUN + 1), type=_Head)
        status = Status(head.status)
    except (OSError, JoulemarkError, msgspec.MsgspecError, ValueError):
        return None
    if head.schema != SCHEMA or status is Status.RUNNING:
        return None
    if not all(-_INT64 <= time < _INT64 for time in (head.anchor.utc_ns, head.stopped or 0)):
        return None
    return RunSummary(
        id=path.name,
        path=path,
        started=head.anchor.utc_ns,
        title=head.title,
        procedure=head.procedure,
        host=head.system.host,
        status=status,
        stopped=head.stopped,
    )
