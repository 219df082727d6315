"""What lies over each other in one picture: a figure, another version of it, one's own runs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from joulemark.analysis.figures.data import FigureData, Kind, Point, Series
from joulemark.analysis.figures.differing import APART
from joulemark.core.words import StrEnum
from joulemark.report.format import clean
from joulemark.report.plots.dates import iso_day
from joulemark.report.plots.quantity import quantity
from joulemark.report.style import DASHES, SERIES

SHAPES = ("circle", "square", "triangle", "diamond", "down", "cross", "bar")
"""In the order of their use; of another number than the colours, so that pairs do not repeat."""


class Role(StrEnum):
    """Whose a layer is."""

    PLAIN = "plain"
    GHOST = "ghost"
    """Another version of the figure, drawn hollow beneath it."""
    OWN = "own"


@dataclass(frozen=True, slots=True)
class Layer:
    """One series as it is drawn.

    Attributes:
        series: what.
        index: its place among the series, which decides colour, dashes and shape.
        role: whose.
        name: clean, for people.
    """

    series: Series
    index: int
    role: Role
    name: str

    @property
    def colour(self) -> str:
        """Return the ending of its classes of the style."""
        return "own" if self.role is Role.OWN else str(self.index % len(SERIES["light"]) + 1)

    @property
    def line(self) -> str:
        """Return the classes of its line."""
        if self.role is Role.GHOST:
            return f"line{self.colour} ghost"
        dash = 0 if self.role is Role.OWN else self.index // len(SERIES["light"]) % len(DASHES)
        return f"line{self.colour} d{dash}" if dash else f"line{self.colour}"

    @property
    def fill(self) -> str:
        """Return the classes of its marks and bars."""
        return f"hollow{self.colour}" if self.role is Role.GHOST else f"fill{self.colour}"

    @property
    def shape(self) -> str:
        """Return the shape of its marks."""
        return "star" if self.role is Role.OWN else SHAPES[self.index % len(SHAPES)]


@dataclass(frozen=True, slots=True)
class Difference:
    """A point that two versions of a figure show apart.

    Attributes:
        series: its name.
        where: its place.
        published: as published; None where only the record has it.
        record: from the record; None likewise.
        note: why, where a figure says so.
        points: of both.
    """

    series: str
    where: str
    published: float | None
    record: float | None
    note: str
    points: tuple[Point, ...] = ()


def layers(
    data: FigureData, own: Sequence[Series] = (), against: FigureData | None = None
) -> list[Layer]:
    """Return what is drawn, the lowest first: the other version, the figure, one's own runs."""
    places = {series.name: n for n, series in enumerate(data.series)}
    others = () if against is None else against.series
    for series in others:
        places.setdefault(series.name, len(places))
    parts = ((Role.GHOST, others), (Role.PLAIN, data.series), (Role.OWN, own))
    return [
        Layer(series, places.get(series.name, n), role, clean(series.name, 60))
        for role, each in parts
        for n, series in enumerate(each)
    ]


def comparable(one: FigureData, other: FigureData) -> bool:
    """Return whether two versions of a figure can lie over each other: same axes, same series."""
    axes = [
        (
            d.kind,
            *(quantity(label).written for label in (d.y_label, d.right_label)),
            d.log_x,
            d.log_y,
        )
        for d in (one, other)
    ]
    shared = {s.name for s in one.series} & {s.name for s in other.series}
    if one.kind is Kind.HISTOGRAM:
        return axes[0] == axes[1] and one.x_label == other.x_label
    return axes[0] == axes[1] and len(shared) * 2 > len(one.series)


def where(point: Point, data: FigureData) -> str:
    """Return the place of a point in words."""
    if point.x or point.at is None:
        return point.x or point.label
    return iso_day(point.at) if data.dates else f"{point.at:.6g}"


def _keyed(data: FigureData) -> dict[tuple[str, str], Point]:
    """Return the points by series and place; several at one place by their labels, too."""
    found: dict[tuple[str, str], Point] = {}
    for series in data.series:
        for point in series.points:
            place = where(point, data)
            if (series.name, place) in found:
                place = f"{place} {point.label}"
            found[series.name, place] = point
    return found


def differences(published: FigureData, record: FigureData) -> list[Difference]:
    """Return the points that two versions show apart, in their order; of histograms none."""
    if record.kind is Kind.HISTOGRAM:
        return []
    theirs, ours = _keyed(published), _keyed(record)
    return [
        Difference(
            series=key[0],
            where=key[1],
            published=theirs[key].y if key in theirs else None,
            record=ours[key].y if key in ours else None,
            note=" ".join(dict.fromkeys(p.note for p in _both(key, ours, theirs) if p.note)),
            points=tuple(_both(key, ours, theirs)),
        )
        for key in dict.fromkeys([*ours, *theirs])
        if _differ(*(of[key].y if key in of else math.nan for of in (theirs, ours)))
    ]


def _both(key: tuple[str, str], *of: dict[tuple[str, str], Point]) -> Iterator[Point]:
    return (each[key] for each in of if key in each)


def _differ(one: float, other: float) -> bool:
    if math.isnan(one) or math.isnan(other):
        return math.isnan(one) != math.isnan(other)
    return not same(one, other)


def same(one: float, other: float) -> bool:
    """Return whether two numbers are the same as far as figures go."""
    return math.isclose(one, other, rel_tol=APART)


def differing(data: FigureData, other: FigureData) -> FigureData:
    """Return another version of bars with those alone that differ; the rest would lie beneath."""
    kept = {id(point) for one in differences(other, data) for point in one.points}
    series = (replace(s, points=tuple(p for p in s.points if id(p) in kept)) for s in other.series)
    return replace(other, series=tuple(series))
