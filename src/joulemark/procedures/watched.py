"""A tree that notes what is read beside a result, and identities of content."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping

from joulemark.core.errors import JoulemarkError
from joulemark.formats.trees.tree import MAX_FILE, Entry, Tree
from joulemark.procedures.kinds import Subject

ABSENT = "absent"
"""Stands for the identity of a file that is not there."""


class WatchedTree:
    """Reads from another tree and notes what does not lie in one folder of it.

    Args:
        tree: the other.
        folder: path of the folder; empty for the root, beside which nothing lies.

    Attributes:
        name: of the other.
        beside: identity of each file beside the folder that was asked for, by path.
    """

    def __init__(self, tree: Tree, folder: str) -> None:
        """Keep the arguments."""
        self.name = tree.name
        self.beside: dict[str, str] = {}
        self._tree = tree
        self._within = f"{folder}/" if folder else ""

    @property
    def left_out(self) -> Counter[str]:
        """What the last listing left out."""
        return self._tree.left_out

    @property
    def location(self) -> str:
        """Where the root lies."""
        return self._tree.location

    @property
    def token(self) -> str:
        """Text by which the tree is opened again."""
        return self._tree.token

    def entries(self, under: str = "") -> Iterator[Entry]:
        """Yield what the other tree yields, and note the names of another folder."""
        names = _Names()
        try:
            for entry in self._tree.entries(under):
                names.add(entry)
                yield entry
        finally:
            if not f"{under}/".startswith(self._within):
                self.beside[f"{under}/"] = names.digest()

    def read(self, path: str, limit: int = MAX_FILE, *, identity: str = "") -> bytes:
        """Return what the other tree returns; see there for what it raises."""
        if path.startswith(self._within):
            return self._tree.read(path, limit, identity=identity)
        self.beside[path] = ABSENT
        data = self._tree.read(path, limit, identity=identity)
        self.beside[path] = digest(data)
        return data

    def close(self) -> None:
        """Do nothing: the other tree is not ours to close."""


def digest(data: bytes) -> str:
    """Return what names a content."""
    return hashlib.sha256(data).hexdigest()


def identity(subject: Subject) -> str:
    """Return what names the content of a result; empty if a file of it cannot be read.

    A file that its tree names without reading (git's blob) is not read.
    """
    lines = []
    for path, entry in sorted(subject.entries.items()):
        name = entry.identity
        if not name:
            try:
                name = digest(subject.read(path))
            except FileNotFoundError:
                name = ABSENT
            except (JoulemarkError, OSError):
                return ""
        lines.append(f"{path}\0{name}\n")
    lines += [f"{entry.path}\0{entry.identity}\n" for entry in subject.beside]
    return digest("".join(lines).encode("utf-8", "surrogatepass"))


class _Names:
    """What names a list of files."""

    def __init__(self) -> None:
        self._found = hashlib.sha256()

    def add(self, entry: Entry) -> None:
        self._found.update(f"{entry.path}\0".encode("utf-8", "surrogatepass"))

    def digest(self) -> str:
        return self._found.hexdigest()


def unchanged(tree: Tree, beside: Mapping[str, str]) -> bool:
    """Return whether files, and folders (their names end in "/"), are as they were noted."""
    return all(_now(tree, path) == name for path, name in beside.items())


def _now(tree: Tree, path: str) -> str:
    """Return the identity of a file or of a folder's names; empty if it cannot be read."""
    try:
        if not path.endswith("/"):
            return digest(tree.read(path))
        names = _Names()
        for entry in tree.entries(path[:-1]):
            names.add(entry)
        return names.digest()
    except FileNotFoundError:
        return ABSENT
    except (JoulemarkError, OSError):
        return ""
