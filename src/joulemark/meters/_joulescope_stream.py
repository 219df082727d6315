"""What a Joulescope streams, as its driver hands it over: packets of power, packets of an input.

A packet (``pyjoulescope_driver/binding.pyx``, ``_jsdrv_union_to_py``) has the number of its first
sample at the instrument's own rate (``sample_id``, ``sample_rate``), how many of those numbers one
value stands for (``decimate_factor``), and ``data``: float32, or bits, eight to a byte, the lowest
first.
"""

from __future__ import annotations

from joulemark.meters._periods import Periods

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class PowerMeans:
    """Mean power of equal periods.

    Args:
        packet: the first of the trace.
        rate_hz: periods a second.

    Attributes:
        first: number of the first sample of the trace.
        lost: values that did not arrive, or are none.
    """

    def __init__(self, packet: Any, rate_hz: float) -> None:
        """Begin where the packet begins."""
        import numpy as np

        self._np = np
        self.first = int(packet["sample_id"])
        self.lost = 0
        self._step = int(packet["decimate_factor"])
        self._next = 0
        per_period = round(int(packet["sample_rate"]) / self._step / rate_hz)
        self._periods = Periods(per_period)

    def take(self, packet: Any) -> list[tuple[int, float]]:
        """Return number and mean (W) of each period that is over."""
        np = self._np
        values = np.asarray(packet["data"], dtype=np.float64)
        place = (int(packet["sample_id"]) - self.first) // self._step
        fresh = max(self._next - place, 0)  # values that were there before
        values, place = values[fresh:], place + fresh
        usable = np.isfinite(values)
        numbers = place + np.flatnonzero(usable)
        self.lost += place - self._next + len(values) - len(numbers)
        self._next = place + len(values)
        return self._periods.take(numbers, values[usable], self._next)


class Falls:
    """When an input fell.

    The length of a packet of bits is known by where the next begins: the last of its bytes may hold
    bits that are none. So each packet waits for the next.

    Args:
        first: number of the first sample of the trace.
    """

    def __init__(self, first: int) -> None:
        """Begin with nothing."""
        import numpy as np

        self._np = np
        self._first = first
        self._waiting: Any = None
        self._high: bool | None = None
        self._found: list[float] = []

    def take(self, packet: Any) -> None:
        """Take a packet."""
        if self._waiting is not None:
            step = int(self._waiting["decimate_factor"])
            told = (int(packet["sample_id"]) - int(self._waiting["sample_id"])) // step
            self._look(self._waiting, told)
        self._waiting = packet

    def found(self, *, last: bool) -> list[float]:
        """Return when it fell, s after the beginning, and forget it.

        Args:
            last: whether no packet will follow.
        """
        if last and self._waiting is not None:
            self._look(self._waiting, 8 * len(self._waiting["data"]) - 7)  # the least it can hold
            self._waiting = None
        found, self._found = self._found, []
        return found

    def _look(self, packet: Any, length: int) -> None:
        np = self._np
        packed = np.ascontiguousarray(packet["data"], dtype=np.uint8)
        high = np.unpackbits(packed, bitorder="little")[: max(length, 0)].astype(bool)
        if not len(high):
            return
        before = np.concatenate(([high[0] if self._high is None else self._high], high[:-1]))
        self._high = bool(high[-1])
        step, start = int(packet["decimate_factor"]), int(packet["sample_id"]) - self._first
        numbers = start + step * np.flatnonzero(before & ~high)
        rate = float(packet["sample_rate"])
        self._found += (numbers[numbers >= 0] / rate).tolist()
