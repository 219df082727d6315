"""The answer of ``joulemark figures``: one line a picture, in 80 columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO

from joulemark.report.format import NOTHING, clean
from joulemark.report.plots.pictures import Picture

WIDTH = 80


def print_pictures(pictures: Sequence[Picture], output: str, file: IO[str] | None = None) -> None:
    """Print which pictures were written, with their points and how many of them differ.

    Args:
        pictures: in their order.
        output: the folder.
        file: where to; standard output by default.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=file, width=WIDTH, highlight=False, markup=False, emoji=False)
    if not pictures:
        console.print(Text("There is no figure: import results, or name --tables."))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("figure", "shows", "version", "points", "differ"):
        table.add_column(name, justify="right" if name in ("points", "differ") else "left")
    for picture in pictures:
        table.add_row(*map(Text, _cells(picture)))
    console.print(table)
    console.print(Text(f"\n{clean(output)}: SVG and CSV of each, and index.html.", overflow="fold"))


def _cells(picture: Picture) -> tuple[str, str, str, str, str]:
    counts = [sum(len(series.points) for series in data.series) for data in picture.shown]
    return (
        clean(picture.data.number, 8),
        clean(picture.data.title, 200),
        " + ".join(str(data.basis) for data in reversed(picture.shown)),
        " + ".join(map(str, reversed(counts))),
        NOTHING if picture.against is None else str(len(picture.differences)),
    )
