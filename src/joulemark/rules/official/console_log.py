"""PTDaemon's console as text that is searched: its lines, and the messages in them."""

from __future__ import annotations

import heapq
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from joulemark.formats.inference.directory import CONSOLE
from joulemark.rules.official.texts import NoStampError, day_ms, stamp_seconds, text_of

WARNING, ERROR = "WARNING:", "ERROR:"
STAMP = re.compile(r"\d\d-\d\d-\d\d\d\d \d\d:\d\d:\d\d.\d\d\d")
STAMP_LENGTH = 23
DATE_LENGTH = 10
MOST_IN_BULK = 200_000
"""More messages are taken one by one, so that they do not take much memory."""

_MESSAGE = re.compile(
    r"\n([0-9]{2}-[0-9]{2}-[0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}): (?:ERRO|WARNIN)([RG]):"
    r"(.+)"
)
_DIGITS = (11, 12, 14, 15, 17, 18, 20, 21, 22)
"""Places of the digits of the time of day in a stamp."""
_LIMITS = (24, 60, 60)
_DIGITS_MS = (36_000_000, 3_600_000, 600_000, 60_000, 10_000, 1_000, 100, 10, 1)


def seconds_of(line: str) -> float:
    """Return the time of the stamp that a line begins with, s since 1970.

    Raises:
        ValueError: if it does not begin with one, or that is no time.
    """
    stamp = STAMP.match(line)
    if stamp is None:
        raise NoStampError(f"no time in {line.strip()!r} of {CONSOLE}")
    return stamp_seconds(stamp.group())


@dataclass(frozen=True, slots=True)
class Message:
    """A warning or an error.

    Attributes:
        place: where its line begins in the text.
        line: its line.
        kind: :data:`WARNING` or :data:`ERROR`.
        said: what follows, without blanks around it.
    """

    place: int
    line: str
    kind: str
    said: str


@dataclass(frozen=True, slots=True, eq=False)
class Usual:
    """The messages of a console on which each has a line, and a proper stamp, of its own.

    Attributes:
        time: s since 1970, shape (n,).
        error: whether it is an error, not a warning, shape (n,).
        text: what follows the kind.
    """

    time: NDArray[np.float64]
    error: NDArray[np.bool_]
    text: Sequence[str]


class ConsoleLog:
    """The console's text, searched by places.

    Args:
        data: the file.

    Attributes:
        text: as text, lines ended by a line feed.
    """

    def __init__(self, data: bytes) -> None:
        """Decode the file; UnicodeDecodeError if it is not UTF-8."""
        self.text = text_of(data)

    def line(self, place: int) -> tuple[int, str]:
        """Return where the line around a place begins, and its text without the end."""
        start = self.text.rfind("\n", 0, place) + 1
        end = self.text.find("\n", place)
        return start, self.text[start : len(self.text) if end < 0 else end]

    def number(self, place: int) -> int:
        """Return the number of the line around a place, from 1."""
        return self.text.count("\n", 0, place) + 1

    def places(self, what: str, start: int = 0) -> Iterator[int]:
        """Yield the places of a text."""
        place = self.text.find(what, start)
        while place >= 0:
            yield place
            place = self.text.find(what, place + len(what))

    def messages(self) -> Iterator[Message]:
        """Yield warnings and errors in the order of the lines; of a line, the warning first."""
        kinds = (self._of_kind(kind) for kind in (WARNING, ERROR))
        return heapq.merge(*kinds, key=lambda message: message.place)

    def _of_kind(self, kind: str) -> Iterator[Message]:
        done = -1
        for place in self.places(kind):
            if place < done:
                continue  # a second one in the same line
            start, line = self.line(place)
            done = start + len(line)
            if text := line[place - start + len(kind) :]:
                yield Message(start, line, kind, text.strip())

    def usual(self, most: int = MOST_IN_BULK) -> Usual | None:
        """Return the messages in bulk.

        Args:
            most: how many are taken so.

        Returns:
            None if one is glued to another or has no proper stamp, or there are very many.
        """
        count = self.text.count(WARNING) + self.text.count(ERROR)
        found = _MESSAGE.findall("\n" + self.text) if count <= most else []
        if len(found) != count:
            return None
        stamps, kinds, text = zip(*found, strict=True) if found else ((), (), ())
        joined = np.frombuffer("".join(stamps).encode("ascii"), np.uint8).reshape(-1, STAMP_LENGTH)
        digits = joined[:, _DIGITS].astype(np.int64) - ord("0")
        if (digits[:, :6:2] * 10 + digits[:, 1:6:2] >= _LIMITS).any():
            return None
        try:
            days = _days_ms(joined[:, :DATE_LENGTH])
        except ValueError:
            return None
        return Usual(
            time=(digits @ np.array(_DIGITS_MS) + days) / 1000,
            error=np.frombuffer("".join(kinds).encode("ascii"), np.uint8) == ord("R"),
            text=text,
        )

    def usual_messages(self, usual: Usual, wanted: Collection[int]) -> Iterator[Message]:
        """Yield those messages of the bulk whose places among them are wanted."""
        if not len(wanted):
            return
        chosen = set(wanted)
        for index, match in enumerate(_MESSAGE.finditer("\n" + self.text)):
            if index in chosen:
                place, line = self.line(match.start())
                kind = ERROR if usual.error[index] else WARNING
                yield Message(place, line, kind, usual.text[index].strip())


def _days_ms(dates: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return when the days begin, ms since 1970, of dates as rows of characters, mostly alike."""
    changed = (dates[1:] != dates[:-1]).any(axis=1)
    starts = np.concatenate(([0], np.flatnonzero(changed) + 1)) if len(dates) else np.zeros(0, int)
    days = [day_ms(dates[start].tobytes().decode("ascii")) for start in starts]
    return np.repeat(np.array(days, np.int64), np.diff(np.append(starts, len(dates))))
