"""``ptd_logs.txt``: the console of PTDaemon, one message a line, most of them with a stamp."""

from __future__ import annotations

import re

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from joulemark.core.errors import FormatError
from joulemark.formats.inference.messages import Columns, joined
from joulemark.formats.inference.parsed import Console, Source, Times
from joulemark.formats.inference.stamps import WIDTH, characters_ns, have_shape
from joulemark.formats.inference.text import MAX_LINE, Problems, chunks, content, decoded, shown

MAX_MESSAGES = 500_000
"""Real ones have up to some 30,000; PTDaemon itself ends after 500,000 readings."""
_HEAD = WIDTH + 2
_WHITE = re.compile(r"[^\S\n ]")
_FEED, _COLON, _SPACE, _DASH, _DOT = b"\n: -."
_LAST = tuple(b"RG")
"""How ``ERROR`` and ``WARNING`` end."""

Places = NDArray[np.int64]
Bools = NDArray[np.bool_]
Characters = NDArray[np.uint8]


def read_console(source: Source) -> Console:
    """Return the messages of a console.

    Messages glued on one line become several, each with that line; empty lines are left out.

    Raises:
        FormatError: if no line has a stamp.
    """
    problems = Problems()
    pieces: list[tuple[str, Columns]] = []
    count, timed = 0, False
    for first, piece in chunks(content(source)):
        text = decoded(piece, problems, first)
        columns = _messages(text, first, problems)
        pieces.append((text, columns))
        count += len(columns.line)
        timed = timed or bool(columns.timed.any())
        if count > MAX_MESSAGES:
            last = next(int(c.line[-1]) for _, c in reversed(pieces) if len(c.line))
            problems.stop(last, f"more than {MAX_MESSAGES} messages; the rest is not read")
            break
    if not timed:
        raise FormatError("no message of PTDaemon in it", where=source.name)
    return Console(source.name, joined(pieces), problems.all())


def _messages(text: str, first: int, problems: Problems) -> Columns:
    """Return the messages of a piece whose first line has a number."""
    characters = _characters(text)
    begins, ends, numbers = _lines(text, characters, first, problems)
    colons = (characters == _COLON).nonzero()[0]
    stamps = _stamps(characters, colons)
    stamps = stamps[_within(stamps, begins, ends)]
    head = _heads(characters, begins, ends)
    of = begins.searchsorted(stamps, "right") - 1  # the line of each stamp
    later = stamps > begins[of]
    glued = np.zeros(len(begins), np.bool_)
    glued[of[later]] = True
    strict = np.zeros(len(begins), np.bool_)
    strict[of[~later]] = True

    begin = np.concatenate([begins, stamps[later]])
    order = begin.argsort(kind="stable") if later.any() else slice(None)
    begin = begin[order]
    line = np.concatenate([np.arange(len(begins)), of[later]])[order]
    # what only resembles a stamp counts as one, unless real ones follow it
    stamped = np.concatenate([strict | (head & ~glued), np.ones(later.sum(), np.bool_)])[order]
    end = ends[line].copy()
    follows = line[1:] == line[:-1]
    end[:-1][follows] = begin[1:][follows]
    number = numbers[line]
    time, timed = _times(text, characters, begin, stamped, number, problems)
    called = np.zeros(len(begin), np.bool_)
    before = characters[colons - 1]  # of a colon at the begin the last character: no matter
    calls = colons[(before == _LAST[0]) | (before == _LAST[1])]
    if len(begin):
        called[np.maximum(begin.searchsorted(calls, "right") - 1, 0)] = True
    text_begin = begin + np.where(stamped, _HEAD, 0)
    return Columns(number, begin, text_begin, end, time, timed, glued[line], called)


def _characters(text: str) -> Characters:
    """Return a byte for each character; beyond ASCII it says no more than whether it is white."""
    if not text.isascii():
        text = _WHITE.sub("\t", text)
    return np.frombuffer(text.encode("ascii", "replace"), np.uint8)


def _lines(
    text: str, characters: Characters, first: int, problems: Problems
) -> tuple[Places, Places, Places]:
    """Return begin, end and number of each line that is neither blank nor too long."""
    feeds = (characters == _FEED).nonzero()[0]
    begins = np.concatenate([[0], feeds + 1])
    ends = np.concatenate([feeds, [len(text)]])
    kept = ends > begins
    white = kept.nonzero()[0]
    white = white[characters[begins[white]] <= _SPACE]
    rows = zip(begins[white].tolist(), ends[white].tolist(), strict=True)
    kept[white] = [not text[begin:end].isspace() for begin, end in rows]
    for i in (kept & (ends - begins > MAX_LINE)).nonzero()[0].tolist():
        problems.add(first + i, f"the line is longer than {MAX_LINE} bytes")
        kept[i] = False
    numbers = kept.nonzero()[0]
    return begins[numbers], ends[numbers], numbers + first


def _stamps(characters: Characters, colons: Places) -> Places:
    """Return where stamps begin, each followed by a colon and a space."""
    ends = colons[(colons >= WIDTH) & (colons < len(characters) - 1)]
    ends = ends[(characters[ends + 1] == _SPACE) & (characters[ends - 4] == _DOT)]
    begins: Places = ends - WIDTH
    if len(begins):
        begins = begins[have_shape(sliding_window_view(characters, WIDTH)[begins])]
    return begins


def _within(places: Places, begins: Places, ends: Places) -> Bools:
    """Return which places are on one of the lines."""
    if not len(begins):
        return np.zeros(len(places), np.bool_)
    of = begins.searchsorted(places, "right") - 1
    return (of >= 0) & (places < ends[of])


def _heads(characters: Characters, begins: Places, ends: Places) -> Bools:
    """Return which lines begin with what resembles a stamp."""
    heads = ends - begins >= _HEAD
    at = begins[heads]
    alike = np.ones(len(at), np.bool_)
    marks = ((2, _DASH), (5, _DASH), (19, _DOT), (WIDTH, _COLON), (WIDTH + 1, _SPACE))
    for place, mark in marks:
        alike &= characters[at + place] == mark
    heads[heads] = alike
    return heads


def _times(
    text: str,
    characters: Characters,
    begin: Places,
    stamped: Bools,
    number: Places,
    problems: Problems,
) -> tuple[Times, Bools]:
    """Return ns of each message, 0 without; and whether it has a time.

    A stamp that cannot be read is a problem.
    """
    time = np.zeros(len(begin), np.int64)
    timed = stamped.copy()
    at = begin[stamped]
    if len(at):
        time[stamped], timed[stamped] = characters_ns(sliding_window_view(characters, WIDTH)[at])
    for place in (stamped & ~timed).nonzero()[0].tolist():
        what = (
            f"{shown(text[begin[place] : begin[place] + WIDTH])} is no time between 1970 and 2261"
        )
        problems.add(int(number[place]), what)
    return time, timed
