"""What each path of an import holds: directories of measurements, tables, a recording."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from joulemark.core.errors import FormatError, JoulemarkError, UnavailableError
from joulemark.formats.mlenergy.reading import is_result_name
from joulemark.formats.trees.opening import open_tree
from joulemark.formats.trees.state import is_within
from joulemark.procedures.checked import INFERENCE, TINY, TRAINING
from joulemark.procedures.import_hands import Found
from joulemark.procedures.import_kinds import targets_in, wanted
from joulemark.procedures.import_recording import import_recording, is_recording
from joulemark.procedures.import_tables import is_table_name, read_table, table_file, tables_in
from joulemark.procedures.imported import Part

Tell = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and of how much; 0 where nobody knows."""


def needed(path: str) -> bool:
    """Say whether a file of that name may be read by an import."""
    return wanted(path) or is_table_name(path)


def read_path(
    path: str, state: str, store: Path, found: Found, tell: Tell, *, keep_raw: bool
) -> Part:
    """Look for what one path holds; a recording is stored at once.

    Args:
        path: as the person named it.
        state: of its content.
        store: where a recording goes.
        found: trees and what is found in them; more is added.
        tell: told how far it is.
        keep_raw: whether the logs are copied into the runs.

    Raises:
        FormatError: if a tree is damaged.
        StoreError: if the store cannot be written.
        UnavailableError: if the path cannot be read.
        UsageError: if there is no such path.
    """
    part = Part(path=path, since=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))
    if is_recording(path):
        _take_recording(path, store, part, keep_raw=keep_raw)
    else:
        _search(path, found, part, tell)
    if state.startswith("folder"):  # of one within a layout, descriptions above are read as well
        own = next(tree for tree, of in zip(found.trees, found.parts, strict=True) if of is part)
        mine = [found.trees[each.tree] for each in found.targets if found.part_of(each) is part]
        part.lasting &= all(is_within(tree, own) for tree in mine)
    return part


def _take_recording(path: str, store: Path, part: Part, *, keep_raw: bool) -> None:
    """Store a recording, or note why it cannot be read."""
    try:
        name, new = import_recording(path, store, keep_raw=keep_raw)
    except (FormatError, UnavailableError) as error:
        part.refuse(path, str(error))
        part.lasting &= not isinstance(error, UnavailableError)
        return
    part.recordings += 1
    part.runs.append(name)
    part.note(f"{name}\0", "", 1)
    part.new += int(new)


def _search(path: str, found: Found, part: Part, tell: Tell) -> None:
    """Look for power directories and tables in one path."""
    if is_table_name(path) and Path(path).is_file():
        _take_table(table_file(path), path, found, part, "", str(Path(path).absolute()))
        return
    tree = open_tree(path, keep=needed)
    found.begin(part, tree)
    tables = set()
    for name in tables_in(tree):
        above = f"{tree.location}/{name}"
        if _take_table(lambda name=name: tree.read(name), name, found, part, tree.name, above):  # type: ignore[misc]
            tables.add(name)
    kinds: Counter[str] = Counter()
    for target in targets_in(tree, found.number_of):
        files = {path for _, path, _, _ in target.entries}
        if files and files <= tables:  # results.json of a served model, at the root
            continue
        found.targets.append(target)
        kinds[target.kind] += 1
        tell("looking", len(found.targets), 0)
    part.directories, part.benchmarks = kinds[INFERENCE], kinds[TRAINING]
    part.sessions = kinds[TINY]


def _take_table(
    read: Callable[[], bytes],
    name: str,
    found: Found,
    part: Part,
    tree: str = "",
    path: str = "",
) -> bool:
    """Take the results of a file that may be a table, and say whether it is one.

    One of a tree that is none is left out.
    """
    try:
        rows = read_table(read(), name, path)
    except JoulemarkError as error:
        part.refuse(f"{tree}: {name}" if tree else name, str(error))
        part.lasting &= not isinstance(error, UnavailableError)
        return False
    except FileNotFoundError:
        part.refuse(f"{tree}: {name}", "its content is not in this copy")
        return False
    if rows is None and tree:
        part.other_tables += int(not is_result_name(name))  # many things are called results.json
    elif rows is None:
        part.refuse(name, "no table of results that is known")
    if rows is None:
        return False
    part.tables += 1
    part.statements += len(rows)
    part.rows += [(row.key, row.sources[0]) for row in rows]
    found.rows += [replace(row, tree=tree or name) for row in rows]
    return True
