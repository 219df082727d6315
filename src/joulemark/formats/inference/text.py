"""What the parsers share: bounded lines, problems, and decoding that says what it replaced."""

from __future__ import annotations

from collections.abc import Iterator

from joulemark.core.errors import FormatError
from joulemark.formats.inference.parsed import Problem, Source

MAX_LINE = 1 << 16
"""Bytes of a line that is looked at."""
MAX_PROBLEMS = 1000
CHUNK = 1 << 20
SHOWN = 60
"""Characters of a file's own text in a message."""
_BOM = b"\xef\xbb\xbf"
_WIDE = (b"\xff\xfe", b"\xfe\xff")


class Problems:
    """Collects what is wrong in a file; the last of a thousand says how many more there were.

    Attributes:
        count: how many were noted.
    """

    def __init__(self) -> None:
        """Start with none."""
        self._kept: list[Problem] = []
        self.count = 0

    def add(self, line: int, what: str) -> None:
        """Note one.

        Args:
            line: from 1.
            what: in words.
        """
        self.count += 1
        if self.count < MAX_PROBLEMS:
            self._kept.append(Problem(line, what))

    def stop(self, line: int, what: str) -> None:
        """Note why a file is not read further; this one is always kept.

        Args:
            line: the first that is not read.
            what: in words.
        """
        self.count += 1
        self._kept[MAX_PROBLEMS - 2 :] = [Problem(line, what)]

    def all(self) -> tuple[Problem, ...]:
        """Return them in the order of their lines."""
        kept = sorted(self._kept, key=lambda problem: problem.line)
        more = self.count - len(kept)
        if more:
            last = kept[-1].line if kept else 1
            kept.append(Problem(last, f"{more} more problems are not listed"))
        return tuple(kept)


def shown(text: str | bytes) -> str:
    """Return the begin of a file's own text, quoted, for a message."""
    if isinstance(text, bytes):
        text = text[: 4 * SHOWN].decode("utf-8", "replace")
    return repr(text if len(text) <= SHOWN else text[:SHOWN] + "…")


def content(source: Source) -> bytes:
    """Return a file's bytes without a byte order mark.

    Raises:
        FormatError: if it is empty, or text of two bytes a character.
    """
    data = source.data
    if data.startswith(_WIDE):
        raise FormatError(
            "UTF-16 text", where=source.name, remedy="hand in the file as the tool wrote it"
        )
    data = data.removeprefix(_BOM)
    if not data or data.isspace():
        raise FormatError("the file is empty", where=source.name)
    return data


def decoded(data: bytes, problems: Problems, first: int = 1) -> str:
    """Return text; bytes that are not UTF-8 are replaced, which is a problem, as NUL is.

    Args:
        data: whole lines.
        problems: where that is noted.
        first: number of the first of these lines.
    """
    nul = data.find(b"\0")
    if nul >= 0:
        problems.add(first + data.count(b"\n", 0, nul), "NUL bytes")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        problems.add(first + data.count(b"\n", 0, error.start), "not UTF-8 text")
        return data.decode("utf-8", "replace")


def chunks(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield pieces of whole lines, of about a mebibyte, and the number of their first line.

    A line longer than a piece is a piece of its own. Lines are counted by line feeds, and a file
    that has none by carriage returns.
    """
    if b"\n" not in data and b"\r" in data:
        data = data.replace(b"\r", b"\n")
    start, line = 0, 1
    while start < len(data):
        stop = start + CHUNK
        if stop < len(data):
            cut = data.rfind(b"\n", start, stop)
            if cut < 0:
                cut = data.find(b"\n", stop)
            stop = len(data) if cut < 0 else cut + 1
        piece = data[start:stop]
        yield line, piece
        line += piece.count(b"\n")
        start = stop
