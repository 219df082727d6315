"""Requests, tokens per second and power of a run of serving, on one time axis with its windows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from joulemark.accounting.results import PhaseResult
from joulemark.accounting.serving_names import KV_USE, RUNNING, WAITING
from joulemark.accounting.serving_windows import ALL, STEADY, V2, V3, Steady
from joulemark.accounting.serving_work import Floats, Steps, Times
from joulemark.core.clock import NS
from joulemark.core.request import Request
from joulemark.core.run import Run
from joulemark.core.trace import Trace
from joulemark.core.units import digits
from joulemark.core.window import Role
from joulemark.procedures.serving.aside import Aside
from joulemark.procedures.serving.repeat import Repeat
from joulemark.procedures.serving.results import ServingResult
from joulemark.report import svg
from joulemark.report.figures.timeline import WIDTH, Band, Bracket, Drawn, Panel, Timeline, timeline
from joulemark.report.serving_server import LEVELS
from joulemark.report.style import mark
from joulemark.report.words import ROLES

HEIGHT, TOP = 130, 6
MOST_BINS = 600
"""Stretches of all loads together over which rates and requests are averaged."""
MANY = 20_000.0
"""From this on an axis counts thousands."""
BINS_S = (0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)
RULES: Mapping[str, str] = {STEADY: "ours", V2: "V2", V3: "V3"}
"""Names of rules in the figure."""
OUTSIDE, COUNTS = "load outside the window", "the window that counts"
SHADES = (
    (Role.IDLE.value, ROLES[Role.IDLE]),
    (Role.WARM_UP.value, f"{OUTSIDE}: warm-up and drain"),
    (Role.MEASURE.value, COUNTS),
)
"""What each shade means, by the class of its style."""


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """A line: its name, what it is, and its steps; NaN between loads."""

    name: str
    about: str
    time: Times
    value: Floats


def serving_timeline(
    run: Run,
    traces: Mapping[str, Trace],
    results: Sequence[PhaseResult],
    result: ServingResult,
) -> Timeline | None:
    """Return requests and rates above power and states; None where no time passed."""
    base = timeline(run, traces, results)
    if base is None:
        return None
    place = _Place(base.origin, base.span_s)
    idle = [band for band in base.bands if band.role == Role.IDLE.value]
    loads = [band for repeat in result.repeats for band in _bands(repeat, place, result)]
    return replace(
        base,
        panels=[*_panels(result.repeats, result.asides, place), *base.panels],
        bands=sorted([*idle, *loads], key=lambda band: band.left),
        brackets=list(_brackets(result, place)),
    )


@dataclass(frozen=True, slots=True)
class _Place:
    """Places on the time axis."""

    origin: int
    span_s: float

    def x(self, moments: Times) -> Floats:
        """Return places in units of the drawing."""
        return np.asarray((moments - self.origin) / NS * (WIDTH / self.span_s), dtype=np.float64)

    def band(self, role: Role, label: str, about: str, start: int, stop: int) -> Band:
        seconds = (stop - start) / NS
        return Band(
            role=role.value,
            label=label,
            about=f"{label}: {about}, {digits(seconds, 3)} s",
            left=round(100 * (start - self.origin) / NS / self.span_s, 4),
            width=round(max(100 * seconds / self.span_s, 0.0), 4),
        )


def _bands(repeat: Repeat, place: _Place, result: ServingResult) -> Iterator[Band]:
    many = f" {repeat.number + 1}" if len(result.repeats) > 1 else ""
    start, stop, window = repeat.load.start, repeat.load.stop or repeat.load.start, repeat.window
    if not isinstance(window, Steady):
        if stop > start:
            yield place.band(Role.WARM_UP, f"load{many}", "no window", start, stop)
        return
    for role, name, about, begin, end in (
        (Role.WARM_UP, "warm-up", OUTSIDE, start, window.start),
        (Role.MEASURE, "window", window.rule, window.start, window.stop),
        (Role.WARM_UP, "drain", OUTSIDE, window.stop, stop),
    ):
        if end > begin:
            yield place.band(role, f"{name}{many}", about, begin, end)


def _brackets(result: ServingResult, place: _Place) -> Iterator[Bracket]:
    """Yield a row for each rule that has a window but that which is shaded."""
    for rule, name in RULES.items():
        found = [(r.number + 1, r.windows.get(rule)) for r in result.repeats]
        there = [(number, w) for number, w in found if isinstance(w, Steady)]
        if not there or rule == result.rule or rule == ALL:
            continue
        ends = [place.x(np.array([w.start, w.stop])) for _, w in there]
        spoken = [f"load {number}, {digits((w.stop - w.start) / NS, 3)} s" for number, w in there]
        yield Bracket(
            name=name,
            path="".join(_hook(float(a), float(b)) for a, b in ends),
            summary=f"Window by {rule}: {'; '.join(spoken)}",
        )


def _hook(start: float, stop: float) -> str:
    a, b = svg.number(start), svg.number(stop)
    return f"M{a} 12V4H{b}V12"


def _panels(repeats: Sequence[Repeat], asides: Sequence[Aside], place: _Place) -> Iterator[Panel]:
    bin_s = _bin_s(sum(repeat.load.duration_s for repeat in repeats))
    each = [(repeat, _edges(repeat, bin_s)) for repeat in repeats]
    each = [(repeat, edges) for repeat, edges in each if len(edges) > 1]
    if not any(repeat.work.requests for repeat, _ in each):
        return
    mean = f"mean of {digits(bin_s, 1)} s"
    flights = [(_in_flight(r.requests), r.work.served, edges) for r, edges in each]
    under_way = [_mean(flight, edges) for flight, _, edges in flights]
    running = [_mean(served, edges) for _, served, edges in flights]
    begun = f"work on the prompt begun and not ended, {mean}"
    requests = [
        _series("in flight", f"sent and not ended, {mean}", under_way),
        _series("served", begun, running),
    ]
    yield _panel("Requests", "", [*requests, *_levels(asides, RUNNING, WAITING)], place)
    for name, about, rates in (
        ("Output tokens", "read", [_out(r, edges) for r, edges in each]),
        ("Prompt tokens", "computed before the first token", [_in(r, edges) for r, edges in each]),
    ):
        lines = [_series(name.lower(), f"{about}, {mean}", rates)]
        yield _panel(name, "tokens/s", lines, place)
    for line in _levels(asides, KV_USE, factor=100.0):
        yield _panel("KV cache in use", "%", [line], place)


def _levels(asides: Sequence[Aside], *keys: str, factor: float = 1.0) -> Iterator[Series]:
    """Yield levels as the server told them, each a line that is broken between loads."""
    for key in keys:
        told = [one.levels[key] for one in asides if key in one.levels]
        told = [(time, values * factor) for time, values in told if len(time)]
        if told:
            pieces = [_few(*level, MOST_BINS // len(told)) for level in told]
            name = f"{LEVELS[key]}, says the server"
            yield _joined(name, "as often as it was read", pieces)


def _few(time: Times, values: Floats, most: int) -> tuple[Times, Floats]:
    """Return points of a line, its peaks among them, and a break after its end."""
    moments, kept = svg.decimate((time - time[0]).astype(np.float64), values, max(most, 1))
    return np.append(time[0] + moments.astype(np.int64), time[-1]), np.append(kept, np.nan)


def _joined(name: str, about: str, pieces: Sequence[tuple[Times, Floats]]) -> Series:
    times, values = zip(*pieces, strict=True)
    return Series(name, about, np.concatenate(times), np.concatenate(values))


def _bin_s(seconds: float) -> float:
    return next((b for b in BINS_S if b * MOST_BINS >= seconds), seconds / MOST_BINS)


def _edges(repeat: Repeat, bin_s: float) -> Times:
    start, stop = repeat.load.start, repeat.load.stop or repeat.load.start
    count = max(round((stop - start) / NS / bin_s), 1) if stop > start else 0
    return np.linspace(start, stop, count + 1).astype(np.int64)


def _in_flight(requests: Sequence[Request]) -> Steps:
    """Return how many requests were under way; also those that failed."""
    sent = np.array([r.sent for r in requests if r.sent is not None], dtype=np.int64)
    ended = [r.ended or r.sent for r in requests if r.sent is not None]
    ones = np.ones(len(sent))
    moments = np.append(sent, np.array(ended, dtype=np.int64))
    return Steps.of(moments, np.append(ones, -ones))


def _mean(load: Steps, edges: Times) -> tuple[Times, Floats]:
    return edges, np.diff(load.integral(edges)) * NS / np.diff(edges)


def _out(repeat: Repeat, edges: Times) -> tuple[Times, Floats]:
    work = repeat.work
    return edges, work.outputs.counted(edges, work.outputs.tokens) * NS / np.diff(edges)


def _in(repeat: Repeat, edges: Times) -> tuple[Times, Floats]:
    return edges, np.diff(repeat.work.prefill.integral(edges)) * NS / np.diff(edges)


def _series(name: str, about: str, pieces: Sequence[tuple[Times, Floats]]) -> Series:
    """Return the steps of several loads as one line, broken between them."""
    steps = [
        (np.append(np.repeat(edges, 2)[1:-1], edges[-1:]), np.append(np.repeat(levels, 2), np.nan))
        for edges, levels in pieces
    ]
    return _joined(name, about, steps)


def _panel(name: str, unit: str, lines: Sequence[Series], place: _Place) -> Panel:
    most = max(float(np.nanmax(line.value)) for line in lines)
    factor, label = (1000.0, f"thousand {unit}") if most >= MANY else (1.0, unit)
    high = svg.round_up(most / factor, 4)
    scale = svg.Scale(0.0, high, HEIGHT - 1.0, float(TOP))
    return Panel(
        name=name,
        unit=label,
        height=HEIGHT,
        low=0.0,
        high=high,
        top=TOP,
        ticks=[(round(scale(v), 2), text) for v, text in svg.labelled(svg.ticks(0.0, high, 4))],
        lines=[_drawn(n, line, factor, scale, place) for n, line in enumerate(lines)],
        left_out=[],
        summary=_summary(name, label, lines, factor),
    )


def _drawn(number: int, line: Series, factor: float, scale: svg.Scale, place: _Place) -> Drawn:
    colour, dash = mark(number)
    path = svg.path(place.x(line.time), scale.all(line.value / factor))
    return Drawn(line.name, line.about, colour, dash, path, "measured")


def _summary(name: str, unit: str, lines: Sequence[Series], factor: float) -> str:
    said = []
    for line in lines:
        low, high = (digits(float(f(line.value)) / factor, 3) for f in (np.nanmin, np.nanmax))
        said.append(f"{line.name} from {low} to {high} {unit}".strip())
    return f"{name} over time: {'; '.join(said)}."
