"""Energy per inference of MLPerf Tiny, as published and with what it may be wrong by.

EnergyRunner sums the samples whose time lies in ``[begin, end)``; it makes the time of sample k by
adding the period k times in double precision. The sum of so many roundings is not k times the
period, and moves a sample across an edge now and then: the axis here is made the same way, which
is what gives the printed digits back. The Python runner counts samples instead.

Every window carries the gain of its instrument (assumed where it is not known), its edges (a stamp
and the sample it falls into are each known to one period), and samples that are missing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from joulemark.accounting.added_up import places_before
from joulemark.core.channel import Accuracy
from joulemark.core.student import NORMAL_975
from joulemark.core.value import Source, Term, Value

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

MICRO = 1e6
EDGE_SHARE = 6.0**-0.5
"""Standard uncertainty of the sum of two errors spread evenly over one period each, in periods."""
MEDIAN_EXCESS = 1.2533
"""Standard error of a median over that of a mean, of normal scatter: sqrt(pi / 2)."""
WRAP = 1 << 32
"""Where a board's counter of microseconds starts again."""
GAINS = {
    "lpm01a": Accuracy(gain=0.02, source="ST UM2243: better than 2 % of the reading"),
}
"""Of energy monitors, by the name under which EnergyRunner registers them."""
ASSUMED = Accuracy(gain=0.02, source="assumed: as an LPM01A, the monitor that is used most")
"""Of a monitor that is not named or not in the table: not knowing it must not narrow anything."""


def edges_of(stamps: Sequence[float], period: float, count: int) -> Places:
    """Return how many of a trace's samples lie before each stamp.

    Args:
        stamps: s since its begin.
        period: of the samples, s.
        count: of the samples.
    """
    return places_before(stamps, period, count)


class StreamedSums:
    """Sums of a trace's samples between each two stamps, in bounded memory.

    Args:
        stamps: s since its begin.
        period: of the samples, s.

    Attributes:
        count: samples seen.
        sums: what lies before each stamp, in the unit of the samples.
    """

    def __init__(self, stamps: Sequence[float], period: float) -> None:
        """Start with nothing."""
        self._edges = places_before(stamps, period)
        self.count = 0
        self.sums = np.zeros(len(stamps))

    def add(self, samples: NDArray[np.float32]) -> None:
        """Take the next samples."""
        inside = np.clip(self._edges - self.count, 0, len(samples))
        with np.errstate(invalid="ignore"):  # infinities of both signs
            for at in np.flatnonzero(inside).tolist():
                self.sums[at] += float(samples[: inside[at]].sum(dtype=np.float64))
        self.count += len(samples)

    def between(self, first: int, last: int) -> float:
        """Return the sum between two stamps, by their places."""
        return float(self.sums[last] - self.sums[first])


@dataclass(frozen=True, slots=True)
class Window:
    """One measured window.

    Attributes:
        begin_s: since the begin of its trace.
        seconds: its length.
        inferences: in it.
        samples: how many were summed.
        missing: of these, how many are zero, negative or no number.
        published_uj: the plain sum of its samples, µJ.
        energy: what its inferences used, J.
    """

    begin_s: float
    seconds: float
    inferences: int
    samples: int
    missing: int
    published_uj: float
    energy: Value

    @property
    def per_inference_uj(self) -> float:
        """Energy of an inference as published, µJ; NaN without inferences."""
        return self.published_uj / self.inferences if self.inferences > 0 else math.nan

    @property
    def per_inference(self) -> Value:
        """Energy of an inference, J; NaN without inferences."""
        if self.inferences <= 0:
            return Value(math.nan, "J")
        return self.energy.scaled(1.0 / self.inferences, "J")

    @property
    def power(self) -> Value:
        """Mean power, W; NaN of an empty window."""
        if self.seconds <= 0:
            return Value(math.nan, "W")
        return self.energy.scaled(1.0 / self.seconds, "W")

    @property
    def throughput(self) -> float:
        """Inferences a second; NaN of an empty window."""
        return self.inferences / self.seconds if self.seconds > 0 else math.nan

    @property
    def rate(self) -> Value:
        """Inferences a second, with what both edges may be wrong by; NaN of an empty window."""
        value = Value(self.throughput, "1/s")
        if not self.samples or math.isnan(self.throughput):
            return value
        edges = math.hypot(EDGE_SHARE, EDGE_SHARE) / self.samples
        return value.plus(Source(Term.EDGES, "throughput"), value.value * edges)


def window_of(
    samples_uj: NDArray[np.floating],
    edges: tuple[int, int],
    stretch_s: tuple[float, float],
    inferences: int,
    *,
    meter: str = "",
    lost: float = 0.0,
    name: str = "",
) -> Window:
    """Return a window of a trace.

    Args:
        samples_uj: energy of every sample of the trace, µJ.
        edges: its first sample, and the first after it.
        stretch_s: begin and length.
        inferences: in it.
        meter: name of the energy monitor; its gain is that of ``GAINS``, else ``ASSUMED``.
        lost: share of the samples that the monitor says it lost.
        name: of the window, which its own uncertainties belong to.
    """
    first, last = edges
    part = samples_uj[first:last]
    with np.errstate(invalid="ignore"):  # infinities of both signs
        published = float(part.sum(dtype=np.float64))
    joules, missing = published / MICRO, 0
    if not (math.isfinite(published) and len(part) and part.min() > 0):
        finite = np.isfinite(part)
        missing = int(np.count_nonzero(~(finite & (part > 0))))
        joules = float(part[finite].sum(dtype=np.float64)) / MICRO
    energy = Value(joules, "J")
    gain = GAINS.get(meter, ASSUMED).gain
    monitor = Source(Term.GAIN, meter or "monitor not named")
    energy = energy.plus(monitor, joules * gain / NORMAL_975)
    energy = energy.plus(Source(Term.EDGES, name), _at_edges(samples_uj, first, last) / MICRO)
    share = min(max(lost, 0.0) + (missing / len(part) if len(part) else 0.0), 1.0)
    energy = energy.plus(Source(Term.COVERAGE, name), joules * share / math.sqrt(3))
    return Window(stretch_s[0], stretch_s[1], inferences, len(part), missing, published, energy)


def _at_edges(samples: NDArray[np.floating], first: int, last: int) -> float:
    """Return the standard uncertainty of where a window begins and ends, µJ."""
    parts = []
    for edge in (first, last):
        near = np.asarray(samples[max(edge - 1, 0) : edge + 1], dtype=np.float64)
        near = near[np.isfinite(near)]
        parts.append(float(np.abs(near).max()) * EDGE_SHARE if len(near) else 0.0)
    return math.hypot(*parts)


def median_of(windows: Sequence[Window]) -> Value:
    """Return the median energy of an inference, J; NaN without windows.

    The gain is common to all windows; what is left of them scatters.
    """
    values = [window.per_inference for window in windows if window.inferences > 0]
    if not values:
        return Value(math.nan, "J")
    middle = float(np.median([value.value for value in values]))
    nearest = min(values, key=lambda value: abs(value.value - middle))
    scale = middle / nearest.value if nearest.value else 1.0
    value = Value(middle, "J", dict(nearest.scaled(scale, "J").parts))
    if len(values) < 2:
        return value
    scatter = float(np.std([one.value for one in values], ddof=1))
    source = Source(Term.REPEATS, "windows", dof=len(values) - 1)
    return value.plus(source, MEDIAN_EXCESS * scatter / math.sqrt(len(values)))


def median_uj(windows: Sequence[Window]) -> float:
    """Return the median energy of an inference as published, µJ; NaN without windows."""
    values = [window.per_inference_uj for window in windows if window.inferences > 0]
    return float(np.median(values)) if values else math.nan


def energy_per_mac(energy: Value, macs: int) -> Value:
    """Return the energy of one multiply-accumulate operation, J.

    Args:
        energy: of an inference, J.
        macs: of an inference; more than zero.
    """
    return energy.scaled(1.0 / macs, "J/MAC")


def throughputs(laps_us: Sequence[int], iterations: Sequence[int]) -> tuple[float, ...]:
    """Return inferences a second of each measured stretch, by the board's own stamps.

    Args:
        laps_us: the stamps, µs; the first belongs to no stretch, each two after it are one.
        iterations: inferences of each stretch.
    """
    found = []
    for at, count in enumerate(iterations):
        if len(laps_us) < 2 * at + 3:
            break
        elapsed = laps_us[2 * at + 2] - laps_us[2 * at + 1]
        elapsed += WRAP if elapsed < 0 else 0
        found.append(count * MICRO / elapsed if elapsed > 0 else math.nan)
    return tuple(found)
