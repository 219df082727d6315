"""Lines of files that findings name, with a few lines about each, and anchors to link to."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

CONTEXT = 2
"""Lines shown before and after a cited one."""
MOST_LINES, MOST_FILES = 40, 24
"""Cited lines of one file, and files."""
MOST_TEXT = 240
"""Characters of a line that are shown."""
MOST_SCANNED = 64 << 20
_PLAIN = frozenset("\t ")
_UNSAFE = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class Line:
    """One line as shown.

    Attributes:
        number: from 1; 0 stands for lines that are left out.
        text: what stands on it, hidden characters made visible.
        anchor: its id on the page; empty for one that is only context.
        rules: the rules that cite it.
    """

    number: int
    text: str
    anchor: str = ""
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """What is shown of one file.

    Attributes:
        name: the file, relative to the root of its tree.
        anchor: its id on the page.
        lines: in order; one with number 0 stands between those that are apart.
        more: lines that are cited and not shown.
    """

    name: str
    anchor: str
    lines: Sequence[Line]
    more: int


@dataclass(slots=True)
class _File:
    data: bytes
    rules: dict[int, dict[str, None]] = field(default_factory=dict)
    more: int = 0


class Cited:
    """Collects lines as findings are gone through."""

    def __init__(self) -> None:
        """Begin with none."""
        self._files: dict[str, _File] = {}

    def cite(self, name: str, line: int | None, rule: str, data: bytes | None) -> str:
        """Return the anchor of a line; empty if it is not shown.

        Args:
            name: the file, relative to the root of its tree.
            line: from 1; None for the whole file, which is not shown.
            rule: that cites it.
            data: content of the file; None if it cannot be read.
        """
        if line is None or line < 1 or data is None or len(data) > MOST_SCANNED:
            return ""
        if name not in self._files:
            if len(self._files) >= MOST_FILES:
                return ""
            self._files[name] = _File(data)
        file = self._files[name]
        if line not in file.rules:
            if len(file.rules) >= MOST_LINES:
                file.more += 1
                return ""
            file.rules[line] = {}
        file.rules[line][rule] = None
        return self._anchor(name, line)

    def _anchor(self, name: str, line: int) -> str:
        return f"f{list(self._files).index(name) + 1}-{line}"

    def sections(self) -> list[Section]:
        """Return what is shown of each file that was cited."""
        return [
            Section(visible(name, MOST_TEXT), f"f{number}", self._lines(name, file), file.more)
            for number, (name, file) in enumerate(self._files.items(), 1)
        ]

    def _lines(self, name: str, file: _File) -> list[Line]:
        texts = lines_of(file.data, _around(file.rules))
        made: list[Line] = []
        for number, text in texts.items():
            if made and number != made[-1].number + 1:
                made.append(Line(0, ""))
            rules = tuple(file.rules.get(number, ()))
            anchor = self._anchor(name, number) if rules else ""
            made.append(Line(number, text, anchor, rules))
        return made


def _around(lines: Iterable[int]) -> set[int]:
    return {n for line in lines for n in range(max(line - CONTEXT, 1), line + CONTEXT + 1)}


def lines_of(data: bytes, wanted: set[int]) -> Mapping[int, str]:
    """Return some lines of a file by number, those that it has, in order."""
    found: dict[int, str] = {}
    start, number, last = 0, 1, max(wanted, default=0)
    while start <= len(data) and number <= last:
        stop = data.find(b"\n", start)
        stop = len(data) if stop < 0 else stop
        if number in wanted and (start < len(data)):
            raw = data[start : min(stop, start + 8 * MOST_TEXT)]
            found[number] = visible(raw.removesuffix(b"\r").decode("utf-8", "replace"), MOST_TEXT)
        start, number = stop + 1, number + 1
    return found


def visible(text: str, limit: int) -> str:
    """Return text in which what would be hidden, or would turn other text round, can be seen."""
    cut = text[:limit]
    shown = "".join(_shown(character) for character in cut)
    return shown if len(text) <= limit else f"{shown}…"


def _shown(character: str) -> str:
    if character in _PLAIN:
        return " "
    if unicodedata.category(character) in _UNSAFE:
        return "\N{REPLACEMENT CHARACTER}"
    return character
