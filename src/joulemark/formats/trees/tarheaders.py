"""The headers of a tar archive: ustar, GNU and pax; strictly, and each of bounded size."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from joulemark.formats.trees.streams import Stream

BLOCK = 512
LONGEST_NOTE = 1 << 20
"""Bytes of a pax header or long name."""
LARGEST = 1 << 53
OCTAL = re.compile(rb"[ \0]*([0-7]*)[ \0]*")
RECORD = re.compile(rb"(\d{1,8}) ")
FILES, FOLDERS = frozenset(b"0\x007"), frozenset(b"5D")
HARD_LINK, SOFT_LINK = b"1"[0], b"2"[0]
DEVICES = frozenset(b"346")
PAX, PAX_OF_ALL, LONG_NAME, LONG_LINK, LABEL = frozenset(b"xX"), b"g"[0], b"L"[0], b"K"[0], b"V"[0]
WITH_DATA = frozenset(b"0\x007D")
OF_ONE_FILE = (b"path", b"size", b"linkpath")


@dataclass(frozen=True, slots=True)
class Header:
    """One entry of a tar archive.

    Attributes:
        path: as written.
        kind: "file", "folder", "hard link", "link" or "device".
        size: bytes of its data.
        target: of a hard link, as written.
    """

    path: bytes
    kind: str
    size: int
    target: bytes = b""


def headers(stream: Stream) -> Iterator[Header]:
    """Yield each entry, the stream standing at its data, which the caller has to pass over whole.

    Data ends on a whole block; :func:`padded` says how much that is.

    Raises:
        FormatError: if the archive is damaged, cut short, or of a kind that is not read.
    """
    notes: dict[bytes, bytes] = {}
    while True:
        block = stream.take(BLOCK)
        if len(block) < BLOCK:
            raise stream.wrong("the archive ends without its end mark; it was cut short")
        if not block.strip(b"\0"):
            _nothing_more(stream, notes)
            return
        _check_sum(block, stream)
        kind, size = block[156], _number(block[124:136], stream)
        if kind in PAX or kind in {PAX_OF_ALL, LONG_NAME, LONG_LINK}:
            _note(kind, size, stream, notes)
            continue
        header = _header(block, kind, size, notes, stream)
        notes = {}
        if header is not None:
            yield header


def padded(size: int) -> int:
    """Return how many bytes data of a size takes."""
    return -(-size // BLOCK) * BLOCK


def _header(
    block: bytes, kind: int, size: int, notes: dict[bytes, bytes], stream: Stream
) -> Header | None:
    path = notes.get(b"path", _name(block))
    size = _size(kind, size, notes, stream)
    if kind in FILES and path.endswith(b"/"):
        kind = b"5"[0]  # how a folder was written before there was a kind of its own
    if kind in FILES:
        return Header(path, "file", size)
    if kind in FOLDERS:
        return Header(path, "folder", size if kind in WITH_DATA else 0)
    if kind == HARD_LINK:
        if size:
            raise stream.wrong("a hard link with data of its own, which unpackers read differently")
        return Header(path, "hard link", 0, notes.get(b"linkpath", _until_nul(block[157:257])))
    if kind == SOFT_LINK or kind in DEVICES:
        return Header(path, "link" if kind == SOFT_LINK else "device", 0)
    if kind == LABEL:
        return None
    raise stream.wrong(f"an entry of the unknown kind {chr(kind)!r}")


def _size(kind: int, size: int, notes: dict[bytes, bytes], stream: Stream) -> int:
    """Return the size of an entry's data, which a pax header may give."""
    if any(key.startswith(b"GNU.sparse") for key in notes) or kind == b"S"[0]:
        raise stream.wrong("a sparse entry, which is not read; write the archive without --sparse")
    said = notes.get(b"size")
    if said is None:
        return size
    if not said.isdigit() or len(said) > 18 or int(said) > LARGEST:
        raise stream.wrong("no size in the pax header")
    return int(said)


def _note(kind: int, size: int, stream: Stream, notes: dict[bytes, bytes]) -> None:
    """Read what a header says about the next one."""
    if size > LONGEST_NOTE:
        raise stream.wrong(f"a header of {size} bytes; {LONGEST_NOTE} are read")
    data = stream.take(padded(size))
    if len(data) < padded(size):
        raise stream.wrong("the archive ends within a header; it was cut short")
    data = data[:size]
    if kind in {LONG_NAME, LONG_LINK}:
        found = {b"path" if kind == LONG_NAME else b"linkpath": _until_nul(data)}
    else:
        found = dict(_records(data, stream))
    if kind == PAX_OF_ALL:
        if any(key in found for key in OF_ONE_FILE) or any(b"sparse" in key for key in found):
            raise stream.wrong("a pax header gives one name or size to all entries")
        return
    if any(key in notes for key in found if key in OF_ONE_FILE):
        raise stream.wrong("two headers name the same entry")
    notes.update(found)


def _records(data: bytes, stream: Stream) -> Iterator[tuple[bytes, bytes]]:
    """Yield the records ``LENGTH KEY=VALUE`` of a pax header that matter."""
    at = 0
    while at < len(data) and data[at:].strip(b"\0"):
        match = RECORD.match(data, at)
        end = at + int(match[1]) if match else 0
        if match is None or not match.end() < end <= len(data) or data[end - 1 : end] != b"\n":
            raise stream.wrong("a damaged pax header")
        key, equals, value = data[match.end() : end - 1].partition(b"=")
        if not equals:
            raise stream.wrong("a damaged pax header")
        if key in OF_ONE_FILE or key.startswith(b"GNU.sparse"):
            yield key, value
        at = end


def _check_sum(block: bytes, stream: Stream) -> None:
    blanked = block[:148] + b" " * 8 + block[156:]
    said = _number(block[148:156], stream)
    if said == sum(blanked):
        return
    if said != sum(byte - 256 if byte > 127 else byte for byte in blanked):  # old writers
        raise stream.wrong("no tar archive, or a damaged one: the checksum of a header is wrong")


def _number(field: bytes, stream: Stream) -> int:
    """Return a number in octal, or in GNU's base 256."""
    if field[0] & 0x80:
        number = int.from_bytes(field, "big") - (1 << (8 * len(field) - 1))
        if field[0] == 0x80 and number <= LARGEST:
            return number
    elif match := OCTAL.fullmatch(field):
        return int(match[1] or b"0", 8)
    raise stream.wrong("no tar archive, or a damaged one: a header has no number where one belongs")


def _name(block: bytes) -> bytes:
    name, prefix = _until_nul(block[:100]), _until_nul(block[345:500])
    return prefix + b"/" + name if prefix and block[257:263] == b"ustar\0" else name


def _until_nul(field: bytes) -> bytes:
    return field.partition(b"\0")[0]


def _nothing_more(stream: Stream, notes: dict[bytes, bytes]) -> None:
    """Read to the end, which proves the checksum of a packed archive."""
    if notes:
        raise stream.wrong("the archive ends after the header of a name; it was cut short")
    while rest := stream.take(BLOCK * 128):
        if rest.strip(b"\0"):
            raise stream.wrong(
                "the archive goes on after its end mark; unpackers disagree on what that means"
            )
