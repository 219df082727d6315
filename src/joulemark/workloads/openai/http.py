"""The answers of an HTTP/1.1 server, taken apart as they come, in whatever pieces.

RFC 9112: status line, fields, and a body that is chunked, of a told length, or as long as the
connection. What a hostile server could make large is bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

MOST_HEAD = 64 * 1024
MOST_SIZE_LINE = 4 * 1024
MOST_CHUNK = 1 << 31
_NO_BODY = frozenset({204, 304})
_HEX = frozenset(b"0123456789abcdefABCDEF")


class ProtocolError(Exception):
    """Bytes that are no HTTP, or no events; the text says what was wrong."""


class Reader:
    """One answer after another of one connection.

    Attributes:
        wrong: what was wrong with bytes that came after pieces that were not.
        status: of the answer at hand; 0 before its head is whole.
        fields: of its head, names in small letters; of equal names the last.
        done: whether the answer is whole; :meth:`begin` makes it ready for the next.
        keep: whether the connection may be used again.
    """

    __slots__ = ("_buffer", "_left", "_state", "done", "fields", "keep", "status", "wrong")

    def __init__(self) -> None:
        """Begin with the first answer."""
        self._buffer = b""
        self.begin()

    def begin(self) -> None:
        """Make ready for the next answer."""
        self.status = 0
        self.fields: Mapping[str, str] = {}
        self.done = False
        self.keep = True
        self.wrong: ProtocolError | None = None
        self._left = 0
        self._state: Callable[[list[bytes]], bool] = self._head

    @property
    def surplus(self) -> bool:
        """Whether bytes came that belong to no answer."""
        return bool(self._buffer)

    def feed(self, data: bytes) -> list[bytes]:
        """Take bytes; return the pieces of the body that they brought, none of them empty.

        Raises:
            ProtocolError: if they are no HTTP; where pieces came before that, it is kept in
                ``wrong`` instead.
        """
        self._buffer = self._buffer + data if self._buffer else data
        pieces: list[bytes] = []
        try:
            while not self.done and self._state(pieces):
                pass
        except ProtocolError as error:
            if not pieces:
                raise
            self.wrong = error
        return pieces

    def end(self) -> bool:
        """Take the end of the connection; return whether the answer is whole."""
        if self._state == self._rest:
            self.done = True
        self.keep = False
        return self.done

    # ------------------------------------------------------------------ states: go on?

    def _head(self, _: list[bytes]) -> bool:
        stop = self._buffer.find(b"\r\n\r\n")
        if stop < 0 or stop > MOST_HEAD:
            if len(self._buffer) > MOST_HEAD:
                raise ProtocolError("the head of the answer is longer than 64 KiB")
            return self._begins_well()
        head, self._buffer = self._buffer[:stop], self._buffer[stop + 4 :]
        lines = head.split(b"\r\n")
        status, old = _status(lines[0])
        if status < 200:
            if status == 101:
                raise ProtocolError("the server wants another protocol")
            return True  # 100 Continue and its like come before the answer
        self.status, self.fields = status, _fields(lines[1:])
        told = self.fields.get("connection", "keep-alive" if not old else "close").lower()
        self.keep = "close" not in told
        self._body()
        return True

    def _begins_well(self) -> bool:
        if not b"HTTP/1.".startswith(self._buffer[:7]):
            raise ProtocolError(f"the answer begins with {self._buffer[:20]!r}, which is no HTTP/1")
        return False

    def _body(self) -> None:
        """Choose how the body ends."""
        length = self.fields.get("content-length")
        if self.status in _NO_BODY:
            self.done = True
        elif "transfer-encoding" in self.fields:
            if self.fields["transfer-encoding"].strip().lower() != "chunked":
                raise ProtocolError("the transfer encoding is not 'chunked'")
            self._state = self._size
        elif length is None:
            self._state, self.keep = self._rest, False
        elif not (length.isascii() and length.isdigit() and len(length) < 16):
            raise ProtocolError(f"the content length is {length[:20]!r}")
        else:
            self._left, self._state = int(length), self._told
            self.done = self._left == 0

    def _rest(self, pieces: list[bytes]) -> bool:
        return self._take(len(self._buffer), pieces)

    def _told(self, pieces: list[bytes]) -> bool:
        self._take(self._left, pieces)
        self.done = self._left <= 0
        return False

    def _size(self, _: list[bytes]) -> bool:
        stop = self._buffer.find(b"\r\n")
        if stop < 0:
            if len(self._buffer) > MOST_SIZE_LINE:
                raise ProtocolError("the size of a chunk is longer than 4 KiB")
            return False
        digits = self._buffer[:stop].partition(b";")[0].strip()
        if not digits or not _HEX.issuperset(digits) or len(digits) > 16:
            raise ProtocolError(f"the size of a chunk is {self._buffer[: min(stop, 20)]!r}")
        self._left = int(digits, 16)
        if self._left > MOST_CHUNK:
            raise ProtocolError(f"a chunk is to have {self._left} bytes")
        self._buffer = self._buffer[stop + 2 :]
        self._state = self._chunk if self._left else self._trailer
        return True

    def _chunk(self, pieces: list[bytes]) -> bool:
        buffer, left = self._buffer, self._left
        if left > 0:
            self._take(left, pieces)
            if self._left > 0:
                return False
            buffer = self._buffer
        if len(buffer) < 2:
            return False
        if buffer[:2] != b"\r\n":
            raise ProtocolError("a chunk is longer than its size says")
        self._buffer, self._state = buffer[2:], self._size
        return True

    def _trailer(self, _: list[bytes]) -> bool:
        stop = self._buffer.find(b"\r\n")
        if stop < 0:
            if len(self._buffer) > MOST_HEAD:
                raise ProtocolError("a trailer is longer than 64 KiB")
            return False
        self._buffer, self.done = self._buffer[stop + 2 :], stop == 0
        return True

    def _take(self, count: int, pieces: list[bytes]) -> bool:
        """Move at most so many bytes from the buffer to the pieces; never go on."""
        piece = self._buffer[:count]
        if piece:
            pieces.append(piece)
            self._buffer = self._buffer[len(piece) :]
            self._left -= len(piece)
        return False


def _status(line: bytes) -> tuple[int, bool]:
    """Return the status and whether the server speaks HTTP/1.0."""
    words = line.split(None, 2)
    known = len(words) > 1 and words[0] in (b"HTTP/1.1", b"HTTP/1.0")
    if not known or not words[1].isdigit() or len(words[1]) != 3 or words[1] < b"100":
        raise ProtocolError(f"the answer begins with {line[:40]!r}, which is no HTTP/1")
    return int(words[1]), words[0] == b"HTTP/1.0"


def _fields(lines: list[bytes]) -> dict[str, str]:
    found = {}
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon or not name.strip():
            raise ProtocolError(f"a field of the head is {line[:40]!r}")
        found[name.decode("latin-1").strip().lower()] = value.decode("latin-1").strip()
    return found
