"""Server-sent events, taken apart as they come, in whatever pieces.

WHATWG HTML, "Server-sent events": lines end with CR LF, LF or CR; a blank line ends an event; only
the field ``data`` is of use here, several of an event are joined with LF; a line that begins with a
colon is a comment.
"""

from __future__ import annotations

from joulemark.workloads.openai.http import ProtocolError

MOST_EVENT = 16 << 20


class EventReader:
    """Events of one stream: bytes in, the data of whole events out."""

    __slots__ = ("_data", "_held", "_parts", "_skip_lf")

    def __init__(self) -> None:
        """Begin a stream."""
        self._parts: list[bytes] = []  # of a line that has no end yet
        self._data: list[bytes] = []
        self._held = 0
        self._skip_lf = False

    def feed(self, piece: bytes) -> list[bytes]:
        """Return the data of the events that the piece completes.

        Raises:
            ProtocolError: if an event is larger than 16 MiB.
        """
        fresh = not self._parts and not self._data and not self._skip_lf
        # nearly all pieces are one whole event of one line
        whole = piece[:6] == b"data: " and piece[-2:] == b"\n\n"
        if fresh and whole and piece.find(b"\n") == len(piece) - 2 and b"\r" not in piece:
            return [piece[6:-2]]
        return self._lines(piece)

    def _lines(self, piece: bytes) -> list[bytes]:
        if self._skip_lf and piece:
            self._skip_lf = False
            piece = piece.removeprefix(b"\n")
        self._held += len(piece)
        if self._held > MOST_EVENT:
            raise ProtocolError("an event is larger than 16 MiB")
        self._parts.append(piece)
        if b"\n" not in piece and b"\r" not in piece:
            return []
        text = b"".join(self._parts)
        if text.endswith(b"\r"):
            self._skip_lf = True  # an LF that comes next belongs to it
        if b"\r" in text:
            text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *lines, rest = text.split(b"\n")
        self._parts = [rest] if rest else []
        found = self._events(lines)
        self._held = len(rest) + sum(map(len, self._data))
        return found

    def _events(self, lines: list[bytes]) -> list[bytes]:
        found = []
        for line in lines:
            if not line:
                if self._data:
                    found.append(b"\n".join(self._data))
                    self._data = []
            elif line.startswith(b"data:"):
                self._data.append(line[6:] if line[5:6] == b" " else line[5:])
            elif line == b"data":
                self._data.append(b"")
        return found

    @property
    def partial(self) -> bytes:
        """What has come of an event that is not whole."""
        return b"\n".join([*self._data, b"".join(self._parts)])
