"""The central directory of a zip archive, zip64 included; strictly, a piece at a time."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from struct import Struct

from joulemark.core.errors import FormatError
from joulemark.formats.trees.archive import exactly

END, END_64, LOCATOR_64 = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
CENTRAL, LOCAL = b"PK\x01\x02", b"PK\x03\x04"
END_RECORD = Struct("<4s4H2LH")
END_64_RECORD = Struct("<4sQ2H2L4Q")
LOCATOR_64_RECORD = Struct("<4sLQL")
CENTRAL_RECORD = Struct("<4s6H3L5H2L")
LOCAL_RECORD = Struct("<4s5H3L2H")
FULL_16, FULL_32 = 0xFFFF, 0xFFFFFFFF
LONGEST_COMMENT = 0xFFFF
PIECE = 1 << 18
ZIP_64 = 1
ENCRYPTED = 0x41


@dataclass(frozen=True, slots=True)
class Member:
    """One entry of a zip archive.

    Attributes:
        path: as written.
        mode: of Unix; 0 if it has none.
        size, packed: bytes.
        at: where its own header begins.
        method: 0 stored, 8 deflated.
        crc: CRC-32.
        encrypted: whether a password is needed.
    """

    path: bytes
    mode: int
    size: int
    packed: int
    at: int
    method: int
    crc: int
    encrypted: bool


@dataclass(frozen=True, slots=True)
class Directory:
    """Where the directory lies.

    Attributes:
        at: where it begins.
        size: bytes.
        number: entries.
    """

    at: int
    size: int
    number: int


Wrong = Callable[[str], FormatError]


def find_directory(file: int, wrong: Wrong) -> Directory:
    """Return where the directory of an archive lies.

    Raises:
        FormatError: if there is no end record, more than one, or it does not fit the file.
    """
    length = os.fstat(file).st_size
    tail_at = max(0, length - LONGEST_COMMENT - END_RECORD.size)
    tail = exactly(file, length - tail_at, tail_at)
    ends = list(_ends(tail))
    if not ends:
        raise wrong("no zip archive, or one that was cut short: it has no end record")
    if len(ends) > 1:
        raise wrong("the archive has two end records; unpackers disagree on which one counts")
    end_at = tail_at + ends[0]
    _, disk, first, here, number, size, at, _ = END_RECORD.unpack_from(tail, ends[0])
    if (disk, first) not in {(0, 0), (FULL_16, FULL_16)}:
        raise wrong("one of several volumes, which are not read")
    if here != number:
        raise wrong("the end record is damaged")
    found = Directory(at, size, number)
    if FULL_16 in {number, disk} or FULL_32 in {size, at}:
        found, end_at = _find_64(file, end_at, found, wrong)
    if found.at + found.size != end_at:
        raise wrong("the directory is not where the end record says; the archive is damaged")
    return found


def _ends(tail: bytes) -> Iterator[int]:
    at = tail.rfind(END)
    while at >= 0:
        if len(tail) - at >= END_RECORD.size:
            comment = END_RECORD.unpack_from(tail, at)[7]
            if at + END_RECORD.size + comment == len(tail):
                yield at
        at = tail.rfind(END, 0, at)


def _find_64(file: int, end_at: int, small: Directory, wrong: Wrong) -> tuple[Directory, int]:
    locator_at = end_at - LOCATOR_64_RECORD.size
    raw = exactly(file, LOCATOR_64_RECORD.size, locator_at) if locator_at >= 0 else b""
    if len(raw) < LOCATOR_64_RECORD.size or raw[:4] != LOCATOR_64:
        return small, end_at  # exactly 65,535 entries do not need zip64
    _, _, record_at, _ = LOCATOR_64_RECORD.unpack(raw)
    raw = exactly(file, END_64_RECORD.size, record_at) if record_at < locator_at else b""
    if len(raw) < END_64_RECORD.size or raw[:4] != END_64:
        raise wrong("the zip64 end record is not where its locator says")
    values = END_64_RECORD.unpack(raw)
    disk, first, here, number, size, at = values[4:]
    if disk or first or here != number:
        raise wrong("one of several volumes, which are not read")
    if record_at + 12 + values[1] != locator_at:
        raise wrong("the zip64 end record is damaged")
    for said, full, long in (
        (small.number, FULL_16, number),
        (small.size, FULL_32, size),
        (small.at, FULL_32, at),
    ):
        if said not in {full, long}:
            raise wrong("the two end records disagree")
    return Directory(at, size, number), record_at


def members(file: int, directory: Directory, wrong: Wrong) -> Iterator[Member]:
    """Yield the entries of a directory in its order.

    Raises:
        FormatError: if it is damaged.
    """
    buffer, begin, at, end = b"", 0, directory.at, directory.at + directory.size
    number = 0
    while begin < len(buffer) or at < end:
        need = CENTRAL_RECORD.size
        if len(buffer) - begin >= need:
            need += sum(CENTRAL_RECORD.unpack_from(buffer, begin)[10:13])
        if len(buffer) - begin < need:
            more = exactly(file, min(PIECE, end - at), at)
            if not more:
                raise wrong("the directory of the archive ends within an entry")
            buffer, begin = buffer[begin:] + more, 0
            at += len(more)
            continue
        number += 1
        yield _member(buffer[begin : begin + need], wrong)
        begin += need
    if number != directory.number:
        raise wrong(f"the directory has {number} entries, its end says {directory.number}")


def _member(record: bytes, wrong: Wrong) -> Member:
    values = CENTRAL_RECORD.unpack_from(record)
    if values[0] != CENTRAL:
        raise wrong("an entry of the directory is damaged")
    flags, method = values[3], values[4]
    crc, packed, size, name, extra, _, disk, _, attributes, at = values[7:]
    name_end = CENTRAL_RECORD.size + name
    path = record[CENTRAL_RECORD.size : name_end]
    if FULL_32 in {size, packed, at}:
        size, packed, at = _long(
            record[name_end : name_end + extra], (size, packed, at), path, wrong
        )
    if disk not in {0, FULL_16}:
        raise wrong("one of several volumes, which are not read")
    return Member(path, attributes >> 16, size, packed, at, method, crc, bool(flags & ENCRYPTED))


def _long(
    extra: bytes, short: tuple[int, int, int], path: bytes, wrong: Wrong
) -> tuple[int, int, int]:
    """Return size, packed size and place with those that did not fit replaced."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = (int.from_bytes(extra[at + i : at + i + 2], "little") for i in (0, 2))
        field = extra[at + 4 : at + 4 + length]
        at += 4 + length
        if kind != ZIP_64:
            continue
        found = []
        for value in short:
            long = value == FULL_32 and len(field) >= 8
            found.append(int.from_bytes(field[:8], "little") if long else value)
            field = field[8:] if long else field
        return found[0], found[1], found[2]
    raise wrong(f"the entry {path[:100]!r} lacks its zip64 sizes")
