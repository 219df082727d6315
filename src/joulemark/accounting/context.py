"""What the machine did beside using energy: utilisation, memory, clocks, other programs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from joulemark.core.caution import Caution, Code
from joulemark.core.channel import Channel, Quantity
from joulemark.core.clock import NS
from joulemark.core.trace import Trace
from joulemark.core.units import digits
from joulemark.core.window import PAUSES, Window

_STATES = (
    Quantity.UTILISATION,
    Quantity.MEMORY,
    Quantity.FREQUENCY,
    Quantity.TEMPERATURE,
    Quantity.VOLTAGE,
    Quantity.CURRENT,
    Quantity.POWER_FACTOR,
)

MACHINE, WORKLOAD = "host/cpu", "host/workload"
"""Channels of processor time: of all programs, and of the measured ones."""

STEP_NS = 10_000_000
"""A system clock that moves more than this between two looks was set; slewing is far slower."""

LOOKS_BACK_NS = NS
"""A utilisation is of a sixth of a second to a second (NVML, ``nvmlUtilization_t``)."""

ALL_BUT_ONE = 0.8
"""Eight delays of an eighth of a period lead through it; there is none after the last."""

OTHERS = 0.05
"""Other programs' share of the window, in busy hardware threads, that is worth a warning."""


def context(windows: list[Window], traces: list[Trace]) -> dict[str, float]:
    """Return the mean over the windows of every state that was recorded, in SI, by channel name.

    Counters of processor time become busy hardware threads: seconds of processor time per second.
    """
    found: dict[str, float] = {}
    for trace in traces:
        if trace.channel.quantity is Quantity.CPU_TIME:
            mean = _rate(trace, windows)
        elif trace.channel.quantity in _STATES:
            mean = _mean(trace, windows)
        else:
            continue
        if np.isfinite(mean):
            found[trace.channel.name] = mean
    return found


def other_load(windows: list[Window], traces: list[Trace]) -> Caution | None:
    """Return a warning where programs that are not measured were busy in the windows."""
    known = context(windows, [t for t in traces if t.channel.quantity is Quantity.CPU_TIME])
    if MACHINE not in known or WORKLOAD not in known:
        return None
    others = known[MACHINE] - known[WORKLOAD]
    if others <= OTHERS:
        return None
    return Caution(Code.OTHER_LOAD, f"{digits(others, 2)} hardware threads on average")


def busy_share(window: Window, channel: Channel, traces: list[Trace]) -> float | None:
    """Return the share of a window in which a part ran anything, as its own utilisation says.

    A reading is of up to a second before it, so those of the first second are left out. Of several
    kinds (compute, memory) the busiest tells.

    Returns:
        0 to 1; None where none was recorded.
    """
    inside = replace(window, start=window.start + LOOKS_BACK_NS)
    of = (channel.node, channel.part)
    means = [
        _mean(trace, [inside])
        for trace in traces
        if trace.channel.quantity is Quantity.UTILISATION
        and (trace.channel.node, trace.channel.part) == of
    ]
    return max((mean for mean in means if np.isfinite(mean)), default=None)


def led_through(window: Window, channel: Channel) -> bool:
    """Whether delays led the work of a window once through the period of a sensor."""
    return window.facts.get(PAUSES, 0.0) >= ALL_BUT_ONE * (channel.update_s or np.inf)


def clock_step(windows: list[Window], traces: list[Trace]) -> Caution | None:
    """Return a warning where the system clock was set while a window was open."""
    for trace in traces:
        if trace.channel.quantity is not Quantity.CLOCK_OFFSET:
            continue
        read = np.isfinite(trace.value)
        time, moved = trace.time[read], np.diff(trace.value[read])
        for i in np.flatnonzero(np.abs(moved) > STEP_NS):
            before, after = int(time[i]), int(time[i + 1])
            if any(w.start < after and (w.stop or w.start) > before for w in windows):
                return Caution(Code.CLOCK_STEP, f"by {digits(float(moved[i]) / NS, 3)} s")
    return None


def _mean(trace: Trace, windows: list[Window]) -> float:
    inside = np.zeros(len(trace), dtype=bool)
    for window in windows:
        inside |= (trace.time >= window.start) & (trace.time <= (window.stop or window.start))
    values = trace.si()[inside]
    values = values[np.isfinite(values)]
    return float(values.mean()) if len(values) else float("nan")


def _rate(trace: Trace, windows: list[Window]) -> float:
    gained = length = 0.0
    read = np.isfinite(trace.value)
    time, seconds = trace.time[read], trace.si()[read]
    for window in windows if len(time) else ():
        start = max(window.start, int(time[0]))
        stop = min(window.stop or window.start, int(time[-1]))
        if start < stop:
            ends = np.interp([start - time[0], stop - time[0]], time - time[0], seconds)
            gained += float(ends[1] - ends[0])
            length += (stop - start) / NS
    return gained / length if length else float("nan")
