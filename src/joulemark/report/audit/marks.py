"""Marks below the timeline: readings that are none, and those that PTDaemon complained of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from joulemark.accounting.mlperf_power import Flags, Floats
from joulemark.core.clock import NS
from joulemark.formats.inference.directory import TESTING
from joulemark.formats.inference.notices import Notice
from joulemark.formats.inference.parsed import Times
from joulemark.report import svg
from joulemark.report.audit.reading import Reading, or_none
from joulemark.report.figures.timeline import WIDTH
from joulemark.report.style import mark

ROW = 16
"""Height of a row of marks, px."""


@dataclass(frozen=True, slots=True)
class Marks:
    """One row of marked readings.

    Attributes:
        label: what is wrong with them.
        about: how many there are, in words.
        colour: number of the colour.
        path: a dot for each.
    """

    label: str
    about: str
    colour: int
    path: str


def marks(reading: Reading, origin: int, span_s: float) -> list[Marks]:
    """Return the rows of marked readings.

    Args:
        reading: the measurement.
        origin: begin of the time axis, ns UTC.
        span_s: its length, s.
    """
    made: list[Marks] = []
    for label, kind, time, inside in (*_dropped(reading), *_noticed(reading)):
        if not len(time):
            continue
        row = len(made)
        words = f"{len(time)} {kind}, {int(inside.sum())} of them in the window of the test"
        dots = _dots((time - origin) / NS / span_s, row)
        made.append(Marks(label, words, mark(row)[0], dots))
    return made


_Row = tuple[str, str, Times, Flags]


def _dropped(reading: Reading) -> Iterator[_Row]:
    times = [piece.time[~piece.read] for piece in reading.pieces]
    inside = [piece.inside[~piece.read] & (piece.folder == TESTING) for piece in reading.pieces]
    yield "dropped", "lines without a reading", np.concatenate(times), np.concatenate(inside)


def _noticed(reading: Reading) -> Iterator[_Row]:
    notices = or_none(lambda: reading.review.notices)
    kinds: tuple[tuple[str, Callable[[Notice], bool]], ...] = (
        ("over 1 %", lambda notice: notice.over_limit is not None),
        ("uncertainty unknown", lambda notice: notice.unknown),
        ("range exceeded", lambda notice: notice.clipped),
        ("other errors", _is_other),
    )
    for label, is_meant in kinds:
        time = np.zeros(0, np.int64)
        if notices is not None:
            found = notices.that(is_meant)
            time = found.time[found.timed]
        begin, end = reading.windows.get(TESTING, (0, 0))
        inside: Flags = (time > begin) & (time < end)
        yield label, "messages of PTDaemon", time, inside


def _is_other(notice: Notice) -> bool:
    known = notice.over_limit is not None or notice.unknown or notice.clipped
    return notice.kind == "ERROR" and not known


def _dots(share: Floats, row: int) -> str:
    """Return a dot for each share of the axis, those of one pixel as one."""
    x = np.unique(np.round(share * WIDTH * 2)) / 2
    y = svg.number(ROW * (row + 0.5))
    return "".join(f"M{svg.number(at)} {y}h0" for at in x[(x >= 0) & (x <= WIDTH)].tolist())
