"""Trees that were opened, by number: worker processes are told of them by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from joulemark.core.errors import UsageError
from joulemark.formats.trees.tree import Tree


@dataclass(slots=True)
class OpenTrees:
    """Trees in the order in which they were met; a context manager that closes them.

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

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the trees."""
        self.close()


@dataclass(slots=True)
class Submitters:
    """Whose results are wanted.

    Attributes:
        wanted: their names, whatever their case; all if empty.
        known: whom there are results of.
    """

    wanted: Sequence[str]
    known: set[str] = field(default_factory=set)

    def takes(self, name: str) -> bool:
        """Return whether results of a submitter are wanted; note the name."""
        self.known.add(name)
        return not self.wanted or name.casefold() in {one.casefold() for one in self.wanted}

    def nobody(self) -> UsageError:
        """Return what is raised where no result is of one that is wanted."""
        known = ", ".join(sorted(filter(None, self.known))) or "none is named"
        return UsageError(
            f"no result of {', '.join(self.wanted)}", remedy=f"submitters here: {known}"
        )
