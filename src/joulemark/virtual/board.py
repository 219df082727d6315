"""A virtual board under test of MLPerf Tiny, whose true energy is known, and a relay before it.

It takes the time that its serial line takes, draws known powers from a
:class:`joulemark.virtual.rail.Rail`, moves the rail's pin, and sleeps when it has nothing to do.
Time passes only in ``step``. Its powers are those of a published result (ST's NUCLEO-L4R5ZI at
1.8 V, MLPerf Tiny v1.2), so that a rehearsal has the size of the real thing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from joulemark.core.clock import NS
from joulemark.virtual._boards import FAULTS, NETWORKS, PARASITIC_W, Kind, Stretch
from joulemark.virtual._firmware import CLASSES, Firmware, answer_of
from joulemark.virtual.rail import Rail

__all__ = [
    "CLASSES",
    "FAULTS",
    "NETWORKS",
    "Kind",
    "Speaker",
    "Stretch",
    "VirtualBoard",
    "VirtualIoManager",
    "answer_of",
]


class Speaker(Protocol):
    """What hears and says bytes, in virtual time."""

    def hear(self, data: bytes) -> None:
        """Take what the host wrote."""
        ...

    def say(self) -> bytes:
        """Return all that it says now."""
        ...

    def step(self, seconds: float) -> None:
        """Let so much time pass, less once it has said something."""
        ...


class VirtualBoard:
    """A board, without a port: bytes in, bytes out.

    Args:
        rail: what feeds it and holds its pin.
        kind: what it is like.
        fault: a name of :data:`FAULTS`, or nothing.
        seed: of the small scatter of its power.
    """

    def __init__(self, rail: Rail, kind: Kind, fault: str = "", seed: int = 1) -> None:
        """Be there, unpowered unless it is fed by its pins."""
        self.rail = rail
        self.kind = kind
        self._firmware = Firmware(rail, kind, fault, seed)
        self._alive = False
        self._life: Iterator[float] = self._firmware.dead()
        self._left = 0
        if fault == "parasitic":
            rail.parasitic_w = PARASITIC_W

    @property
    def stretches(self) -> Sequence[Stretch]:
        """Every measured window so far."""
        return self._firmware.stretches

    def hear(self, data: bytes) -> None:
        """Take what the host wrote; a board without power is deaf."""
        self._notice()
        if self._alive:
            self._firmware.heard += data
            if self._firmware.idle:
                self._left = 0

    def say(self) -> bytes:
        """Return all that it says now."""
        said = bytes(self._firmware.said)
        self._firmware.said.clear()
        return said

    def step(self, seconds: float) -> None:
        """Let so much time pass, less once it has said something."""
        until = self.rail.clock() + round(seconds * NS)
        self._notice()
        while not self._firmware.said and (most := until - self.rail.clock()) > 0:
            if self._left <= 0:
                self._left = round(next(self._life) * NS)
                continue
            span = min(self._left, most)
            self.rail.advance(span / NS)
            self._left -= span
            self._notice()

    def _notice(self) -> None:
        """Begin to live, or cease to, where the supply has changed."""
        alive = self.rail.alive
        if alive == self._alive:
            return
        self._alive, self._left = alive, 0
        self._firmware.heard.clear()
        self._life = self._firmware.lives() if alive else self._firmware.dead()


class VirtualIoManager:
    """A relay before a board, as the published logs show EEMBC's; bytes in, bytes out.

    Args:
        board: what it passes commands on to.
    """

    def __init__(self, board: VirtualBoard) -> None:
        """Be powered by the host."""
        self.board = board
        self._in = bytearray()
        self._of_board = bytearray()
        self._out = bytearray()

    def hear(self, data: bytes) -> None:
        """Take what the host wrote."""
        self._in += data
        while b"%" in self._in:
            raw, _, rest = bytes(self._in).partition(b"%")
            self._in = bytearray(rest)
            self._obey(raw.decode("ascii", "replace"))

    def say(self) -> bytes:
        """Return all that it says now, and what the board says, behind its mark."""
        self._of_board += self.board.say()
        *lines, rest = bytes(self._of_board).split(b"\n")
        self._of_board = bytearray(rest)
        said = bytes(self._out) + b"".join(b"[dut]: " + line + b"\n" for line in lines)
        self._out.clear()
        return said

    def step(self, seconds: float) -> None:
        """Let so much time pass, less once one of them has said something."""
        if not self._out:
            self.board.step(seconds)

    def _obey(self, command: str) -> None:
        word, _, rest = command.partition(" ")
        lines = {
            "tm": ["m-timestmp-mode-FALLING", "m-[Timer disabled after mode change]"],
            "enable-timer": ["m-timer-enabled"],
            "disable-timer": ["m-timer-disabled"],
            "dut": [f"m-dut-passthrough({rest})"],
        }.get(word, [f"e-[Unknown command: {word}]"])
        self._out += "".join(f"{line}\r\n" for line in [*lines, "m-ready"]).encode("ascii")
        if word == "dut":
            self.board.hear(f"{rest}%".encode("ascii"))
