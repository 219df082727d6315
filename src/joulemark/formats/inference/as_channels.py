"""The readings of a power directory as channels and samples of a run.

The line's own figures are the part ``wall``; each analyser, and each channel of one, is a part
within it (``wall-ch1``, ``wall-analyzer1-ch2``), so that the sum and its parts are not added up.
Samples stay as they were read: a failed reading is -1 W still, and is left out by the accounting.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from joulemark.core.channel import (
    Accuracy,
    Channel,
    Domain,
    Instrument,
    Provenance,
    Quantity,
)
from joulemark.formats.inference.parsed import Floats, PowerLog, Readings, Times

METER = "ptdaemon"
WALL = "wall"
PERIOD_S = 1.0
"""PTDaemon asks the analyser once a second."""
NONE = -1.0
"""What stands where a figure could not be read."""

Rows = dict[str, NDArray[Any]]
"""Columns ``time`` (int64), ``value`` (float64) and ``channel`` (uint32), all of shape (n,)."""

_SUM = "sum"
_FIGURES: tuple[tuple[str, Quantity, str], ...] = (
    ("watts", Quantity.POWER, "W"),
    ("volts", Quantity.VOLTAGE, "V"),
    ("amps", Quantity.CURRENT, "A"),
    ("pf", Quantity.POWER_FACTOR, "1"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Metered:
    """What all channels of a power directory share.

    Attributes:
        node: the system under test.
        instrument: what kind of meter it was.
        accuracy: of its energies.
        rated_w: what the power supplies are rated for, W; None if unknown.
        source: the files.
        note: the analyser, and whose clock the samples carry.
    """

    node: str
    instrument: Instrument
    accuracy: Accuracy
    rated_w: float | None = None
    source: str = ""
    note: str = ""


def part_name(reading: str) -> str:
    """Return the part that readings are of: ``sum`` is the wall, ``Analyzer1/Ch2`` within it."""
    return WALL if reading == _SUM else "-".join([WALL, *reading.lower().split("/")])


def parent_of(reading: str) -> str | None:
    """Return the part that contains that of readings; None of the wall."""
    return None if reading == _SUM else part_name(reading.rpartition("/")[0] or _SUM)


def channels_of(
    logs: Sequence[tuple[PowerLog, int]], about: Metered
) -> tuple[tuple[Channel, ...], Rows]:
    """Return channels and samples of the power logs of a directory.

    Args:
        logs: ranging and testing, each with what is added to its stamps for UTC, ns.
        about: what the channels share.

    Returns:
        The channels that were read at least once, power first; samples channel by channel.
    """
    found: dict[str, list[tuple[Times, Readings]]] = {}
    for log, shift in logs:
        for readings in (log.whole, *log.parts):
            time = log.time if readings.time is None else readings.time
            found.setdefault(readings.name, []).append((time + shift, readings))
    channels: list[Channel] = []
    columns: list[tuple[Times, Floats]] = []
    for name, parts in found.items():
        time = np.concatenate([stamps for stamps, _ in parts])
        for figure, quantity, unit in _FIGURES:
            values = np.concatenate([getattr(readings, figure) for _, readings in parts])
            if quantity is not Quantity.POWER:
                values = np.where(values == NONE, np.nan, values)
            if quantity is Quantity.POWER or np.isfinite(values).any():
                channels.append(_channel(name, quantity, unit, about))
                columns.append((time, values))
    return tuple(channels), _rows(columns)


def _channel(reading: str, quantity: Quantity, unit: str, about: Metered) -> Channel:
    part, power = part_name(reading), quantity is Quantity.POWER
    return Channel(
        name=f"{METER}/{part}" if power else f"{METER}/{part}/{quantity.value}",
        meter=METER,
        part=part,
        domain=Domain.WALL,
        quantity=quantity,
        unit=unit,
        node=about.node,
        parent=parent_of(reading),
        accuracy=about.accuracy if power else Accuracy(),
        provenance=Provenance.DECLARED,
        instrument=about.instrument,
        update_s=PERIOD_S,
        rated_w=about.rated_w if power and part == WALL else None,
        source=about.source,
        note=about.note,
    )


def _rows(columns: Sequence[tuple[Times, Floats]]) -> Rows:
    counts = [len(time) for time, _ in columns]
    return {
        "time": np.concatenate([np.empty(0, np.int64), *(time for time, _ in columns)]),
        "value": np.concatenate([np.empty(0), *(value for _, value in columns)]),
        "channel": np.repeat(np.arange(len(columns), dtype=np.uint32), counts),
    }
