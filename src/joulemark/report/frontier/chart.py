"""Candidates in a plane with logarithmic axes, as numbers of a picture; a template draws it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from joulemark.analysis.frontier.candidate import Candidate, Metric
from joulemark.analysis.frontier.recommend import Answer
from joulemark.report.format import clean
from joulemark.report.frontier.colours import MOST, Colours
from joulemark.report.frontier.words import bare, number
from joulemark.report.svg import Scale
from joulemark.report.svg import number as place_of

WIDE, NARROW = (1120.0, 470.0), (360.0, 340.0)
_LEFT, _RIGHT, _TOP, _BOTTOM = 68.0, 14.0, 16.0, 46.0
_ROOM = 0.04
"""Of the length of an axis, kept free at either end."""
_FINEST: Sequence[float] = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9)
_FINE: Sequence[float] = (1, 2, 5)
_COARSE: Sequence[float] = (1,)
_SHORT = 1.0
"""So many decades of an axis are few: its labels are as dense as there is room."""
_APART, _ABOVE = 46.0, 28.0
"""Least distance of labels beside and above each other."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A labelled place of an axis."""

    place: float
    label: str


@dataclass(frozen=True, slots=True)
class Spot:
    """A candidate in the picture: ``row`` is its row of the table, ``of`` its classes."""

    x: float
    y: float
    row: int
    of: str
    title: str
    bars: tuple[tuple[float, float, float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture.

    Attributes:
        width, height: of it, in pixels where it is not stretched.
        left, right, top, bottom: of the plane.
        x, y: logarithms of the ends of the axes.
        x_ticks, y_ticks: of the axes.
        x_label, y_label: of the axes.
        line: path along the frontier.
        spots: all candidates, those of the frontier last.
    """

    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float
    x: Scale
    y: Scale
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    x_label: str
    y_label: str
    line: str
    spots: tuple[Spot, ...]


def chart(
    answer: Answer,
    rows: Sequence[Candidate],
    colours: Colours,
    size: tuple[float, float],
) -> Chart | None:
    """Return the picture of a group; None where its numbers have no logarithm.

    Args:
        answer: of the group.
        rows: its candidates in the order of the table.
        colours: of its candidates.
        size: width and height.
    """
    metrics = answer.time, answer.energy
    values = [[one.measures[metric.name].value for one in rows] for metric in metrics]
    if not rows or min(map(min, values)) <= 0:
        return None
    (width, height), (right, bottom) = size, (size[0] - _RIGHT, size[1] - _BOTTOM)
    x, y = _scale(values[0], _LEFT, right), _scale(values[1], bottom, _TOP)
    return Chart(
        width, height, _LEFT, right, _TOP, bottom, x, y,
        x_ticks=tuple(_ticks(x, metrics[0])),
        y_ticks=tuple(_ticks(y, metrics[1])),
        x_label=_label(metrics[0]),
        y_label=_label(metrics[1]),
        line=_line(answer, x, y),
        spots=tuple(_spots(answer, rows, colours, x, y)),
    )  # fmt: skip


def _scale(values: Sequence[float], start: float, stop: float) -> Scale:
    low, high = math.log10(min(values)), math.log10(max(values))
    room = max((high - low) * _ROOM, 0.02)
    return Scale(low - room, high + room, start, stop)


def _ticks(scale: Scale, metric: Metric) -> Iterator[Tick]:
    """Yield round places, as far as their labels have room."""
    length = scale.high - scale.low
    per_decade = abs(scale.stop - scale.start) / length
    steps = _FINEST if length < _SHORT else _FINE if per_decade >= 3 * _APART else _COARSE
    apart = _ABOVE if scale.start > scale.stop else _APART
    last = -math.inf
    for decade in range(math.floor(scale.low), math.ceil(scale.high) + 1):
        for step in steps:
            at = decade + math.log10(step)
            place = scale(at)
            if scale.low <= at <= scale.high and abs(place - last) >= apart:
                last = place
                digits = 2 if step % 1 else 1
                yield Tick(place, number(step * 10.0**decade, bare(metric.unit), digits))


def _label(metric: Metric) -> str:
    title = clean(metric.title or metric.name, 60)
    return f"{title} (more is better)" if metric.more else title


def _line(answer: Answer, x: Scale, y: Scale) -> str:
    """Return a staircase: between two points of the frontier nothing better was measured."""
    places = [_place(one, answer, x, y) for one in answer.frontier.points]
    if not places:
        return ""
    first, rest = places[0], places[1:]
    steps = "".join(f"H{place_of(at[0])}V{place_of(at[1])}" for at in rest)
    return f"M{place_of(first[0])} {place_of(first[1])}{steps}"


def _place(one: Candidate, answer: Answer, x: Scale, y: Scale) -> tuple[float, float]:
    time, energy = one.measures[answer.time.name].value, one.measures[answer.energy.name].value
    return x(math.log10(time)), y(math.log10(energy))


def _spots(
    answer: Answer, rows: Sequence[Candidate], colours: Colours, x: Scale, y: Scale
) -> Iterator[Spot]:
    """Yield the candidates, those that are beaten first."""
    on = {one.name for one in answer.frontier.points}
    tied = {tie.candidate.name for tie in answer.frontier.tied}
    rank = {row: (one.name in on) * 2 + (one.name in tied) for row, one in enumerate(rows)}
    for row in sorted(rank, key=lambda row: rank[row]):
        one = rows[row]
        colour = colours.of[row] % MOST + 1
        of = f"spot c{colour} {('beaten', 'tied', 'on')[rank[row]]}"
        at = _place(one, answer, x, y)
        yield Spot(*at, row, of, _told(one, answer), tuple(_bars(one, answer, x, y, at)))


def _told(one: Candidate, answer: Answer) -> str:
    numbers = [
        number(one.measures[metric.name].value, bare(metric.unit))
        for metric in (answer.time, answer.energy)
    ]
    return f"{clean(one.name, 80)}: {', '.join(numbers)}"


def _bars(
    one: Candidate, answer: Answer, x: Scale, y: Scale, at: tuple[float, float]
) -> Iterator[tuple[float, float, float, float]]:
    """Yield the intervals of both numbers as lines, cut at the edges of the plane."""
    for metric, scale in ((answer.time, x), (answer.energy, y)):
        measure = one.measures[metric.name]
        if not measure.u95:
            continue
        ends = [measure.value - measure.u95, measure.value + measure.u95]
        logs = [math.log10(end) if end > 0 else scale.low for end in ends]
        low, high = (scale(min(max(log, scale.low), scale.high)) for log in logs)
        yield (low, at[1], high, at[1]) if scale is x else (at[0], low, at[0], high)
