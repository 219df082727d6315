"""From traces to lines that can be drawn: watts of each part, and the state of the machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from joulemark.accounting.boundary import Part, part_of
from joulemark.accounting.curve import ABSURD, Curve, curve_of
from joulemark.accounting.results import PhaseResult
from joulemark.core.channel import Channel, Quantity
from joulemark.core.clock import NS
from joulemark.core.trace import Trace
from joulemark.report.nesting import order
from joulemark.report.svg import Floats, steps

UPDATES = 5
"""A counter's power is its difference over at least so many updates of the sensor."""
ZERO_CELSIUS = 273.15

_RANK = {Quantity.ENERGY: 0, Quantity.INTERVAL: 1, Quantity.POWER: 2}
_FALLBACK_UPDATE_S = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A line to draw.

    Attributes:
        channel: what it shows.
        time: ns UTC, shape (n,).
        value: in the unit that people read (W, %, B, Hz, °C, threads), shape (n,); NaN breaks it.
    """

    channel: Channel
    time: NDArray[np.int64]
    value: Floats


def power_lines(traces: Mapping[str, Trace], results: Iterable[PhaseResult]) -> list[Line]:
    """Return one line of watts for each part, in the order of all tables and pictures."""
    lines = [power_line(trace) for trace in _speakers(traces, results)]
    return [line for line in lines if len(line.time)]


def _speakers(traces: Mapping[str, Trace], results: Iterable[PhaseResult]) -> list[Trace]:
    """Return the trace that speaks for each part; without results, the best of each part."""
    chosen: dict[Part, Trace] = {}
    for result in results:
        for window in result.windows:
            for part in window.parts:
                if part.channel.name in traces:  # what was calibrated has no readings of its own
                    chosen.setdefault(part_of(part.channel), traces[part.channel.name])
    if not chosen:
        carrying = [t for t in traces.values() if t.channel.carries_energy and len(t)]
        for trace in sorted(carrying, key=lambda t: _RANK[t.channel.quantity]):
            chosen.setdefault(part_of(trace.channel), trace)
    return sorted(chosen.values(), key=lambda trace: order(trace.channel))


def power_line(trace: Trace) -> Line:
    """Return watts over time of a trace that carries energy.

    Power readings are joined by lines; energies become the mean power of each stretch of at least
    five sensor updates. Time that is not covered breaks the line.
    """
    curve = curve_of(trace)
    if len(curve.time) < 2:
        return Line(trace.channel, curve.time[:0], np.empty(0))
    if curve.power is not None:
        return Line(trace.channel, *_readings(curve, curve.power))
    kept = _apart(curve.time, UPDATES * _update_s(trace))
    time = curve.time[kept]
    covered = np.diff(curve.covered[kept])
    joules = np.diff(curve.joules[kept])
    watts = np.divide(joules, covered, out=np.full_like(joules, np.nan), where=covered > 0)
    return Line(trace.channel, *_step_line(time, watts))


def _readings(curve: Curve, power: Floats) -> tuple[NDArray[np.int64], Floats]:
    after = np.flatnonzero(~curve.valid) + 1
    middle = curve.time[after - 1] + (curve.time[after] - curve.time[after - 1]) // 2
    return np.insert(curve.time, after, middle), np.insert(power, after, np.nan)


def _step_line(time: NDArray[np.int64], levels: Floats) -> tuple[NDArray[np.int64], Floats]:
    return np.repeat(time, 2)[1:-1], steps(np.empty(len(time)), levels)[1]


def _update_s(trace: Trace) -> float:
    """Return the time between two updates of the sensor: nominal, or as seen."""
    if trace.channel.update_s is not None:
        return trace.channel.update_s
    changed = trace.time[1:][trace.value[1:] != trace.value[:-1]]
    return float(np.median(np.diff(changed))) / NS if len(changed) > 2 else _FALLBACK_UPDATE_S


def _apart(time: NDArray[np.int64], seconds: float) -> list[int]:
    """Return places of knots that lie at least so far apart; the last stretch takes the rest."""
    least, kept, last = round(seconds * NS), [0], int(time[0])
    for place, moment in enumerate(time.tolist()):
        if moment - last >= least and moment > last:
            kept.append(place)
            last = moment
    if len(kept) == 1:
        return [0, len(time) - 1]
    return [*kept[:-1], len(time) - 1]


def state_lines(traces: Mapping[str, Trace]) -> dict[Quantity, list[Line]]:
    """Return the lines of everything recorded beside energy, by kind, in units people read."""
    found: dict[Quantity, list[Line]] = {}
    for trace in traces.values():
        line = _state_line(trace)
        if line is not None and np.isfinite(line.value).any():
            found.setdefault(trace.channel.quantity, []).append(line)
    return found


def _state_line(trace: Trace) -> Line | None:
    channel = trace.channel
    if len(trace) < 2 or trace.time[0] == trace.time[-1]:
        return None
    values = np.where(np.abs(trace.value) < ABSURD / channel.scale, trace.value, np.nan)
    if channel.quantity is Quantity.CPU_TIME:
        kept = _apart(trace.time, UPDATES * _update_s(trace))
        time, busy = trace.time[kept], np.diff(values[kept]) * channel.scale
        length = np.diff(time) / NS
        return Line(channel, *_step_line(time, np.where(busy >= 0, busy / length, np.nan)))
    if channel.quantity in _READABLE:
        return Line(channel, trace.time, readable(channel, values * channel.scale))
    return None


_READABLE: Sequence[Quantity] = (
    Quantity.UTILISATION,
    Quantity.MEMORY,
    Quantity.FREQUENCY,
    Quantity.TEMPERATURE,
    Quantity.VOLTAGE,
    Quantity.CURRENT,
    Quantity.POWER_FACTOR,
)


def readable(channel: Channel, values: Floats) -> Floats:
    """Return SI values of a state in the unit that people read: % for shares, °C for kelvin."""
    if channel.quantity is Quantity.UTILISATION:
        return 100 * values
    if channel.quantity is Quantity.TEMPERATURE and not channel.unit.endswith("C"):
        return values - ZERO_CELSIUS
    return values


def state_unit(quantity: Quantity) -> str:
    """Return the unit of what :func:`readable` gives."""
    return {
        Quantity.UTILISATION: "%",
        Quantity.MEMORY: "B",
        Quantity.FREQUENCY: "Hz",
        Quantity.TEMPERATURE: "°C",
        Quantity.VOLTAGE: "V",
        Quantity.CURRENT: "A",
        Quantity.CPU_TIME: "threads",
    }.get(quantity, "")
