"""Times and values of one channel, as recorded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from joulemark.core.channel import Channel
from joulemark.core.errors import FormatError


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """Times and values of one channel; never edited, only sliced into new ones.

    Attributes:
        channel: what the values mean.
        time: shape (n,), int64, ns UTC, not decreasing.
        value: shape (n,), float64, in ``channel.unit``; NaN where the sensor gave nothing.

    Raises:
        FormatError: if the two arrays differ in length or are not one-dimensional.
    """

    channel: Channel
    time: NDArray[np.int64]
    value: NDArray[np.float64]

    def __post_init__(self) -> None:
        """Refuse arrays that do not belong together."""
        if self.time.shape != self.value.shape or self.time.ndim != 1:
            raise FormatError(
                f"{self.time.shape} times and {self.value.shape} values",
                where=f"trace {self.channel.name}",
                remedy="give one value per time",
            )

    def __len__(self) -> int:
        """Return the number of samples."""
        return len(self.time)

    @classmethod
    def of(cls, channel: Channel, time: object, value: object) -> Trace:
        """Build a trace from anything array-like, sorted by time (stable)."""
        times = np.asarray(time, dtype=np.int64)
        values = np.asarray(value, dtype=np.float64)
        if times.shape == values.shape and times.ndim == 1 and (np.diff(times) < 0).any():
            order = np.argsort(times, kind="stable")
            times, values = times[order], values[order]
        return cls(channel, times, values)

    def between(self, start: int, stop: int, *, margin: int = 0) -> Trace:
        """Return the samples in [start, stop] and ``margin`` more on either side."""
        first = max(int(np.searchsorted(self.time, start, "left")) - margin, 0)
        last = int(np.searchsorted(self.time, stop, "right")) + margin
        return Trace(self.channel, self.time[first:last], self.value[first:last])

    def si(self) -> NDArray[np.float64]:
        """Return the values in SI units, shape (n,); infinite where that is too large a number."""
        with np.errstate(over="ignore"):
            return self.value * self.channel.scale
