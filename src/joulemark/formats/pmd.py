"""Recordings of a PMD (ElmorLabs PMD-USB), a shunt meter in the supply of a graphics board.

``PMD_data.bin`` is a row of records of nine little-endian 16-bit words: a running time stamp, then
voltage and current of four rails (three cables, and the slot by way of a riser). Of a reading the
upper twelve bits count, signed: 7.568 mV and 48.8 mA a step. The stamp wraps at 2¹⁶ and runs at
nominally 2.934 MHz; the rate is known to some 0.1 %. ``PMD_start_ts.txt`` holds the host's time in
µs at which recording was running; the first record is 50 ms older.

As the layout of GPU_Power_Benchmark at 4b5c944 (arXiv 2312.02741) documents them; the rate and the
start must be fitted to known events before a millisecond counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from joulemark.core.channel import Channel, Domain, Instrument, Quantity
from joulemark.core.clock import NS
from joulemark.core.errors import FormatError
from joulemark.core.trace import Trace
from joulemark.formats.files import microseconds, numbered_lines, opened, wrong

TICKS_PER_S = 2.934e6
LEAD_S = 0.05
"""The first record is older than the start stamp by this, s."""
VOLT, AMPERE = 0.007568, 0.0488
"""Steps of the readings."""
RECORD = 18
_CHUNK = RECORD * 65536
_EARLIEST_US = 10**15
"""No recording began before 2001."""

Words = NDArray[np.uint16]


def pmd_trace(data: Path, start: Path) -> Trace:
    """Return the power into the board.

    Args:
        data: the records; an incomplete one at the end is left out.
        start: the file with the start stamp.

    Raises:
        UnavailableError: if a file cannot be opened.
        FormatError: naming file and place of what is wrong.
    """
    began = round(_start_us(start) * 1000 - LEAD_S * NS)
    ticks, watts = [], []
    for words in _words(data):
        ticks.append(words[:, 0].astype(np.int64))
        rails = words[:, 1:].view(np.int16) >> 4
        pairs = rails.astype(np.float64) * np.tile([VOLT, AMPERE], 4)
        watts.append((pairs[:, 0::2] * pairs[:, 1::2]).sum(axis=1))
    if sum(map(len, ticks)) < 2:
        raise FormatError("fewer than two records", where=str(data))
    steps = np.mod(np.diff(np.concatenate(ticks), prepend=ticks[0][0]), 1 << 16)
    time = began + np.round(np.cumsum(steps) * (NS / TICKS_PER_S)).astype(np.int64)
    return Trace.of(_channel(data), time, np.concatenate(watts))


def _channel(data: Path) -> Channel:
    return Channel(
        name="pmd/gpu-0",
        meter="pmd",
        part="gpu-0",
        domain=Domain.GPU,
        quantity=Quantity.POWER,
        unit="W",
        resolution=AMPERE * 12.0,
        instrument=Instrument.EXTERNAL,
        floor=None,
        source=data.name,
        note="shunt meter in the supply of the board; no accuracy is stated",
    )


def _words(path: Path) -> Iterator[Words]:
    """Yield chunks of records.

    Raises:
        FormatError: where the lower four bits, which are never used, are: bytes were lost.
    """
    with opened(path) as file:
        place = 0
        while raw := file.read(_CHUNK):
            whole = len(raw) - len(raw) % RECORD
            words = np.frombuffer(raw[:whole], dtype="<u2").reshape(-1, RECORD // 2)
            bad = np.flatnonzero((words[:, 1:] & 0xF).any(axis=1))
            if len(bad):
                raise FormatError(
                    "bytes were lost before this record",
                    where=f"{path}: record {place + int(bad[0]) + 1}",
                    remedy="record again",
                )
            place += len(words)
            yield words


def _start_us(path: Path) -> int:
    for number, line in numbered_lines(path):
        digits = line.split()[0]
        stamp = microseconds(digits, path, number)
        if stamp >= _EARLIEST_US:
            return stamp
        raise wrong(f"{digits[:40]!r} is no time in µs", path, number)
    raise FormatError("an empty file", where=str(path))
