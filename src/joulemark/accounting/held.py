"""Readings of others' logs over whole windows: held to the edges, joined over gaps.

A log that others wrote beside a run may begin a few seconds after it and end a few before it. Where
a run says so, its first and last reading are held to the edges of its windows, and the lines
between readings are drawn however far apart they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from joulemark.core.channel import Quantity
from joulemark.core.trace import Trace
from joulemark.core.window import Window

LEAST = 0.5
"""Share of the windows that the readings must lie over."""


def held(trace: Trace, windows: Sequence[Window]) -> Trace:
    """Return a trace of power with its first and last reading held to the edges of the windows.

    Args:
        trace: sorted by time; one that is of another quantity, or lies over less than half of
            the time from the first edge to the last, is returned as it is.
        windows: of the run; open ones do not count.
    """
    closed = [(window.start, window.stop) for window in windows if window.stop is not None]
    if trace.channel.quantity is not Quantity.POWER or not closed:
        return trace
    start, stop = min(a for a, _ in closed), max(b for _, b in closed)
    good = np.flatnonzero(np.isfinite(trace.value) & (trace.value > 0))
    if not len(good):
        return trace
    first, last = int(trace.time[good[0]]), int(trace.time[good[-1]])
    if min(last, stop) - max(first, start) < LEAST * (stop - start):
        return trace
    time, value = trace.time[good[0] : good[-1] + 1], trace.value[good[0] : good[-1] + 1]
    if first > start:
        time, value = np.append(start, time), np.append(value[0], value)
    if last < stop:
        time, value = np.append(time, stop), np.append(value, value[-1])
    return replace(trace, time=time, value=value)
