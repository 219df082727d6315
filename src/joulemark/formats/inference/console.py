"""``ptd_logs.txt``: the console of PTDaemon, one message a line, most of them with a stamp."""

from __future__ import annotations

import re

from joulemark.core.errors import FormatError
from joulemark.formats.inference.parsed import Console, ConsoleLine, Source
from joulemark.formats.inference.stamps import WIDTH, stamps_ns
from joulemark.formats.inference.text import MAX_LINE, Problems, chunks, content, decoded, shown

MAX_MESSAGES = 1_000_000
"""PTDaemon itself ends after 500,000 readings."""
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
            problems.add(kept[-1].line, f"more than {MAX_MESSAGES} messages; the rest is not read")
            break
    if not any(message.time is not None for message in kept):
        raise FormatError("no message of PTDaemon in it", where=source.name)
    return Console(source.name, tuple(kept), problems.all())


def _messages(text: str, first: int, problems: Problems) -> list[ConsoleLine]:
    """Return the messages of a piece whose first line has a number."""
    numbers: list[int] = []
    stamps: list[bytes] = []
    texts: list[str] = []
    find = _STAMP.search
    for number, raw in enumerate(text.split("\n"), first):
        line = raw.rstrip()
        if not line:
            continue
        if len(line) > MAX_LINE:
            problems.add(number, f"the line is longer than {MAX_LINE} bytes")
            continue
        if line[23:25] == ": " and line[2] == "-" and not find(line, _HEAD):
            numbers.append(number)
            stamps.append(line[:WIDTH].encode())
            texts.append(line[_HEAD:])
            continue
        for stamp, message in _parts(line):
            numbers.append(number)
            stamps.append(stamp)
            texts.append(message)
    times, good = stamps_ns(stamps)
    for place in (~good).nonzero()[0]:
        if stamps[place]:
            what = f"{shown(stamps[place])} is no time between 1970 and 2261"
            problems.add(numbers[place], what)
    whole = zip(numbers, times.tolist(), good.tolist(), texts, strict=True)
    return [
        ConsoleLine(number, time if ok else None, message) for number, time, ok, message in whole
    ]


def _parts(line: str) -> list[tuple[bytes, str]]:
    """Return stamp and text of each message on a line; an empty stamp where it has none."""
    found = []
    at, stamp = 0, b""
    for match in _STAMP.finditer(line):
        if message := line[at : match.start()].strip():
            found.append((stamp, message))
        elif stamp:
            found.append((stamp, ""))
        stamp, at = match[0][:WIDTH].encode(), match.end()
    if stamp or line[at:].strip():
        found.append((stamp, line[at:].strip()))
    return found
