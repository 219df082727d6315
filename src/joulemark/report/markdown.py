"""Tables for the documentation, as GitHub-flavoured Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[str]], *, left: int = 1) -> str:
    """Return a table; a bar or a line end in a cell is escaped.

    Args:
        head: names of the columns.
        rows: cells as they are to be read.
        left: how many columns, from the first, are flush left; the others are numbers.
    """
    align = ["---" if place < left else "---:" for place in range(len(head))]
    lines = [head, align, *([_escaped(cell) for cell in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _escaped(cell: str) -> str:
    return " ".join(cell.replace("|", "\\|").split())
