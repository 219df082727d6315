"""Trees that were opened, by number: worker processes are told of them by it."""

from __future__ import annotations

from dataclasses import dataclass, field

from joulemark.formats.trees.tree import Tree


@dataclass(slots=True)
class OpenTrees:
    """Trees in the order in which they were met.

    Attributes:
        trees: open.
    """

    trees: list[Tree] = field(default_factory=list)

    def number_of(self, tree: Tree) -> int:
        """Return the number of a tree, which is kept if it is new."""
        for number in reversed(range(len(self.trees))):
            if self.trees[number] is tree:
                return number
        self.trees.append(tree)
        return len(self.trees) - 1

    def close(self) -> None:
        """Close the trees."""
        for tree in self.trees:
            tree.close()
