"""Questions to an X-NUCLEO-LPM01A and their answers, among whatever else it says meanwhile."""

from __future__ import annotations

from collections import deque

from joulemark.core.errors import MeterError
from joulemark.meters._powershield import Decoder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from joulemark.meters._powershield import Said
    from joulemark.meters._serial import Port

MOST_SAID = 1 << 20
"""Bytes that are gone through in search of one answer."""


class Talk:
    """A conversation with the instrument.

    Args:
        port: its port.
        where: how that is called, for messages.
        binary: the format of samples that was or will be set.
        rate_hz: samples a second.
        answer_s: time that an answer may take, s.

    Attributes:
        said: what it said that was no answer, in order; whoever uses it takes it out.
    """

    def __init__(
        self, port: Port, where: str, *, binary: bool, rate_hz: float, answer_s: float
    ) -> None:
        """Keep the settings; nothing is sent."""
        self.port = port
        self.said: deque[Said] = deque()
        self._where = where
        self._binary = binary
        self._rate_hz = rate_hz
        self._answer_s = answer_s
        self._decoder = self._fresh()

    def ask(self, command: str, *, forget: bool = False) -> str:
        """Send a command; return what its acknowledgement says, command included.

        Args:
            command: the line.
            forget: drop what was said before the answer.

        Raises:
            MeterError: if it is refused, with the reason if one follows, or not answered.
        """
        self.port.write(command.encode("ascii") + b"\r\n")
        verb, left = command.partition(" ")[0], MOST_SAID
        passed: deque[Said] = deque()
        while left > 0:
            while self.said:
                kind, value = self.said.popleft()
                if kind in ("ack", "refused") and value.startswith(verb):
                    if not forget:
                        self.said = passed + self.said
                    if kind == "ack":
                        return str(value)
                    raise self._refusal(command)
                passed.append((kind, value))
            read = self.listen(self._answer_s)
            if not read:
                break
            left -= read
        self.said = passed
        raise MeterError(f"no answer to {command!r}", where=self._where)

    def listen(self, timeout_s: float) -> int:
        """Take what has come into ``said``; return how many bytes that was."""
        data = self.port.read(timeout_s)
        self.said += self._decoder.feed(data)
        return len(data)

    def hush(self) -> None:
        """Stop an acquisition that somebody left running, and forget what is said of it."""
        self.port.write(b"\r\nstop\r\n")  # UM2269 table 25
        left = MOST_SAID
        while left > 0 and (data := self.port.read(self._answer_s / 4)):
            left -= len(data)
        self._decoder = self._fresh()
        self.said.clear()

    def _fresh(self) -> Decoder:
        return Decoder(binary=self._binary, rate_hz=self._rate_hz)

    def _refusal(self, command: str) -> MeterError:
        """Return the error of a refused command, with the reason if one follows."""
        if not any(kind == "detail" for kind, _ in self.said):
            self.listen(self._answer_s / 10)
        details = [value for kind, value in self.said if kind == "detail"]
        self.said = deque(each for each in self.said if each[0] != "detail")
        why = f": {details[0]}" if details else ""
        return MeterError(f"it refuses {command!r}{why}", where=self._where)
