"""Check power directories: open trees, find the directories, check each, in a fixed order.

The parent process only searches and collects; workers open the trees for themselves, so that no
content passes between processes. Results come in the order of the trees and paths, one at a time,
and none is kept: memory does not grow with the number of directories but for their lists of files.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from joulemark.core.errors import FormatError, UsageError
from joulemark.formats.inference.directory import PowerDirectory
from joulemark.procedures.check_state import State
from joulemark.procedures.check_worker import (
    SAME,
    Desk,
    first_line,
    parts_named,
    request,
)
from joulemark.procedures.checked import Asked, Checked, Target, lost
from joulemark.procedures.crew import Answer, Crew, Lost
from joulemark.procedures.judging import Parts
from joulemark.procedures.open_trees import OpenTrees

PARTS = "joulemark.procedures.check_parts:parts"
"""What a check is made of, unless another is named."""

TOGETHER = 12
"""Neighbours that one worker checks; they are often copies of each other."""
_WORKER = "joulemark.procedures.check_worker"

Tell = Callable[[int, int], None]
"""Told of directories done, and of all."""


@dataclass(slots=True)
class Found(OpenTrees):
    """Power directories that were found; a context manager that closes the trees they lie in.

    Attributes:
        trees: the trees, open.
        targets: the directories, in the order of the trees and of their paths.
    """

    targets: list[Target] = field(default_factory=list)

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


def search(
    paths: Sequence[str],
    *,
    submitters: Sequence[str] = (),
    parts: str = PARTS,
    tell: Callable[[int], None] = lambda found: None,
) -> Found:
    """Return the power directories of trees.

    Args:
        paths: what the person named: folders, archives, repositories.
        submitters: only these, whatever their case; all if empty.
        parts: names what a check is made of.
        tell: told how many were found, now and then.

    Raises:
        FormatError: if a tree is damaged, or holds no power directory.
        UnavailableError: if a tree cannot be read.
        UsageError: if there is no such tree, or no directory of these submitters.
    """
    found = Found()
    try:
        _search(found, paths, submitters, parts_named(parts), tell)
    except BaseException:
        found.close()
        raise
    return found


def _search(
    found: Found,
    paths: Sequence[str],
    submitters: Sequence[str],
    parts: Parts,
    tell: Callable[[int], None],
) -> None:
    wanted = {name.casefold() for name in submitters}
    known: set[str] = set()
    for name in paths:
        tree = parts.open_tree(name)
        found.number_of(tree)
        count = 0
        for directory in parts.find(tree):
            count += 1
            submitter = directory.place.submitter
            known.add(submitter)
            if not wanted or submitter.casefold() in wanted:
                found.targets.append(target(directory, found.number_of(directory.tree)))
                tell(len(found.targets))
        if not count:
            raise FormatError(
                "no power directory in it: none of its folders holds power/, ranging/ and run_1/",
                where=name,
                remedy="name a result tree, or a folder like "
                "closed/WHO/results/SYSTEM/BENCHMARK/SCENARIO/performance",
            )
    if not found.targets:
        raise UsageError(
            f"no power directory of {', '.join(submitters)}",
            remedy=f"submitters here: {', '.join(sorted(filter(None, known))) or 'none is named'}",
        )


def target(directory: PowerDirectory, tree: int) -> Target:
    """Return a directory as it is handed to whoever checks it.

    Args:
        directory: the directory.
        tree: number of the tree it lies in.
    """
    entries = tuple((name, e.path, e.size, e.identity) for name, e in directory.entries.items())
    beside = tuple((entry.path, entry.size, entry.identity) for entry in directory.beside)
    return Target(tree, directory.path, entries, directory.place, beside)


def check(
    found: Found,
    asked: Asked,
    *,
    jobs: int | None = None,
    state: State | None = None,
    parts: str = PARTS,
    tell: Tell = lambda done, of: None,
) -> Generator[Checked]:
    """Yield what the check of each directory comes to, in the order of the directories.

    Args:
        found: the directories.
        asked: how to check.
        jobs: worker processes; 1 checks in this process; None: one for each processor.
        state: results of earlier checks.
        parts: names what a check is made of.
        tell: told how far it is.

    Raises:
        StoreError: if a result cannot be kept.
    """
    hands = min(jobs or processors(), len(found.targets))
    results = _here if hands <= 1 else _by_workers
    tell(0, len(found.targets))
    made = results(found, asked, hands, state, parts, tell)
    for one, checked in zip(found.targets, made, strict=True):
        if state is not None and not checked.kept:
            state.keep(one, checked)
        yield checked


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0))


def _here(
    found: Found, asked: Asked, hands: int, state: State | None, parts: str, tell: Tell
) -> Iterator[Checked]:
    """Check one directory after another in this process."""
    desk = Desk(parts_named(parts), lambda number: found.trees[number], asked)
    for done, one in enumerate(found.targets, 1):
        checked = desk.answer(one, _known(state, one))
        tell(done, len(found.targets))
        yield _kept(state, one) if checked is None else checked


def _by_workers(
    found: Found, asked: Asked, hands: int, state: State | None, parts: str, tell: Tell
) -> Iterator[Checked]:
    """Check directories in worker processes."""
    total = len(found.targets)
    told = first_line(parts, found.trees, asked)
    requests = (request(one, _known(state, one)) for one in found.targets)
    together = max(1, min(TOGETHER, total // (4 * hands)))
    with Crew(_WORKER, hands, told, lambda done: tell(done, total)) as crew:
        for one, answer in zip(
            found.targets, crew.answers(requests, together=together), strict=True
        ):
            yield _result(answer, one, found, asked, state)


def _result(
    answer: Answer, one: Target, found: Found, asked: Asked, state: State | None
) -> Checked:
    if isinstance(answer, Lost):
        return lost(one, found.trees[one.tree].name, asked, answer.why)
    return _kept(state, one) if answer.strip() == SAME else decoded(answer)


def _known(state: State | None, one: Target) -> tuple[str, dict[str, str]] | None:
    """Return the identities of the kept result; empty ones if there is a state without it."""
    if state is None:
        return None
    known = state.known(one)
    return ("", {}) if known is None else (known[0], dict(known[1]))


def _kept(state: State | None, one: Target) -> Checked:
    kept = None if state is None else state.kept(one)
    if kept is None:
        raise FormatError(
            "a kept result cannot be read again",
            where="" if state is None else str(state.path),
            remedy="the file was changed while the check ran; check again",
        )
    return kept


def decoded(line: bytes) -> Checked:
    """Return a result from one line of JSON."""
    import msgspec

    from joulemark.store.schema import converted

    return converted(msgspec.json.decode(line), Checked)
