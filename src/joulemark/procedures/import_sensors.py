"""What is known of the sensors behind a log that another tool wrote."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from joulemark.accounting.sensor import seen_period_s
from joulemark.core.channel import Channel, Quantity
from joulemark.core.trace import Trace
from joulemark.meters import _amdsmi_board as amd
from joulemark.meters import _nvml_board as nvidia

ARCHITECTURES: tuple[tuple[str, int], ...] = (
    (r"\bG?B[123]00\b|Blackwell|RTX 50\d\d", 10),
    (r"\b(G?H100|G?H200|H800|H20)\b", 9),
    (r"\b(L4|L20|L40S?)\b|RTX 40\d\d|\bAda\b", 8),
    (r"\bA(2|10G?|16|30|40|100|800)\b|RTX A\d{4}|RTX 30\d\d", 7),
    (r"\bT4\b|RTX 20\d\d|Quadro RTX|GTX 16", 6),
    (r"\bV100\b", 5),
    (r"\bP(4|40|100)\b|GTX 10", 4),
)
"""NVML's numbers of architectures, by the names of boards that serve."""
UNKNOWN = -1
ASSUMED = "the log does not say which board it is: the window of its sensor is assumed"


def sensed(trace: Trace, model: str) -> Channel:
    """Return the channel of a trace with what is known of its sensor.

    Args:
        trace: readings as they were logged.
        model: name of the board; empty where the log does not say.
    """
    channel = trace.channel
    if not channel.carries_energy:
        return replace(channel, note=model)
    if channel.meter == "amd-smi" or "/amd_" in channel.name:
        accuracy, bound, stated, window_s = amd.ACCURACY, amd.BOUND_W, amd.UPDATE_S, None
        note = model
    else:
        row = nvidia.sensor_row(_architecture(model), model)
        accuracy, bound, stated = nvidia.ACCURACY, nvidia.BOUND_W, float(row["update_s"])
        window_s = _window_s(channel.name.rpartition("/")[2], row)
        note = "; ".join(filter(None, (model, "" if model else ASSUMED, str(row["note"]))))
    if channel.quantity is Quantity.ENERGY:
        window_s = None
    return replace(
        channel,
        accuracy=accuracy,
        max_power_w=bound,
        update_s=max(stated, seen_period_s(trace.time, trace.value)),
        window_s=window_s,
        note=note,
    )


def _architecture(model: str) -> int:
    return next((number for names, number in ARCHITECTURES if re.search(names, model)), UNKNOWN)


def _window_s(column: str, row: Mapping[str, Any]) -> float | None:
    """Return over which time a reading of a column is averaged, s."""
    kind = "instant" if "instant" in column.lower() else "usage"
    kind = "average" if "average" in column.lower() else kind
    seconds: float | None = row[f"{kind}_s"]
    return seconds
