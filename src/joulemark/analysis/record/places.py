"""Where statements stand, in an order that does not depend on who read them first."""

from __future__ import annotations

from joulemark.formats.results.declared import DeclaredResult


def places(row: DeclaredResult) -> tuple[tuple[str, int, str], ...]:
    """Return where a row stands, in an order of its own: file, line, and both as they are said."""
    parts = [(source.rpartition(":"), source) for source in row.sources]
    found = [(at[0] or said, int(at[2]) if at[2].isdecimal() else 0, said) for at, said in parts]
    return tuple(sorted(found))


def first_place(row: DeclaredResult) -> str:
    """Return the first of the places where a row stands; its kind if it names none."""
    return next((said for _, _, said in places(row)), row.kind)
