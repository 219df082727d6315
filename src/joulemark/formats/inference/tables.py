"""``analyzer_table.*`` and ``power_settings.*``: what a submitter says of meter and machine.

No format is prescribed: Markdown, CSV, AsciiDoc, HTML and plain text occur. The text is kept, and
of tables and headings what can be told.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser

from joulemark.core.errors import FormatError
from joulemark.formats.inference.parsed import Problem, Source
from joulemark.formats.inference.text import MAX_LINE, Problems, decoded, shown

MAX_TEXT = 1 << 18
"""Bytes; real ones have a few thousand."""
MAX_PAGE = 1 << 16
"""Characters that are read as HTML: some malformed pages take the parser time by their square."""
MAX_ROWS = 1000
MAX_CELLS = 100
_COLUMNS = {
    "vendor": "vendor",
    "model": "model",
    "firmware": "firmware",
    "config": "config",
    "interface": "interface",
    "wiring/topology": "wiring",
    "number of channels": "count",
    "number of channels used": "count",
    "channels used": "channels",
    "which channel(s)": "channels",
    "system": "system",
}
_TEMPLATE = "An example of an unstructured document for Power management settings"
_HEADING = re.compile(r"(#{1,6}|={1,6})\s+(\S.*)")
_RULER = re.compile(r":?-+:?|\|?=+")
_VISIBLE = re.compile(r"\w")
Row = tuple[int, list[str]]


@dataclass(frozen=True, slots=True)
class Analyzer:
    """One row of an analyser table; each text as written, empty where it is not given.

    Attributes:
        line: from 1.
        vendor, model, firmware, config, interface, wiring: as written.
        count: number of channels used, as written.
        channels: which, as written.
        system: what it measured, where the table says so.
    """

    line: int
    vendor: str = ""
    model: str = ""
    firmware: str = ""
    config: str = ""
    interface: str = ""
    wiring: str = ""
    count: str = ""
    channels: str = ""
    system: str = ""


@dataclass(frozen=True, slots=True)
class AnalyzerTable:
    """``analyzer_table.*``.

    Attributes:
        name: the file.
        text: content.
        empty: whether it holds no word.
        analyzers: its rows; none where no table was found.
        problems: what could not be read.
    """

    name: str
    text: str
    empty: bool
    analyzers: tuple[Analyzer, ...]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a power settings document: its heading, the heading's line, the text below."""

    line: int
    level: int
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class PowerSettings:
    """``power_settings.*``.

    Attributes:
        name: the file.
        text: content.
        empty: whether it holds no word.
        template: whether the heading of the official example was left standing.
        sections: by headings.
        problems: what could not be read.
    """

    name: str
    text: str
    empty: bool
    template: bool
    sections: tuple[Section, ...]
    problems: tuple[Problem, ...] = ()


def read_analyzer_table(source: Source) -> AnalyzerTable:
    """Return what an analyser table says.

    Raises:
        FormatError: if it is larger than 256 KiB.
    """
    problems = Problems()
    text = _text(source, problems)
    analyzers: tuple[Analyzer, ...] = ()
    for rows in (_html(text), _piped(text), _commas(text)):
        if analyzers := _analyzers(rows, problems):
            break
    empty = not _VISIBLE.search(text)
    if not analyzers and not empty:
        problems.add(1, "no table of analysers with a column for the model")
    return AnalyzerTable(source.name, text, empty, analyzers, problems.all())


def read_power_settings(source: Source) -> PowerSettings:
    """Return what a document of power settings says.

    Raises:
        FormatError: if it is larger than 256 KiB.
    """
    problems = Problems()
    text = _text(source, problems)
    sections = tuple(_sections(text))
    return PowerSettings(
        name=source.name,
        text=text,
        empty=not _VISIBLE.search(text),
        template=any(_TEMPLATE in section.title for section in sections),
        sections=sections,
        problems=problems.all(),
    )


def _text(source: Source, problems: Problems) -> str:
    if len(source.data) > MAX_TEXT:
        raise FormatError(f"{len(source.data)} bytes are too many", where=source.name)
    return decoded(source.data.removeprefix(b"\xef\xbb\xbf"), problems)


def _analyzers(rows: Iterable[Row], problems: Problems) -> tuple[Analyzer, ...]:
    """Return the rows below a header that names vendor or model."""
    columns: list[str] | None = None
    found: list[Analyzer] = []
    for line, cells in rows:
        if columns is None:
            names = [_COLUMNS.get(_column(cell), "") for cell in cells]
            columns = names if "model" in names else None
            continue
        values = {name: cell.strip() for name, cell in zip(columns, cells, strict=False) if name}
        if len(cells) != len(columns):
            what = f"{len(cells)} cells below {len(columns)} columns: {shown(' | '.join(cells))}"
            problems.add(line, what)
        if any(values.values()):
            found.append(Analyzer(line=line, **values))
        if len(found) >= MAX_ROWS:
            problems.add(line, f"more than {MAX_ROWS} rows; the rest is not read")
            break
    return tuple(found)


def _column(cell: str) -> str:
    return re.sub(r"\s*/\s*", "/", " ".join(cell.lower().split()))


def _lines(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.split("\n"), 1):
        yield number, line.strip()[:MAX_LINE]


def _piped(text: str) -> Iterator[Row]:
    """Yield the rows of a Markdown or AsciiDoc table."""
    for number, line in _lines(text):
        if line.count("|") < 2 or line.startswith("|==="):
            continue
        cells = [cell.strip() for cell in line.removeprefix("|").removesuffix("|").split("|")]
        if not all(_RULER.fullmatch(cell) for cell in cells):
            yield number, cells[:MAX_CELLS]


def _commas(text: str) -> Iterator[Row]:
    """Yield the rows of a table of comma-separated values."""
    for number, line in _lines(text):
        if "," in line:
            try:
                yield number, next(csv.reader([line], skipinitialspace=True))[:MAX_CELLS]
            except (csv.Error, StopIteration):
                continue


def _html(text: str) -> Sequence[Row]:
    """Return the rows of the tables of an HTML page."""
    if "<t" not in text.lower():
        return ()
    page = _Page()
    page.feed(text[:MAX_PAGE])
    page.close()
    return page.rows


class _Page(HTMLParser):
    """Gathers the cells of a page's tables."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[Row] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag == "tr":
            self._inside = False
            self.rows.append((self.getpos()[0], []))
        elif tag in ("td", "th") and self.rows:
            self._inside = True
            self.rows[-1][1].append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag not in ("td", "th", "tr")

    def handle_data(self, data: str) -> None:
        if self._inside and len(self.rows[-1][1]) <= MAX_CELLS:
            self.rows[-1][1][-1] += data


def _sections(text: str) -> Iterator[Section]:
    """Yield the parts of a document; what stands above the first heading has none."""
    line, level, title = 1, 0, ""
    below: list[str] = []
    for number, raw in enumerate(text.split("\n"), 1):
        heading = _HEADING.fullmatch(raw.strip()[:MAX_LINE])
        if heading is None:
            below.append(raw.rstrip("\r"))
            continue
        if title or any(below):
            yield Section(line, level, title, "\n".join(below).strip())
        line, level, title, below = number, len(heading[1]), heading[2].strip(), []
    if title or any(below):
        yield Section(line, level, title, "\n".join(below).strip())
