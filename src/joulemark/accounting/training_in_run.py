"""The energy of a node or switch between the start and the stop of a training run.

Readings (of several on one stamp their mean) are joined by straight lines between ``run_start`` and
``run_stop``; what stands before and after does not count. Where readings are missing the line goes
on (at the edges the nearest reading is held), and what that time may have held is in the
uncertainty: how far the power read in the run, or beside it, strays from the mean, rectangular, and
alike in all logs of the run.

A log whose clock is in another time zone lies beside the run; where a shift by whole hours, else
by quarters, lays it over the run, it is shifted, and its clock is trusted less. Any other distance
is no time zone: then there is no figure.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from joulemark.accounting.curve import ABSURD, curve_of
from joulemark.accounting.integrate import energy_between
from joulemark.accounting.training_record import Floats, Kind, PowerRecord, Times
from joulemark.core.channel import Accuracy, Channel, Domain, Instrument, Provenance, Quantity
from joulemark.core.clock import NS
from joulemark.core.energy import Energy
from joulemark.core.trace import Trace
from joulemark.core.value import Source, Term, Value

METER = 0.05
"""Accuracy that the rules ask of a meter, relative, as 95 % half-width."""
EFFICIENCY = 0.02
"""Half-width of a stated conversion efficiency, relative: a class of power supplies holds at some
loads, and an efficiency is stated for one."""
CLOCK_S, ZONE_CLOCK_S = 1.0, 30.0
"""Half-width of the distance of a log's clock from the run's, s; of one in another time zone."""
IDLE_SHARE = 0.5
"""A switch uses at least so much of the power that it is declared to use at most."""
OVERLAP, ZONE_OVERLAP = 0.5, 0.9
"""Share of the run that a log must lie over; that it must lie over once it is shifted, as any short
log can be shifted over a part of a long run."""
HOUR_S, ZONE_S = 3600, 900
FURTHEST_S = 14 * HOUR_S
HOLE = 2.5
"""A hole is longer than this many usual distances of readings …"""
HOLE_S = 1.5
"""… and than this, s."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a log holds of a run.

    Attributes:
        readings: how many stamps with a reading in the run.
        mean_gap_s: mean distance of readings in the run, s; NaN for fewer than two.
        longest_gap_s: longest time of the run without a reading, its edges included, s.
        shift_s: seconds by which its stamps were shifted, for their time zone.
        coverage: share of the run that is not in a hole, 0 to 1.
    """

    readings: int
    mean_gap_s: float
    longest_gap_s: float
    shift_s: int
    coverage: float


def in_run(record: PowerRecord, start: int, stop: int) -> tuple[Energy, Seen | None]:
    """Return the energy of a log between two moments.

    Args:
        record: the log.
        start: ns.
        stop: ns.

    Returns:
        The energy, and what the log holds of the run; None where a declared power stands for it.

    Raises:
        ValueError: if nothing can be said of the run; the text says why.
    """
    if stop <= start:
        raise ValueError("the run stops before it starts")
    factor = _factor(record)
    read = np.isfinite(record.watts) & (record.watts > 0) & (record.watts < ABSURD)
    time, watts = _one_a_stamp(record.time[read], record.watts[read] * factor)
    shift = zone_shift_s(time, start, stop)
    if shift is not None:
        return _measured(record, time + shift * NS, watts, (start, stop), shift)
    if record.estimates:
        first = min(record.estimates, key=lambda mark: mark.line)
        return _declared(record.name, first.value * factor, start, stop), None
    if not len(time):
        raise ValueError("it has no reading")
    raise ValueError(_apart(time, start, stop))


def _one_a_stamp(time: Times, watts: Floats) -> tuple[Times, Floats]:
    """Return readings sorted by time; of several on one stamp the mean."""
    if (np.diff(time) > 0).all():
        return time, watts
    stamps, place = np.unique(time, return_inverse=True)
    return stamps, np.bincount(place, watts, len(stamps)) / np.bincount(place)


def _factor(record: PowerRecord) -> float:
    stated = max(record.efficiencies, key=lambda mark: mark.line, default=None)
    if stated is None:
        return 1.0
    if not 0 < stated.value <= 1:
        raise ValueError(f"its conversion_eff of {stated.value:g} is no efficiency")
    return stated.value


def _overlap(time: Times, start: int, stop: int, shift_s: int) -> int:
    first, last = int(time[0]) + shift_s * NS, int(time[-1]) + shift_s * NS
    return min(last, stop) - max(first, start)


def _apart(time: Times, start: int, stop: int) -> str:
    share = max(_overlap(time, start, stop, 0), 0) / (stop - start)
    if share:
        return f"its readings lie over {100 * share:.0f} % of the run"
    side = "before" if time[-1] < start else "after"
    away = (start - time[-1] if side == "before" else time[0] - stop) / NS
    return f"its readings lie {away:.0f} s {side} the run, which is no time zone"


def zone_shift_s(time: Times, start: int, stop: int) -> int | None:
    """Return by how many seconds the stamps of a log must be shifted to lie over a run.

    Args:
        time: of its readings, sorted, ns.
        start: of the run, ns.
        stop: likewise.

    Returns:
        0 where it lies there; None if no time zone does it.
    """
    if not len(time):
        return None
    if _overlap(time, start, stop, 0) >= OVERLAP * (stop - start):
        return 0
    middle = (start / 2 + stop / 2 - int(time[0]) / 2 - int(time[-1]) / 2) / NS
    for step in (HOUR_S, ZONE_S):
        steps = range(-(FURTHEST_S // step), FURTHEST_S // step + 1)
        best = max(
            (n * step for n in steps),
            key=lambda shift: (_overlap(time, start, stop, shift), -abs(shift - middle)),
        )
        if _overlap(time, start, stop, best) >= ZONE_OVERLAP * (stop - start):
            return best
    return None


def _measured(
    record: PowerRecord, time: Times, watts: Floats, run: tuple[int, int], shift_s: int
) -> tuple[Energy, Seen]:
    start, stop = run
    distances = np.diff(time) / NS
    usual = float(np.median(distances)) if len(distances) else 0.0
    gaps = np.diff(np.clip(np.concatenate(([start], time, [stop])), start, stop)) / NS
    hole = gaps > max(HOLE * usual, HOLE_S)
    missing = float((gaps[hole] - usual).sum())
    inside = watts[(time >= start) & (time <= stop)]
    clock = math.hypot(
        (ZONE_CLOCK_S if shift_s else CLOCK_S) / math.sqrt(3), _stamp_s(time) / math.sqrt(12)
    )
    held_time, held = _held(time, watts, start, stop)
    trace = Trace(channel_of(record, usual), held_time, held)
    energy = energy_between(curve_of(trace, gap_s=math.inf), start, stop, edge_u_s=clock)
    mean = energy.joules.value / ((stop - start) / NS)
    strays = max(float(watts.max()) - mean, mean - float(watts.min()), 0.0)
    holes = Source(Term.COVERAGE, f"holes@{start}")
    between = gaps[1:-1][gaps[1:-1] > 0]
    seen = Seen(
        readings=len(inside),
        mean_gap_s=float(between.mean()) if len(between) else math.nan,
        longest_gap_s=float(gaps.max()),
        shift_s=shift_s,
        coverage=1 - missing / ((stop - start) / NS),
    )
    joules = energy.joules.plus(holes, strays * missing / math.sqrt(3))
    return replace(energy, joules=joules, coverage=min(seen.coverage, energy.coverage)), seen


def _stamp_s(time: Times) -> float:
    """Return the step of the stamps: a second, or next to nothing."""
    return 1.0 if not (time % NS).any() else 0.001


def _held(time: Times, watts: Floats, start: int, stop: int) -> tuple[Times, Floats]:
    """Return the readings with the first and the last held to the edges of the run."""
    if time[0] > start:
        time, watts = np.append(start, time), np.append(watts[0], watts)
    if time[-1] < stop:
        time, watts = np.append(time, stop), np.append(watts, watts[-1])
    return time, watts


def channel_of(record: PowerRecord, usual_s: float) -> Channel:
    """Return what a log's readings mean, less its conversion efficiency.

    Args:
        record: the log.
        usual_s: usual distance of two readings, s; zero if unknown.
    """
    stated = bool(record.efficiencies) and _factor(record) != 1.0
    return Channel(
        name=f"power-log/{record.name}",
        meter="power-log",
        part=record.name,
        domain=Domain.SWITCH if record.kind is Kind.SWITCH else Domain.NODE,
        quantity=Quantity.POWER,
        unit="W",
        accuracy=Accuracy(
            gain=METER,
            model=EFFICIENCY if stated else 0.0,
            source="what the rules of MLPerf Training ask of a meter",
        ),
        instrument=Instrument.PLATFORM,
        update_s=usual_s or None,
    )


def _declared(name: str, watts: float, start: int, stop: int) -> Energy:
    """Return the energy of a power that is stated as the most a switch uses."""
    if not (math.isfinite(watts) and 0 <= watts < ABSURD):
        raise ValueError(f"its interconnect_power_est of {watts:g} W is no power")
    joules = watts * ((stop - start) / NS)
    source = Source(Term.MODEL, "declared interconnect")
    return Energy(
        joules=Value(joules, "J").plus(source, (1 - IDLE_SHARE) * joules / math.sqrt(3)),
        provenance=Provenance.DECLARED,
        method=f"declared maximum of {name}",
    )
