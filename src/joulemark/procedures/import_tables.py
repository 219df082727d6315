"""Tables of results among the files of a tree, told by name first and by content then."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from hashlib import sha256
from pathlib import Path
from sys import intern
from typing import Any

from joulemark.core.errors import FormatError
from joulemark.formats.files import opened
from joulemark.formats.inference.parsed import Source
from joulemark.formats.inference.power_directories import BESIDE
from joulemark.formats.mlenergy.as_declared import as_declared
from joulemark.formats.mlenergy.reading import Reading, is_result_name, read_file
from joulemark.formats.results import cm_results, results_page
from joulemark.formats.results.declared import DeclaredResult, together
from joulemark.formats.trees.tree import MAX_FILE, Tree
from joulemark.rules.mlenergy.identities import findings

_CSV = ".csv"


def is_table_name(path: str) -> bool:
    """Return whether a file of that name may be a table of results."""
    name = path.rpartition("/")[2]
    return (
        name == cm_results.NAME
        or is_result_name(path)
        or (name.lower().endswith(_CSV) and not name.startswith(BESIDE))
    )


def tables_in(tree: Tree) -> Iterator[str]:
    """Yield the paths of files that may be tables."""
    for entry in tree.entries():
        if is_table_name(entry.path) and entry.size <= MAX_FILE:
            yield entry.path


def table_file(path: str) -> Callable[[], bytes]:
    """Return what reads a plain file, of bounded size; raises what ``files.opened`` does."""

    def read() -> bytes:
        with opened(Path(path)) as file:
            return file.read(MAX_FILE)

    return read


def read_table(data: bytes, name: str, path: str = "") -> list[DeclaredResult] | None:
    """Return the results of a table; None if it is none.

    Args:
        data: content of the file.
        name: its path in the tree.
        path: the same as far up as is known, which may tell what the results are of.

    Raises:
        FormatError: if it looks like one and is damaged.
    """
    source = Source(name, data)
    rows: list[DeclaredResult] | None
    if is_result_name(name):
        rows = _mlenergy(data, name, path or name)
    elif not name.lower().endswith(_CSV):
        rows = cm_results.read_cm_results(source)
    else:
        rows = results_page.read_results_page(source) if results_page.looks_like(data) else None
    if rows is None:
        return None
    digest = sha256(data).hexdigest()
    return [_shared(replace(row, sha256=digest)) for row in rows]


def _shared(row: DeclaredResult) -> DeclaredResult:
    """Return a result whose texts are kept once, whatever many rows say the same."""
    named = ((each.name, getattr(row, each.name)) for each in fields(row))
    kept: dict[str, Any] = {name: intern(text) for name, text in named if type(text) is str}
    return replace(row, **kept)


def _mlenergy(data: bytes, name: str, path: str) -> list[DeclaredResult] | None:
    """Return the configurations of a file of ML.ENERGY; None of any other file of such a name.

    Raises:
        FormatError: if one of its configurations cannot be read.
    """
    found = Reading()
    read_file(lambda: data, name, found, path)
    if found.configurations and found.refused:
        where, why = found.refused[0]
        raise FormatError(why, where=where)
    rows = [
        as_declared(one, (finding.message for finding in findings(one)))
        for one in found.configurations
    ]
    return together(rows) or None
