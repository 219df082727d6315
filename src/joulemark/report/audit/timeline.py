"""The timeline of a measurement: ranging and test on one axis, and what is wrong with a reading."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from joulemark.accounting.mlperf_power import Floats, is_read
from joulemark.core.clock import NS
from joulemark.core.units import digits
from joulemark.formats.inference.parsed import Readings, Times
from joulemark.report import svg
from joulemark.report.audit.marks import ROW, Marks, marks
from joulemark.report.audit.reading import RUNS, Piece, Reading, as_ns
from joulemark.report.figures.timeline import POWER_HEIGHT, STRIP_HEIGHT, WIDTH, Band, Drawn, Panel
from joulemark.report.format import axis_unit, clean
from joulemark.report.style import mark

MOST_LINES = 18
"""More lines than this in one panel cannot be told apart; the rest is named, not drawn."""
BREAK_S = 5.0
"""A line is not drawn through a longer time without readings."""
NEAR_S = 3600.0
"""Stamps of the session that are farther from every reading do not stretch the axis."""
_TOP = 6
_PANELS = (("Voltage", "V", "volts"), ("Current", "A", "amps"), ("Power factor", "", "pf"))


@dataclass(frozen=True, slots=True)
class Timeline:
    """All panels on one time axis.

    Attributes:
        span_s: its length, s.
        began: its begin, ns UTC.
        panels: pictures.
        bands: LoadGen's windows.
        sessions: what the client stamped, from before start to stopped.
        stamps: percentage of the axis and words of each stamp within.
        marks: rows of marked readings.
        ticks: percentage and label.
        beyond: stamps that do not fit on the axis.
    """

    span_s: float
    began: int
    panels: list[Panel]
    bands: list[Band]
    sessions: list[Band]
    stamps: list[tuple[float, str]]
    marks: list[Marks]
    ticks: list[tuple[float, str]]
    beyond: int

    @property
    def marks_height(self) -> int:
        """Height of the rows of marks, px."""
        return ROW * len(self.marks)


def timeline(reading: Reading) -> Timeline | None:
    """Return the timeline; None where nothing was read over time."""
    times = [(int(piece.time.min()), int(piece.time.max())) for piece in reading.pieces]
    if not times:
        return None
    near = [(min(a for a, _ in times), max(b for _, b in times))]
    margin = round(NEAR_S * NS)
    stamps = [as_ns(s) for each in reading.stamps.values() for s in each]
    stamps += [moment for window in reading.windows.values() for moment in window]
    inside = [s for s in stamps if near[0][0] - margin <= s <= near[0][1] + margin]
    origin, last = min([near[0][0], *inside]), max([near[0][1], *inside])
    if last <= origin:
        return None
    axis = _Axis(origin, (last - origin) / NS)
    return Timeline(
        span_s=axis.span_s,
        began=origin,
        panels=_panels(reading.pieces, axis),
        bands=list(_windows(reading, axis)),
        sessions=list(_sessions(reading, axis)),
        stamps=list(_stamps(reading, axis)),
        marks=marks(reading, axis.origin, axis.span_s),
        ticks=[(100 * t / axis.span_s, label) for t, label in svg.time_ticks(axis.span_s)],
        beyond=len(stamps) - len(inside),
    )


@dataclass(frozen=True, slots=True)
class _Axis:
    """From a moment to its place."""

    origin: int
    span_s: float

    def seconds(self, time: Times) -> Floats:
        after: Floats = (time - self.origin) / NS
        return after

    def percent(self, time: int) -> float:
        share = 100 * (time - self.origin) / NS / self.span_s
        return round(min(max(share, 0.0), 100.0), 4)

    def band(self, role: str, label: str, begin: int, end: int) -> Band:
        left = self.percent(begin)
        about = f"{label}: {digits((end - begin) / NS, 4)} s"
        return Band(role, label, about, left, round(self.percent(end) - left, 4))


def _windows(reading: Reading, axis: _Axis) -> Iterator[Band]:
    roles = {"ranging": "ranging", "testing": "measure"}
    for folder, (begin, end) in reading.windows.items():
        name = RUNS[folder]
        band = axis.band(roles[name], name, begin, end)
        if band.width > 0:
            yield band


def _sessions(reading: Reading, axis: _Axis) -> Iterator[Band]:
    for folder, times in reading.stamps.items():
        band = axis.band("idle", f"session, {RUNS[folder]}", as_ns(min(times)), as_ns(max(times)))
        if band.width > 0:
            yield band


def _stamps(reading: Reading, axis: _Axis) -> Iterator[tuple[float, str]]:
    words = ("before the start", "measuring", "the workload is over", "stopped")
    for folder, times in reading.stamps.items():
        for word, time in zip(words, times, strict=False):
            at = (as_ns(time) - axis.origin) / NS / axis.span_s
            if 0 <= at <= 1:
                yield round(100 * at, 4), f"{RUNS[folder]}: {word}"


# ---- lines


def _panels(pieces: Sequence[Piece], axis: _Axis) -> list[Panel]:
    names = list(dict.fromkeys(part.name for piece in pieces for part in _parts(piece)))
    colours = {name: index for index, name in enumerate(names)}
    wanted = [("Power", "W", "watts", POWER_HEIGHT)]
    wanted += [(title, unit, column, STRIP_HEIGHT) for title, unit, column in _PANELS]
    stretch = WIDTH / axis.span_s
    made = (
        _panel((title, unit, height), _lines(pieces, column, axis), colours, stretch)
        for title, unit, column, height in wanted
    )
    return [panel for panel in made if panel is not None]


def _parts(piece: Piece) -> tuple[Readings, ...]:
    return (piece.log.whole, *piece.log.parts)


def _lines(pieces: Sequence[Piece], column: str, axis: _Axis) -> dict[str, tuple[Floats, Floats]]:
    """Return time (s on the axis) and values of each part over both runs; NaN breaks a line."""
    found: dict[str, list[tuple[Floats, Floats]]] = {}
    for piece in pieces:
        for part in _parts(piece):
            values: Floats = np.where(is_read(getattr(part, column)), getattr(part, column), np.nan)
            if column == "watts" and part is piece.log.whole:
                values = np.where(piece.read, values, np.nan)
            if np.isfinite(values).any():
                line = _broken(axis.seconds(piece.time), values)
                found.setdefault(part.name, []).append(line)
    return {name: _joined(lines) for name, lines in found.items()}


def _broken(time: Floats, values: Floats) -> tuple[Floats, Floats]:
    order = np.argsort(time, kind="stable")
    time, values = time[order], values[order]
    after = np.flatnonzero(np.diff(time) > BREAK_S) + 1
    return np.insert(time, after, time[after]), np.insert(values, after, np.nan)


def _joined(lines: Sequence[tuple[Floats, Floats]]) -> tuple[Floats, Floats]:
    ordered = sorted(lines, key=lambda line: float(line[0][0]))
    times, values = [], []
    for time, value in ordered:
        times += [time, time[-1:]]
        values += [value, np.array([np.nan])]
    return np.maximum.accumulate(np.concatenate(times)), np.concatenate(values)


def _panel(
    frame: tuple[str, str, int],
    lines: dict[str, tuple[Floats, Floats]],
    colours: dict[str, int],
    stretch: float,
) -> Panel | None:
    title, unit, height = frame
    if not lines:
        return None
    shown = list(lines)[:MOST_LINES]
    values = np.concatenate([lines[name][1] for name in shown])
    values = values[np.isfinite(values)]
    least, most = float(values.min()), float(values.max())
    factor, label = axis_unit(most, unit) if unit else (1.0, "")
    low, high = _bounds(title, least / factor, most / factor)
    place = svg.Scale(low, high, float(height - 1), float(_TOP))
    drawn = []
    for name in shown:
        time, value = svg.decimate(*lines[name], round(WIDTH))
        path = svg.path(time * stretch, place.all(value / factor))
        drawn.append(_drawn(name, colours[name], path))
    values_marked = svg.ticks(low, high, 5) if height == POWER_HEIGHT else [low, high]
    return Panel(
        name=title,
        unit=label,
        height=height,
        low=low,
        high=high,
        top=_TOP,
        ticks=[(round(place(v), 2), text) for v, text in svg.labelled(values_marked)],
        lines=drawn,
        left_out=[clean(name, 40) for name in list(lines)[MOST_LINES:]],
        summary=f"{title}: from {digits(least / factor, 3)} to {digits(most / factor, 3)} {label}",
    )


def _bounds(title: str, least: float, most: float) -> tuple[float, float]:
    if title == "Power factor":
        return 0.0, max(1.0, svg.round_up(most))
    if title != "Voltage":
        return 0.0, svg.round_up(most, 5)
    step = svg.nice_step(max(most - least, most / 50, 1e-9), 4)
    return float(step * np.floor(least / step - 0.01)), float(step * np.ceil(most / step + 0.01))


def _drawn(name: str, index: int, path: str) -> Drawn:
    colour, dash = mark(index)
    shown = clean(name, 40)
    return Drawn(shown, shown, colour, dash, path, "measured")
