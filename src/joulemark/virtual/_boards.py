"""What virtual boards are like, and what can be wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

NETWORKS: Mapping[str, tuple[float, float]] = {
    "ad01": (203.368e-6, 38.7e-3),
    "ic01": (6919.375e-6, 42.0e-3),
    "ic02": (42.3e-3, 42.0e-3),
    "kws01": (1820.454e-6, 42.2e-3),
    "vww01": (3894.566e-6, 43.8e-3),
}
"""Energy of an inference, J, and mean power, W; that of ic02 by its operations from ic01."""
FAULTS: Mapping[str, str] = {
    "hangs": "its fourth window never ends",
    "errs": "it answers its later inferences with an error",
    "miscounts": "it takes another number of inferences than it is told",
    "restarts": "its supply breaks down in its fourth window, and it starts anew",
    "chatters": "it prints debug lines, one of them after each m-ready",
    "parasitic": "it lives on its signal pins when its supply is off",
    "no-edges": "its pin is not wired",
    "bounces": "its pin falls again after 3 ms",
    "drifts": "it draws 3 % more in each window",
    "wrong-mode": "it has the firmware of the other mode",
    "short": "its first input takes half the time of the others",
}
"""What can be wrong with it, by name."""
PARASITIC_W = 2e-3


@dataclass(frozen=True, slots=True)
class Kind:
    """What a board is like.

    Attributes:
        model: the network that it runs.
        energy: whether its firmware is that of energy mode.
        awake_w: power when it listens and speaks, W.
        sleep_w: power asleep, W.
        boot_s: from power to its first line, s.
        settle_s: how long it stays awake when it has answered, s.
    """

    model: str = "kws01"
    energy: bool = True
    awake_w: float = 9e-3
    sleep_w: float = 5e-6
    boot_s: float = 0.08
    settle_s: float = 0.004

    @property
    def baud(self) -> int:
        """Rate of its line."""
        return 9600 if self.energy else 115_200


@dataclass(frozen=True, slots=True)
class Stretch:
    """A measured window as it truly was.

    Attributes:
        start: its first edge, ns UTC.
        stop: its second.
        count: inferences in it.
        joules: that the board used, what came through its pins included.
    """

    start: int
    stop: int
    count: int
    joules: float
