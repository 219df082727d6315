"""Ways to a controller that is written down: what it is asked, and what it answers."""

from __future__ import annotations

import struct
from collections.abc import Callable

from joulemark.core.errors import MeterError

START = 1_700_000_000


def told(
    watts: int, stamp: int = START, *, period_ms: int = 1000, state: int = 0x40
) -> tuple[int, bytes]:
    """Return an answer to Get Power Reading."""
    levels = (watts, watts - 1, watts + 1, watts)
    return 0, struct.pack("<B4HIIB", 0xDC, *levels, stamp, period_ms, state)


class Script:
    """A way on which answers to Get Power Reading come as written; other commands by a table.

    Args:
        answers: gives the answer to each power request, by its number.
        others: answers to other commands, by function and command.
    """

    def __init__(
        self,
        answers: Callable[[int], tuple[int, bytes] | Exception],
        others: dict[tuple[int, int], tuple[int, bytes]] | None = None,
    ) -> None:
        self.where = "BMC script"
        self.answers = answers
        self.others = others or {}
        self.asked: list[tuple[int, int, bytes]] = []
        self.powers = 0
        self.closed = 0
        self.interrupted = 0

    def ask(self, function: int, command: int, data: bytes) -> tuple[int, bytes]:
        self.asked.append((function, command, data))
        if (function, command) != (0x2C, 0x02):
            return self.others.get((function, command), (0xC1, b""))
        self.powers += 1
        answer = self.answers(self.powers - 1)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def interrupt(self) -> None:
        self.interrupted += 1

    def close(self) -> None:
        self.closed += 1


def silent(number: int) -> Exception:
    """Return that there is no answer."""
    return MeterError("no answer", where="BMC script")
