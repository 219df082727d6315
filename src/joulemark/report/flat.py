"""Nested JSON values as rows of a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from joulemark.report.format import clean

MOST_ROWS, MOST_DEPTH = 400, 12

Row = tuple[str, str]
"""Dotted name and text of a value."""


def rows(value: object) -> list[Row]:
    """Return every leaf with its dotted name; the last row says how many were left out."""
    found: list[Row] = []
    more = 0
    for row in _leaves(value, "", MOST_DEPTH):
        if len(found) < MOST_ROWS:
            found.append(row)
        else:
            more += 1
    return [*found, ("…", f"{more} more values")] if more else found


def _leaves(value: object, name: str, depth: int) -> Iterator[Row]:
    if isinstance(value, Mapping) and value and depth:
        for key, item in value.items():
            label = clean(key, 80)
            yield from _leaves(item, f"{name}.{label}" if name else label, depth - 1)
    elif isinstance(value, list | tuple) and depth and _nests(value):
        for place, item in enumerate(value, 1):
            yield from _leaves(item, f"{name} {place}".strip(), depth - 1)
    else:
        yield name, _text(value)


def _nests(value: list[object] | tuple[object, ...]) -> bool:
    return any(isinstance(item, Mapping | list | tuple) for item in value)


def _text(value: object) -> str:
    if isinstance(value, list | tuple):
        return clean(", ".join(_text(item) for item in value[:50])) or "none"
    if value is None or value == "" or value == {}:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return clean(value)
