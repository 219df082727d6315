"""Every point of a figure as a line of CSV, which a spreadsheet opens without harm."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Sequence

from joulemark.analysis.figures.data import FigureData, Point, Series
from joulemark.report.format import clean
from joulemark.report.plots.dates import iso_day
from joulemark.report.plots.quantity import quantity

HEAD = (
    *("figure", "version", "series", "axis", "x", "at", "y", "unit", "u95", "absolute"),
    *("absolute_unit", "label", "keys", "sources", "note"),
)
OWN = "own runs"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_LONGEST = 2000


def points_csv(shown: Sequence[FigureData], own: Sequence[Series] = ()) -> str:
    """Return all points.

    Args:
        shown: versions of one figure.
        own: series laid over the first of them.
    """
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(HEAD)
    for data in shown:
        for series in data.series:
            writer.writerows(_rows(data, series, str(data.basis)))
    for series in own:
        writer.writerows(_rows(shown[0], series, OWN))
    return file.getvalue()


def _rows(data: FigureData, series: Series, version: str) -> Iterator[tuple[str, ...]]:
    axis = quantity(data.right_label if series.right else data.y_label)
    for point in series.points:
        yield (
            safe(data.number),
            version,
            safe(series.name),
            "right" if series.right else "left",
            _place(data, point),
            _number(point.at),
            _number(point.y),
            safe(axis.written or axis.text),
            _number(point.u95),
            _number(point.absolute),
            safe(series.unit),
            safe(point.label),
            safe("; ".join(point.keys)),
            safe("; ".join(point.sources)),
            safe(point.note),
        )


def _place(data: FigureData, point: Point) -> str:
    if not point.x and data.dates and point.at is not None:
        return iso_day(point.at)
    return safe(point.x)


def _number(value: float | None) -> str:
    return "" if value is None or not math.isfinite(value) else repr(float(value))


def safe(text: str) -> str:
    """Return text that no spreadsheet takes for a formula: an apostrophe goes before one."""
    shown = clean(text, _LONGEST)
    return f"'{shown}" if text.startswith(_FORMULA) or shown.startswith(_FORMULA) else shown
