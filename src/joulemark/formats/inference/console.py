"""``ptd_logs.txt``: the console of PTDaemon, one message a line, most of them with a stamp."""

from __future__ import annotations

import re
from functools import partial
from itertools import pairwise

from joulemark.core.errors import FormatError
from joulemark.formats.inference.parsed import Console, ConsoleLine, Source
from joulemark.formats.inference.stamps import WIDTH, stamps_ns
from joulemark.formats.inference.text import MAX_LINE, Problems, chunks, content, decoded, shown

MAX_MESSAGES = 500_000
"""Real ones have up to some 30,000; PTDaemon itself ends after 500,000 readings."""
_STAMP = re.compile(r"[0-9]{2}-[0-9]{2}-[0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}: ")
_HEAD = WIDTH + 2


def read_console(source: Source) -> Console:
    """Return the messages of a console.

    Messages glued on one line become several, each with that line; empty lines are left out.

    Raises:
        FormatError: if no line has a stamp.
    """
    problems = Problems()
    kept: list[ConsoleLine] = []
    for first, piece in chunks(content(source)):
        kept += _messages(decoded(piece, problems, first), first, problems)
        if len(kept) > MAX_MESSAGES:
            problems.stop(kept[-1].line, f"more than {MAX_MESSAGES} messages; the rest is not read")
            break
    if not any(message.time is not None for message in kept):
        raise FormatError("no message of PTDaemon in it", where=source.name)
    return Console(source.name, tuple(kept), problems.all())


def _messages(text: str, first: int, problems: Problems) -> list[ConsoleLine]:
    """Return the messages of a piece whose first line has a number."""
    numbers: list[int] = []
    stamps: list[str] = []
    texts: list[str] = []
    for number, line in enumerate(text.split("\n"), first):
        if not line or line.isspace():
            continue
        if len(line) > MAX_LINE:
            problems.add(number, f"the line is longer than {MAX_LINE} bytes")
            continue
        if line[WIDTH:_HEAD] == ": " and line[2] == line[5] == "-" and line[19] == ".":
            if line.find(": ", _HEAD + WIDTH) < 0 or not _stamps_after(line, _HEAD):
                numbers.append(number)
                stamps.append(line[:WIDTH])
                texts.append(line[_HEAD:].rstrip())
                continue
        elif not _stamps_after(line, 0):
            numbers.append(number)
            stamps.append("")
            texts.append(line.rstrip())
            continue
        for stamp, message in _parts(line):
            numbers.append(number)
            stamps.append(stamp)
            texts.append(message)
    times = _times(numbers, stamps, problems)
    rows = zip(numbers, times, texts, strict=True)
    return list(map(partial(tuple.__new__, ConsoleLine), rows))  # without a call of ours for each


def _stamps_after(line: str, start: int) -> list[int]:
    """Return where stamps begin, from a place on."""
    found = []
    end = line.find(": ", start + WIDTH)
    while end >= 0:
        if line[end - 1].isdigit() and _STAMP.match(line, end - WIDTH):
            found.append(end - WIDTH)
        end = line.find(": ", end + 1)
    return found


def _times(numbers: list[int], stamps: list[str], problems: Problems) -> list[int | None]:
    """Return ns of each stamp; None without, or, which is a problem, if it cannot be read."""
    stamped = [place for place, stamp in enumerate(stamps) if stamp]
    read, good = stamps_ns([stamps[place] for place in stamped])
    times: list[int | None] = [None] * len(stamps)
    for place, time in zip(stamped, read.tolist(), strict=True):
        times[place] = time
    for i in (~good).nonzero()[0].tolist():
        place = stamped[i]
        times[place] = None
        what = f"{shown(stamps[place])} is no time between 1970 and 2261"
        problems.add(numbers[place], what)
    return times


def _parts(line: str) -> list[tuple[str, str]]:
    """Return stamp and text of each message on a line; an empty stamp where it has none."""
    starts = _stamps_after(line, 0)
    found = [("", line[: starts[0]].strip())] if starts[0] else []
    for start, stop in pairwise([*starts, len(line)]):
        found.append((line[start : start + WIDTH], line[start + _HEAD : stop].strip()))
    return found
