"""Whether a tree is as it was, told without reading its files."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from contextlib import closing

from joulemark.formats.trees.opening import open_tree
from joulemark.formats.trees.tree import Tree

_PROMISOR = ".promisor"


def state_of(text: str, needed: Callable[[str], bool] = lambda path: True) -> str:
    """Return a text that changes with the content of what a person calls a tree.

    Of a git repository it is the object of the whole revision, as descriptions may lie above a
    folder of it; where objects may be absent, also which packs there are. Of a folder it is a
    digest over path, size and times of its files, of a plain file the same of it alone.

    Args:
        text: path of a folder or a file, or ``REPO@REV:PATH``.
        needed: which files of a folder matter.

    Returns:
        Empty where it cannot be told.

    Raises:
        UsageError, FormatError, UnavailableError: as :func:`open_tree` does.
    """
    if os.path.isfile(text):
        return f"file {_seen(text)}"
    with closing(open_tree(text)) as tree:
        said = json.loads(tree.token)
        if said["kind"] == "git":
            objects = _objects(f"{said['path']}/objects")
            return f"git {said['tree']} {said['inside']} {objects}" if objects else ""
        return f"folder {_walked(tree, needed)}"


def is_within(inner: Tree, outer: Tree) -> bool:
    """Return whether a tree is another, or a folder of it, and not one that lies about it."""
    return f"{inner.location}/".startswith(f"{outer.location.rstrip('/')}/")


def _walked(tree: Tree, needed: Callable[[str], bool]) -> str:
    found = hashlib.sha256()
    for entry in tree.entries():
        if needed(entry.path):
            seen = f"{entry.path}\0{_seen(f'{tree.location}/{entry.path}')}\0"
            found.update(seen.encode("utf-8", "surrogateescape"))
    return found.hexdigest()


def _seen(path: str) -> str:
    """Return size, times and number of a file; a change of its rights is one of its times."""
    try:
        found = os.stat(path)
    except OSError as error:
        return f"none {error.errno}"
    return f"{found.st_size} {found.st_mtime_ns} {found.st_ctime_ns} {found.st_ino}"


def _objects(folder: str) -> str:
    """Return which objects a repository may have; empty where others lend it theirs."""
    try:
        packs = sorted(os.listdir(f"{folder}/pack"))
        if os.path.lexists(f"{folder}/info/alternates"):
            return ""
        if not any(name.endswith(_PROMISOR) for name in packs):
            return "all"
        loose = [f"{name} {_seen(f'{folder}/{name}')}" for name in sorted(os.listdir(folder))]
    except OSError:
        return ""
    return hashlib.sha256("\0".join([*packs, *loose]).encode()).hexdigest()
