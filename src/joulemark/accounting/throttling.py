"""Why the clocks of accelerators were held down in a window, and for how much of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from joulemark.core.channel import Quantity
from joulemark.core.trace import Trace

POWER_CAP = "its power limit"
NVML_REASONS: Mapping[int, str] = {
    0x04: POWER_CAP,
    0x08: "its hardware (heat, power or a fault)",
    0x20: "heat, by the driver",
    0x40: "heat, by the hardware",
    0x80: "a power brake from outside",
}
"""Bits of ``nvmlClocksEventReason`` (nvml.h). Idling, clocks that were asked for, synchronised
boards and displays (0x01, 0x02, 0x10, 0x100) hold nothing down that a load would miss."""
UNTOLD = "something that it does not tell"
WORTH = 0.01
"""Share of the readings that is worth telling."""


@dataclass(frozen=True, slots=True)
class HeldDown:
    """A reason for which a part's clocks were held down.

    Attributes:
        part: ``node/part``.
        reason: in words, after "by".
        share: of the readings in the window.
    """

    part: str
    reason: str
    share: float

    @property
    def usual(self) -> bool:
        """Whether that is how boards work under load, and no fault."""
        return self.reason == POWER_CAP


def held_down(start: int, stop: int, traces: Iterable[Trace]) -> list[HeldDown]:
    """Return the reasons of each part, each seen in 1 % of the readings or more.

    Args:
        start: of the window, ns.
        stop: of the window, ns.
        traces: of the run; those that hold no flags are left out.
    """
    found = []
    for trace in traces:
        channel = trace.channel
        inside = trace.between(start, stop).value
        inside = inside[np.isfinite(inside)]
        if channel.quantity is not Quantity.FLAGS or not len(inside):
            continue
        bits = inside.astype(np.int64)
        table = NVML_REASONS if channel.meter == "nvml" else {-1: UNTOLD}
        for bit, reason in table.items():
            share = float(np.mean((bits & bit) != 0))
            if share >= WORTH:
                found.append(HeldDown(f"{channel.node}/{channel.part}", reason, share))
    return found
