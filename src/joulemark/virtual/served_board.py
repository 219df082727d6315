"""A board under test as an instrument of ``joulemark virtual``: on a pseudo-terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from joulemark.core.errors import UsageError
from joulemark.virtual.board import FAULTS, NETWORKS, Kind, VirtualBoard
from joulemark.virtual.instruments import setting
from joulemark.virtual.rail import Rail
from joulemark.virtual.terminal import Terminal

VOLTS = 3.3
LONG_S = 600.0
"""Virtual time in which a board that does not hang answers."""


class Hasty:
    """A powered board that answers at once, however long that takes in its own time.

    Args:
        board: the board.
    """

    def __init__(self, board: VirtualBoard) -> None:
        """Power the board and let it start."""
        self._board = board
        board.rail.switch(VOLTS)
        self._out = bytearray()
        self._answer()
        self._out.clear()

    def hear(self, data: bytes) -> None:
        """Take what the host wrote, and answer it."""
        self._board.hear(data)
        if b"%" in data:
            self._answer()

    def say(self) -> bytes:
        """Return all that it says now."""
        said = bytes(self._out)
        self._out.clear()
        return said

    def _answer(self) -> None:
        said = b"-"
        while said:
            self._board.step(LONG_S)
            said = self._board.say()
            self._out += said


@dataclass(frozen=True, slots=True, kw_only=True)
class TinyBoardSettings:
    """Board of MLPerf Tiny in performance mode, on a pseudo-terminal, faster than time.

    Attributes:
        model: the network that it runs.
        fault: what is wrong with it.
    """

    model: str = setting("kws01", f"the network that it runs: {', '.join(NETWORKS)}")
    fault: str = setting("", f"what is wrong with it: {', '.join(FAULTS)}")

    def start(self) -> ServedBoard:
        """Begin to answer.

        Raises:
            UsageError: for a model or a fault that there is not.
        """
        if self.model not in NETWORKS:
            remedy = f"choose from {', '.join(NETWORKS)}"
            raise UsageError(f"no board runs {self.model!r}", remedy=remedy)
        if self.fault and self.fault not in FAULTS:
            remedy = f"choose from {', '.join(FAULTS)}"
            raise UsageError(f"no fault is called {self.fault!r}", remedy=remedy)
        board = VirtualBoard(Rail(), Kind(self.model, energy=False), self.fault)
        return ServedBoard(Terminal(Hasty(board)))


class ServedBoard:
    """A board that answers, until it is closed.

    Args:
        terminal: where it answers.
    """

    def __init__(self, terminal: Terminal) -> None:
        """Keep the terminal."""
        self._terminal = terminal

    @property
    def path(self) -> str:
        """What the host opens."""
        return self._terminal.path

    @property
    def says(self) -> Sequence[str]:
        """Lines for people."""
        return (
            f"board at {self.path}",
            f"try: joulemark bench tiny --dut {self.path} --mode performance",
        )

    def close(self) -> None:
        """Answer no more; a second call does nothing."""
        self._terminal.close()
