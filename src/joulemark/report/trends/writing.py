"""Numbers, names and tables that all trends share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import IO, TypeVar

from joulemark.analysis.record.entry import Entry
from joulemark.analysis.trends.lines import Subject
from joulemark.core.units import digits, plural
from joulemark.report.format import NOTHING, clean, percent

_Of = TypeVar("_Of")
WIDTH = 80
_NAME = 20
"""Characters of a name that give way to nothing, but in the last column."""
_SMALL = 1e-3
"""Less work per joule than this is told per megajoule."""
_BRANDS = re.compile(r"\b(nvidia|qualcomm)\s+", re.IGNORECASE)
_THIN = "\N{NARROW NO-BREAK SPACE}"


class Printed:
    """A text of 80 columns: tables and sentences."""

    def __init__(self, file: IO[str] | None = None) -> None:
        """Write to a file; to standard output if None."""
        from rich.console import Console

        self._console = Console(file=file, width=WIDTH, highlight=False, markup=False, emoji=False)

    def title(self, text: str) -> None:
        """Print a title."""
        from rich.text import Text

        self._console.print(Text(clean(text), style="bold", overflow="fold"))

    def table(
        self, head: Sequence[str], rows: Iterable[Sequence[str]], left: Sequence[str]
    ) -> None:
        """Print a table with a blank line below.

        Args:
            head: names of the columns.
            rows: cells of each row.
            left: names of columns of words; the others hold numbers.
        """
        from rich.table import Table
        from rich.text import Text

        all_ = [tuple(cells) for cells in rows]
        table = Table(box=None, pad_edge=False, header_style="bold")
        for place, name in enumerate(head):
            wide = max(len(cells[place]) for cells in [tuple(head), *all_])
            if name in left:
                least = 1 if place == len(head) - 1 else min(wide, _NAME)
                table.add_column(name, overflow="ellipsis", no_wrap=True, min_width=least)
            else:
                table.add_column(name, justify="right", no_wrap=True, min_width=wide)
        for cells in all_:
            table.add_row(*(Text(cell) for cell in cells))
        self._console.print(table)
        self._console.print()

    def lines(self, texts: Iterable[str]) -> None:
        """Print sentences, each on a line of its own."""
        from rich.text import Text

        for text in texts:
            indent = " " * (len(text) - len(text.lstrip(" ")))
            self._console.print(Text(f"{indent}{clean(text, 600)}", overflow="fold"))


def grouped(found: Iterable[_Of], subject: Callable[[_Of], Subject]) -> dict[str, list[_Of]]:
    """Return things by what their subjects have in common in words: ``edge, Offline, closed``.

    Args:
        found: things.
        subject: of one.
    """
    groups: dict[str, list[_Of]] = {}
    for one in found:
        of = subject(one)
        words = (str(of.category), of.scenario, of.division)
        groups.setdefault(", ".join(word for word in words if word), []).append(one)
    return groups


def per_joule(value: float | None) -> str:
    """Return work a joule: ``327.5/J``, ``0.5576/MJ`` where that is little.

    >>> per_joule(327.4676), per_joule(5.576e-7), per_joule(190400.0)
    ('327.5/J', '0.5576/MJ', '190\u202f400/J')
    """
    if value is None:
        return NOTHING
    factor, of = (1e6, "/MJ") if value < _SMALL else (1.0, "/J")
    return f"{number(factor * value)}{of}"


def number(value: float, count: int = 4) -> str:
    """Return a number of a few significant digits, in thousands by a thin space."""
    if not 10**count <= value < 1e15:
        return digits(value, count)
    return f"{float(digits(value, count)):,.0f}".replace(",", _THIN)


def unit(work: str) -> str:
    """Return the unit of efficiency: ``samples/J``."""
    return f"{plural(work)}/J"


def times(value: float) -> str:
    """Return a ratio: ``1.84×``."""
    return f"{digits(value, 3)}×"


def signed(share: float) -> str:
    """Return a relative change with its sign: ``+3.2 %``.

    >>> signed(0.0316), signed(-0.5), signed(2.5), signed(0.0)
    ('+3.2 %', '-50.0 %', '+250 %', '+0.0 %')
    """
    value = 100 * share
    return f"{value:+.0f} %" if abs(value) >= 100 else f"{value:+.1f} %"


def around(u95: float | None) -> str:
    """Return a relative half-width: ``±1.1 %``; ``±?`` where it is not known."""
    return "±?" if u95 is None else percent(u95, sign="±")


def whose(entry: Entry, most: int = 40) -> str:
    """Return who and on what, and a mark where a rule doubts it."""
    name = entry.accelerator if len(entry.accelerator) > 1 and entry.accelerators else ""
    if name:
        name = (
            f"{entry.accelerators:g}× {_BRANDS.sub('', name).removeprefix(entry.submitter).strip()}"
        )
    name = name or entry.system_name or entry.system
    mark = " (?)" if entry.doubts else ""
    return f"{clean(f'{entry.submitter}, {name}', most - len(mark))}{mark}"
