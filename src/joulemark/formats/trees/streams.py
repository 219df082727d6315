"""Reading a tar archive from its start to its end, packed or not, within bounds."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable
from typing import BinaryIO, Protocol

from joulemark.core.errors import FormatError
from joulemark.formats.trees.limits import Limits
from joulemark.formats.trees.names import shown

CHUNK = 1 << 20
PLAIN_CHUNK = PACKED_CHUNK = 1 << 16
LZMA_MEMORY = 128 << 20
"""Bytes; ``xz -9`` makes archives that need 65 MiB."""
GZIP, BZIP2, XZ, ZSTD = b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd"


class Unpacker(Protocol):
    """One stream of a packed file."""

    @property
    def eof(self) -> bool:
        """Whether the stream has ended."""
        ...

    @property
    def unused_data(self) -> bytes:
        """What came after its end."""
        ...

    @property
    def needs_input(self) -> bool:
        """Whether nothing more comes without more data."""
        ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        """Return at most so many bytes."""
        ...


class _Gzip:
    """zlib's object with the manners of the other two."""

    def __init__(self) -> None:
        self._object = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._object.eof

    @property
    def unused_data(self) -> bytes:
        return self._object.unused_data

    @property
    def needs_input(self) -> bool:
        return not self._object.unconsumed_tail

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._object.decompress(self._object.unconsumed_tail + data, max_length)


def unpacker(head: bytes) -> Callable[[], Unpacker] | None:
    """Return what unpacks a file that begins so; None if it is not packed."""
    if head.startswith(GZIP):
        return _Gzip
    if head.startswith(BZIP2):
        return bz2.BZ2Decompressor
    if head.startswith(XZ):
        return _xz
    return None


def _xz() -> lzma.LZMADecompressor:
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=LZMA_MEMORY)


class Stream:
    """Bytes of a file, or what they unpack to, from the first to the last.

    Args:
        file: at its start.
        make: makes what unpacks one stream; None: the bytes are as they are.
        name: for messages.
        limits: how much may come out.

    Attributes:
        at: bytes given so far.
    """

    def __init__(
        self, file: BinaryIO, make: Callable[[], Unpacker] | None, name: str, limits: Limits
    ) -> None:
        """Keep the arguments."""
        self.at = 0
        self._file = file
        self._make = make
        self._name = name
        self._limits = limits
        self._unpack: Unpacker | None = None
        self._input = b""
        self._ended = False
        self._packed = 0
        self._unpacked = 0
        self._buffer = b""
        self._next = 0

    def take(self, number: int) -> bytes:
        """Return the next bytes; fewer at the end.

        Raises:
            FormatError: if the packed data is damaged, cut short, or a bomb.
        """
        have = self._buffer[self._next : self._next + number]
        self._next += len(have)
        while len(have) < number and self._fill():
            more = self._buffer[: number - len(have)]
            self._next = len(more)
            have += more
        self.at += len(have)
        return have

    def skip(self, number: int, to: Callable[[bytes], object] | None = None) -> None:
        """Pass over bytes, or hand them on in pieces.

        Raises:
            FormatError: if there are not so many, or as :meth:`take`.
        """
        left = number - (len(self._buffer) - self._next)
        if self._make is None and to is None and left > PLAIN_CHUNK:
            self._buffer, self._next = b"", 0
            self._file.seek(left - 1, 1)
            self.at += number - 1
            number = 1
        while number > 0:
            step = min(number, len(self._buffer) - self._next)
            if to is not None and step:
                to(self._buffer[self._next : self._next + step])
            self._next += step
            self.at += step
            number -= step
            if number and not self._fill():
                raise self.wrong("the archive ends within an entry; it was cut short")

    def wrong(self, what: str) -> FormatError:
        """Return an error that says where the stream stands."""
        return FormatError(what, where=f"{shown(self._name)}: byte {self.at}")

    def _fill(self) -> bool:
        self._next = 0
        self._buffer = (
            self._file.read(PLAIN_CHUNK) if self._make is None else self._unpack_some(self._make)
        )
        return bool(self._buffer)

    def _unpack_some(self, make: Callable[[], Unpacker]) -> bytes:
        try:
            while (piece := self._step(make)) == b"":
                pass
        except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError) as error:
            raise self.wrong(f"the packed data is damaged: {error}") from None
        self._unpacked += len(piece or b"")
        allowed = self._limits.unchecked + self._limits.ratio * self._packed
        if self._unpacked > allowed:
            raise self.wrong(
                f"{self._packed} bytes unpack to more than {allowed}; this looks like a zip bomb"
            )
        return piece or b""

    def _step(self, make: Callable[[], Unpacker]) -> bytes | None:
        """Return what some more of the packed bytes give, perhaps nothing; None at the end."""
        if self._unpack is not None and self._unpack.eof:
            self._input = self._unpack.unused_data
            self._unpack = None
        if self._unpack is None:
            self._input = self._input.lstrip(b"\0") or self._more().lstrip(b"\0")
            if not self._input:
                return None if self._ended else b""
            self._unpack = make()
        elif self._unpack.needs_input:
            self._input = self._more()
            if not self._input:
                raise self.wrong("the packed data ends too early; the archive was cut short")
        data, self._input = self._input, b""
        return self._unpack.decompress(data, CHUNK)

    def _more(self) -> bytes:
        data = self._file.read(PACKED_CHUNK)
        self._packed += len(data)
        self._ended = not data
        return data
