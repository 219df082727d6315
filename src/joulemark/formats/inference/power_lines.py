"""The lines of a power log: what stands in which column, and the careful reading of odd ones."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from joulemark.formats.inference.stamps import stamp_ns
from joulemark.formats.inference.text import MAX_LINE, Problems, shown

WHOLE = "sum"
BEGIN = "Time,"
FIGURES = ("Watts", "Volts", "Amps", "PF")
_CHANNEL = re.compile(r"Ch[0-9]{1,3}")
_ANALYZER = re.compile(r"Analyzer[0-9]{1,2}")
_BEGIN = re.compile(
    r"(?<!Analyzer[0-9],)(?<!Analyzer[0-9]{2},)Time,(?=[0-9]{2}-[0-9]{2}-[0-9]{4} )"
)
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[+-]?(?:nan(?:\([\w-]*\))?|inf(?:inity)?|1\.#\w+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Layout:
    """What stands in which column of a line.

    Attributes:
        width: columns that are understood.
        labels: column and what it says, of every label.
        stamps: columns of the stamps, the line's own first.
        mark: column of the line's mark; -1 without.
        numbers: columns of watts, volts, amperes and power factor of each part, four each.
        names: of the parts, the line's own figures first.
        timed: parts that have stamps of their own, in the order of ``stamps[1:]``.
        whole: whether the line ends where it should.
    """

    width: int
    labels: tuple[tuple[int, str], ...]
    stamps: tuple[int, ...]
    mark: int
    numbers: tuple[int, ...]
    names: tuple[str, ...]
    timed: tuple[str, ...]
    whole: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One reading: its line, times (its own first), mark, figures in the layout's order."""

    number: int
    layout: Layout
    times: tuple[int, ...]
    mark: str
    figures: tuple[float, ...]


def layout_of(fields: Sequence[str]) -> Layout | None:
    """Return the columns of a line; None if it does not begin as a reading does."""
    walk = _Walk(fields)
    if not walk.record("", WHOLE):
        return None
    walk.channels("")
    while walk.at < len(fields) and _ANALYZER.fullmatch(fields[walk.at]):
        name = fields[walk.at]
        if name in walk.names or not walk.record(name, name):
            break
        walk.channels(name)
    return walk.layout()


class _Walk:
    """Goes along the columns of a line."""

    def __init__(self, fields: Sequence[str]) -> None:
        self.fields = fields
        self.at = 0
        self.labels: list[tuple[int, str]] = []
        self.stamps: list[int] = []
        self.mark = -1
        self.numbers: list[int] = []
        self.names: list[str] = []
        self.timed: list[str] = []

    def layout(self) -> Layout:
        return Layout(
            width=self.at,
            labels=tuple(self.labels),
            stamps=tuple(self.stamps),
            mark=self.mark,
            numbers=tuple(self.numbers),
            names=tuple(self.names),
            timed=tuple(self.timed),
            whole=self.at == len(self.fields),
        )

    def label(self) -> None:
        """Take a column as a label."""
        self.labels.append((self.at, self.fields[self.at]))
        self.at += 1

    def said(self, *labels: str) -> bool:
        """Return whether the next columns are these labels, each with a column after it."""
        stop = self.at + 2 * len(labels)
        return len(self.fields) >= stop and tuple(self.fields[self.at : stop : 2]) == labels

    def record(self, own: str, name: str) -> bool:
        """Take stamp, figures and mark, the mark if there is one; after an analyser's own name."""
        self.at += bool(own)
        if not self.said("Time", *FIGURES):
            self.at -= bool(own)
            return False
        if own:
            self.at -= 1
            self.label()
        self.label()
        self.stamps.append(self.at)
        self.at += 1
        if own:
            self.timed.append(own)
        self.part(name)
        if self.said("Mark"):
            self.label()
            if not own:
                self.mark = self.at
            self.at += 1
        return True

    def part(self, name: str) -> None:
        """Take the four figures of a part."""
        self.names.append(name)
        for _ in FIGURES:
            self.label()
            self.numbers.append(self.at)
            self.at += 1

    def channels(self, own: str) -> None:
        """Take the channels of an analyser."""
        while self.at < len(self.fields) and _CHANNEL.fullmatch(self.fields[self.at]):
            name = self.fields[self.at]
            self.at += 1
            complete = self.said(*FIGURES)
            self.at -= 1
            name = f"{own}/{name}" if own else name
            if not complete or name in self.names:
                return
            self.label()
            self.part(name)


def read_line(number: int, text: str, problems: Problems) -> list[Line]:
    """Return the readings on a line: one, none if it cannot be read, several if glued together.

    Args:
        number: of the line.
        text: without line feed, a character for each byte.
        problems: where is noted what is odd.
    """
    if len(text) > MAX_LINE:
        problems.add(number, f"the line is longer than {MAX_LINE} bytes")
        return []
    text = text.strip()
    if "\0" in text:
        problems.add(number, "NUL bytes")
        text = text.replace("\0", "")
    begins = [match.start() for match in _BEGIN.finditer(text)]
    if len(begins) > 1 + text.count("\r"):
        problems.add(number, f"{len(begins)} readings on one line")
    cuts = sorted({0, *begins, len(text)})
    pieces = [p for i, j in pairwise(cuts) for p in text[i:j].split("\r")]
    readings = [_reading(number, piece.strip(), problems) for piece in pieces if piece.strip()]
    return [reading for reading in readings if reading]


def _reading(number: int, text: str, problems: Problems) -> Line | None:
    fields = text.split(",")
    layout = layout_of(fields)
    if layout is None:
        problems.add(number, f"no reading: {shown(text)}")
        return None
    if not layout.whole:
        rest = ",".join(fields[layout.width :])
        problems.add(number, f"what follows the figures is not understood: {shown(rest)}")
    stamps = [stamp_ns(fields[column]) for column in layout.stamps]
    if stamps[0] is None:
        bad = shown(fields[layout.stamps[0]])
        problems.add(number, f"{bad} is no time between 1970 and 2261")
        return None
    if None in stamps:
        problems.add(number, "an analyser's own time cannot be read; the line's is taken")
    figures = [_figure(number, fields[column], problems) for column in layout.numbers]
    if figures[0] is None:
        return None
    return Line(
        number=number,
        layout=layout,
        times=tuple(stamps[0] if stamp is None else stamp for stamp in stamps),
        mark=fields[layout.mark] if layout.mark >= 0 else "",
        figures=tuple(math.nan if figure is None else figure for figure in figures),
    )


def _figure(number: int, text: str, problems: Problems) -> float | None:
    """Return a figure; NaN if it is not finite, None if it is no number."""
    text = text.strip()
    if _NUMBER.fullmatch(text):
        value = float(text)
        if math.isfinite(value):
            return value
    elif not _NOT_FINITE.fullmatch(text):
        problems.add(number, f"{shown(text)} is no number")
        return None
    problems.add(number, f"{shown(text)} is not finite")
    return math.nan
