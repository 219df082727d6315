"""A session of a tiny benchmark as it was taken here, from which both runners' files are made.

The files have the runners' layouts, so that their readers, the official checker among them, take
them. They say in so many words that joulemark wrote them, and where a rehearsal was simulated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from joulemark.accounting.tiny_energy import Window, edges_of, window_of

PERIOD_S = 0.001
RATE = 1000.0
"""Both runners keep one sample a millisecond."""
MICRO = 1e6
MODES = {"energy": "e", "performance": "p", "accuracy": "a"}
NOT_MEASURED = "VIRTUAL: a simulated board and monitor, a rehearsal; nothing was measured"


class LogLine(NamedTuple):
    """A line of EnergyRunner's log.

    Attributes:
        time_s: since the host began; it is printed with five digits before the point.
        source: ``session``, ``parser``, ``emon``, ``io``, ``dut`` or ``ulp-ml``.
        text: what was said.
    """

    time_s: float
    source: str
    text: str

    def __str__(self) -> str:
        """Return it in EnergyRunner's grammar."""
        return f"{self.time_s % 1e5:09.3f} {self.source}: {self.text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenTrial:
    """One input, and what came of it.

    Attributes:
        file: its name.
        label: its class; None if it has none.
        classes: how many there are; None likewise.
        iterations: measured inferences.
        warmups: inferences before them.
        results: what the board answered.
        stamps: which of the session's stamps begin and end it; None without.
        laps_us: likewise of the board's own clock.
        when: of its begin, ``MMDD.HHMMSS``.
        segment: which piece of the file it is.
    """

    file: str
    label: int | None = None
    classes: int | None = None
    iterations: int = 1
    warmups: int = 0
    results: tuple[float, ...] = ()
    stamps: tuple[int, int] | None = None
    laps_us: tuple[int, int] | None = None
    when: str = "0101.000000"
    segment: int = 0

    @property
    def elapsed_us(self) -> int | None:
        """Length by the board's own clock, which starts again at 2³² µs; None without."""
        return None if self.laps_us is None else (self.laps_us[1] - self.laps_us[0]) % (1 << 32)


def _no_samples() -> NDArray[np.float32]:
    return np.zeros(0, np.float32)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Written:
    """A session.

    Attributes:
        by: who writes it: ``joulemark 0.1.0``.
        session: its id, ``YYYYMMDDHHMMSS``.
        mode: ``energy``, ``performance`` or ``accuracy``.
        model: as the board names it.
        profile: likewise.
        name: of its vendor.
        monitor: the energy monitor, by its registry name; empty without.
        volts: of the supply; None without.
        virtual: whether it is a rehearsal.
        relayed: whether a relay was between host and board.
        trials: in order.
        lines: of the log, without the results.
        samples_uj: energy of each ms, µJ, shape (n,), float32.
        stamps_s: the edges, s since the begin of the trace, on whole ms.
        lost: samples that the monitor lost.
        metrics: accuracy as printed, by name: ``top1`` (percent) or ``auc``.
    """

    by: str
    session: str
    mode: str
    model: str
    profile: str = ""
    name: str = ""
    monitor: str = ""
    volts: float | None = None
    virtual: bool = False
    relayed: bool = False
    trials: Sequence[WrittenTrial] = ()
    lines: Sequence[LogLine] = ()
    samples_uj: NDArray[np.float32] = field(default_factory=_no_samples)
    stamps_s: Sequence[float] = ()
    lost: int = 0
    metrics: tuple[tuple[str, float], ...] = ()

    @property
    def notes(self) -> list[str]:
        """What has to be said of its origin, in lines."""
        said = [
            f"Written by {self.by}, in this layout; the runner that it is named after did not run."
        ]
        return [*said, NOT_MEASURED] if self.virtual else said

    @property
    def benchmark(self) -> str:
        """The benchmark, of the model's name."""
        return self.model.rstrip("0123456789")

    def windows(self) -> list[Window]:
        """Return what was measured, as a reader of the trace finds it."""
        edges = edges_of(self.stamps_s, PERIOD_S, len(self.samples_uj))
        found = []
        for trial in self.trials:
            if trial.stamps is None:
                continue
            first, last = trial.stamps
            begin, end = self.stamps_s[first], self.stamps_s[last]
            found.append(
                window_of(
                    self.samples_uj,
                    (int(edges[first]), int(edges[last])),
                    (begin, end - begin),
                    trial.iterations,
                    meter=self.monitor,
                    name=f"window {last}",
                )
            )
        return found

    def throughputs(self) -> list[float]:
        """Return inferences a second of each measured trial."""
        if self.mode == "energy":
            return [window.throughput for window in self.windows()]
        timed = [(trial.iterations, trial.elapsed_us) for trial in self.trials]
        return [count * MICRO / us for count, us in timed if us]


def resampled(watts: NDArray[np.floating], rate_hz: float) -> NDArray[np.float32]:
    """Return the energy of each millisecond, µJ, of powers of equal periods.

    What is left of a last millisecond that is not whole is dropped.

    Args:
        watts: mean power of each period, shape (n,).
        rate_hz: periods a second.
    """
    joules = np.concatenate([[0.0], np.cumsum(np.asarray(watts, np.float64))]) / rate_hz
    whole = int(len(watts) * RATE / rate_hz + 1e-9)
    at = np.arange(whole + 1) * (rate_hz / RATE)
    energy: NDArray[np.float64] = np.diff(np.interp(at, np.arange(len(joules)), joules)) * MICRO
    if abs(rate_hz - RATE) < 1e-9:  # differences of a sum would lose digits
        energy = np.asarray(watts, np.float64) / rate_hz * MICRO
    return energy.astype(np.float32)
