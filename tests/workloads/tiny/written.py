"""A conversation with a board, written down, on a clock that goes when it is listened to."""

from __future__ import annotations

from collections.abc import Sequence

from joulemark.core.clock import NS
from joulemark.workloads.tiny.dialogue import Dialogue


class Conversation:
    """A line on which one side is written down.

    Each entry is what the host must say, and what is answered then. Nothing said, ``""``, is
    answered unasked, when the host listens and has nothing left to hear.
    """

    def __init__(self, entries: Sequence[tuple[str, str]]) -> None:
        self._entries = list(entries)
        self._answer = b""
        self.now = 0
        self.closed = False

    def clock(self) -> int:
        return self.now

    def write(self, data: bytes) -> None:
        said, answer = self._entries.pop(0)
        assert data.decode() == said
        self._answer += answer.replace("\n", "\r\n").encode()

    def read(self, seconds: float) -> bytes:
        self.now += round(seconds * NS)
        if not self._answer and self._entries and not self._entries[0][0]:
            self._answer = self._entries.pop(0)[1].replace("\n", "\r\n").encode()
        answer, self._answer = self._answer[:7], self._answer[7:]  # in pieces, as lines come
        return answer

    def close(self) -> None:
        self.closed = True

    @property
    def over(self) -> bool:
        return not self._entries


def dialogue(*entries: tuple[str, str]) -> tuple[Dialogue, Conversation]:
    line = Conversation(entries)
    return Dialogue(line, line.clock), line
