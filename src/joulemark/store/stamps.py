"""Whether files are as they were, told by their times and sizes alone."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path


def program_stamp() -> str:
    """Return a text that changes with the files of joulemark itself."""
    return digest_of(stamps_in(Path(__file__).parents[1]))


def stamps_in(folder: Path) -> Iterator[str]:
    """Yield a text for each file below a folder, but for compiled ones."""
    for above, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            if not name.endswith(".pyc"):
                path = Path(above, name)
                yield f"{path.relative_to(folder)} {file_stamp(path)}"


def file_stamp(path: Path) -> str:
    """Return a text that changes with a file; ``none`` where there is none."""
    try:
        known = path.stat()
    except OSError:
        return "none"
    return f"{known.st_mtime_ns} {known.st_size}"


def folders_in(store: Path) -> list[str]:
    """Return the names of the folders of a store, in their order; none where it is not there."""
    try:
        with os.scandir(store) as found:
            return sorted(entry.name for entry in found if entry.is_dir())
    except OSError:
        return []


def digest_of(parts: Iterable[str]) -> str:
    """Return one text for many."""
    made = hashlib.sha256()
    for part in parts:
        made.update(part.encode("utf-8", "surrogateescape") + b"\0")
    return made.hexdigest()
