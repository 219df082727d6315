"""SHA256SUMS: what a closed run directory held, checked by us or by ``sha256sum -c``.

The line format is that of GNU coreutils: digest, two spaces, path; where the path holds a newline,
carriage return or backslash these are escaped and the line starts with a backslash.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

from joulemark.core.errors import FormatError
from joulemark.store.files import SUMS, reading, replace_file, unreadable

MAX_SUMS = 64 << 20
"""Largest SHA256SUMS that is read, bytes."""

_LINE = re.compile(rb"(\\?)([0-9a-f]{64}) [ *](.+)")
_ESCAPES = {b"\\": b"\\\\", b"\n": b"\\n", b"\r": b"\\r"}
_PLAIN = {b"\\\\": b"\\", b"\\n": b"\n", b"\\r": b"\r"}


def write_sums(directory: Path) -> None:
    """Write SHA256SUMS for every plain file of the directory.

    Raises:
        StoreError: if a file cannot be read or the sums cannot be written.
    """
    lines = [_line(name, _digest(directory / name)) for name in sorted(_files(directory))]
    replace_file(directory / SUMS, b"".join(lines))


def verify(directory: Path) -> list[str]:
    """Compare a run directory with its SHA256SUMS; return every difference, none if all is well.

    Raises:
        FormatError: if SHA256SUMS does not follow its format.
        StoreError: if a file cannot be read.
    """
    if not os.path.lexists(directory / SUMS):
        return [f"{SUMS}: missing; the run was not closed"]
    wanted = _read_sums(directory / SUMS)
    present = _files(directory)
    differences = []
    for name in sorted(wanted.keys() | present):
        if name not in present:
            differences.append(f"{name}: missing")
        elif name not in wanted:
            differences.append(f"{name}: not in {SUMS}")
        elif _digest(directory / name) != wanted[name]:
            differences.append(f"{name}: changed")
    return differences


def _files(directory: Path) -> set[str]:
    """Return the relative names of all plain files but the sums; links are not followed."""
    found: set[str] = set()
    waiting = [""]
    try:
        while waiting:
            prefix = waiting.pop()
            with os.scandir(directory / prefix) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(f"{prefix}{entry.name}/")
                    elif entry.is_file(follow_symlinks=False):
                        found.add(prefix + entry.name)
    except OSError as error:
        raise unreadable(error, directory) from error
    return found - {SUMS}


def _digest(path: Path) -> str:
    with reading(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _line(name: str, digest: str) -> bytes:
    plain = os.fsencode(name)
    escaped = re.sub(rb"[\\\n\r]", lambda match: _ESCAPES[match[0]], plain)
    mark = b"\\" if escaped != plain else b""
    return mark + digest.encode() + b"  " + escaped + b"\n"


def _read_sums(path: Path) -> dict[str, str]:
    with reading(path) as file:
        data = file.read(MAX_SUMS + 1)
    if len(data) > MAX_SUMS:
        raise FormatError("too large", where=str(path), remedy="copy the run directory again")
    sums = {}
    for number, line in enumerate(data.removesuffix(b"\n").split(b"\n"), 1):
        match = _LINE.fullmatch(line)
        if not match:
            raise FormatError(
                "not a line of sha256sum",
                where=f"{path}:{number}",
                remedy="copy the run directory again",
            )
        name = re.sub(rb"\\[\\nr]", _unescape, match[3]) if match[1] else match[3]
        sums[os.fsdecode(name)] = match[2].decode()
    return sums


def _unescape(match: re.Match[bytes]) -> bytes:
    return _PLAIN[match[0]]
