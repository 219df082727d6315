"""Recordings as Jetperch's own writer writes them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pyjls import DataType, SignalType, Writer, time64

RATE = 100_000
FIRST = 5000
"""Number of the first sample: the instrument had counted before."""
BEGAN_S = 1_700_000_000

Floats = NDArray[np.floating]


def write(
    path: Path,
    signals: dict[str, Floats],
    *,
    inputs: dict[str, NDArray[np.bool_]] | None = None,
    instruments: int = 1,
    timed: bool = True,
    hole: int = 0,
    rate: int = RATE,
) -> Path:
    """Write a recording.

    Args:
        path: where.
        signals: values by name (``current``, ``voltage``, ``power``).
        inputs: levels by name (``gpi[0]``).
        instruments: how many recorded the same.
        timed: whether the file tells the time of day.
        hole: so many samples are missing after the first half.
        rate: samples a second.
    """
    began = time64.as_time64(float(BEGAN_S))
    with Writer(str(path)) as writer:
        number = 0
        for source in range(1, instruments + 1):
            writer.source_def(
                source_id=source,
                name=f"JS220-{source}",
                vendor="Jetperch",
                model="JS220",
                version="1",
                serial_number=f"00{source}",
            )
            for name, values in {**signals, **(inputs or {})}.items():
                number += 1
                bits = values.dtype == np.bool_
                writer.signal_def(
                    signal_id=number,
                    source_id=source,
                    signal_type=SignalType.FSR,
                    data_type=DataType.U1 if bits else DataType.F32,
                    sample_rate=rate,
                    name=name,
                    units="",
                )
                if timed:
                    writer.utc(number, FIRST, began)
                    writer.utc(number, FIRST + rate, began + time64.SECOND)
                if bits:
                    packed = np.packbits(values.astype(np.uint8), bitorder="little")
                    writer.fsr(number, FIRST, packed)
                    continue
                half = len(values) // 2
                data = values.astype(np.float32)
                writer.fsr_f32(number, FIRST, data[:half])
                writer.fsr_f32(number, FIRST + half + hole, data[half:])
    return path
