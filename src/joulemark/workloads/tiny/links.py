"""Ways to a board: straight, or through a relay that isolates it from the host.

The relay is an Arduino UNO with EEMBC's firmware or ST's interface board; both pass ``dut COMMAND``
on and return the board's lines after ``[dut]: ``. It is half duplex: what the board says while a
command is on its way is lost or mangled (EnergyRunner user guide, "Fractured Messages from the IO
Manager").
"""

from __future__ import annotations

from collections import deque
from typing import Protocol

from joulemark.core.errors import BoardError
from joulemark.workloads.tiny.dialogue import Dialogue, Said

READY = "m-ready"
"""EE_MSG_READY of ``internally_implemented.h``: the end of every answer."""
FROM_BOARD = "[dut]: "
HAILS, HAIL_S = 3, 2.0
TIMEOUT_S = 5.0
"""``default-timeout-ms=5000`` of EnergyRunner's settings."""


class Link(Protocol):
    """A way to a board.

    Attributes:
        dialogue: what it goes over.
        relayed: whether a relay isolates the board.
    """

    dialogue: Dialogue
    relayed: bool

    def say(self, command: str) -> None:
        """Send a command to the board."""
        ...

    def hear(self, seconds: float) -> Said | None:
        """Return the board's next line; None if none comes in time."""
        ...

    def drain(self) -> list[Said]:
        """Return what the board said without being asked, and forget it."""
        ...


class Direct:
    """A board on a port of the host.

    Args:
        dialogue: with the board.
    """

    relayed = False

    def __init__(self, dialogue: Dialogue) -> None:
        """Keep the dialogue."""
        self.dialogue = dialogue

    def say(self, command: str) -> None:
        """Send a command to the board."""
        self.dialogue.say(command)

    def hear(self, seconds: float) -> Said | None:
        """Return the board's next line."""
        return self.dialogue.hear(seconds)

    def drain(self) -> list[Said]:
        """Return what the board said without being asked."""
        return self.dialogue.drain()


class IoManager:
    """A board behind a relay.

    Args:
        dialogue: with the relay.
    """

    relayed = True

    def __init__(self, dialogue: Dialogue) -> None:
        """Keep the dialogue."""
        self.dialogue = dialogue
        self._early: deque[Said] = deque()

    def ask(self, command: str, seconds: float = TIMEOUT_S) -> list[str]:
        """Return what the relay itself answers, without its ``m-ready``.

        Raises:
            BoardError: if it does not answer in time, or with an error.
        """
        self.dialogue.say(command)
        answer: list[str] = []
        while True:
            said = self.dialogue.hear(seconds)
            if said is None:
                raise BoardError(
                    f"the IO manager does not answer {command!r}",
                    remedy="look at its port, its firmware and its rate (115200 baud)",
                )
            if said.text.startswith(FROM_BOARD):
                self._early.append(_of_board(said))
                continue
            if said.text == READY:
                return answer
            if said.text.startswith("e-["):
                raise BoardError(f"the IO manager says {said.text!r} to {command!r}")
            answer.append(said.text)

    def prepare(self, baud: int | None = None) -> None:
        """Stamp falling edges, as EnergyRunner does before a trace.

        The commands are those of every published energy log (``io tm 0``, ``io enable-timer``);
        their meanings stand in the help text kept in the Python runner's ``io_manager.py``: "tm
        0=fall/1*=change", "enable-timer Enable timer ISR".

        Args:
            baud: of the board, told to ST's interface board alone (``setbaud N``,
                ``io_manager_enhanced.py``); EEMBC's firmware has 9600 built in.
        """
        self._hail("tm 0" if baud is None else f"setbaud {baud}")
        if baud is not None:
            self.ask("tm 0")
        self.ask("enable-timer")

    def _hail(self, command: str) -> None:
        """Send a first command, again if need be: an Arduino starts anew as its port opens."""
        for _ in range(HAILS - 1):
            try:
                self.ask(command, HAIL_S)
            except BoardError:
                self.dialogue.drain()
            else:
                return
        self.ask(command)

    def release(self) -> None:
        """Stamp no more edges (``io disable-timer`` of the published logs)."""
        self.ask("disable-timer")

    def say(self, command: str) -> None:
        """Pass a command on; the relay answers ``m-dut-passthrough(COMMAND)`` and ``m-ready``."""
        answer = self.ask(f"dut {command}")
        if not any(line.startswith("m-dut-passthrough(") for line in answer):
            raise BoardError(f"the IO manager did not pass {command!r} on: it said {answer!r}")

    def hear(self, seconds: float) -> Said | None:
        """Return the board's next line; lines of the relay itself are passed over."""
        if self._early:
            return self._early.popleft()
        while (said := self.dialogue.hear(seconds)) is not None:
            if said.text.startswith(FROM_BOARD):
                return _of_board(said)
        return None

    def drain(self) -> list[Said]:
        """Return what the board said without being asked."""
        early = list(self._early)
        self._early.clear()
        heard = self.dialogue.drain()
        return early + [_of_board(said) for said in heard if said.text.startswith(FROM_BOARD)]


def _of_board(said: Said) -> Said:
    return said._replace(text=said.text[len(FROM_BOARD) :].strip())
