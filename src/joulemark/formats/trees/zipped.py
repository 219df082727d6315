"""A zip archive as a tree, stored or deflated.

Names are taken as the bytes that stand in the directory, and must be the same before the data.
Entries that overlap, are there twice, or need a password are refused.
"""

from __future__ import annotations

import stat
import zlib

from joulemark.core.errors import FormatError
from joulemark.formats.trees.archive import Archive, exactly
from joulemark.formats.trees.index import Index, Row
from joulemark.formats.trees.names import checked, shown
from joulemark.formats.trees.zipdirectory import (
    LOCAL,
    LOCAL_RECORD,
    Member,
    find_directory,
    members,
)

STORED, DEFLATED = 0, 8
NEEDS_PASSWORD = -1
SMALL = 1 << 20
"""Bytes up to which the ratio of an entry is not looked at."""


class ZipTree(Archive):
    """Files of a zip archive; arguments as of :class:`Archive`."""

    kind = "zip"

    def fill(self, index: Index) -> None:
        """Read the directory at the end of the archive."""
        self.left_out.clear()
        directory = find_directory(self.file, self._wrong)
        for member in members(self.file, directory, self._wrong):
            path = checked(member.path, self.name, self.limits)
            form = stat.S_IFMT(member.mode)
            if member.path.endswith(b"/") or form == stat.S_IFDIR:
                if member.size:
                    raise self.wrong(member.path, "a folder with data")
            elif form not in {0, stat.S_IFREG}:
                self.left_out["link" if form == stat.S_IFLNK else "device"] += 1
            elif not path:
                raise self.wrong(member.path, "a file without a name")
            else:
                index.add(self._row(path, member))
        index.flush()
        self._look_for_overlaps(index, directory.at)

    def content(self, row: Row) -> bytes:
        """Unpack one entry, no more of it than it says to be."""
        if row.method not in {STORED, DEFLATED}:
            why = f"it is packed by method {row.method}, which is not read"
            raise self.wrong(
                row.path, "it needs a password" if row.method == NEEDS_PASSWORD else why
            )
        if row.size > SMALL and row.size > row.packed * self.limits.ratio:
            raise self.wrong(
                row.path, f"{row.packed} bytes unpack to {row.size}; this looks like a zip bomb"
            )
        raw = exactly(self.file, row.packed, self._data_at(row))
        if len(raw) < row.packed:
            raise self.wrong(row.path, "the archive ends within the entry")
        data = raw if row.method == STORED else self._inflated(row, raw)
        if len(data) != row.size or zlib.crc32(data) != row.crc:
            raise self.wrong(row.path, "size or checksum are not what the directory says")
        return data

    def _row(self, path: bytes, member: Member) -> Row:
        method = NEEDS_PASSWORD if member.encrypted else member.method
        if method == STORED and member.size != member.packed:
            raise self.wrong(member.path, "a stored entry of two sizes")
        if member.packed > member.size + member.size // 8 + 4096:
            raise self.wrong(member.path, "it is far larger packed than unpacked")
        return Row(path, member.size, member.at, member.packed, method, member.crc)

    def _inflated(self, row: Row, raw: bytes) -> bytes:
        unpack = zlib.decompressobj(wbits=-15)
        try:
            data = unpack.decompress(raw, row.size + 1)
        except zlib.error as error:
            raise self.wrong(row.path, f"the packed data is damaged: {error}") from None
        if len(data) > row.size:
            raise self.wrong(row.path, f"it unpacks to more than the {row.size} bytes it says")
        return data

    def _data_at(self, row: Row) -> int:
        """Return where the data of an entry begins, having compared its own header."""
        raw = exactly(self.file, LOCAL_RECORD.size, row.at)
        if len(raw) < LOCAL_RECORD.size or raw[:4] != LOCAL:
            raise self.wrong(row.path, "there is no entry where the directory says")
        values = LOCAL_RECORD.unpack(raw)
        name = exactly(self.file, values[9], row.at + LOCAL_RECORD.size)
        if checked(name, self.name, self.limits) != row.path or values[3] != row.method:
            raise self.wrong(row.path, "the directory and the entry itself disagree")
        return row.at + LOCAL_RECORD.size + int(values[9]) + int(values[10])

    def _look_for_overlaps(self, index: Index, end: int) -> None:
        """Refuse entries that share bytes: that is how the worst bombs are made."""
        free, last = 0, b""
        for row in index.in_place():
            if row.at < free:
                raise self.wrong(row.path, f"it overlaps the entry {shown(repr(last)[2:-1])}")
            free = row.at + LOCAL_RECORD.size + len(row.path) + row.packed
            last = row.path
        if free > end:
            raise self.wrong(last, "it overlaps the directory of the archive")

    def _wrong(self, what: str) -> FormatError:
        return FormatError(what, where=shown(self.name))
