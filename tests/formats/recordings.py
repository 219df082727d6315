"""Makes recordings in the layout of GPU_Power_Benchmark: a simulated board, its sensor, a shunt."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from joulemark.formats.pmd import AMPERE, LEAD_S, TICKS_PER_S, VOLT

T0 = 1_700_000_000.0
"""UTC of the begin of a recording, s."""
Floats = NDArray[np.float64]


def square(count: int, period: float, first: float = 1.0) -> list[tuple[float, float]]:
    """Kernels that are on for half of each period."""
    return [(first + i * period, first + (i + 0.5) * period) for i in range(count)]


@dataclass(frozen=True, kw_only=True)
class Board:
    """A board that draws one power while a kernel runs and another while none does.

    Attributes:
        kernels: begin and end, s after T0.
        low, high: power, W.
        gain, offset: reading = gain · mean + offset.
        period, window: of the sensor, s.
        lag: time constant, s; zero for a sensor that averages.
        noise: of each update, W.
        poll: time between two reads, s.
        ahead: how far local time is ahead of UTC, s.
        late, rate: error of the shunt meter's clock.
    """

    kernels: Sequence[tuple[float, float]] = field(default_factory=lambda: [(1.0, 7.0)])
    low: float = 60.0
    high: float = 200.0
    gain: float = 0.95
    offset: float = -1.0
    period: float = 0.1
    window: float = 0.1
    lag: float = 0.0
    noise: float = 0.2
    poll: float = 0.007
    ahead: float = 3600.0
    late: float = 0.003
    rate: float = 4e-4

    @property
    def stop(self) -> float:
        """End of the recording, s."""
        return self.kernels[-1][1] + 1.0

    def joules(self, moments: Floats) -> Floats:
        """Energy up to some moments, J."""
        edges = np.array([edge for pair in self.kernels for edge in pair])
        on = np.append(0.0, np.cumsum(np.diff(edges) * (np.arange(len(edges) - 1) % 2 == 0)))
        done = np.interp(moments, edges, on)
        joules: Floats = self.low * moments + (self.high - self.low) * done
        return joules

    def readings(self) -> tuple[Floats, Floats]:
        """Moments of the reads, s, and what they give, W."""
        reads = np.arange(0.0, self.stop, self.poll)
        updated = np.floor((reads - 0.037) / self.period) * self.period + 0.037
        if self.lag:
            fine = np.arange(-1.0, self.stop, 1e-3)
            power = np.diff(self.joules(fine)) / 1e-3
            shown = [power[0]]
            for watts in power[1:]:
                shown.append(shown[-1] + (watts - shown[-1]) * (1 - np.exp(-1e-3 / self.lag)))
            mean = np.interp(updated, fine[1:], shown)
        else:
            mean = (self.joules(updated) - self.joules(updated - self.window)) / self.window
        update = np.unique(updated, return_inverse=True)[1]
        noise = np.random.default_rng(3).normal(0, self.noise, len(updated))[update]
        return reads, np.round(self.gain * mean + self.offset + noise, 2)

    def write(self, folder: Path) -> Path:
        """Write the four files of a recording."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "gpudata.csv").write_text(self.log())
        stamps = [round((T0 + edge) * 1e6) for pair in self.kernels for edge in pair]
        doubled = [str(s) for stamp in [*stamps, stamps[-1] + 500_000] for s in (stamp, stamp)]
        (folder / "timestamps.csv").write_text("timestamp\n" + "\n".join(doubled) + "\n")
        (folder / "PMD_start_ts.txt").write_text(f"{round((T0 + LEAD_S) * 1e6)}\n")
        (folder / "PMD_data.bin").write_bytes(self.records())
        return folder

    def log(self) -> str:
        """The log of nvidia-smi."""
        lines = ["timestamp, utilization.gpu [%], pstate, power.draw [W], power.draw.instant [W]"]
        for moment, watts in zip(*self.readings(), strict=True):
            stamp = datetime.fromtimestamp(T0 + self.ahead + moment, UTC)
            text = f"{stamp:%Y/%m/%d %H:%M:%S}.{stamp.microsecond // 1000:03d}"
            lines.append(f"{text}, 0, P0, {watts:.2f}, {watts:.2f}")
        return "\n".join(lines) + "\n"

    def records(self) -> bytes:
        """The records of the shunt meter: one cable at 12 V, the slot at 3.3 W."""
        moments = np.arange(0.0, self.stop, 5e-4)
        cable = np.diff(self.joules(moments)) / 5e-4 - 3.3
        true = (moments[:-1] - self.late) / (1 + self.rate)
        ticks = np.round(true * TICKS_PER_S).astype(np.int64) + 50_000
        volts = round(12.0 / VOLT)
        amperes = cable / (volts * VOLT) / AMPERE
        spread = np.floor(amperes + np.random.default_rng(1).random(len(amperes)))
        slot = round(3.3 / (volts * VOLT) / AMPERE)
        return b"".join(
            struct.pack(
                "<H8h", t % 65536, volts << 4, int(a) << 4, 0, 0, volts << 4, slot << 4, 0, 0
            )
            for t, a in zip(ticks.tolist(), spread.tolist(), strict=True)
        )
