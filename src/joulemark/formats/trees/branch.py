"""A folder of a tree as a tree of its own."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

from joulemark.formats.trees.tree import MAX_FILE, Entry, Tree


class Branch:
    """What lies in one folder of a tree, which has to stay open.

    Args:
        tree: the larger tree.
        folder: the folder, relative to its root.

    Attributes:
        name: of the tree and the folder.
        left_out: of the larger tree.
    """

    def __init__(self, tree: Tree, folder: str) -> None:
        """Keep the arguments."""
        self._tree = tree
        self._folder = folder
        self.name = f"{tree.name.rstrip('/')}/{folder}"

    @property
    def left_out(self) -> Counter[str]:
        """What the last listing of the larger tree left out."""
        return self._tree.left_out

    @property
    def location(self) -> str:
        """Where the root lies."""
        return f"{self._tree.location}/{self._folder}"

    @property
    def token(self) -> str:
        """Text by which the tree is opened again."""
        return json.dumps({"kind": "branch", "folder": self._folder, "of": self._tree.token})

    def entries(self, under: str = "") -> Iterator[Entry]:
        """Yield every plain file of the folder."""
        cut = len(self._folder) + 1
        for entry in self._tree.entries(f"{self._folder}/{under}".rstrip("/")):
            yield Entry(entry.path[cut:], entry.size, entry.identity)

    def read(self, path: str, limit: int = MAX_FILE, *, identity: str = "") -> bytes:
        """Return the content of one file; errors are those of the larger tree."""
        return self._tree.read(f"{self._folder}/{path}", limit, identity=identity)

    def close(self) -> None:
        """Close the larger tree."""
        self._tree.close()
