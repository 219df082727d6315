"""What the watts go to: a stacked bar for each phase, with what lies inside a part below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from joulemark.accounting.boundary import Part, part_of
from joulemark.accounting.results import PhaseResult
from joulemark.core.units import si
from joulemark.report import svg
from joulemark.report.calibrated import part_name
from joulemark.report.families import gathered
from joulemark.report.format import axis_unit, clean
from joulemark.report.nesting import containers, nested, order, phase_watts
from joulemark.report.style import mark


@dataclass(frozen=True, slots=True)
class Segment:
    """One part in a bar: place and width in percent, depth of nesting, colour, text."""

    label: str
    text: str
    left: float
    width: float
    depth: int
    colour: int


@dataclass(frozen=True, slots=True)
class Bar:
    """One phase: the segments and the sum of those that are added."""

    phase: str
    role: str
    total: str
    segments: list[Segment]
    depth: int
    summary: str


@dataclass(frozen=True, slots=True)
class Bars:
    """All phases on one axis of mean power."""

    unit: str
    bars: list[Bar]
    ticks: list[tuple[float, str]]
    legend: list[tuple[str, int]]


def bars(results: Sequence[PhaseResult]) -> Bars | None:
    """Return the bars of every phase in which something was read; None where there is none."""
    shown = map(gathered, results)
    read = [result for result in shown if result.parts and result.power is not None]
    watts = [phase_watts(result) for result in read]
    sums = [
        sum(max(of.get(part_of(p.channel), 0.0), 0.0) for p in result.parts if p.added)
        for result, of in zip(read, watts, strict=True)
    ]
    highest = max(sums, default=0.0)
    if highest <= 0:
        return None
    factor, unit = axis_unit(highest, "W")
    axis = svg.Scale(0.0, svg.round_up(highest / factor), 0.0, 100.0)
    colours = colours_of(read)
    return Bars(
        unit=unit,
        bars=[
            _bar(result, of, colours, factor, axis) for result, of in zip(read, watts, strict=True)
        ],
        ticks=[
            (round(axis(value), 3), text)
            for value, text in svg.labelled(svg.ticks(0.0, axis.high, 4))
        ],
        legend=[(_label(part, colours), mark(place)[0]) for part, place in colours.items()],
    )


def _label(part: Part, among: dict[Part, int]) -> str:
    node, name = part
    several = len({other for other, _ in among}) > 1
    return clean(f"{node} {name}" if several else name, 60)


def colours_of(results: Sequence[PhaseResult]) -> dict[Part, int]:
    """Number the parts as the timeline does."""
    channels = {
        part_of(part.channel): part.channel
        for result in results
        for window in result.windows
        for part in window.parts
    }
    ordered = sorted(channels.values(), key=order)
    return {part_of(channel): place for place, channel in enumerate(ordered)}


def _bar(
    result: PhaseResult,
    watts: dict[Part, float],
    colours: dict[Part, int],
    factor: float,
    axis: svg.Scale,
) -> Bar:
    inside = containers(result.parts)
    segments: list[Segment] = []
    filled: dict[Part | None, float] = {}
    for part, depth in nested(result.parts):
        here, around = part_of(part.channel), inside[part_of(part.channel)]
        power = max(watts.get(here, 0.0), 0.0) / factor
        start = filled.get(around, 0.0)
        filled[around], filled[here] = start + power, start
        name = clean(part_name(part.channel), 40)
        segments.append(
            Segment(
                label=name,
                text=f"{name} {si(watts.get(here, 0.0), 'W', 3)}",
                left=round(axis(start), 3),
                width=round(axis(power) - axis(0.0), 3),
                depth=depth,
                colour=mark(colours.get(here, 0))[0],
            )
        )
    phase = clean(result.phase, 60)
    return Bar(
        phase=phase,
        role=result.role.value,
        total=si(sum(watts.get(part_of(p.channel), 0.0) for p in result.parts if p.added), "W"),
        segments=segments,
        depth=max(segment.depth for segment in segments),
        summary=f"{phase}: {'; '.join(segment.text for segment in segments)}",
    )
