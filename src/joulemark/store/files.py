"""Names, writing, opening and errors of the files in a run directory; standard library only.

A run directory::

    run.json             the record (core.run.Run), replaced as a whole
    events/<writer>.jsonl    windows, cautions, results as they happen, one JSON object a line
    traces/<writer>.spool    samples while running; ``.parquet`` once compacted
    raw/                 files of other tools
    SHA256SUMS           written last
"""

from __future__ import annotations

import os
import stat
import time

from joulemark.core.errors import FormatError, StoreError, UsageError
from joulemark.core.scope import suppress
from joulemark.meters.journal import store_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from io import BufferedReader
    from pathlib import Path

    from joulemark.meters._files import StrPath
    from joulemark.meters.journal import Write

__all__ = [
    "CHECKS", "DECLARED", "EVENTS", "RAW", "RUN", "SUMS", "TRACES", "iso_utc", "listing",
    "names_in", "new_file", "not_regular", "open_regular", "reading", "refuse_existing",
    "replace_file", "store_error", "sync_directory", "unreadable", "write_all",
]  # fmt: skip

RUN = "run.json"
EVENTS = "events"
TRACES = "traces"
RAW = "raw"
SUMS = "SHA256SUMS"
DECLARED = "declared.parquet"
"""Of a store: what others stated."""
CHECKS = "checks.jsonl"
"""Of a store: state of a check, which is looked at without being named."""


def unreadable(error: OSError, path: StrPath) -> StoreError:
    """Return a failure to read as an error that says what to do."""
    what = error.strerror or str(error)
    return StoreError(what, where=str(path), remedy="check the path and the right to read it")


def replace_file(path: StrPath, data: bytes, *, write: Write = os.write) -> None:
    """Write a file as a whole: a reader sees the old bytes or the new ones, never a part.

    Raises:
        StoreError: if it cannot be written; the old file is still there.
    """
    directory, name = os.path.split(os.fspath(path))
    temporary = os.path.join(directory, f".{name}.{os.getpid()}.tmp")
    try:
        _write_synced(temporary, data, write)
        os.replace(temporary, path)
        sync_directory(directory or ".")
    except OSError as error:
        with suppress(OSError):  # it may never have been made, on a disk that takes nothing
            os.unlink(temporary)
        raise store_error(error, path) from error


def new_file(path: StrPath, data: bytes, *, force: bool = False) -> None:
    """Write a file that a person asked for, whole or not at all.

    Raises:
        UsageError: if it exists and ``force`` is not given.
        StoreError: if it cannot be written.
    """
    refuse_existing(path, force=force)
    replace_file(path, data)


def refuse_existing(path: StrPath, *, force: bool) -> None:
    """Raise UsageError if a file exists that nobody said might be replaced."""
    if os.path.lexists(path) and not force:
        raise UsageError("exists already", where=str(path), remedy="--force replaces it")


def _write_synced(path: str, data: bytes, write: Write) -> None:
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


def sync_directory(path: StrPath) -> None:
    """Put the names of a directory on the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def open_regular(path: StrPath) -> BufferedReader:
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
        if os.path.islink(path):
            raise not_regular(path) from error
        raise unreadable(error, path) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise not_regular(path)
    return os.fdopen(descriptor, "rb")


class reading:  # noqa: N801 # reads like a function
    """Open a file of a run directory to read it, and say it our way if that fails.

    Args:
        path: the file.

    Raises:
        FormatError: if it is not a regular file.
        StoreError: if it cannot be read.
    """

    def __init__(self, path: StrPath) -> None:
        """Note the path."""
        self._path = path

    def __enter__(self) -> BufferedReader:
        """Open the file."""
        try:
            self._file = open_regular(self._path)
        except OSError as error:
            raise unreadable(error, self._path) from error
        return self._file

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Close the file."""
        self._file.close()
        if isinstance(error, OSError):
            raise unreadable(error, self._path) from error


def not_regular(path: StrPath) -> FormatError:
    """Return the error for a link, pipe or device where a plain file or directory belongs."""
    return FormatError(
        "not a plain file or directory of this run",
        where=str(path),
        remedy="nothing outside a run directory is read; copy the file to its place",
    )


def listing(directory: StrPath, suffix: str) -> list[Path]:
    """Return the files of a subdirectory by name; an absent subdirectory has none.

    Raises:
        FormatError: if the subdirectory or a file in it is a link.
        StoreError: if it cannot be read.
    """
    from pathlib import Path

    return [Path(directory, name) for name in names_in(directory, suffix)]


def names_in(directory: StrPath, suffix: str) -> list[str]:
    """Return the names of those files; see :func:`listing`.

    Raises:
        FormatError: if the subdirectory or a file in it is a link.
        StoreError: if it cannot be read.
    """
    if os.path.islink(directory):
        raise not_regular(directory)
    try:
        with os.scandir(directory) as entries:
            found = [entry for entry in entries if entry.name.endswith(suffix)]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise unreadable(error, directory) from error
    for entry in found:
        if not entry.is_file(follow_symlinks=False):
            raise not_regular(entry.path)
    return sorted(entry.name for entry in found)


def iso_utc(time_ns: int) -> str:
    """Return a time as ISO 8601 with nanoseconds, 2026-11-22T00:45:12.000000001Z."""
    seconds, rest = divmod(time_ns, 1_000_000_000)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{rest:09d}Z"
