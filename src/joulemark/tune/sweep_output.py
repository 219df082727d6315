"""What the command of a point prints goes into files, and the last words of one that failed."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from joulemark.store.files import store_error

_LAST = 4096


@contextmanager
def printed_into(output: Path, errors: Path) -> Iterator[None]:
    """Let what this process and its children print go into two files while the block runs.

    Raises:
        StoreError: if they cannot be written.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    kept = [os.dup(1), os.dup(2)]
    try:
        for number, path in ((1, output), (2, errors)):
            _into(number, path)
        yield
    finally:
        for number, before in enumerate(kept, 1):
            os.dup2(before, number)
            os.close(before)


def _into(number: int, path: Path) -> None:
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(path, flags, 0o644)
    except OSError as error:
        raise store_error(error, path) from error
    os.dup2(descriptor, number)
    os.close(descriptor)


def last_words(path: Path) -> str:
    """Return the last line of a file, at most 200 characters of it; empty if it has none."""
    try:
        with path.open("rb") as file:
            file.seek(max(os.fstat(file.fileno()).st_size - _LAST, 0))
            lines = file.read(_LAST).decode("utf-8", "replace").splitlines()
    except OSError:
        return ""
    said = next((line.strip() for line in reversed(lines) if line.strip()), "")
    return "".join(character for character in said[:200] if character.isprintable())
