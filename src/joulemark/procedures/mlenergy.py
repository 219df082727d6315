"""Configurations of ML.ENERGY from whatever a person names: files, folders, repositories."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

from joulemark.core.errors import FormatError
from joulemark.formats.files import opened
from joulemark.formats.mlenergy.reading import Reading, read_file, read_tree
from joulemark.formats.mlenergy.values import MAX_JSON
from joulemark.formats.trees.opening import open_tree

_NAMED = 3


def read_paths(paths: Sequence[str]) -> Reading:
    """Return the configurations of some paths.

    Raises:
        FormatError: if a tree is damaged, or nothing in the paths is a result of ML.ENERGY.
        UnavailableError: if a path cannot be read.
        UsageError: if there is no such path.
    """
    found = Reading()
    for path in paths:
        if path.endswith(".json") and Path(path).is_file():
            read_file(partial(_read, Path(path)), path, found, str(Path(path).absolute()))
        else:
            with closing(open_tree(path)) as tree:
                read_tree(tree, found)
    if not found.configurations:
        why = "; ".join(f"{where}: {what}" for where, what in found.refused[:_NAMED])
        raise FormatError(
            f"no result of ML.ENERGY ({why})" if why else "no result of ML.ENERGY",
            where=", ".join(paths[:_NAMED]),
            remedy="name files of the leaderboards or results.json; a table needs --x and --y",
        )
    return found


def _read(path: Path) -> bytes:
    with opened(path) as file:
        return file.read(MAX_JSON + 1)
