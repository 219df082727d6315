"""One page of all figures, with their numbers, differences and notes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from joulemark.analysis.figures.data import FigureData
from joulemark.report.drawing import STYLE, Drawing
from joulemark.report.format import NOTHING, clean
from joulemark.report.html import STYLES, rendered
from joulemark.report.plain import finite
from joulemark.report.plots.around import titled
from joulemark.report.plots.layers import where
from joulemark.report.plots.pictures import Picture
from joulemark.report.plots.plot import NARROW, PAGE
from joulemark.report.plots.quantity import quantity

MOST_ROWS = 200
"""So many points of a picture stand in its table; all of them in the CSV file."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One picture on the page.

    Attributes:
        whose: as published, or from the record.
        wide: for a wide window.
        narrow: for a phone, or beside another.
        files: name and what it is.
    """

    whose: str
    wide: Drawing
    narrow: Drawing
    files: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Shown:
    """One figure on the page; texts are clean.

    Attributes:
        id: of its heading.
        title: with its number.
        basis: whose it is.
        drawn: its picture; two where its versions have other axes and stand side by side.
        differences: rows of number, series, place, as published, from the record, why.
        notes: of the whole, each with the version it is of.
        points: rows of version, series, place, value, label, note.
        left_out: so many points that the table does not show.
    """

    id: str
    title: str
    basis: str
    drawn: list[Drawn]
    differences: list[tuple[str, ...]]
    notes: list[tuple[str, str]]
    points: list[tuple[str, ...]]
    left_out: int


def figures_page(pictures: Sequence[Picture], where_from: str, *, png: bool = False) -> str:
    """Return the page.

    Args:
        pictures: in their order.
        where_from: the tables and the store, to be named on the page.
        png: whether there are PNG files to link to.
    """
    numbers = dict.fromkeys(picture.data.number for picture in pictures)
    groups = [[p for p in pictures if p.data.number == number] for number in numbers]
    return rendered(
        "figures.html.j2",
        styles=(*STYLES, STYLE, "scales.css", "figures.css"),
        where=clean(where_from),
        figures=[_shown(group, png=png) for group in groups],
    )


def _shown(group: Sequence[Picture], *, png: bool) -> Shown:
    points = [row for picture in group for row in _points(picture)]
    versions = [data for picture in group for data in picture.shown]
    notes = {clean(note, 600): "" for data in versions for note in data.notes}
    for note in notes:
        of = [str(data.basis) for data in versions if note in {clean(n, 600) for n in data.notes}]
        notes[note] = " and ".join(of) if len(versions) > 1 else ""
    return Shown(
        id=group[0].name,
        title=titled(group[-1].data),
        basis=" and ".join(str(data.basis) for data in versions),
        drawn=[_drawn(picture, png=png) for picture in group],
        differences=[row for picture in group for row in _differences(picture)],
        notes=[(of, note) for note, of in notes.items()],
        points=points[:MOST_ROWS],
        left_out=max(0, len(points) - MOST_ROWS),
    )


def _drawn(picture: Picture, *, png: bool) -> Drawn:
    files = [
        (f"{picture.name}{end}.{kind}", f"{kind.upper()}{of}")
        for kind in (("svg", "png") if png else ("svg",))
        for end, of in (("", ""), ("-column", ", one column"))
    ]
    return Drawn(
        whose=str(picture.data.basis),
        wide=picture.drawing(PAGE, title=False),
        narrow=picture.drawing(NARROW, title=False),
        files=[*files, (f"{picture.name}.csv", "numbers as CSV")],
    )


def _differences(picture: Picture) -> Iterator[tuple[str, ...]]:
    right = {s.name for data in picture.shown for s in data.series if s.right}
    for number, one in enumerate(picture.differences, 1):
        data = picture.data
        said = quantity(data.right_label if one.series in right else data.y_label).said
        both = [NOTHING if v is None else said(v, 4) for v in (one.published, one.record)]
        names = (clean(one.series, 80), clean(one.where, 80))
        yield (str(number), *names, *both, clean(one.note, 600))


def _points(picture: Picture) -> Iterator[tuple[str, ...]]:
    for data in picture.shown:
        for series in data.series:
            said = quantity(data.right_label if series.right else data.y_label).said
            for p in series.points:
                half = f" ± {said(p.u95, 2)}" if p.u95 else ""
                place, about = clean(where(p, data), 80), clean(p.label, 120)
                value = f"{said(p.y, 4)}{half}"
                yield (str(data.basis), clean(series.name, 80), place, value, about,
                       clean(p.note, 600))  # fmt: skip


def figures_json(pictures: Sequence[Picture]) -> dict[str, Any]:
    """Return all figures as JSON values, in the units of their axes."""
    shown: dict[str, Any] = finite(
        {
            "figures": [_json(data) for picture in pictures for data in picture.shown],
            "differences": [
                {
                    "figure": picture.data.number,
                    "series": one.series,
                    "at": one.where,
                    "published": one.published,
                    "record": one.record,
                    "note": one.note,
                }
                for picture in pictures
                for one in picture.differences
            ],
        }
    )
    return shown


def _json(data: FigureData) -> dict[str, Any]:
    return {
        "figure": data.number,
        "title": data.title,
        "version": str(data.basis),
        "kind": str(data.kind),
        "x": data.x_label,
        "y": data.y_label,
        "right": data.right_label,
        "marks": [{"at": at, "why": why} for at, why in data.marks],
        "notes": list(data.notes),
        "series": [
            {
                "name": series.name,
                "right": series.right,
                "absolute_unit": series.unit,
                "points": [
                    {
                        "x": p.x,
                        "at": p.at,
                        "y": p.y,
                        "u95": p.u95,
                        "absolute": p.absolute,
                        "label": p.label,
                        "keys": list(p.keys),
                        "sources": list(p.sources),
                        "note": p.note,
                    }
                    for p in series.points
                ],
            }
            for series in data.series
        ],
    }
