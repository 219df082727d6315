"""``spl.txt``: the readings of PTDaemon, one line a second.

    Time,MM-DD-YYYY HH:MM:SS.mmm,Watts,W,Volts,V,Amps,A,PF,P,Mark,M[,Ch1,Watts,…][,Analyzer1,Time,…]

The lines of a log are alike, so that whole columns are read at once; what does not fit the layout
of its neighbours is read line by line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from joulemark.core.errors import FormatError
from joulemark.formats.inference.parsed import Floats, Lines, PowerLog, Readings, Source, Times
from joulemark.formats.inference.power_lines import Layout, Line, layout_of, read_line
from joulemark.formats.inference.stamps import stamps_ns
from joulemark.formats.inference.text import MAX_LINE, Problems, chunks, content, shown

MAX_READINGS = 1_000_000
"""PTDaemon itself ends after 500,000."""
MAX_FIGURES = 1 << 25
"""Figures of all parts together: 256 MiB."""
MAX_MARKS = 1000
_PLAIN = b"0123456789.-+eE"


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    """Readings of one layout.

    Attributes:
        layout: their columns.
        line: shape (n,).
        times: of the line, then of each analyser that has its own; shape (n, 1 + analysers).
        marks: n texts.
        figures: shape (n, 4 · parts).
    """

    layout: Layout
    line: Lines
    times: Times
    marks: Sequence[bytes]
    figures: Floats


def read_power_log(source: Source) -> PowerLog:
    """Return the readings of a power log.

    Raises:
        FormatError: if it has none, or too many.
    """
    problems = Problems()
    blocks: list[_Block] = []
    for first, piece in chunks(content(source)):
        blocks += _blocks(piece, first, problems)
        if sum(len(block.line) for block in blocks) > MAX_READINGS:
            raise FormatError(f"more than {MAX_READINGS} readings", where=source.name)
    if not blocks:
        raise FormatError(_why(problems), where=source.name)
    return _log(source.name, blocks, problems)


def _why(problems: Problems) -> str:
    first = next(iter(problems.all()), None)
    return "no reading in it" + (f"; line {first.line}: {first.what}" if first else "")


def _blocks(piece: bytes, first: int, problems: Problems) -> list[_Block]:
    """Return the readings of whole lines, the first of which has a number."""
    lines = piece.replace(b"\r\n", b"\n").split(b"\n")
    commas = [line.count(b",") if len(line) <= MAX_LINE else -1 for line in lines]
    usual = Counter(count for count in commas if count > 0).most_common(1)
    blocks: list[_Block] = []
    odd: Sequence[int] = range(len(lines))
    if usual:
        width = usual[0][0] + 1
        alike = [place for place, count in enumerate(commas) if count == width - 1]
        block, left = _columns([lines[place] for place in alike], alike, width, first)
        if block is not None:
            blocks.append(block)
            kept = set(alike) - set(left)
            odd = [place for place in odd if place not in kept]
    careful: dict[Layout, list[Line]] = {}
    for place in odd:
        if lines[place] and not lines[place].isspace():
            for reading in read_line(first + place, lines[place], problems):
                careful.setdefault(reading.layout, []).append(reading)
    return blocks + [_block(layout, readings) for layout, readings in careful.items()]


def _columns(
    lines: list[bytes], places: list[int], width: int, first: int
) -> tuple[_Block | None, list[int]]:
    """Return what lines with the same number of columns say, and the places of those that differ.

    Returns:
        None if the columns are not those of a reading.
    """
    fields = b",".join(lines).split(b",")
    count = len(lines)
    samples = (layout_of(fields[width * i : width * (i + 1)]) for i in (0, count // 2, count - 1))
    layout = next((found for found in samples if found is not None and found.whole), None)
    if layout is None:
        return None, places
    good = np.ones(count, np.bool_)
    for column, label in layout.labels:
        said = fields[column::width]
        if said.count(label) != count:
            good &= np.fromiter((field == label for field in said), np.bool_, count)
    times = np.empty((count, len(layout.stamps)), np.int64)
    for i, column in enumerate(layout.stamps):
        times[:, i], read = stamps_ns(fields[column::width])
        good &= read
    figures = np.empty((count, len(layout.numbers)))
    for i, column in enumerate(layout.numbers):
        figures[:, i] = _numbers(fields[column::width], good)
    good &= np.isfinite(figures).all(axis=1)
    marks = fields[layout.mark :: width] if layout.mark >= 0 else [b""] * count
    for mark in {mark for mark in marks if b"\r" in mark or b"\0" in mark}:
        good &= np.fromiter((other != mark for other in marks), np.bool_, count)
    line = np.array(places, np.int32) + first
    left = [place for place, ok in zip(places, good.tolist(), strict=True) if not ok]
    if left:
        marks = [mark for mark, ok in zip(marks, good.tolist(), strict=True) if ok]
        line, times, figures = line[good], times[good], figures[good]
    return (_Block(layout, line, times, marks, figures) if len(line) else None), left


def _numbers(texts: list[bytes], good: NDArray[np.bool_]) -> Floats:
    """Return a column of numbers; takes the rows that are none out of ``good``."""
    if not b"".join(texts).translate(None, _PLAIN):
        try:
            return np.fromiter(map(float, texts), np.float64, len(texts))
        except ValueError:
            pass
    found = np.full(len(texts), np.nan)
    for i, text in enumerate(texts):
        try:
            found[i] = float(text) if not text.translate(None, _PLAIN) else np.nan
        except ValueError:
            good[i] = False
    return found


def _block(layout: Layout, readings: list[Line]) -> _Block:
    return _Block(
        layout=layout,
        line=np.array([reading.number for reading in readings], np.int32),
        times=np.array([reading.times for reading in readings], np.int64),
        marks=[reading.mark for reading in readings],
        figures=np.array([reading.figures for reading in readings]),
    )


def _log(name: str, blocks: list[_Block], problems: Problems) -> PowerLog:
    """Put the blocks together in the order of their lines."""
    line = np.concatenate([block.line for block in blocks])
    time = np.concatenate([block.times[:, 0] for block in blocks])
    order = np.argsort(line, kind="stable")
    places = np.empty(len(order), np.int64)
    places[order] = np.arange(len(order))
    marks, mark = _marks(blocks, order, line[order], problems)
    parts = dict.fromkeys(part for block in blocks for part in block.layout.names)
    if len(parts) * len(line) * 4 > MAX_FIGURES:
        raise FormatError(f"{len(parts)} channels are too many for its length", where=name)
    filled = [_part(part, blocks, places, time[order]) for part in parts]
    return PowerLog(
        name=name,
        time=time[order],
        line=line[order],
        marks=marks,
        mark=mark,
        whole=filled[0],
        parts=tuple(filled[1:]),
        problems=problems.all(),
    )


def _part(name: str, blocks: list[_Block], places: Times, time: Times) -> Readings:
    """Return the figures of one part of every reading, in order."""
    figures = np.full((4, len(places)), np.nan)
    own = None
    start = 0
    for block in blocks:
        rows = places[start : start + len(block.line)]
        start += len(block.line)
        if name in block.layout.names:
            column = 4 * block.layout.names.index(name)
            figures[:, rows] = block.figures[:, column : column + 4].T
        if name in block.layout.timed:
            own = time.copy() if own is None else own
            own[rows] = block.times[:, 1 + block.layout.timed.index(name)]
    watts, volts, amps, pf = figures
    return Readings(name, watts, volts, amps, pf, own)


def _marks(
    blocks: list[_Block], order: Times, line: Lines, problems: Problems
) -> tuple[tuple[str, ...], NDArray[np.int16]]:
    """Return the marks in the order in which they appear, and each reading's place among them."""
    mixed = [mark for block in blocks for mark in block.marks]
    texts = [mixed[place] for place in order.tolist()]
    places = {mark: place for place, mark in enumerate(dict.fromkeys(texts))}
    if len(places) > MAX_MARKS:
        problems.add(int(line[0]), f"more than {MAX_MARKS} marks; the others are left out")
        places = {mark: min(place, MAX_MARKS) for mark, place in places.items()}
    names = []
    for mark in list(places)[:MAX_MARKS]:
        try:
            names.append(mark.decode())
        except UnicodeDecodeError:
            problems.add(int(line[texts.index(mark)]), f"the mark is not UTF-8 text: {shown(mark)}")
            names.append(mark.decode("utf-8", "replace"))
    names += [""] * (len(places) > MAX_MARKS)
    mark = np.fromiter((places[text] for text in texts), np.int16, len(texts))
    return tuple(names), mark
