"""Sessions: who is let in, with which keys, and which packets were there before."""

from __future__ import annotations

from dataclasses import dataclass, field

from joulemark.virtual.bmc.ciphers import Keys, Suite

NS = 1_000_000_000
IDLE_S = 60
"""A session that is not used for so long ends (section 6.12.15: 60 s ± 3 s)."""
WINDOW = 16
"""Packets may come so many numbers late (section 6.12.13)."""
CALLBACK, USER, OPERATOR, ADMINISTRATOR = 1, 2, 3, 4


@dataclass(slots=True)
class Window:
    """The numbers of packets that have come.

    Attributes:
        highest: of them.
        seen: bit k is set if ``highest - k`` has come.
    """

    highest: int = 0
    seen: int = 1

    def admits(self, number: int) -> bool:
        """Whether a packet is new and not too far from the others; notes it if so."""
        ahead = number - self.highest
        if number == 0 or not -WINDOW < ahead <= WINDOW:
            return False
        if ahead > 0:
            self.seen = (self.seen << ahead | 1) & ((1 << WINDOW) - 1)
            self.highest = number
            return True
        if self.seen >> -ahead & 1:
            return False
        self.seen |= 1 << -ahead
        return True


@dataclass(slots=True)
class Session:
    """One console.

    Attributes:
        own: our number of it.
        console: the console's number.
        suite: the algorithms.
        used: when it last was used, ns.
        highest: the highest privilege that was agreed upon.
        privilege: that which it has now.
        user: name of the user, once told.
        role: requested role, as it came.
        console_random: R_M.
        own_random: R_C.
        keys: once it is let in.
        window: numbers of the packets that have come.
        sent: number of the last packet that we sent.
    """

    own: int
    console: int
    suite: Suite
    used: int
    highest: int
    privilege: int = USER
    user: bytes = b""
    role: int = 0
    console_random: bytes = b""
    own_random: bytes = b""
    keys: Keys | None = None
    window: Window = field(default_factory=Window)
    sent: int = 0

    def idle(self, now: int) -> bool:
        """Whether it was not used for too long."""
        return now - self.used > IDLE_S * NS
