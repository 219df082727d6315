"""The messages of PTDaemon's console, kept as columns over the file's text.

A console has tens of thousands of messages, and nobody asks for more than a few of them as such:
they are made when asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, overload

import numpy as np
from numpy.typing import NDArray


class ConsoleLine(NamedTuple):
    """One message of PTDaemon's console.

    Attributes:
        line: from 1.
        time: ns as stamped; None without a stamp of its own.
        text: without stamp; of messages glued on one line each has its own.
    """

    line: int
    time: int | None
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Where n messages stand in a text, and when they came; each of shape (n,).

    Attributes:
        line: number of its line, from 1.
        begin: where it begins, its stamp included.
        text: where its text begins.
        end: where it ends.
        time: ns as stamped; 0 without.
        timed: whether it has a stamp that could be read.
        glued: whether others stand on its line.
        called: whether its text may hold ``ERROR:`` or ``WARNING:``; if not, it does not.
    """

    line: NDArray[np.int64]
    begin: NDArray[np.int64]
    text: NDArray[np.int64]
    end: NDArray[np.int64]
    time: NDArray[np.int64]
    timed: NDArray[np.bool_]
    glued: NDArray[np.bool_]
    called: NDArray[np.bool_]


class Messages(Sequence[ConsoleLine]):
    """Messages in the order of the file.

    Args:
        text: the text in which they stand.
        columns: where.
    """

    __slots__ = ("columns", "text")

    def __init__(self, text: str, columns: Columns) -> None:
        """Keep both."""
        self.text = text
        self.columns = columns

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.columns.line)

    @overload
    def __getitem__(self, place: int) -> ConsoleLine: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[ConsoleLine, ...]: ...
    def __getitem__(self, place: int | slice) -> ConsoleLine | tuple[ConsoleLine, ...]:
        """Return one, or some."""
        if isinstance(place, slice):
            return tuple(self[i] for i in range(*place.indices(len(self))))
        columns = self.columns
        text = self.text[columns.text[place] : columns.end[place]]
        return ConsoleLine(
            int(columns.line[place]),
            int(columns.time[place]) if columns.timed[place] else None,
            text.strip() if columns.glued[place] else text.rstrip(),
        )

    def __eq__(self, other: object) -> bool:
        """Return whether others say the same on the same lines."""
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment] # as of a list

    def called(self) -> tuple[NDArray[np.int64], list[str]]:
        """Return place and text, with white space about it, of those that may be called.

        They are all that hold ``ERROR:`` or ``WARNING:``, and some more.
        """
        columns, text = self.columns, self.text
        places = columns.called.nonzero()[0]
        begins, ends = columns.text[places].tolist(), columns.end[places].tolist()
        return places, [text[begin:end] for begin, end in zip(begins, ends, strict=True)]

    def holding(self, words: str, start: int = 0) -> Iterator[int]:
        """Yield the place of each message whose text holds words, from a place on."""
        begin, end = self.columns.begin, self.columns.end
        at = int(begin[start]) if start < len(self) else len(self.text)
        while (at := self.text.find(words, at)) >= 0:
            place = int(begin.searchsorted(at, "right")) - 1
            if place >= start and at < end[place]:
                if words not in self[place].text:
                    at += 1  # in its stamp, or beyond its end
                    continue
                yield place
            if place + 1 == len(self):
                return
            at = int(begin[place + 1])


def joined(pieces: Sequence[tuple[str, Columns]]) -> Messages:
    """Return the messages of the pieces of a text."""
    offset = 0
    moved: list[Columns] = []
    for text, columns in pieces:
        begin, start, end = columns.begin + offset, columns.text + offset, columns.end + offset
        moved.append(replace(columns, begin=begin, text=start, end=end))
        offset += len(text)
    whole = [np.concatenate([getattr(one, name) for one in moved]) for name in Columns.__slots__]
    return Messages("".join(text for text, _ in pieces), Columns(*whole))
