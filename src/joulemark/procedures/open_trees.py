"""Trees that were opened, by number: worker processes are told of them by it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from joulemark.core.errors import UsageError
from joulemark.formats.tiny.session import kind_of
from joulemark.formats.training.benchmarks import folder_of
from joulemark.formats.trees.tree import Tree

Widen = Callable[[str, str], None]
"""Told of a file that was named, and of the folder of its result."""


def widened(name: str, tell: Widen = lambda file, folder: None) -> str:
    """Return the folder of the result that a file is part of; anything else as it was named.

    A log, a trace or a results.json says nothing alone: what it is of is looked at as a whole.

    Args:
        name: what the person named.
        tell: told where that is a part.
    """
    path = Path(name)
    if not path.is_file():
        return name
    whole = path.absolute()
    folder = folder_of(str(whole)) or (str(whole.parent) if kind_of(path.name) else "")
    if not folder:
        return name
    above = len(whole.parts) - len(Path(folder).parts)
    named = path.parents[above - 1] if above <= len(path.parents) else Path(folder)
    tell(name, str(named))
    return str(named)


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
