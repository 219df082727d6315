"""Lines of a session's text files: EnergyRunner's prefix, bounds, and numbers as printed."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import NamedTuple

from joulemark.core.errors import FormatError
from joulemark.formats.inference.parsed import Source
from joulemark.formats.inference.text import MAX_LINE, Problems, chunks, content, decoded
from joulemark.formats.tiny.parsed import Printed

MAX_TEXT = 64 << 20
PREFIX = re.compile(r"(\d{1,9}\.\d{1,6}) ([\w.-]{1,32}): ?")
NUMBER = r"([+-]?\d{1,30}(?:\.\d{1,30})?(?:[eE][+-]?\d{1,3})?)"
MAX_DIGITS = 18


class Line(NamedTuple):
    """One line.

    Attributes:
        number: from 1.
        time: of the host, s; None without a prefix.
        source: who said it ("dut", "emon", "ulp-ml" …); empty without a prefix.
        text: the rest, without spaces at its ends.
    """

    number: int
    time: float | None
    source: str
    text: str


def lines_of(source: Source, problems: Problems) -> Iterator[Line]:
    """Yield the lines of a file that hold anything; one that is too long is cut.

    Raises:
        FormatError: if the file is empty, too large or no text.
    """
    data = content(source)
    if len(data) > MAX_TEXT:
        raise FormatError(f"{len(data)} bytes are too many", where=source.name)
    for first, piece in chunks(data):
        for number, raw in enumerate(decoded(piece, problems, first).split("\n"), first):
            text = raw.strip()
            if len(text) > MAX_LINE:
                problems.add(number, f"a line of {len(text)} characters")
                text = text[:MAX_LINE]
            if not text:
                continue
            found = PREFIX.match(text)
            if found is None:
                yield Line(number, None, "", text)
            else:
                rest = text[found.end() :].strip()
                yield Line(number, float(found[1]), found[2], rest)


def printed(text: str, line: int) -> Printed | None:
    """Return a number as printed; None if it is not finite."""
    value = float(text)
    mantissa, _, exponent = text.lower().partition("e")
    places = len(mantissa.partition(".")[2]) - int(exponent or 0)
    if not math.isfinite(value) or abs(places) > 300:
        return None
    return Printed(value, places, line)


def whole(text: str) -> int:
    """Return a whole number; -1 of one with too many digits."""
    return int(text) if len(text) <= MAX_DIGITS else -1


def base(path: str) -> str:
    """Return the last part of a path of any system."""
    return re.split(r"[\\/]", path)[-1]


def numbers(text: str, most: int = 1 << 16) -> tuple[float, ...]:
    """Return numbers parted by commas; what is none is left out."""
    found = []
    for word in text.split(",")[:most]:
        try:
            value = float(word)
        except ValueError:
            continue
        if math.isfinite(value):
            found.append(value)
    return tuple(found)
