"""Named files of a folder or a tar archive, read into memory and never unpacked to disk.

Whoever hands over an archive is not trusted: members are taken by their exact name only, links and
special files are passed over, and both the members and the whole stream have bounds.
"""

from __future__ import annotations

import gzip
import io
import os
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from joulemark.core.errors import FormatError

Limits = Mapping[str, int]
"""Most bytes of each file that is wanted, by name."""

_SLACK = 2**24
_MEMBERS = 1000
_MAGIC = b"\x1f\x8b"
_DAMAGE = (
    *(tarfile.TarError, zlib.error, EOFError, OSError),
    *(ValueError, OverflowError, RecursionError),  # what tarfile lets through on crafted headers
)


def read_folder(folder: Path, wanted: Limits) -> dict[str, bytes]:
    """Return the wanted files that lie in a folder, by name.

    Raises:
        FormatError: if a file is too big or cannot be read.
    """
    found = {}
    for name, limit in wanted.items():
        path = folder / name
        if path.is_file():
            found[name] = _bytes_of(path, limit)
    return found


def read_archive(path: Path, wanted: Limits) -> dict[str, bytes]:
    """Return the wanted members of a tar archive, plain or gzip, by name without folder.

    A member counts when it is a regular file, at the top or in one folder.

    Raises:
        FormatError: if the archive is damaged, cut off or beyond the bounds, or names a file twice.
    """
    found: dict[str, bytes] = {}
    try:
        with (
            path.open("rb") as raw,
            tarfile.open(
                fileobj=_stream(raw, path, sum(wanted.values()) + _SLACK), mode="r|"
            ) as tar,
        ):
            for name, member in _members(tar, wanted, path):
                if name in found:
                    raise FormatError(f"two files are called {name}", where=str(path))
                _bound(member.size, wanted[name], f"{path}, member {member.name}")
                data = tar.extractfile(member)
                found[name] = data.read() if data else b""
    except _DAMAGE as error:
        raise FormatError(
            f"the archive is damaged or cut off ({error})",
            where=str(path),
            remedy="copy or download it again",
        ) from None
    return found


def _members(
    tar: tarfile.TarFile, wanted: Limits, path: Path
) -> Iterator[tuple[str, tarfile.TarInfo]]:
    for count, member in enumerate(tar):
        if count >= _MEMBERS:
            raise FormatError(f"more than {_MEMBERS} members", where=str(path))
        parts = [part for part in PurePosixPath(member.name).parts if part != "."]
        plain = ".." not in parts and not member.name.startswith("/") and len(parts) in (1, 2)
        if member.isreg() and plain and parts[-1] in wanted:
            yield parts[-1], member


def _stream(raw: io.BufferedReader, path: Path, bound: int) -> _Bounded:
    zipped = raw.peek(2)[:2] == _MAGIC
    source = gzip.GzipFile(fileobj=raw, mode="rb") if zipped else raw
    return _Bounded(source, bound, str(path))


class _Bounded(io.RawIOBase):
    """A stream that refuses to give more than a bound."""

    def __init__(self, source: gzip.GzipFile | io.BufferedReader, bound: int, where: str) -> None:
        """Read at most ``bound`` bytes from ``source``; ``where`` names it in messages."""
        super().__init__()
        self._source = source
        self._bound = bound
        self._left = bound
        self._where = where

    def read(self, size: int = -1) -> bytes:
        """Return up to ``size`` bytes."""
        if not 0 <= size <= self._left:
            raise FormatError(
                f"the archive unpacks to more than {self._bound} bytes",
                where=self._where,
                remedy="give an archive of the images alone",
            )
        data = self._source.read(size)
        self._left -= len(data)
        return data


def _bound(size: int, limit: int, where: str) -> None:
    if size > limit:
        raise FormatError(f"{size} bytes, where at most {limit} are expected", where=where)


def _bytes_of(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            _bound(os.fstat(file.fileno()).st_size, limit, str(path))
            data = file.read(limit + 1)
    except OSError as error:
        raise FormatError(f"cannot be read ({error.strerror})", where=str(path)) from None
    _bound(len(data), limit, str(path))
    return data
