"""Opening what others wrote: plain files of bounded size, as bytes or as numbered lines."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from stat import S_ISREG
from typing import BinaryIO

from joulemark.core.errors import FormatError, UnavailableError

MAX_BYTES = 1 << 30
MAX_LINE = 65536
MAX_DIGITS = 18
LATEST_US = 9 * 10**15
"""The year 2255; int64 nanoseconds end in 2262."""


@contextmanager
def opened(path: Path, *, most: int = MAX_BYTES) -> Iterator[BinaryIO]:
    """Open a plain file of at most 1 GiB; a pipe, which could make us wait for ever, is refused.

    Args:
        path: the file.
        most: bytes that it may have; more than 1 GiB where it is read in a stream.

    Raises:
        UnavailableError: if it cannot be opened.
        FormatError: if it is not a plain file, or too large.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UnavailableError(
            f"cannot be opened: {reason}", where=str(path), remedy="check the path"
        ) from None
    state = os.fstat(descriptor)
    if not S_ISREG(state.st_mode):
        os.close(descriptor)
        raise FormatError("not a plain file", where=str(path))
    with os.fdopen(descriptor, "rb") as file:
        if state.st_size > most:
            raise FormatError(
                f"{state.st_size} bytes are too many",
                where=str(path),
                remedy=f"cut it into files of at most {most >> 30} GiB",
            )
        yield file


def numbered_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield number and text of each line that is not empty; one cut short by its end is last.

    Raises:
        UnavailableError: if the file cannot be opened.
        FormatError: if a line is too long or is no UTF-8 text.
    """
    with opened(path) as file:
        number = 0
        while raw := file.readline(MAX_LINE + 1):
            number += 1
            if len(raw) > MAX_LINE:
                raise wrong(f"longer than {MAX_LINE} bytes", path, number)
            try:
                line = raw.decode("utf-8-sig" if number == 1 else "utf-8").strip("\r\n\0 \t")
            except UnicodeDecodeError:
                raise wrong("not UTF-8 text", path, number) from None
            if line:
                yield number, line


def microseconds(text: str, path: Path, line: int) -> int:
    """Return a time in µs since 1970 that fits int64 nanoseconds.

    Raises:
        FormatError: if it is none.
    """
    if text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS:
        stamp = int(text)
        if stamp <= LATEST_US:
            return stamp
    raise wrong(f"{text[:40]!r} is no time in µs", path, line)


def wrong(what: str, path: Path, line: int, remedy: str = "") -> FormatError:
    """Return an error that names file and line."""
    return FormatError(what, where=f"{path}:{line}", remedy=remedy)
