"""Energy to train by the number of accelerators, compute and interconnect, and time to train."""

from __future__ import annotations

import math
from collections.abc import Sequence

from joulemark.analysis.trained import Trained
from joulemark.core.units import duration, si
from joulemark.report.drawing import Dot, Drawing, Rect, Stroke, Words
from joulemark.report.format import axis_unit, clean
from joulemark.report.svg import Scale, labelled, round_up, ticks

WIDE, NARROW = 860.0, 360.0
MOST = 12
"""So many results are drawn."""
_EDGE, _TOP, _ROW, _NARROW_ROW, _FOOT = 8.0, 66.0, 44.0, 72.0, 30.0
_NAMES, _GAP, _LABEL = 206.0, 36.0, 150.0
_BAR = 18.0
_TIMES = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 36000, 86400)
_TIMES_APART = 36.0


def trained_drawing(group: Sequence[Trained], width: float = WIDE) -> Drawing | None:
    """Return the picture of the results of one benchmark; None of none with a known size.

    Args:
        group: results, by accelerators.
        width: of the picture; below 600 names stand above their bars, and times in words alone.
    """
    known = [one for one in group if one.accelerators is not None][:MOST]
    if not known:
        return None
    narrow = width < 600
    step = _NARROW_ROW if narrow else _ROW
    bottom = _TOP + step * len(known)
    drawing = Drawing(
        width=width,
        height=bottom + _FOOT,
        title=f"Energy to train {clean(known[0].benchmark, 60)}",
        summary="; ".join(f"{_name(one)}: {_parts(one)}, {_minutes(one)}" for one in known),
    )
    energy, times = _axes(known, width, narrow=narrow)
    factor, unit = axis_unit(max(one.whole_j for one in known), "J")
    _legend(drawing)
    _energy_grid(drawing, energy, bottom, factor, unit)
    if times is not None:
        _time_grid(drawing, times, bottom)
    for place, one in enumerate(known):
        _row(drawing, one, (energy, times), _TOP + step * place, factor)
    return drawing


def _axes(known: Sequence[Trained], width: float, *, narrow: bool) -> tuple[Scale, Scale | None]:
    factor, _ = axis_unit(max(one.whole_j for one in known), "J")
    highest = round_up(max(_right(one) for one in known) / factor)
    if narrow:
        return Scale(0.0, highest, _EDGE + 2, width - _EDGE - 14), None
    free = width - _NAMES - _GAP - _LABEL - 70
    energy = Scale(0.0, highest, _NAMES, _NAMES + 0.54 * free)
    logs = [math.log10(one.seconds) for one in known]
    low, high = min(logs), max(logs)
    margin = max(0.08 * (high - low), 0.1)
    left = energy.stop + _LABEL + _GAP
    return energy, Scale(low - margin, high + margin, left, width - 70)


def _right(one: Trained) -> float:
    return max(one.whole_j, (one.in_run_j or 0.0) + one.in_run_u95)


def _name(one: Trained) -> str:
    return f"{one.accelerators} accelerators, {clean(one.name, 60)}"


def megajoules(joules: float) -> str:
    """Return an energy of four significant digits."""
    return si(joules, "J")


def _parts(one: Trained) -> str:
    if not one.interconnect_j:
        return f"{megajoules(one.compute_j)} compute"
    return f"{megajoules(one.compute_j)} + {megajoules(one.interconnect_j)}"


def _minutes(one: Trained) -> str:
    return f"{one.seconds / 60:#.4g} min" if one.seconds >= 60 else duration(one.seconds)


def _legend(drawing: Drawing) -> None:
    y, x = 14.0, _EDGE
    for of, text, length in (
        ("compute", "compute", 82.0),
        ("interconnect", "interconnect", 106.0),
        ("inrun", "in the run ±95 %", 0.0),
    ):
        if of == "inrun":
            drawing.strokes += [
                Stroke(x, y - 4, x + 14, y - 4, of),
                Stroke(x, y - 8, x, y, of),
                Stroke(x + 14, y - 8, x + 14, y, of),
            ]
        else:
            drawing.rects.append(Rect(x, y - 10, 12, 12, of))
        drawing.words.append(Words(x + 19, y, text))
        x += length


def _energy_grid(drawing: Drawing, axis: Scale, bottom: float, factor: float, unit: str) -> None:
    drawing.words.append(Words(axis.start, 46, f"energy, {unit}", "head"))
    for value, label in labelled(ticks(0.0, axis.high, 4)):
        x = axis(value)
        drawing.strokes.append(Stroke(x, _TOP - 10, x, bottom, "rule"))
        drawing.words.append(Words(x, bottom + 18, label, "", "middle"))
    drawing.strokes.append(Stroke(axis.start, _TOP - 10, axis.start, bottom, "base"))


def _time_grid(drawing: Drawing, axis: Scale, bottom: float) -> None:
    drawing.words.append(Words(axis.start, 46, "time to train", "head"))
    last = -math.inf
    for seconds in _TIMES:
        place = math.log10(seconds)
        x = axis(place)
        if not axis.low <= place <= axis.high or x - last < _TIMES_APART:
            continue
        last = x
        drawing.strokes.append(Stroke(x, _TOP - 10, x, bottom, "rule"))
        drawing.words.append(Words(x, bottom + 18, _clock(seconds), "", "middle"))


def _clock(seconds: int) -> str:
    if seconds < 60:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 3600 else f"{seconds // 3600} h"


def _row(
    drawing: Drawing, one: Trained, axes: tuple[Scale, Scale | None], top: float, factor: float
) -> None:
    energy, times = axes
    narrow = times is None
    y = top + (22 if narrow else 4)
    compute, whole = energy(one.compute_j / factor), energy(one.whole_j / factor)
    told = f"{_name(one)}: {_parts(one)}, {_minutes(one)}"
    drawing.rects.append(Rect(energy.start, y, compute - energy.start, _BAR, "compute", told))
    if one.interconnect_j:
        drawing.rects.append(Rect(compute, y, whole - compute, _BAR, "interconnect", told))
    _whisker(drawing, one, energy, y, factor)
    if times is None:
        drawing.words.append(Words(_EDGE, top + 15, str(one.accelerators), "name"))
        shift = 8.5 * len(str(one.accelerators)) + 6
        drawing.words.append(Words(_EDGE + shift, top + 15, clean(one.name, 44)))
        text = f"{_parts(one)}, {_minutes(one)}"
        drawing.words.append(Words(_EDGE, y + _BAR + 22, text, "value"))
        return
    drawing.words.append(Words(_EDGE, y + 8, f"{one.accelerators} accelerators", "name"))
    drawing.words.append(Words(_EDGE, y + 24, clean(one.name, 27)))
    right = energy(_right(one) / factor)
    drawing.words.append(Words(right + 9, y + 13, _parts(one), "value"))
    x = times(math.log10(one.seconds))
    drawing.dots.append(Dot(x, y + _BAR / 2, 6, "time", told))
    drawing.words.append(Words(x + 11, y + 13, _minutes(one), "value"))


def _whisker(drawing: Drawing, one: Trained, axis: Scale, y: float, factor: float) -> None:
    """Draw the energy in the run with its interval, in the lower half of the bar."""
    if one.in_run_j is None:
        return
    low, high = (
        axis(max(value, 0.0) / factor)
        for value in (one.in_run_j - one.in_run_u95, one.in_run_j + one.in_run_u95)
    )
    middle = y + _BAR + 5
    drawing.strokes += [
        Stroke(low, middle, high, middle, "inrun"),
        Stroke(low, middle - 3, low, middle + 3, "inrun"),
        Stroke(high, middle - 3, high, middle + 3, "inrun"),
    ]
    drawing.dots.append(Dot(axis(one.in_run_j / factor), middle, 2.5, "inrundot"))
