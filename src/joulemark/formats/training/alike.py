"""Lines of a power log that differ in nothing but time and power, read as columns.

A program writes each of its readings by one format. What stands before the time, between time and
power, and after the power is taken from one line; where lines repeat it byte by byte, all of it is
cut away at once, and numbers remain. Every other line, and one that stands beside such a line, is
left to who asks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from joulemark.accounting.training_record import Floats, Times
from joulemark.formats.training.columns import decimals
from joulemark.formats.training.records import MARKER

LEAST = 16
"""Fewer lines are read one by one as fast."""
TRIED = 64
"""So many lines may stand before the first reading of a piece."""
PAIR, NEXT = b"\x00", b"\x01"
"""Stand between time and power, and between power and the next time."""
_RUN = re.compile(rb"\x01(?:[0-9]{1,13}\x00-?(?:0|[1-9][0-9]{0,11})(?:\.[0-9]{1,12})?\x01)++")


class Run(NamedTuple):
    """Neighbouring lines that are alike.

    Attributes:
        line: number of the first in the piece, from 0.
        begin: where it begins in the piece.
        end: where the line after the last begins.
        time: as stamped, ms.
        watts: readings.
        tail: what stands behind the reading, in every line.
    """

    line: int
    begin: int
    end: int
    time: Times
    watts: Floats
    tail: bytes


def runs_alike(piece: bytes, usual: re.Pattern[bytes]) -> Iterator[Run]:
    """Yield the runs of lines that are alike, in their order.

    Args:
        piece: whole lines.
        usual: matches a line, with stamp and value of a usual reading as its first two groups.
    """
    parts = _parts(piece, usual)
    if parts is None or PAIR in piece or NEXT in piece:
        return
    before, between, after = parts
    end = b"" if piece.endswith(b"\n") else b"\n"
    whole = b"".join((after, b"\n", piece, end, before))
    short = whole.replace(after + b"\n" + before, NEXT).replace(between, PAIR)
    less = len(before) + len(after), len(between) - 1
    seen = line = shift = 0
    for match in _RUN.finditer(short):
        text, start = match[0], match.start()
        gone = short.count(NEXT, seen, start), short.count(PAIR, seen, start)
        line += short.count(b"\n", seen, start) + gone[0]
        shift += gone[0] * less[0] + gone[1] * less[1]
        count = text.count(PAIR)
        last = match.end() - 1  # this mark may begin the next run
        begin = start + shift
        shift += count * (less[0] + less[1])
        if count >= LEAST:
            stop = min(last + shift, len(piece))
            yield Run(line, begin, stop, *_numbers(text), after)
        line += count
        seen = last


def _numbers(text: bytes) -> tuple[Times, Floats]:
    """Return stamps and readings of a run."""
    signs = np.frombuffer(text, np.uint8)
    between, ends = np.flatnonzero(signs == PAIR[0]), np.flatnonzero(signs == NEXT[0])
    time = decimals(signs, ends[:-1] + 1, between)
    return time.astype(np.int64), decimals(signs, between + 1, ends[1:])


def _parts(piece: bytes, usual: re.Pattern[bytes]) -> tuple[bytes, bytes, bytes] | None:
    """Return what the first usual line has around its stamp and its value."""
    for number, match in enumerate(usual.finditer(piece)):
        if match[1]:
            before = piece[match.start() : match.start(1)]
            between = piece[match.end(1) : match.start(2)]
            after = piece[match.end(2) : match.end()].removesuffix(b"\n")
            twice = before.count(MARKER) > 1 or MARKER in after
            return None if twice else (before, between, after)
        if number >= TRIED:
            break
    return None
