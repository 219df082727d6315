"""The power timeline with its windows, and the strips of the machine's state below it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from joulemark.accounting.boundary import Part, part_of
from joulemark.accounting.results import PhaseResult
from joulemark.core.channel import Channel, Quantity
from joulemark.core.clock import NS
from joulemark.core.run import Run
from joulemark.core.trace import Trace
from joulemark.core.units import digits
from joulemark.core.window import Window
from joulemark.report import svg
from joulemark.report.format import axis_unit, clean
from joulemark.report.series import Line, power_lines, state_lines, state_unit
from joulemark.report.style import mark
from joulemark.report.words import ROLES, STATES

WIDTH = 1000.0
"""Length of the time axis in units of the drawing, which is stretched to the width there is."""
POWER_HEIGHT, STRIP_HEIGHT = 280, 92
MOST_LINES = 18
"""More lines than this in one panel cannot be told apart; the rest is named, not drawn."""
FULLY_DRAWN, FEWEST_BINS = 8, 200
"""More lines than this share what points there are, so that hours of many boards stay a light page:
each has the extremes of at least so many stretches."""
MOST_NAMED = 12
"""So many of those that are not drawn are named."""

_TOP = 6
_FULL = 100.5
"""A utilisation up to this, in %, is drawn on an axis to 100."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One line as drawn: colour number, dash pattern, path, and what stands beside it."""

    label: str
    about: str
    colour: int
    dash: str
    path: str
    provenance: str


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture on the common time axis.

    Attributes:
        name: what it shows.
        unit: of its values.
        height: px.
        low: value at the lower edge.
        high: value at the upper edge.
        top: px from the upper border to ``high``.
        ticks: px from above and label of each value marked on the axis.
        lines: what is drawn.
        left_out: names of lines that are not drawn.
        summary: the picture in words.
    """

    name: str
    unit: str
    height: int
    low: float
    high: float
    top: int
    ticks: list[tuple[float, str]]
    lines: list[Drawn]
    left_out: list[str]
    summary: str


@dataclass(frozen=True, slots=True)
class Band:
    """A window as shaded on the timeline: place and width as percentages of the time axis."""

    role: str
    label: str
    about: str
    left: float
    width: float


@dataclass(frozen=True, slots=True)
class Bracket:
    """Stretches of time by one rule, drawn as a thin row: what it is, a path, and it in words."""

    name: str
    path: str
    summary: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """All panels, on one time axis of ``span_s`` seconds; ``ticks`` as percentage and label.

    ``origin`` is where the axis begins, ns UTC.
    """

    span_s: float
    panels: list[Panel]
    bands: list[Band]
    ticks: list[tuple[float, str]]
    origin: int = 0
    brackets: list[Bracket] = field(default_factory=list)


def timeline(
    run: Run, traces: Mapping[str, Trace], results: Sequence[PhaseResult]
) -> Timeline | None:
    """Return the timeline; None where no time passed."""
    power, states = power_lines(traces, results), state_lines(traces)
    windows = closed_windows(run, results)
    edges = [(w.start, w.stop or w.start) for w, _ in windows]
    edges += [(int(line.time[0]), int(line.time[-1])) for line in power]
    edges += [(int(line.time[0]), int(line.time[-1])) for each in states.values() for line in each]
    if not edges or max(stop for _, stop in edges) <= min(start for start, _ in edges):
        return None
    origin = min(start for start, _ in edges)
    span_s = (max(stop for _, stop in edges) - origin) / NS
    count = len(power) + sum(min(len(each), MOST_LINES) for each in states.values())
    draw = _Drawing(origin, span_s, {line.channel.node for line in power}, count)
    panels = [draw.panel("Power", "W", power, POWER_HEIGHT, from_zero=True)] if power else []
    panels += [draw.state(quantity, states[quantity]) for quantity in STATES if quantity in states]
    return Timeline(
        span_s=span_s,
        panels=panels,
        bands=[_band(window, label, origin, span_s) for window, label in windows],
        ticks=[(100 * t / span_s, label) for t, label in svg.time_ticks(span_s)],
        origin=origin,
    )


def closed_windows(run: Run, results: Iterable[PhaseResult]) -> list[tuple[Window, str]]:
    """Return windows in the order of their start, each with a name: its phase and its number."""
    closed = [r.window for result in results for r in result.windows]
    closed = closed or [window for window in run.windows if window.duration_s > 0]
    total: dict[str, int] = {}
    for window in closed:
        total[window.phase] = total.get(window.phase, 0) + 1
    count: dict[str, int] = {}
    named = []
    for window in sorted(closed, key=lambda window: window.start):
        count[window.phase] = count.get(window.phase, 0) + 1
        name = clean(window.phase, 60)
        many = total[window.phase] > 1
        named.append((window, f"{name} {count[window.phase]}" if many else name))
    return named


def _band(window: Window, label: str, origin: int, span_s: float) -> Band:
    return Band(
        role=window.role.value,
        label=label,
        about=f"{label}: {ROLES[window.role]}, {digits(window.duration_s, 3)} s",
        left=round(100 * (window.start - origin) / NS / span_s, 4),
        width=round(max(100 * window.duration_s / span_s, 0.0), 4),
    )


class _Drawing:
    """Places lines on one time axis, and gives each part one colour in all panels."""

    def __init__(self, origin: int, span_s: float, nodes: set[str], lines: int) -> None:
        self.bins = round(max(WIDTH * min(FULLY_DRAWN / max(lines, 1), 1.0), FEWEST_BINS))
        self.origin = origin
        self.span_s = span_s
        self.several_nodes = len(nodes) > 1
        self.places: dict[Part | str, int] = {}

    def state(self, quantity: Quantity, lines: list[Line]) -> Panel:
        unit = state_unit(quantity)
        zero = quantity is not Quantity.TEMPERATURE
        return self.panel(STATES[quantity], unit, lines, STRIP_HEIGHT, from_zero=zero)

    def panel(
        self, name: str, unit: str, lines: list[Line], height: int, *, from_zero: bool
    ) -> Panel:
        shown = lines[:MOST_LINES]
        values = np.concatenate([line.value[np.isfinite(line.value)] for line in shown])
        least, most = (float(values.min()), float(values.max())) if len(values) else (0.0, 0.0)
        factor, label = axis_unit(max(abs(least), abs(most)), unit)
        low, high = _bounds(least / factor, most / factor, from_zero=from_zero)
        if unit == "%" and most <= _FULL:
            high = 100.0
        place = svg.Scale(low, high, float(height - 1), float(_TOP))
        marks = [low, high] if height < POWER_HEIGHT else svg.ticks(low, high, 5)
        names, keys = self._labels(shown), self._keys(shown)
        return Panel(
            name=name,
            unit="" if label == "threads" else label,
            height=height,
            low=low,
            high=high,
            top=_TOP,
            ticks=[(round(place(v), 2), text) for v, text in svg.labelled(marks)],
            lines=[
                self._drawn(line, name, key, factor, place)
                for line, name, key in zip(shown, names, keys, strict=True)
            ],
            left_out=_shortened(self._labels(lines[MOST_LINES:])),
            summary=_summary(name, label, shown, names, factor),
        )

    def _keys(self, lines: list[Line]) -> list[Part | str]:
        """Return what each line's colour belongs to: its part, or itself if that one is taken."""
        keys: list[Part | str] = []
        for line in lines:
            part = part_of(line.channel)
            keys.append(line.channel.name if part in keys else part)
        return keys

    def _drawn(
        self, line: Line, name: str, key: Part | str, factor: float, place: svg.Scale
    ) -> Drawn:
        index = self.places.setdefault(key, len(self.places))
        seconds = (line.time - self.origin) / NS
        time, value = svg.decimate(seconds, line.value / factor, self.bins)
        colour, dash = mark(index)
        return Drawn(
            label=name,
            about=about(line.channel),
            colour=colour,
            dash=dash,
            path=svg.path(time * (WIDTH / self.span_s), place.all(value)),
            provenance=line.channel.provenance.value,
        )

    def _labels(self, lines: list[Line]) -> list[str]:
        names = [self._name(line.channel) for line in lines]
        return [
            name if names.count(name) == 1 else clean(line.channel.name, 60)
            for name, line in zip(names, lines, strict=True)
        ]

    def _name(self, channel: Channel) -> str:
        part = clean(channel.part, 40)
        return f"{clean(channel.node, 40)} {part}" if self.several_nodes else part


def _shortened(names: list[str]) -> list[str]:
    """Return the first names, and how many more there are."""
    more = len(names) - MOST_NAMED
    return names if more <= 0 else [*names[:MOST_NAMED], f"and {more} more"]


def about(channel: Channel) -> str:
    """Return where a channel's values come from, for a hint."""
    return clean(", ".join(filter(None, (channel.name, channel.source, channel.note))))


def _bounds(least: float, most: float, *, from_zero: bool) -> tuple[float, float]:
    if from_zero and least >= 0:
        return 0.0, svg.round_up(most, 5)
    step = svg.nice_step(max(most - least, abs(most) / 10, 1e-9), 4)
    return step * np.floor(least / step - 0.01), step * np.ceil(most / step + 0.01)


def _summary(name: str, unit: str, lines: list[Line], names: list[str], factor: float) -> str:
    said = []
    for line, label in zip(lines, names, strict=True):
        values = line.value[np.isfinite(line.value)] / factor
        if len(values):  # a line may be all gaps
            low, high = digits(float(values.min()), 3), digits(float(values.max()), 3)
            said.append(f"{label} from {low} to {high} {unit}")
    return f"{name} over time: {'; '.join(said)}." if said else f"{name}: no values."
