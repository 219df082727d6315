"""Names, writing, opening and errors of the files in a run directory; standard library only.

A run directory::

    run.json             the record (core.run.Run), replaced as a whole
    events/<writer>.jsonl    windows, cautions, results as they happen, one JSON object a line
    traces/<writer>.spool    samples while running; ``.parquet`` once compacted
    raw/                 files of other tools
    SHA256SUMS           written last
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import time
from collections.abc import Callable, Iterator
from io import BufferedReader
from pathlib import Path

from joulemark.core.errors import FormatError, StoreError, UsageError

RUN = "run.json"
EVENTS = "events"
TRACES = "traces"
RAW = "raw"
SUMS = "SHA256SUMS"

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

Write = Callable[[int, bytes], int]
"""``os.write`` or something that behaves like it."""


def store_error(error: OSError, path: Path) -> StoreError:
    """Return a failure of the file system as an error that says what to do."""
    if error.errno in _FULL:
        remedy = "free some space; what was written until now can be opened"
    else:
        remedy = "choose a directory that you can write (of runs: --store DIR or JOULEMARK_STORE)"
    return StoreError(error.strerror or str(error), where=str(path), remedy=remedy)


def unreadable(error: OSError, path: Path) -> StoreError:
    """Return a failure to read as an error that says what to do."""
    what = error.strerror or str(error)
    return StoreError(what, where=str(path), remedy="check the path and the right to read it")


def replace_file(path: Path, data: bytes, *, write: Write = os.write) -> None:
    """Write a file as a whole: a reader sees the old bytes or the new ones, never a part.

    Raises:
        StoreError: if it cannot be written; the old file is still there.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        _write_synced(temporary, data, write)
        temporary.replace(path)
        sync_directory(path.parent)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise store_error(error, path) from error


def new_file(path: Path, data: bytes, *, force: bool = False) -> None:
    """Write a file that a person asked for, whole or not at all.

    Raises:
        UsageError: if it exists and ``force`` is not given.
        StoreError: if it cannot be written.
    """
    refuse_existing(path, force=force)
    replace_file(path, data)


def refuse_existing(path: Path, *, force: bool) -> None:
    """Raise UsageError if a file exists that nobody said might be replaced."""
    if os.path.lexists(path) and not force:
        raise UsageError("exists already", where=str(path), remedy="--force replaces it")


def _write_synced(path: Path, data: bytes, write: Write) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor = os.open(path, flags, 0o644)
    try:
        write_all(descriptor, data, write)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_all(descriptor: int, data: bytes, write: Write = os.write) -> None:
    """Write all of ``data``, however many calls that takes."""
    rest = memoryview(data)
    while rest:
        rest = rest[write(descriptor, bytes(rest)) :]


def sync_directory(path: Path) -> None:
    """Put the names of a directory on the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def open_regular(path: Path) -> BufferedReader:
    """Open a file of a run directory; links, pipes and devices are refused.

    Raises:
        FileNotFoundError: if it is not there.
        FormatError: if it is not a regular file.
        StoreError: if it cannot be opened.
    """
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags)
    except FileNotFoundError:
        raise
    except OSError as error:
        if path.is_symlink():
            raise not_regular(path) from error
        raise unreadable(error, path) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise not_regular(path)
    return os.fdopen(descriptor, "rb")


@contextlib.contextmanager
def reading(path: Path) -> Iterator[BufferedReader]:
    """Open a file of a run directory to read it, and say it our way if that fails.

    Raises:
        FormatError: if it is not a regular file.
        StoreError: if it cannot be read.
    """
    try:
        with open_regular(path) as file:
            yield file
    except OSError as error:
        raise unreadable(error, path) from error


def not_regular(path: Path) -> FormatError:
    """Return the error for a link, pipe or device where a plain file or directory belongs."""
    return FormatError(
        "not a plain file or directory of this run",
        where=str(path),
        remedy="nothing outside a run directory is read; copy the file to its place",
    )


def listing(directory: Path, suffix: str) -> list[Path]:
    """Return the files of a subdirectory by name; an absent subdirectory has none.

    Raises:
        FormatError: if the subdirectory or a file in it is a link.
        StoreError: if it cannot be read.
    """
    if directory.is_symlink():
        raise not_regular(directory)
    try:
        found = sorted(path for path in directory.iterdir() if path.name.endswith(suffix))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise unreadable(error, directory) from error
    for path in found:
        if path.is_symlink() or not path.is_file():
            raise not_regular(path)
    return found


def iso_utc(time_ns: int) -> str:
    """Return a time as ISO 8601 with nanoseconds, 2026-11-22T00:45:12.000000001Z."""
    seconds, rest = divmod(time_ns, 1_000_000_000)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{rest:09d}Z"
