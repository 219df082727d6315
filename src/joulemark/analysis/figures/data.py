"""What a figure shows, before anybody draws it."""

from __future__ import annotations

from dataclasses import dataclass, field

from joulemark.core.words import StrEnum


class Kind(StrEnum):
    """How a figure is drawn."""

    LINES = "lines"
    """Each series is a line over an ordered axis."""
    BARS = "bars"
    """Groups of bars: a point's ``x`` names its group."""
    STACKED = "stacked"
    """Bars whose series stand on each other; lines of series with ``right`` over them."""
    HISTOGRAM = "histogram"
    """Bins of one or two series of values, which stand in ``y``."""
    SCATTER = "scatter"
    """Points in a plane, both axes numbers."""


class Basis(StrEnum):
    """Whose figure it is."""

    PUBLISHED = "as published"
    """The paper's definition on the paper's table."""
    RECORD = "from the record"
    """Ours, on what can be followed back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One point.

    Attributes:
        x: name on the axis (``v1.0``), or of the group; empty where ``at`` is the place.
        y: in the unit of the axis.
        at: place on a numeric axis, or days since 1970 of a date; None where ``x`` tells the place.
        u95: half-width of the 95 % interval, in the unit of ``y``; None where unknown.
        absolute: what ``y`` was before it was normalised; None where it was not.
        label: whose it is: submitter, system, public number.
        keys: of the entries of the record behind it.
        sources: ``file:line`` behind it.
        note: what a reader must know of it, the difference from the other figure above all.
    """

    x: str = ""
    y: float
    at: float | None = None
    u95: float | None = None
    absolute: float | None = None
    label: str = ""
    keys: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Points of one thing.

    Attributes:
        name: of it.
        points: in the order in which they are drawn.
        right: whether the right axis is its.
        unit: of ``absolute``.
    """

    name: str
    points: tuple[Point, ...]
    right: bool = False
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureData:
    """One figure.

    Attributes:
        number: of the source study: ``5a``.
        title: what it shows, as a sentence.
        basis: whose it is.
        kind: how it is drawn.
        series: in order.
        x_label: of the axis.
        y_label: of the axis, with its unit.
        right_label: of the right axis; empty without.
        log_x: whether the axis is logarithmic.
        log_y: likewise.
        dates: whether ``at`` is days since 1970, and the axis one of dates.
        marks: x positions that break comparability, each with why.
        notes: what a reader must know of the whole.
    """

    number: str
    title: str
    basis: Basis
    kind: Kind
    series: tuple[Series, ...]
    x_label: str
    y_label: str
    right_label: str = ""
    log_x: bool = False
    log_y: bool = False
    dates: bool = False
    marks: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = field(default=())


def efficiency_trend(
    number: str,
    whose: str,
    basis: Basis,
    series: tuple[Series, ...],
    *,
    notes: tuple[str, ...],
    marks: tuple[tuple[str, str], ...] = (),
) -> FigureData:
    """Return a figure of the best energy efficiency so far, by the days of the rounds.

    Args:
        number: of the source study.
        whose: kind of systems.
        basis: whose figure it is.
        series: a line for each benchmark, its first round 1.
        notes: what a reader must know of the whole.
        marks: rounds that break comparability.
    """
    return FigureData(
        number=number,
        title=f"Energy efficiency of {whose}, the best so far",
        basis=basis,
        kind=Kind.LINES,
        series=series,
        x_label="Round",
        y_label="Energy efficiency, first round = 1",
        log_y=True,
        dates=True,
        marks=marks,
        notes=notes,
    )
