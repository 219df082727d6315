"""A tar archive as a tree, plain or packed by gzip, bzip2 or xz.

A plain archive is read in place. A packed one can only be read from its start, so what is wanted of
it is kept aside, unpacked, in a temporary file of bounded size (:class:`Limits`), during the one
pass that makes the index. A hard link is the file it links to; an entry that is there twice, a
sparse one, and one of several volumes are refused.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Self

from joulemark.core.errors import FormatError, UnavailableError
from joulemark.formats.trees.archive import Archive, exactly
from joulemark.formats.trees.index import Index, Row
from joulemark.formats.trees.limits import Limits
from joulemark.formats.trees.names import checked, shown, to_text
from joulemark.formats.trees.streams import Stream, unpacker
from joulemark.formats.trees.tarheaders import Header, headers, padded

NOT_KEPT = -1
SPOOL = "spool"
BUFFER = 1 << 18


class TarTree(Archive):
    """Files of a tar archive.

    Args:
        path: of the archive.
        name: for messages; the path if empty.
        limits: how much is read.
        keep: which files of a packed archive can be read later; None: all.
        index: folder of an index that another process made of the same archive.
    """

    kind = "tar"

    def __init__(
        self,
        path: str,
        name: str = "",
        limits: Limits | None = None,
        *,
        keep: Callable[[str], bool] | None = None,
        index: str = "",
    ) -> None:
        """Open the archive; see :class:`Archive`."""
        super().__init__(path, name, limits, index)
        self._keep = keep
        self._packed = unpacker(exactly(self.file, 8, 0))
        self._kept: int | None = None

    def fill(self, index: Index) -> None:
        """Pass through the archive once."""
        self.left_out.clear()
        os.lseek(self.file, 0, os.SEEK_SET)
        with (
            os.fdopen(os.dup(self.file), "rb", buffering=0) as file,
            _Spool(index, self.limits) as spool,
        ):
            stream = Stream(file, self._packed, self.name, self.limits)
            for header in headers(stream):
                path = checked(header.path, self.name, self.limits)
                self._enter(path, header, stream, index, spool)

    def _enter(
        self, path: bytes, header: Header, stream: Stream, index: Index, spool: _Spool
    ) -> None:
        if header.kind == "file":
            if not path:
                raise self.wrong(header.path, "a file without a name")
            at = stream.at
            if self._packed is not None:
                at = self._set_aside(path, header.size, stream, spool)
                stream.skip(padded(header.size) - header.size)
            else:
                stream.skip(padded(header.size))
            index.add(Row(path, header.size, at, header.size))
        elif header.kind == "hard link":
            index.flush()
            target = index.find(to_text(checked(header.target, self.name, self.limits)))
            if target is None:
                raise self.wrong(header.path, "a hard link to what was not there before it")
            index.add(target._replace(path=path))
        elif header.kind == "folder":
            stream.skip(padded(header.size))
        else:
            self.left_out[header.kind] += 1

    def _set_aside(self, path: bytes, size: int, stream: Stream, spool: _Spool) -> int:
        """Pass over a file, keeping it if it is wanted; return where it is kept."""
        if size > self.limits.file or not (self._keep is None or self._keep(to_text(path))):
            stream.skip(size)
            return NOT_KEPT
        if spool.at + size > self.limits.spool:
            raise FormatError(
                f"it unpacks to more than the {self.limits.spool} bytes that are kept aside",
                where=shown(self.name),
                remedy="unpack it and check the folder",
            )
        at = spool.at
        stream.skip(size, spool.write)
        return at

    def content(self, row: Row) -> bytes:
        """Return the bytes from the archive or from what was kept aside."""
        if row.at == NOT_KEPT:
            raise UnavailableError(
                "the file was not kept when the archive was read",
                where=f"{shown(self.name)}: {shown(to_text(row.path))}",
                remedy="unpack the archive and give the folder",
            )
        if self._packed is None:
            file = self.file
        else:
            if self._kept is None:
                folder = self.index.folder
                self._kept = os.open(f"{folder}/{SPOOL}", os.O_RDONLY | os.O_CLOEXEC)
            file = self._kept
        data = exactly(file, row.size, row.at)
        if len(data) < row.size:
            raise self.wrong(row.path, "the archive ends within the entry; it was cut short")
        return data

    def close(self) -> None:
        """Let go of all files, and remove what was kept aside if it was made here."""
        if self._kept is not None:
            os.close(self._kept)
            self._kept = None
        super().close()


class _Spool:
    """What is kept aside, while it is written."""

    def __init__(self, index: Index, limits: Limits) -> None:
        self.at = 0
        self._index = index
        self._limits = limits
        with index.roomy():
            self._file = open(f"{index.folder}/{SPOOL}", "xb", buffering=BUFFER)  # noqa: SIM115

    def __enter__(self) -> Self:
        return self

    def write(self, piece: bytes) -> None:
        with self._index.roomy():
            self._file.write(piece)
        self.at += len(piece)

    def __exit__(self, *_: object) -> None:
        with self._index.roomy():
            self._file.close()
