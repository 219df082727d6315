"""Figures 6, 7, 9, 11a and 11b, whose numbers are written into the study's scripts."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from importlib import resources
from typing import Any

from joulemark.analysis.figures.data import Basis, FigureData, Kind, Point, Series
from joulemark.analysis.published.again import Again
from joulemark.core.units import digits

APART = 0.002
"""Two figures that differ by more, relative, are said to differ."""


@functools.cache
def plotted() -> Mapping[str, FigureData]:
    """Return the figures by number, as plotted."""
    text = resources.files(__package__).joinpath("data/plotted.json").read_text("utf-8")
    data = json.loads(text)
    return {one["number"]: _figure(one, data["source"]) for one in data["figures"]}


def beside(figure: FigureData, again: Sequence[Again]) -> FigureData:
    """Return a figure with what the study's own tables give for its points.

    Args:
        figure: as plotted.
        again: the values of its tables.
    """
    known = {(one.series, one.x): one for one in again}
    series = (
        replace(one, points=tuple(_noted(p, known.get((one.name, p.x))) for p in one.points))
        for one in figure.series
    )
    return replace(figure, series=tuple(series))


def _noted(point: Point, again: Again | None) -> Point:
    if again is None:
        return point
    said = f"{digits(again.y, 6)} by its table"
    if abs(again.y - point.y) > APART * abs(again.y):
        said = f"plotted as {digits(point.y, 6)}; {said}"
    return replace(point, note="; ".join(filter(None, (point.note, said))), sources=again.sources)


def _figure(data: Mapping[str, Any], source: str) -> FigureData:
    return FigureData(
        number=data["number"],
        title=data["title"],
        basis=Basis.PUBLISHED,
        kind=Kind(data["kind"]),
        series=tuple(
            Series(
                name=one["name"], points=tuple(_points(data, one)), right=one.get("right", False)
            )
            for one in data["series"]
        ),
        x_label=data["x_label"],
        y_label=data["y_label"],
        right_label=data.get("right_label", ""),
        log_y=data.get("log_y", False),
        notes=(f"as plotted: {data['script']} of {source}", *data.get("notes", ())),
    )


def _points(data: Mapping[str, Any], series: Mapping[str, Any]) -> Iterator[Point]:
    for x, label, y in zip(data["x"], data["labels"], series["y"], strict=True):
        if y is not None:
            yield Point(x=x, y=y, label=label)
