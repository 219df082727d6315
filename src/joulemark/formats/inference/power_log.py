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
from joulemark.formats.inference.power_fixed import fixed_columns
from joulemark.formats.inference.power_lines import BEGIN, Layout, Line, layout_of, read_line
from joulemark.formats.inference.stamps import stamps_ns
from joulemark.formats.inference.text import MAX_LINE, Problems, chunks, content, shown

MAX_READINGS = 1_000_000
"""PTDaemon itself ends after 500,000."""
MAX_FIGURES = 1 << 25
"""Figures of all parts together: 256 MiB."""
MAX_ODD = 100_000
MAX_MARKS = 1000
MAX_MARK = 1000
_PLAIN = b"0123456789.-+eE"


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    """Readings of one layout.

    Attributes:
        layout: their columns.
        line: shape (n,).
        times: of the line, then of each analyser that has its own; shape (n, 1 + analysers).
        marks: n texts, a character for each byte.
        figures: shape (n, 4 · parts).
    """

    layout: Layout
    line: Lines
    times: Times
    marks: Sequence[str]
    figures: Floats


def read_power_log(source: Source) -> PowerLog:
    """Return the readings of a power log.

    Raises:
        FormatError: if it has none, or too many.
    """
    problems = Problems()
    blocks: list[_Block] = []
    for first, piece in chunks(content(source)):
        if problems.count > MAX_ODD:
            problems.stop(first, f"more than {MAX_ODD} oddities; the rest is not read")
            break
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
    piece = piece.replace(b"\r\n", b"\n").rstrip(b"\n")
    fixed = fixed_columns(piece)
    if fixed is not None:
        layout, times, mark, figures = fixed
        line = np.arange(first, first + len(times), dtype=np.int32)
        return [_Block(layout, line, times, [mark] * len(times), figures)]
    text = piece.decode("latin-1")  # a character for each byte
    lines = text.split("\n")
    width = lines[0].count(",") + 1
    fields = ",".join(lines).split(",")
    if len(fields) == width * len(lines):
        block, left = _columns(fields, range(len(lines)), first)
        if block is not None and not left:
            return [block]
    return _sorted_out(lines, first, problems)


def _sorted_out(lines: list[str], first: int, problems: Problems) -> list[_Block]:
    """Return the readings of lines that are not all alike."""
    commas = [line.count(",") if len(line) <= MAX_LINE else -1 for line in lines]
    usual = Counter(count for count in commas if count > 0).most_common(1)
    blocks: list[_Block] = []
    odd: Sequence[int] = range(len(lines))
    if usual:
        alike = [place for place, count in enumerate(commas) if count == usual[0][0]]
        fields = ",".join([lines[place] for place in alike]).split(",")
        block, left = _columns(fields, alike, first)
        if block is not None:
            blocks.append(block)
            kept = set(alike).difference(left)
            odd = [place for place in odd if place not in kept]
    careful: dict[Layout, list[Line]] = {}
    for place in odd:
        line = lines[place]
        if not line or line.isspace():
            continue
        if BEGIN in line:
            for reading in read_line(first + place, line, problems):
                careful.setdefault(reading.layout, []).append(reading)
        else:
            problems.add(first + place, f"no reading: {shown(line)}")
    return blocks + [_block(layout, readings) for layout, readings in careful.items()]


def _columns(
    fields: list[str], places: Sequence[int], first: int
) -> tuple[_Block | None, Sequence[int]]:
    """Return what lines with the same number of columns say, and the places of those that differ.

    Args:
        fields: of all lines, one after the other.
        places: of the lines.
        first: number of the line at place 0.

    Returns:
        None if the columns are not those of a reading.
    """
    count = len(places)
    width = len(fields) // count
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
        figures[:, i] = _numbers(fields[column::width])
    good &= np.isfinite(figures).all(axis=1)
    marks = fields[layout.mark :: width] if layout.mark >= 0 else [""] * count
    for mark in {mark for mark in set(marks) if not mark.isprintable() or len(mark) > MAX_MARK}:
        good &= np.fromiter((other != mark for other in marks), np.bool_, count)
    line = np.array(places, np.int32) + first
    if good.all():
        return _Block(layout, line, times, marks, figures), ()
    kept = good.tolist()
    left = [place for place, ok in zip(places, kept, strict=True) if not ok]
    marks = [mark for mark, ok in zip(marks, kept, strict=True) if ok]
    block = _Block(layout, line[good], times[good], marks, figures[good])
    return (block if marks else None), left


def _numbers(texts: list[str]) -> Floats:
    """Return a column of numbers; NaN where a text is none that PTDaemon writes."""
    if not "".join(texts).encode("latin-1").translate(None, _PLAIN):
        try:
            return np.array(list(map(float, texts)))
        except ValueError:
            pass
    found = np.full(len(texts), np.nan)
    for i, text in enumerate(texts):
        try:
            found[i] = float(text) if not text.encode("latin-1").translate(None, _PLAIN) else np.nan
        except ValueError:
            continue
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
    mixed = [mark for block in blocks for mark in block.marks]
    order = np.argsort(line, kind="stable")
    if (order != np.arange(len(order))).any():
        line, time = line[order], time[order]
        mixed = [mixed[place] for place in order.tolist()]
    marks, mark = _marks(mixed, line, problems)
    parts = dict.fromkeys(part for block in blocks for part in block.layout.names)
    if len(parts) * len(line) * 4 > MAX_FIGURES:
        raise FormatError(f"{len(parts)} channels are too many for its length", where=name)
    places = np.empty(len(order), np.int64)
    places[order] = np.arange(len(order))
    filled = [_part(part, blocks, places, time) for part in parts]
    return PowerLog(
        name=name,
        time=time,
        line=line,
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
    texts: list[str], line: Lines, problems: Problems
) -> tuple[tuple[str, ...], NDArray[np.int16]]:
    """Return the marks in the order in which they appear, and each reading's place among them."""
    places = {text: place for place, text in enumerate(dict.fromkeys(texts))}
    if len(places) > MAX_MARKS:
        problems.add(int(line[0]), f"more than {MAX_MARKS} marks; the others are left out")
        places = {text: min(place, MAX_MARKS) for text, place in places.items()}
    names = []
    for text in list(places)[:MAX_MARKS]:
        mark = text.encode("latin-1")
        try:
            names.append(mark.decode())
        except UnicodeDecodeError:
            problems.add(int(line[texts.index(text)]), f"the mark is no UTF-8 text: {shown(mark)}")
            names.append(mark.decode("utf-8", "replace"))
    names += [""] * (len(places) > MAX_MARKS)
    if len(places) == 1:
        return tuple(names), np.zeros(len(texts), np.int16)
    return tuple(names), np.fromiter(map(places.__getitem__, texts), np.int16, len(texts))
