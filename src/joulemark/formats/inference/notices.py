"""What PTDaemon's console complains of: errors, warnings, and readings of too large an uncertainty.

It says the same thing in several ways: PTDaemon 1.9 "Uncertainty 1.05% above 1.00% limit for the
last measurement sample!", later ones "Uncertainty 1.05%, which is above 1.00% limit for the last
sample!", with several channels "…, logical channel 2!".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from joulemark.core.clock import NS
from joulemark.formats.inference.parsed import Console

Places = NDArray[np.int64]
Flags = NDArray[np.bool_]

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


class Notices(Sequence[Notice]):
    """Notices in the order of the file, as columns: there are tens of thousands, of few texts.

    Args:
        said: kind and text of all that are different, in the order in which they first came.
        line: from 1, shape (n,).
        time: ns UTC, shape (n,).
        timed: whether it has a time, shape (n,).
        what: its place in ``said``, shape (n,).
    """

    __slots__ = ("line", "said", "time", "timed", "what")

    def __init__(
        self,
        said: Sequence[tuple[str, str]],
        line: Places,
        time: Places,
        timed: Flags,
        what: Places,
    ) -> None:
        """Keep them."""
        self.said, self.line, self.time, self.timed, self.what = said, line, time, timed, what

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.line)

    @overload
    def __getitem__(self, place: int) -> Notice: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Notice, ...]: ...
    def __getitem__(self, place: int | slice) -> Notice | tuple[Notice, ...]:
        """Return one, or some."""
        if isinstance(place, slice):
            return tuple(self[i] for i in range(*place.indices(len(self))))
        time = int(self.time[place]) if self.timed[place] else None
        return Notice(int(self.line[place]), time, *self.said[self.what[place]])

    def times(self) -> list[int | None]:
        """Return ns UTC of each; None without."""
        times: list[int | None] = self.time.tolist()
        for i in (~self.timed).nonzero()[0].tolist():
            times[i] = None
        return times

    def where(self, chosen: Flags) -> Notices:
        """Return those that are chosen, shape (n,)."""
        kept = (self.line[chosen], self.time[chosen], self.timed[chosen], self.what[chosen])
        return Notices(self.said, *kept)

    def that(self, choose: Callable[[Notice], bool]) -> Notices:
        """Return those whose kind and text are chosen; of line and time nothing is told."""
        chosen = np.zeros(len(self.said), np.bool_)
        for i in np.unique(self.what).tolist():
            chosen[i] = choose(Notice(0, None, *self.said[i]))
        return self.where(chosen[self.what])

    def different(self) -> Iterator[tuple[Notice, int]]:
        """Yield the first of each kind and text, and how many say the same."""
        _, firsts, counts = np.unique(self.what, return_index=True, return_counts=True)
        for first, count in zip(firsts.tolist(), counts.tolist(), strict=True):
            yield self[first], count


def notices(console: Console, shift: int) -> Notices:
    """Return errors and warnings in the order of the file.

    Args:
        console: the console.
        shift: what is added to its stamps for UTC, ns.
    """
    places, texts = console.lines.called()
    of: dict[str, int] = {}
    said: dict[tuple[str, str], int] = {}
    for text in dict.fromkeys(texts):
        found = _KIND.search(text)
        of[text] = -1 if found is None else said.setdefault((found[1], found[2].strip()), len(said))
    what = np.fromiter(map(of.__getitem__, texts), np.int64, len(texts))
    places, what = places[what >= 0], what[what >= 0]
    columns = console.lines.columns
    timed = columns.timed[places]
    return Notices(tuple(said), columns.line[places], columns.time[places] + shift, timed, what)


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


def readings_in(times: Iterable[int | None]) -> int:
    """Return of how many readings notices are: those of several channels come together.

    Args:
        times: of each notice, ns; None if it has none.
    """
    count, last = 0, None
    for time in times:
        if last is None or time is None or abs(time - last) > ONE_READING_NS:
            count, last = count + 1, time
    return count
