"""Figure 1: performance over the years, from the study's own table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

from joulemark.analysis.figures.data import Basis, FigureData, Kind, Point, Series
from joulemark.analysis.figures.names import days
from joulemark.analysis.published.tables import PERFORMANCE, Row, day_of, read_table
from joulemark.analysis.record.definitions import definitions
from joulemark.formats.results.names import number

LABELS = ("v0.5", "v0.6", "v1.0", "v1.1", "v2.0", "v2.1", "v3.0", "v3.1", "v4.0", "v4.1")
"""What the script writes under the ten days."""


def performance(folder: Path) -> FigureData | None:
    """Return figure 1; None without its table.

    Raises:
        FormatError: if a column is named by no day.
    """
    rows = read_table(folder, PERFORMANCE)
    if not rows:
        return None
    columns = [(name, day_of(name, PERFORMANCE)) for name in rows[0].cells if name != "Dates"]
    names = dict(zip((name for name, _ in columns), LABELS, strict=False))
    series = (Series(name=row["Dates"], points=tuple(_points(row, columns, names))) for row in rows)
    return FigureData(
        number="1",
        title="Performance of MLPerf results beside Moore's law",
        basis=Basis.PUBLISHED,
        kind=Kind.LINES,
        series=tuple(one for one in series if one.points),
        x_label="Round, as the script writes it under the days",
        y_label="Performance, first = 1; a later start is put on Moore's law",
        log_y=True,
        dates=True,
        notes=(
            "the table holds ready ratios, and names no result behind them",
            *_other_rounds([(names.get(text, text), day) for text, day in columns]),
        ),
    )


def _other_rounds(columns: Iterable[tuple[str, date]]) -> Iterator[str]:
    """Yield that a day is not that of the round of inference which it is labelled with."""
    dates = definitions().dates
    for label, day in columns:
        right = dates["inference"].get(label, "")
        for suite, rounds in dates.items():
            for round_, of in rounds.items():
                if of == day.isoformat() != right and right:
                    yield (
                        f"{of} is labelled {label} and is the day of {suite} {round_}; inference "
                        f"{label} is of {right}"
                    )


def _points(row: Row, columns: list[tuple[str, date]], names: dict[str, str]) -> Iterator[Point]:
    for text, day in columns:
        value = number(row[text])
        if value is not None:
            at = days(day)
            yield Point(x=names.get(text, text), at=at, y=value, sources=(row.source,))
