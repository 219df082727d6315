"""A half-duplex dialogue in lines: commands end with ``%``, lines with CR LF.

Whoever waits for a line lets others work meanwhile, an energy monitor that has to be read for
instance. Everything that is said either way is handed on with the time at which it was.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from joulemark.core.clock import NS, Clock
from joulemark.core.errors import BoardError
from joulemark.workloads.tiny.line import Line

END = "%"
"""EE_CMD_TERMINATOR of mlcommons/tiny ``benchmark/api/internally_implemented.h``."""
LONGEST_COMMAND = 80
"""EE_CMD_SIZE of the same file; what is longer is cut by the firmware."""
LONGEST_LINE = 1 << 16
SLICE_S = 0.02
"""Between two chances for others to work."""


class Said(NamedTuple):
    """A line.

    Attributes:
        time: when it was said or heard, ns of the dialogue's clock.
        text: without its end.
        heard: whether the device said it.
    """

    time: int
    text: str
    heard: bool = True


def nothing() -> None:
    """Do nothing meanwhile."""


class Dialogue:
    """Lines to and from a device.

    Args:
        line: the transport; closed with the dialogue.
        clock: stamps what is said, and times out what is not.
        note: told of each line, said or heard.
        meanwhile: called again and again while waiting.
        slice_s: between two of these calls.
    """

    def __init__(
        self,
        line: Line,
        clock: Clock,
        note: Callable[[Said], None] | None = None,
        meanwhile: Callable[[], None] = nothing,
        *,
        slice_s: float = SLICE_S,
    ) -> None:
        """Keep the arguments."""
        self.clock = clock
        self.meanwhile = meanwhile
        self._line = line
        self.note = note
        self._slice_s = slice_s
        self._rest = b""
        self._heard: deque[Said] = deque()

    def say(self, command: str) -> None:
        """Send a command.

        Raises:
            BoardError: if it is longer than firmware takes, or the device is gone.
        """
        if len(command) > LONGEST_COMMAND:
            raise BoardError(f"a command of {len(command)} characters: {command[:40]!r}…")
        self._tell(Said(self.clock(), command, heard=False))
        self._line.write((command + END).encode("ascii"))

    def hear(self, seconds: float) -> Said | None:
        """Return the next line; None if none has come so long after the call.

        Raises:
            BoardError: if the device is gone, or sends what is no line.
        """
        until = self.clock() + round(seconds * NS)
        while not self._heard:
            left = (until - self.clock()) / NS
            self._take(self._line.read(max(min(self._slice_s, left), 0.0)))
            self.meanwhile()
            if left <= 0 and not self._heard:
                return None
        return self._heard.popleft()

    def pause(self, seconds: float) -> None:
        """Let time pass; what is heard meanwhile stays to be heard."""
        until = self.clock() + round(seconds * NS)
        while (left := (until - self.clock()) / NS) > 0:
            self._take(self._line.read(min(self._slice_s, left)))
            self.meanwhile()

    def drain(self) -> list[Said]:
        """Return what has come without being asked for, and forget it."""
        self._take(self._line.read(0.0))
        late = list(self._heard)
        self._heard.clear()
        return late

    def close(self) -> None:
        """Close the transport."""
        self._line.close()

    def _take(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > LONGEST_LINE:
            raise BoardError(
                f"{len(self._rest)} characters without an end of line",
                remedy="check the rate of the port: 9600 baud in energy mode, else 115200",
            )
        for raw in lines:
            text = raw.decode("ascii", "replace").strip("\r\0 ")
            if text:
                said = Said(self.clock(), text)
                self._tell(said)
                self._heard.append(said)

    def _tell(self, said: Said) -> None:
        if self.note is not None:
            self.note(said)
