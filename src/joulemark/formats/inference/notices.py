"""What PTDaemon's console complains of: errors, warnings, and readings of too large an uncertainty.

It says the same thing in several ways: PTDaemon 1.9 "Uncertainty 1.05% above 1.00% limit for the
last measurement sample!", later ones "Uncertainty 1.05%, which is above 1.00% limit for the last
sample!", with several channels "…, logical channel 2!".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import compress
from typing import NamedTuple

from joulemark.core.clock import NS
from joulemark.formats.inference.parsed import Console

ERROR, WARNING = "ERROR", "WARNING"
_KIND = re.compile(r"(ERROR|WARNING):\s*(.*)")
_OVER = re.compile(
    r"Uncertainty (\d{1,12}(?:\.\d{1,12})?)%.{0,20}? above \d{1,3}(?:\.\d{1,6})?% limit"
)
_UNKNOWN = "Uncertainty unknown"
_CLIPPED = re.compile(r"Current (?:exceeds peak value allowed|appears to be too high)")
ONE_READING_NS = NS // 2
"""Messages closer than this are of one reading, of several channels."""


class Notice(NamedTuple):
    """An error or a warning.

    Attributes:
        line: from 1.
        time: ns UTC; None without a stamp.
        kind: ``ERROR`` or ``WARNING``.
        text: what it says.
    """

    line: int
    time: int | None
    kind: str
    text: str

    @property
    def over_limit(self) -> float | None:
        """Relative uncertainty, where it says that a reading's is above the limit."""
        found = _OVER.match(self.text)
        return None if found is None else float(found[1]) / 100

    @property
    def unknown(self) -> bool:
        """Whether it says that the uncertainty of a reading is not known."""
        return self.text.startswith(_UNKNOWN)

    @property
    def clipped(self) -> bool:
        """Whether it says that the current went beyond the range."""
        return _CLIPPED.match(self.text) is not None


@dataclass(frozen=True, slots=True)
class Interval:
    """A measurement in the console, from its ``Go`` to its end.

    Attributes:
        begin: ns UTC.
        end: ns UTC.
        begin_line: line of ``Go``.
        end_line: line of its end.
    """

    begin: int
    end: int
    begin_line: int
    end_line: int

    def holds(self, time: int | None) -> bool:
        """Return whether a moment is in it."""
        return time is not None and self.begin <= time <= self.end


def notices(console: Console, shift: int) -> tuple[Notice, ...]:
    """Return errors and warnings in the order of the file.

    Args:
        console: the console.
        shift: what is added to its stamps for UTC, ns.
    """
    lines, stamps, texts = console.lines.called()
    kinds: dict[str, str | None] = {}  # a console says few things, thousands of times
    said: dict[str, str] = {}
    for text in dict.fromkeys(texts):
        found = _KIND.search(text)
        kinds[text], said[text] = (None, "") if found is None else (found[1], found[2].strip())
    times = [None if stamp is None else stamp + shift for stamp in stamps]
    kind_of, said_of = list(map(kinds.__getitem__, texts)), map(said.__getitem__, texts)
    rows = compress(zip(lines, times, kind_of, said_of, strict=True), kind_of)
    return tuple(map(partial(tuple.__new__, Notice), rows))  # Notice(*row), without a call of ours


def interval(console: Console, mark: str, shift: int) -> Interval | None:
    """Return the measurement of a mark; None if it did not begin or did not end.

    Args:
        console: the console.
        mark: its mark.
        shift: what is added to its stamps for UTC, ns.
    """
    begin = _said(console, f"Go with mark '{mark}'", 0)
    end = None if begin is None else _said(console, "Completed test", begin[0] + 1)
    if begin is None or end is None:
        return None
    return Interval(begin[1] + shift, end[1] + shift, begin[2], end[2])


def _said(console: Console, text: str, start: int) -> tuple[int, int, int] | None:
    """Return place, ns as stamped and line of the first stamped message with a text."""
    for place in console.lines.holding(text, start):
        line = console.lines[place]
        if line.text == text and line.time is not None:
            return place, line.time, line.line
    return None


def readings_in(found: Sequence[Notice]) -> int:
    """Return of how many readings notices are: those of several channels come together."""
    count, last = 0, None
    for notice in found:
        if last is None or notice.time is None or abs(notice.time - last) > ONE_READING_NS:
            count, last = count + 1, notice.time
    return count
