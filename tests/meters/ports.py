"""Transports that tests hand to drivers: a written conversation, and a device in this process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from joulemark.core.errors import MeterLostError
from joulemark.virtual.terminal import Spoken


class Written:
    """Answers each line with what was written down for it; unasked bytes come with ``add``.

    A line that has no answer is answered as ``other`` says, where ``{}`` stands for the line.
    """

    def __init__(self, answers: Mapping[bytes, bytes], other: bytes = b"") -> None:
        self.answers = dict(answers)
        self.other = other
        self.heard: list[bytes] = []
        self.pending = bytearray()
        self.gone = False
        self.closed = False

    def add(self, data: bytes) -> None:
        self.pending += data

    def write(self, data: bytes) -> None:
        if self.gone:
            raise MeterLostError("the port is gone", where="written")
        for line in data.split(b"\r\n"):
            if line:
                self.heard.append(line)
                self.pending += self.answers.get(line, self.other.replace(b"{}", line))

    def read(self, timeout_s: float) -> bytes:
        if not self.pending and self.gone:
            raise MeterLostError("the port is gone", where="written")
        found = bytes(self.pending)
        self.pending.clear()
        return found

    def close(self) -> None:
        self.closed = True


class Direct:
    """A device in this process: it answers at once."""

    def __init__(self, device: Spoken, piece: int = 1 << 20) -> None:
        self.device = device
        self.piece = piece
        self.rest = b""

    def write(self, data: bytes) -> None:
        self.device.hear(data)

    def read(self, timeout_s: float) -> bytes:
        said = self.rest + self.device.say()
        found, self.rest = said[: self.piece], said[self.piece :]
        return found

    def close(self) -> None:
        pass


def pieces(data: bytes, cuts: list[int]) -> Iterator[bytes]:
    """Cut data at some places."""
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    for first, last in zip(edges, edges[1:], strict=False):  # noqa: RUF007
        yield data[first:last]
