"""A board's own readings held against a shunt meter: how far off, and whether the interval holds.

For every field that the driver gave, and every window that the kernels mark out, the energy is
computed twice from the same readings: naively, each reading held until the next and nothing else,
and as joulemark does it, with the sensor that was found from the readings and the kernels. The
shunt meter takes no part in either. Of what was found, period and known window are used, as a live
meter would; the delay is not, since it holds how slowly the board itself takes up power.

The accuracy class is made without the board's own model, so the interval is that of a board that
nobody has measured. The shunt meter is taken for the truth.

Cases: ``step``, one kernel from begin to end; ``steady``, the same without the time in which the
sensor rises; ``square``, all kernels; ``parts``, whole cycles of a second or more; ``kernel``, one
kernel at a time.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from joulemark.accounting.curve import Curve, curve_of
from joulemark.accounting.integrate import energy_between
from joulemark.analysis.clocks import Fit, ahead_s, fitted, follows
from joulemark.analysis.coverage import Coverage, Held, coverage
from joulemark.analysis.meter_class import BoardLine, board_lines, class_of, models_in
from joulemark.analysis.sensors import Sensor, sensor_of
from joulemark.analysis.sources import Power, Work
from joulemark.core.clock import NS
from joulemark.core.energy import WHOLE
from joulemark.core.errors import FormatError, JoulemarkError
from joulemark.core.trace import Trace
from joulemark.core.window import Window
from joulemark.formats.gpu_benchmark import Recording, recording

SQUARE = 4
"""So many kernels are a square wave."""
PART_S = 1.0
"""Shortest part of a square wave."""
RISE_S = 0.25
"""Time in which a board and a sensor of a short window rise, s; a longer window takes its own."""

Span = tuple[int, int]
"""Begin and end, ns UTC."""


@dataclass(frozen=True, slots=True)
class Interval:
    """One window.

    Attributes:
        naive: energy of the readings as they are, J.
        held: corrected energy, its half-width, and the truth.
    """

    naive: float
    held: Held


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    """All windows of one case of one field of one board.

    Attributes:
        board: name of the folder, with the one above it.
        field: which of the readings.
        case: kind of window.
        sensor: what was found from readings and kernels; the correction uses it.
        seen: what was found from readings and the shunt meter, for comparison.
        clock: how the shunt meter's clock was fitted.
        without: models left out of the accuracy class.
        intervals: one for each window.
    """

    board: str
    field: str
    case: str
    sensor: Sensor
    seen: Sensor
    clock: Fit
    without: tuple[str, ...]
    intervals: tuple[Interval, ...]

    @property
    def naive_error(self) -> float:
        """Root mean square of the naive errors, relative; of one window with its sign."""
        return _error([(one.naive, one.held.truth) for one in self.intervals])

    @property
    def error(self) -> float:
        """The same of the corrected energies."""
        return _error([(one.held.value, one.held.truth) for one in self.intervals])

    @property
    def half_width(self) -> float:
        """Median half-width, relative to the truth."""
        return float(np.median([one.held.u95 / one.held.truth for one in self.intervals]))

    @property
    def count(self) -> int:
        """How many of the intervals hold the truth."""
        return sum(one.held.held for one in self.intervals)


def _error(pairs: Sequence[tuple[float, float]]) -> float:
    errors = [value / truth - 1 for value, truth in pairs]
    if len(errors) == 1:
        return errors[0]
    return math.sqrt(sum(error * error for error in errors) / len(errors))


def judged(paths: Iterable[Path]) -> tuple[list[CaseResult], list[JoulemarkError]]:
    """Return the results of the recordings in some folders, and why others give none.

    Raises:
        JoulemarkError: the first reason, if none gives any.
    """
    boards, found, refused = board_lines(), list[CaseResult](), list[JoulemarkError]()
    for path in paths:
        try:
            found += judge(recording(path), boards)
        except JoulemarkError as error:
            refused.append(error)
    if refused and not found:
        raise refused[0]
    return found, refused


def judge(one: Recording, boards: Sequence[BoardLine]) -> list[CaseResult]:
    """Return the results of one recording.

    Raises:
        FormatError: if its parts do not belong together.
    """
    reference, clock = fitted(one.reference, one.kernels)
    truth = curve_of(reference)
    work = Work(one.kernels)
    power = Power(reference, work.span)
    folder = one.path.resolve()
    without = models_in(folder.name, boards) or models_in(folder.parent.name, boards)
    accuracy = class_of(boards, without)
    found = []
    for utc in _watched(one):
        sensor, seen = sensor_of(utc, work), sensor_of(utc, power)
        channel = replace(
            utc.channel,
            accuracy=accuracy,
            update_s=sensor.period.seconds if sensor.period else None,
            window_s=2 * sensor.lag.seconds if sensor.lag else sensor.nominal_s,
        )
        curve = curve_of(Trace(channel, utc.time, utc.value))
        for case, spans in cases(one.kernels, sensor).items():
            known = [span for span in spans if _covered(truth, span)]
            intervals = [_interval(utc, curve, truth, span, clock.u_s) for span in known]
            found.append(
                CaseResult(
                    board="/".join(folder.parts[-2:]),
                    field=_field(utc),
                    case=case,
                    sensor=sensor,
                    seen=seen,
                    clock=clock,
                    without=tuple(without),
                    intervals=tuple(one for one in intervals if one.held.truth > 0),
                )
            )
    if not any(result.intervals for result in found):
        raise FormatError("the shunt meter does not reach over a window", where=str(one.path))
    return [result for result in found if result.intervals]


def _covered(truth: Curve, span: Span) -> bool:
    return truth.at(span[1])[1] - truth.at(span[0])[1] >= WHOLE * (span[1] - span[0])


def _watched(one: Recording) -> list[Trace]:
    """Return the readings, by UTC, of the board that did the work, each that differs once."""
    distinct = _distinct(one.readings)
    if not distinct:
        raise FormatError("no power reading", where=str(one.path))
    ahead = [ahead_s(readings, one.kernels) for readings in distinct]
    pairs = list(zip(distinct, ahead, strict=True))
    part = max(pairs, key=lambda pair: follows(pair[0], one.kernels, pair[1]))[0].channel.part
    return [
        Trace(readings.channel, readings.time - round(by * NS), readings.value)
        for readings, by in pairs
        if readings.channel.part == part
    ]


def _field(readings: Trace) -> str:
    column = readings.channel.name.rpartition("/")[2]
    return column.removeprefix("power.draw").strip(".") or "draw"


def _distinct(readings: Sequence[Trace]) -> list[Trace]:
    """Return the traces that differ; of alike ones the last, whose name says more."""
    return [
        trace
        for place, trace in enumerate(readings)
        if np.isfinite(trace.value).any()
        and not any(
            len(other) == len(trace) and np.array_equal(other.value, trace.value, equal_nan=True)
            for other in readings[place + 1 :]
        )
    ]


def cases(kernels: Sequence[Window], sensor: Sensor) -> dict[str, list[Span]]:
    """Return the windows of each case that some kernels give.

    Args:
        kernels: closed windows, in order.
        sensor: of the readings; says how long they rise.
    """
    spans = [(k.start, k.stop) for k in kernels if k.stop is not None]
    if len(spans) < SQUARE:
        rise = max(RISE_S, sensor.nominal_s or 0, 3 * sensor.lag.seconds if sensor.lag else 0)
        steady = [(start + round(rise * NS), stop) for start, stop in spans]
        return {"step": spans, "steady": [s for s in steady if s[1] - s[0] > rise * NS]}
    starts = [start for start, _ in spans]
    cycle = (starts[-1] - starts[0]) / (len(starts) - 1)
    each = max(math.ceil(PART_S * NS / cycle), 1)
    parts = list(zip(starts[::each], starts[each::each], strict=False))
    return {"square": [(starts[0], spans[-1][1])], "parts": parts, "kernel": spans}


def _interval(readings: Trace, curve: Curve, truth: Curve, span: Span, u_s: float) -> Interval:
    energy = energy_between(curve, *span, edge_u_s=u_s)
    true = truth.at(span[1])[0] - truth.at(span[0])[0]
    held = Held(energy.joules.value, energy.joules.u95, true, warned=bool(energy.cautions))
    return Interval(naive(readings, span), held)


def naive(readings: Trace, span: Span) -> float:
    """Return the energy of readings that are each held until the next, J."""
    known = np.isfinite(readings.value)
    time, watts = readings.time[known], readings.si()[known]
    edges = np.clip(np.append(time, max(int(time[-1]), span[1])), *span)
    return float(watts @ (np.diff(edges) / NS))


def shares(results: Sequence[CaseResult]) -> list[Coverage]:
    """Return how often the intervals of each case held, over all boards and fields."""
    names = dict.fromkeys(result.case for result in results)
    return [
        coverage(
            name,
            "all boards",
            [one.held for result in results if result.case == name for one in result.intervals],
        )
        for name in names
    ]
