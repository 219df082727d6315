"""Who does the work of an import: worker processes, or this one."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from joulemark.formats.results.declared import DeclaredResult
from joulemark.formats.trees.tree import Tree
from joulemark.procedures.crew import Crew, Lost
from joulemark.procedures.import_worker import Answer, Desk
from joulemark.procedures.imported import Part, Target
from joulemark.procedures.open_trees import OpenTrees

_WORKER = "joulemark.procedures.import_worker"


@dataclass(slots=True)
class Found(OpenTrees):
    """Trees and what was found in them.

    Attributes:
        trees: open.
        targets: power directories.
        rows: results that tables state.
        parts: what each tree is part of.
    """

    targets: list[Target] = field(default_factory=list)
    rows: list[DeclaredResult] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)

    def begin(self, part: Part, tree: Tree) -> None:
        """Take a tree, and note what it and those that are met next are part of."""
        self.trees.append(tree)
        self.parts.append(part)

    def number_of(self, tree: Tree) -> int:
        """Return the number of a tree, which is kept if it is new."""
        number = OpenTrees.number_of(self, tree)
        if number == len(self.parts):
            self.parts.append(self.parts[-1])
        return number

    def part_of(self, target: Target) -> Part:
        """Return what a directory is part of."""
        return self.parts[target.tree]

    def parts_of(self, targets: Iterable[Target]) -> list[Part]:
        """Return what directories are part of, each once, in their order."""
        return list({id(part): part for part in map(self.part_of, targets)}.values())

    def where(self, target: Target) -> str:
        """Return a directory with its tree, for messages."""
        return f"{self.trees[target.tree].name}: {target.path}"


def _lost(answer: Lost) -> Answer:
    return {"error": answer.why, "passing": True}


class Hands:
    """Answers requests in their order; a context manager.

    Args:
        trees: by number, open for as long as this is.
        store: where runs go.
        count: worker processes; with one or none it is done in this process.
        keep_raw: whether the logs are copied into the runs.
    """

    def __init__(
        self, trees: Sequence[Tree], store: Path, count: int, *, keep_raw: bool = False
    ) -> None:
        """Keep the arguments; nothing is started."""
        self._trees = trees
        self._store = store
        self._count = count
        self._keep_raw = keep_raw
        self._stack = ExitStack()
        self._desk: Desk | None = None

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the workers."""
        self._stack.__exit__(kind, error, trace)

    def answers(self, what: str, requests: Iterable[Sequence[Target]]) -> Iterator[Answer]:
        """Yield the answer to each request, in their order.

        Args:
            what: ``identify`` or ``store``.
            requests: directories of one measurement each.
        """
        if self._count <= 1:
            desk = self._here()
            yield from (desk.answer(what, targets) for targets in requests)
            return
        first = {
            "tokens": [tree.token for tree in self._trees],
            "store": os.fspath(self._store.absolute()),
            "keep_raw": self._keep_raw,
        }
        lines = (json.dumps([what, [asdict(t) for t in targets]]).encode() for targets in requests)
        with Crew(_WORKER, self._count, json.dumps(first).encode()) as crew:
            for answer in crew.answers(lines):
                yield _lost(answer) if isinstance(answer, Lost) else json.loads(answer)

    def _here(self) -> Desk:
        from joulemark import __version__

        if self._desk is None:
            trees, store = self._trees, self._store
            self._desk = Desk(
                lambda number: trees[number], store, keep_raw=self._keep_raw, version=__version__
            )
            self._stack.callback(self._desk.close)
        return self._desk
