"""Files as the official checker reads them: as text, line by line, with stamps found by patterns.

The programs open files in text mode: UTF-8, read strictly and in blocks; a carriage return,
with or without a line feed, ends a line. What that makes of odd files decides verdicts: it is kept.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from joulemark.rules.official.outcome import RefusedError

FORMAT = "%m-%d-%Y %H:%M:%S.%f"
BLOCK = 8192
"""Bytes that text mode decodes at a time."""

_ANYWHERE = re.compile(r"(?<!\d)\d*-\d*-\d* \d*:\d*:\d*\.\d*")
_PLAIN = re.compile(
    r"(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])-[0-9]{4} "
    r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{3}"
)
_POWER_MARK = re.compile(rb"power_(?:begin|end)")


class NoStampError(ValueError):
    """A line that ought to begin with a stamp does not."""


def text_of(data: bytes) -> str:
    """Return a file's text, lines ended by a line feed; UnicodeDecodeError if it is not UTF-8."""
    text = data.decode("utf-8")
    return text.replace("\r\n", "\n").replace("\r", "\n") if b"\r" in data else text


@lru_cache(maxsize=256)
def day_ms(date: str) -> int:
    """Return when a day ``MM-DD-YYYY`` begins, ms since 1970; ValueError if there is none such."""
    moment = datetime.strptime(date, "%m-%d-%Y").replace(tzinfo=UTC)
    return round(moment.timestamp()) * 1000


def stamp_seconds(stamp: str) -> float:
    """Return the time of a stamp, s since 1970; ValueError if it is no time."""
    if not _PLAIN.fullmatch(stamp):
        return datetime.strptime(stamp, FORMAT).replace(tzinfo=UTC).timestamp()
    minutes = int(stamp[11:13]) * 60 + int(stamp[14:16])
    return (day_ms(stamp[:10]) + minutes * 60_000 + int(stamp[17:19] + stamp[20:])) / 1000


def line_number(data: bytes, place: int) -> int:
    """Return the line, from 1, of the byte at ``place``."""
    return data.count(b"\n", 0, place) + 1


@dataclass(frozen=True, slots=True)
class LoadWindow:
    """LoadGen's timed part of a run.

    Attributes:
        begin: s since 1970.
        end: likewise.
        begin_line: where it stands in the detail log.
        end_line: likewise.
    """

    begin: float
    end: float
    begin_line: int
    end_line: int


def load_window(data: bytes, shift_s: int, file: str) -> LoadWindow:
    """Return the timed part that a detail log states.

    Args:
        data: the log.
        shift_s: added to its stamps, s.
        file: its name, for the refusal.

    Raises:
        RefusedError: if a mark is missing.
        ValueError: if the text is not UTF-8 or a mark has no time.
    """
    begin = end = 0.0
    places = {b"begin": 0, b"end": 0}
    seen: set[bytes] = set()
    done = 0
    lowered = data.lower().replace(b"\r", b"\n")
    for mark in _POWER_MARK.finditer(lowered):
        if mark.start() < done:
            continue  # in the same line
        start, done = _line_around(lowered, mark.start())
        kind = b"begin" if b"power_begin" in lowered[start:done] else b"end"
        moment = _first_stamp(data[start:done], file) + shift_s
        begin, end = (moment, end) if kind == b"begin" else (begin, moment)
        places[kind] = start
        seen.add(kind)
        if begin and end:
            break
    else:
        done = len(data)
    if not data.isascii():
        _decodes(data, done)
    for kind in (b"begin", b"end"):
        if kind not in seen:
            raise RefusedError(f"LoadGen logged no power_{kind.decode()}", file)
    lines = [line_number(data, places[kind]) for kind in (b"begin", b"end")]
    return LoadWindow(begin, end, lines[0], lines[1])


def _line_around(data: bytes, place: int) -> tuple[int, int]:
    """Return where the line with the byte at ``place`` begins, and where the next one does."""
    end = data.find(b"\n", place)
    return data.rfind(b"\n", 0, place) + 1, len(data) if end < 0 else end + 1


def _first_stamp(line: bytes, file: str) -> float:
    text = line.decode("utf-8")
    stamp = _ANYWHERE.search(text)
    if stamp is None:
        raise NoStampError(f"no time in {text.strip()!r} of {file}")
    return stamp_seconds(stamp.group())


def _decodes(data: bytes, end: int) -> None:
    """Raise UnicodeDecodeError if a block that is read up to ``end`` is not UTF-8."""
    read = data[: -(-end // BLOCK) * BLOCK]
    codecs.getincrementaldecoder("utf-8")().decode(read, len(read) == len(data))
