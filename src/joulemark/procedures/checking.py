"""Check results: open trees, find the results in them, check each, in a fixed order.

The parent process only searches and collects; workers open the trees for themselves, so that no
content passes between processes. Results come in the order of the trees, kinds and paths, one at a
time, and none is kept: memory does not grow with their number but for their lists of files.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field

from joulemark.core.errors import FormatError
from joulemark.procedures.check_state import State
from joulemark.procedures.check_worker import (
    SAME,
    Desk,
    first_line,
    parts_named,
    request,
)
from joulemark.procedures.checked import INFERENCE, TINY, TRAINING, Asked, Checked, Target, lost
from joulemark.procedures.crew import Answer, Crew, Lost
from joulemark.procedures.kinds import Kind, Parts, Subject
from joulemark.procedures.open_trees import OpenTrees, Submitters, Widen, widened

KINDS = (INFERENCE, TRAINING, TINY)
"""All kinds of results."""
PARTS = "joulemark.procedures.check_parts:parts"
"""What a check is made of, unless another is named."""

TOGETHER = 12
"""Neighbours that one worker checks; they are often copies of each other."""
_WORKER = "joulemark.procedures.check_worker"

Tell = Callable[[int, int], None]
"""Told of results done, and of all."""


@dataclass(slots=True)
class Found(OpenTrees):
    """Results that were found; a context manager that closes the trees they lie in.

    Attributes:
        trees: the trees, open.
        targets: the results, in the order of the trees, of their kinds and of their paths.
        others: how many there are of kinds that were not asked for.
    """

    targets: list[Target] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)


def search(
    paths: Sequence[str],
    *,
    submitters: Sequence[str] = (),
    kinds: Sequence[str] = KINDS,
    parts: str = PARTS,
    tell: Callable[[int], None] = lambda found: None,
    widen: Widen = lambda file, folder: None,
) -> Found:
    """Return the results of trees.

    Args:
        paths: what the person named: folders, archives, repositories.
        submitters: only these, whatever their case; all if empty.
        kinds: only these.
        parts: names what a check is made of.
        tell: told how many were found, now and then.
        widen: told of a path that is part of a result, which is taken as a whole.

    Raises:
        FormatError: if a tree is damaged, or holds no result.
        UnavailableError: if a tree cannot be read.
        UsageError: if there is no such tree, or no result of these submitters.
    """
    found = Found()
    try:
        _search(found, paths, Submitters(submitters), kinds, parts_named(parts), tell, widen)
    except BaseException:
        found.close()
        raise
    return found


def _search(
    found: Found,
    paths: Sequence[str],
    submitters: Submitters,
    kinds: Sequence[str],
    parts: Parts,
    tell: Callable[[int], None],
    widen: Widen,
) -> None:
    for name in paths:
        tree = parts.open_tree(widened(name, widen))
        found.number_of(tree)
        empty = True
        for kind, subject in parts.find(tree):
            empty = False
            if kind not in kinds:
                found.others[kind] += 1
                continue
            one = target(subject, kind, parts.kind(kind), found.number_of(subject.tree))
            if submitters.takes(one.place.submitter):
                found.targets.append(one)
                tell(len(found.targets))
        if empty:
            raise FormatError(
                "no power directory in it: none of its folders holds power/, ranging/ and run_1/; "
                "nor a result of MLPerf Training with power, nor a session of MLPerf Tiny",
                where=name,
                remedy="name a result tree, or a folder like "
                "closed/WHO/results/SYSTEM/BENCHMARK/SCENARIO/performance",
            )
    if not found.targets and not submitters.known and found.others:
        raise FormatError(
            f"no power directory of MLPerf Inference in it, but {left_out(found.others)}",
            where=", ".join(paths),
            remedy="this covers Inference alone; joulemark check covers them",
        )
    if not found.targets:
        raise submitters.nobody()


def left_out(others: Counter[str]) -> str:
    """Return how many results of other kinds there are, in words."""
    return " and ".join(f"{count} of MLPerf {kind.capitalize()}" for kind, count in others.items())


def target(subject: Subject, name: str, kind: Kind, tree: int) -> Target:
    """Return a result as it is handed to whoever checks it.

    Args:
        subject: the result.
        name: of its kind.
        kind: what results of that kind are checked with.
        tree: number of the tree it lies in.
    """
    entries = tuple((name, e.path, e.size, e.identity) for name, e in subject.entries.items())
    beside = tuple((entry.path, entry.size, entry.identity) for entry in subject.beside)
    return Target(tree, subject.path, entries, kind.place(subject), beside, name)


def check(
    found: Found,
    asked: Asked,
    *,
    jobs: int | None = None,
    state: State | None = None,
    parts: str = PARTS,
    tell: Tell = lambda done, of: None,
) -> Generator[Checked]:
    """Yield what the check of each result comes to, in their order.

    Args:
        found: the results.
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
    """Check one result after another in this process."""
    desk = Desk(parts_named(parts), lambda number: found.trees[number], asked)
    for done, one in enumerate(found.targets, 1):
        checked = desk.answer(one, _known(state, one))
        tell(done, len(found.targets))
        yield _kept(state, one) if checked is None else checked


def _by_workers(
    found: Found, asked: Asked, hands: int, state: State | None, parts: str, tell: Tell
) -> Iterator[Checked]:
    """Check results in worker processes."""
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
