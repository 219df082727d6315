"""Sensors that stand still while something that they should see moves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from joulemark.accounting.boundary import contains, parents_of, part_of
from joulemark.accounting.context import MACHINE
from joulemark.accounting.curve import Curve
from joulemark.accounting.finding import Finding
from joulemark.accounting.series import LARGEST, Floats, Span, powers, readings, spacing_s, spread
from joulemark.core.caution import Code
from joulemark.core.channel import Channel, Domain, Quantity
from joulemark.core.clock import NS
from joulemark.core.trace import Trace
from joulemark.core.units import digits, si

FEW = 10
"""Equal readings in fewer updates than this say nothing."""
SHARE = 0.2
"""Share of its own power by which another sensor must have moved …"""
STEPS = 3.0
"""… and times the step of the still sensor."""
MAIN = 0.3
"""A part that draws this share of what contains it cannot stand still …"""
SWING = 0.5
"""… while that moves by this share of its own power."""
BUSIER = 0.2
"""Change of a utilisation that power must follow."""
THREADS = 0.5
"""Least change in busy hardware threads that the power of a processor must follow …"""
WATTS_PER_THREAD = 1.0
"""… where each draws at least this; servers of 2022 to 2026 draw 2.8 W at full load (SPECpower)."""
COARSE = 0.05
"""A sensor of unknown step need not see what is less than this share of its own power."""

ALWAYS_DRAWS = frozenset(
    {Domain.WALL, Domain.NODE, Domain.PSYS, Domain.PACKAGE, Domain.DRAM, Domain.GPU}
)
"""Kinds of parts that use energy whenever they are switched on."""
_FED_BY_PROCESSOR = (Domain.PACKAGE, Domain.CORE, Domain.PSYS, Domain.NODE, Domain.WALL)


@dataclass(frozen=True, slots=True)
class Watched:
    """All that a run recorded, as one look for still sensors needs it.

    Attributes:
        curves: of channels that carry energy.
        traces: every trace, by the name of its channel.
    """

    curves: Sequence[Curve]
    traces: dict[str, Trace]


def frozen(watched: Watched, spans: Sequence[Span]) -> list[Finding]:
    """Return the sensors that stood still in some spans while another moved.

    Args:
        watched: what the run recorded.
        spans: windows of one phase, or of the whole run.
    """
    parents = parents_of(curve.channel for curve in watched.curves)
    found = []
    for curve in watched.curves:
        still = _still(curve, watched.traces[curve.channel.name], spans)
        if not still:
            continue
        moved = _witness(curve, watched, spans, parents)
        if moved:
            names = (curve.channel.name,)
            said = f"{curve.channel.name}: {still}; {moved}"
            found.append(Finding(Code.FROZEN_SENSOR, said, names))
    return found


def _still(curve: Curve, trace: Trace, spans: Sequence[Span]) -> str:
    """Return how a sensor stood still, in words; nothing where it moved or spoke too seldom."""
    seen = readings(trace, spans)
    length = sum(stop - start for start, stop in spans) / NS
    if len(seen) < FEW or length < FEW * max(spacing_s(curve), _held_s(trace)):
        return ""
    if float(np.ptp(seen)) != 0:
        return ""
    what = "counter" if curve.channel.quantity is Quantity.ENERGY else "reading"
    unit = "J" if curve.channel.quantity is not Quantity.POWER else "W"
    return f"one {what}, {si(float(seen[0]), unit)}, for {digits(length, 3)} s"


def _held_s(trace: Trace) -> float:
    """Return how long a sensor holds a value on average, s; zero where it never changes."""
    changes = int(np.count_nonzero(trace.value[1:] != trace.value[:-1]))
    return float(trace.time[-1] - trace.time[0]) / NS / changes if changes else 0.0


def _witness(
    curve: Curve,
    watched: Watched,
    spans: Sequence[Span],
    parents: dict[tuple[str, str], str | None],
) -> str:
    """Return what moved meanwhile that the sensor should have seen, in words."""
    channel, own = curve.channel, _level(curve, spans)
    step = STEPS * channel.resolution * channel.scale
    step = step if channel.quantity is Quantity.POWER else 0.0
    for other in watched.curves:
        beside = part_of(other.channel) == part_of(channel) and other is not curve
        if beside or contains(channel, other.channel, parents):
            watts = powers(other, spans)
            if spread(watts) > max(SHARE * float(np.median(watts)), COARSE * own, step):
                return _moved(other.channel, watts)
        elif contains(other.channel, channel, parents):
            watts = powers(other, spans)
            level = float(np.median(watts)) if len(watts) else 0.0
            if 0 < level * MAIN <= own and spread(watts) > SWING * level:
                return _moved(other.channel, watts)
    threads = max(THREADS, max(COARSE * own, step) / WATTS_PER_THREAD)
    busier = _busier(channel, watched.traces.values(), spans, threads)
    if busier or channel.quantity is not Quantity.ENERGY:
        return busier
    return "such a part always draws power" if channel.domain in ALWAYS_DRAWS else ""


def _level(curve: Curve, spans: Sequence[Span]) -> float:
    watts = powers(curve, spans)
    return float(np.median(watts)) if len(watts) else 0.0


def _moved(channel: Channel, watts: Floats) -> str:
    low, high = si(float(watts.min()), "W", 3), si(float(watts.max()), "W", 3)
    return f"{channel.name} moved from {low} to {high}"


def _busier(channel: Channel, traces: Iterable[Trace], spans: Sequence[Span], most: float) -> str:
    """Return what was busier that power must follow, in words.

    Args:
        channel: the still sensor.
        traces: everything recorded.
        spans: where it stood still.
        most: change in busy hardware threads that it need not have seen.
    """
    for trace in traces:
        other = trace.channel
        if other.quantity is Quantity.UTILISATION and part_of(other) == part_of(channel):
            shares = readings(trace, spans)
            if spread(shares) > BUSIER:
                low, high = digits(100 * shares.min(), 2), digits(100 * shares.max(), 2)
                return f"{other.name} moved from {low} to {high} %"
        if other.name == MACHINE and channel.domain in _FED_BY_PROCESSOR:
            threads = _threads(trace, spans)
            if spread(threads) > most:
                low, high = digits(threads.min(), 2), digits(threads.max(), 2)
                return f"{low} to {high} hardware threads were busy"
    return ""


def _threads(trace: Trace, spans: Sequence[Span]) -> Floats:
    """Return busy hardware threads between the samples of a counter of processor time."""
    found = []
    for start, stop in spans:
        part = trace.between(start, stop)
        every = max(len(part) // 50, 1)
        time, seconds = part.time[::every], part.si()[::every]
        passed = np.diff(time) / NS
        with np.errstate(over="ignore", invalid="ignore"):
            found.append(np.diff(seconds)[passed > 0] / passed[passed > 0])
    threads: Floats = np.concatenate(found) if found else np.empty(0)
    return threads[np.abs(threads) < LARGEST]
