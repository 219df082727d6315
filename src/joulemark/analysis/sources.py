"""What a sensor may have seen: work that is on or off, or the power that another meter saw."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from joulemark.core.clock import NS
from joulemark.core.trace import Trace
from joulemark.core.window import Window

Floats = NDArray[np.float64]

STEP_S = 2e-3
"""How finely a lag follows another meter's power."""
MOST = 1 << 20
"""Points that a lag follows at most; of a longer trace the steps are longer."""


class Source(Protocol):
    """A signal, as sensors of two kinds would show it; moments are seconds from its origin.

    Attributes:
        origin: ns UTC.
        span: where there is something to be seen, ns UTC.
    """

    origin: int
    span: tuple[int, int]

    def mean(self, ends: Floats, length: float) -> Floats:
        """Return the mean over a window before each moment."""
        ...

    def lagged(self, moments: Floats, constant: float) -> Floats:
        """Return the response of a first-order lag at each moment."""
        ...


class Work:
    """Kernels, which are on or off.

    Args:
        kernels: closed windows, in order.
    """

    def __init__(self, kernels: Sequence[Window]) -> None:
        """Take the edges."""
        stamps = np.array([edge for k in kernels for edge in (k.start, k.stop)], dtype=np.int64)
        self.origin = int(stamps[0])
        self.span = (int(stamps[0]), int(stamps[-1]))
        self.edges: Floats = (stamps - stamps[0]) / NS
        on = np.diff(self.edges) * (np.arange(len(self.edges) - 1) % 2 == 0)
        self.done = np.append(0.0, np.cumsum(on))

    def mean(self, ends: Floats, length: float) -> Floats:
        """Return the mean over a window before each moment."""
        begun = np.interp(ends - length, self.edges, self.done)
        means: Floats = (np.interp(ends, self.edges, self.done) - begun) / length
        return means

    def lagged(self, moments: Floats, constant: float) -> Floats:
        """Return the response of a first-order lag at each moment."""
        on = 1.0 - np.arange(len(self.edges)) % 2
        levels = [0.0]
        for to, seconds in zip(on[:-1], np.diff(self.edges), strict=True):
            levels.append(to + (levels[-1] - to) * math.exp(-seconds / constant))
        place = np.maximum(np.searchsorted(self.edges, moments, "right") - 1, 0)
        since = np.maximum(moments - self.edges[place], 0)
        to = np.where(moments < self.edges[0], 0.0, on[place])
        response: Floats = to + (np.array(levels)[place] - to) * np.exp(-since / constant)
        return response


class Power:
    """The power that another meter saw.

    Args:
        trace: its readings, all finite, by the same clock.
        span: where there is something to be seen, ns UTC.
    """

    def __init__(self, trace: Trace, span: tuple[int, int]) -> None:
        """Sum up and resample."""
        self.origin, self.span = span[0], span
        self.time: Floats = (trace.time - span[0]) / NS
        watts = trace.si()
        gained = 0.5 * (watts[1:] + watts[:-1]) * np.diff(self.time)
        self.joules = np.append(0.0, np.cumsum(gained))
        self.step = max(STEP_S, (self.time[-1] - self.time[0]) / MOST)
        self.grid: Floats = np.arange(self.time[0], self.time[-1], self.step)
        sums = np.interp(np.append(self.grid, self.time[-1]), self.time, self.joules)
        self.watts: Floats = np.diff(sums) / self.step
        self._known: dict[float, Floats] = {}

    def mean(self, ends: Floats, length: float) -> Floats:
        """Return the mean over a window before each moment."""
        begun = np.interp(ends - length, self.time, self.joules)
        means: Floats = (np.interp(ends, self.time, self.joules) - begun) / length
        return means

    def lagged(self, moments: Floats, constant: float) -> Floats:
        """Return the response of a first-order lag at each moment."""
        if constant not in self._known:
            self._known = {constant: self._response(constant)}
        seen: Floats = np.interp(moments, self.grid, self._known[constant])
        return seen

    def _response(self, constant: float) -> Floats:
        """Return the lag's response on the grid; before the trace power was as at its begin."""
        falls = np.exp(-np.arange(len(self.grid)) * self.step / constant)
        above = self.watts - self.watts[0]
        size = 2 * len(above)
        spectrum = np.fft.rfft(above, size) * np.fft.rfft(falls / falls.sum(), size)
        response: Floats = np.fft.irfft(spectrum, size)[: len(above)] + self.watts[0]
        return response
