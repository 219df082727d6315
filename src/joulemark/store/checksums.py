"""SHA256SUMS: what a closed run directory held, checked by us or by ``sha256sum -c``.

The line format is that of GNU coreutils: digest, two spaces, path; where the path holds a newline,
carriage return or backslash these are escaped and the line starts with a backslash.
"""

from __future__ import annotations

import os

from joulemark.core.errors import FormatError
from joulemark.core.scope import suppress
from joulemark.store.files import SUMS, reading, replace_file, unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from joulemark.meters._files import StrPath

SMALL = 1 << 20
"""Largest file for which OpenSSL is not worth its loading, bytes."""
MAX_SUMS = 64 << 20
"""Largest SHA256SUMS that is read, bytes."""

_ESCAPES = {b"\\": b"\\\\", b"\n": b"\\n", b"\r": b"\\r"}


def write_sums(directory: StrPath) -> None:
    """Write SHA256SUMS for every plain file of the directory.

    Raises:
        StoreError: if a file cannot be read or the sums cannot be written.
    """
    folder = os.fspath(directory)
    lines = [_line(name, _digest(f"{folder}/{name}")) for name in sorted(_files(folder))]
    replace_file(f"{folder}/{SUMS}", b"".join(lines))


def verify(directory: StrPath) -> list[str]:
    """Compare a run directory with its SHA256SUMS; return every difference, none if all is well.

    Raises:
        FormatError: if SHA256SUMS does not follow its format.
        StoreError: if a file cannot be read.
    """
    folder = os.fspath(directory)
    if not os.path.lexists(f"{folder}/{SUMS}"):
        return [f"{SUMS}: missing; the run was not closed"]
    wanted = _read_sums(f"{folder}/{SUMS}")
    present = _files(folder)
    differences = []
    for name in sorted(wanted.keys() | present):
        if name not in present:
            differences.append(f"{name}: missing")
        elif name not in wanted:
            differences.append(f"{name}: not in {SUMS}")
        elif _digest(f"{folder}/{name}") != wanted[name]:
            differences.append(f"{name}: changed")
    return differences


def _files(folder: str) -> set[str]:
    """Return the relative names of all plain files but the sums; links are not followed."""
    found: set[str] = set()
    waiting = [""]
    try:
        while waiting:
            prefix = waiting.pop()
            with os.scandir(f"{folder}/{prefix}") as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(f"{prefix}{entry.name}/")
                    elif entry.is_file(follow_symlinks=False):
                        found.add(prefix + entry.name)
    except OSError as error:
        raise unreadable(error, folder) from error
    return found - {SUMS}


def _digest(path: str) -> str:
    with reading(path) as file:
        begin = file.read(SMALL + 1)
        if len(begin) <= SMALL:
            return _sha256(begin)
        import hashlib

        digest = hashlib.sha256(begin)
        while part := file.read(1 << 20):
            digest.update(part)
        return digest.hexdigest()


def _sha256(data: bytes) -> str:
    """Return the digest of a small file; ``hashlib`` would load the whole of OpenSSL for it."""
    for name in ("_sha2", "_sha256", "hashlib"):  # since Python 3.12, before, and elsewhere
        with suppress(ImportError):
            digest: str = __import__(name).sha256(data).hexdigest()
            return digest
    raise AssertionError("hashlib is always there")


def _line(name: str, digest: str) -> bytes:
    plain = escaped = os.fsencode(name)
    for character, escape in _ESCAPES.items():
        escaped = escaped.replace(character, escape)
    mark = b"\\" if escaped != plain else b""
    return mark + digest.encode() + b"  " + escaped + b"\n"


def _read_sums(path: str) -> dict[str, str]:
    import re

    def plain(escape: re.Match[bytes]) -> bytes:
        return next(character for character, text in _ESCAPES.items() if text == escape[0])

    pattern = re.compile(rb"(\\?)([0-9a-f]{64}) [ *](.+)")
    with reading(path) as file:
        data = file.read(MAX_SUMS + 1)
    if len(data) > MAX_SUMS:
        raise FormatError("too large", where=path, remedy="copy the run directory again")
    sums = {}
    for number, line in enumerate(data.removesuffix(b"\n").split(b"\n"), 1):
        match = pattern.fullmatch(line)
        if not match:
            raise FormatError(
                "not a line of sha256sum",
                where=f"{path}:{number}",
                remedy="copy the run directory again",
            )
        name = re.sub(rb"\\[\\nr]", plain, match[3]) if match[1] else match[3]
        sums[os.fsdecode(name)] = match[2].decode()
    return sums
