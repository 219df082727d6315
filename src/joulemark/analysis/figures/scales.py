"""Figure 2 from the record: the least and the greatest power of each scale."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from joulemark.analysis.figures.data import Basis, FigureData, Kind, Point, Series
from joulemark.analysis.figures.points import of_entry, sure
from joulemark.analysis.record.entry import Category, Entry
from joulemark.analysis.scales import Scale
from joulemark.analysis.scales_stated import MOST_W
from joulemark.core.units import si

_NAMES: Mapping[Category, str] = {
    Category.TINY: "Tiny",
    Category.EDGE: "Edge",
    Category.DATACENTER: "Datacenter",
    Category.TRAINING: "Training",
}


def power_of(entry: Entry) -> float | None:
    """Return the mean power of a result, W.

    That of tiny follows, where nothing else tells it, from the energy and the latency of an
    inference, which are of two runs.
    """
    if entry.power_w is not None:
        return entry.power_w
    known = entry.suite == "tiny" and entry.energy_j and entry.latency_s
    return (
        entry.energy_j / entry.latency_s if known and entry.energy_j and entry.latency_s else None
    )


def power_scales(entries: Sequence[Entry]) -> FigureData | None:
    """Return figure 2: closed results of all rounds and scenarios; None without one.

    What a rule calls an error is left out, and what no system of its scale can draw.

    Args:
        entries: of the record.
    """
    least: list[Point] = []
    most: list[Point] = []
    for category, name in _NAMES.items():
        every = [pair for pair in _powers(entries) if pair[1].category is category]
        closed = [pair for pair in every if pair[1].division == "closed"]
        if not closed:
            continue
        least.append(_point(name, min(closed, key=_watts), min(every, key=_watts)))
        most.append(_point(name, max(closed, key=_watts), max(every, key=_watts)))
    if not least:
        return None
    return FigureData(
        number="2",
        title="Power of systems, from microwatts to megawatts",
        basis=Basis.RECORD,
        kind=Kind.BARS,
        series=(
            Series(name="Least", points=tuple(least)),
            Series(name="Greatest", points=tuple(most)),
        ),
        x_label="Scale",
        y_label="Power (W)",
        log_y=True,
        notes=("closed results of all rounds and scenarios, mean power while it was measured",),
    )


def _powers(entries: Iterable[Entry]) -> list[tuple[float, Entry]]:
    found = []
    for entry in entries:
        watts = power_of(entry)
        if watts and sure(entry) and watts <= MOST_W[Scale(entry.category.value)]:
            found.append((watts, entry))
    return found


def _watts(pair: tuple[float, Entry]) -> float:
    return pair[0]


def _point(name: str, closed: tuple[float, Entry], every: tuple[float, Entry]) -> Point:
    (watts, entry), (other, whose) = closed, every
    notes = [" ".join(filter(None, (entry.round, entry.name, entry.scenario)))]
    if whose is not entry:
        of = " ".join(filter(None, (whose.round, whose.submitter, whose.name, whose.scenario)))
        notes.append(f"{si(other, 'W')} in the {whose.division} division ({of})")
    if entry.power_w is None:
        notes.append("energy by latency, two runs")
    spread = watts * entry.u95 if entry.u95 else None
    point = of_entry(entry, y=watts, x=name, note="; ".join(notes))
    return replace(point, at=None, u95=spread)
