"""The record of a sweep: JSON lines, one for the plan and one for each measurement as it ends.

Lines are only added. What a kill leaves of the last one is cut off when the sweep goes on.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from joulemark.core.errors import FormatError, StoreError, UsageError
from joulemark.store.files import store_error, write_all
from joulemark.store.jsontext import decode, encode
from joulemark.store.named import named_bytes
from joulemark.tune.sweep_plan import Plan

RECORD = "sweep.jsonl"
FORMAT = 1
MAX_RECORD = 1 << 30
DONE, FAILED = "done", "failed"


def is_sweep(path: Path) -> bool:
    """Whether a path is the folder of a sweep."""
    return (path / RECORD).is_file()


class Record:
    """The record of one sweep, held by one process.

    Args:
        folder: of the sweep; made if it is not there.
        plan: what is swept.
        resume: whether the sweep goes on.

    Attributes:
        lines: of measurements that were recorded before.
    """

    def __init__(self, folder: Path, plan: Plan, *, resume: bool) -> None:
        """Open the record.

        Raises:
            UsageError: if there is one and it is not to go on, or it is of another plan, or
                another process goes on with it.
            StoreError: if it cannot be written.
            FormatError: if it is damaged.
        """
        self.path = folder / RECORD
        try:
            folder.mkdir(parents=True, exist_ok=True)
            flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
            self._descriptor = os.open(self.path, flags, 0o644)
        except OSError as error:
            raise store_error(error, self.path) from error
        try:
            self._hold()
            self.lines = self._begun(plan, resume=resume)
        except BaseException:
            os.close(self._descriptor)
            raise

    def _hold(self) -> None:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            remedy = "wait for its end"
            raise UsageError("this sweep is running", where=str(self.path), remedy=remedy) from None

    def _begun(self, plan: Plan, *, resume: bool) -> list[dict[str, Any]]:
        data = named_bytes(self.path, MAX_RECORD)
        whole = data.rfind(b"\n") + 1
        if not whole:
            os.ftruncate(self._descriptor, 0)
            self.add(_head(plan))
            return []
        if not resume:
            remedy = "--resume goes on with it; --out DIR makes another"
            raise UsageError("there is a sweep already", where=str(self.path), remedy=remedy)
        head, *lines = _lines(data[:whole], self.path)
        if head.get("digest") != plan.digest:
            remedy = "give back the file as it was, or make another sweep with --out DIR"
            what = "the sweep was begun with another file"
            raise UsageError(what, where=str(self.path), remedy=remedy)
        os.ftruncate(self._descriptor, whole)
        return lines

    def add(self, line: dict[str, Any]) -> None:
        """Write one line, onto the disk.

        Raises:
            StoreError: if it cannot be written.
        """
        try:
            write_all(self._descriptor, encode(line, str(self.path)) + b"\n")
            os.fsync(self._descriptor)
        except OSError as error:
            raise store_error(error, self.path) from error

    def __enter__(self) -> Self:
        """Hold it."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let go of it."""
        os.close(self._descriptor)


def read_record(folder: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the head and the measurements of a sweep, also of one that runs or was killed.

    Raises:
        FormatError: if it is damaged.
        StoreError: if it cannot be read.
    """
    path = folder / RECORD
    data = named_bytes(path, MAX_RECORD)
    whole = data.rfind(b"\n") + 1
    if not whole:
        raise StoreError("nothing was recorded", where=str(path), remedy="run the sweep again")
    head, *lines = _lines(data[:whole], path)
    return head, lines


def last_of_each(lines: Sequence[dict[str, Any]]) -> dict[tuple[int, int], dict[str, Any]]:
    """Return the last line of each measurement, by block and place of the point."""
    return {(line["block"], line["point"]): line for line in lines}


def _head(plan: Plan) -> dict[str, Any]:
    return {
        "kind": "sweep",
        "format": FORMAT,
        "title": plan.title,
        "digest": plan.digest,
        "seed": plan.seed,
        "repeats": plan.repeats,
        "axes": [axis.name for axis in plan.axes],
        "knobs": {axis.name: axis.knob[0] for axis in plan.axes if axis.knob is not None},
        "metrics": list(plan.reads.metrics),
        "unit": plan.reads.unit,
        "by": plan.by,
        "objectives": [] if plan.goals is None else list(plan.goals.objectives),
        "command": list(plan.command),
        "plan": plan.text.decode(),
    }


def _lines(data: bytes, path: Path) -> list[dict[str, Any]]:
    lines = list(_checked(data, path))
    head = lines[0]
    if head.get("kind") != "sweep" or head.get("format") != FORMAT:
        raise FormatError("no record of a sweep", where=f"{path}:1", remedy="name another folder")
    return lines


def _checked(data: bytes, path: Path) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(data.splitlines(), 1):
        value = decode(line, f"{path}:{number}")
        if not isinstance(value, dict) or (number > 1 and not _is_point(value)):
            remedy = "it is damaged; restore it from a copy"
            raise FormatError("no measurement", where=f"{path}:{number}", remedy=remedy)
        yield value


def _is_point(line: dict[str, Any]) -> bool:
    kinds = {"block": int, "point": int, "values": dict, "status": str, "metrics": dict}
    return all(isinstance(line.get(name), kind) for name, kind in kinds.items())
