"""Score results of MLPerf Training (energy) and of MLPerf Tiny: find them, score each, in order.

The parent process only searches and collects; workers open the trees for themselves. Results come
in the order of the trees and paths, one at a time, and none is kept: memory does not grow with the
number of results but for their lists of files.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field

from joulemark.core.errors import FormatError
from joulemark.formats.tiny import sessions as tiny
from joulemark.formats.tiny.session import TinySession
from joulemark.formats.training import benchmarks as training
from joulemark.formats.training.directory import BenchmarkDirectory
from joulemark.formats.trees.opening import open_tree
from joulemark.formats.trees.tree import Tree
from joulemark.procedures.checked import TINY, TRAINING
from joulemark.procedures.checking import processors
from joulemark.procedures.crew import Crew, Lost
from joulemark.procedures.open_trees import OpenTrees, Submitters, Widen, widened
from joulemark.procedures.score_worker import Desk, decoded, first_line, request
from joulemark.procedures.scored import OWN, Scored, Target, lost

Tell = Callable[[int, int], None]
"""Told of results done, and of all."""
_WORKER = "joulemark.procedures.score_worker"
_FEW = 8
"""So many results are scored sooner in this process than workers are started."""


@dataclass(slots=True)
class Found(OpenTrees):
    """Results that were found; a context manager that closes the trees they lie in.

    Attributes:
        trees: the trees, open.
        targets: the results, in the order of the trees and of their paths.
    """

    targets: list[Target] = field(default_factory=list)


def search(
    paths: Sequence[str],
    *,
    submitters: Sequence[str] = (),
    tell: Callable[[int], None] = lambda found: None,
    widen: Widen = lambda file, folder: None,
) -> Found:
    """Return the results of trees.

    Args:
        paths: what the person named: folders, archives, repositories.
        submitters: only these, whatever their case; all if empty.
        tell: told how many were found, now and then.
        widen: told of a path that is part of a result, which is taken as a whole.

    Raises:
        FormatError: if a tree is damaged, or holds no result.
        UnavailableError: if a tree cannot be read.
        UsageError: if there is no such tree, or no result of these submitters.
    """
    found = Found()
    try:
        _search(found, paths, Submitters(submitters), tell, widen)
    except BaseException:
        found.close()
        raise
    return found


def _search(
    found: Found,
    paths: Sequence[str],
    submitters: Submitters,
    tell: Callable[[int], None],
    widen: Widen,
) -> None:
    for name in paths:
        tree = open_tree(widened(name, widen), keep=_kept)
        number = found.number_of(tree)
        count = 0
        for who, target in _results(tree, number):
            count += 1
            if submitters.takes(who):
                found.targets.append(target)
                tell(len(found.targets))
        if not count:
            raise FormatError(
                "nothing to score in it: no power/RUN/node_0.txt of MLPerf Training, no trace, "
                "log or results.json of MLPerf Tiny",
                where=name,
                remedy="name a result tree, or a folder like WHO/results/SYSTEM/BENCHMARK",
            )
    if not found.targets:
        raise submitters.nobody()


def _kept(path: str) -> bool:
    return training.wanted(path) or tiny.wanted(path)


def _results(tree: Tree, number: int) -> Iterator[tuple[str, Target]]:
    """Yield submitter and target of every result of a tree, in the order of the paths."""
    trained, measured = training.Finder(tree), tiny.Finder(tree)
    for entry in tree.entries():
        trained.see(entry)
        measured.see(entry)
    found: list[BenchmarkDirectory | TinySession] = [*trained.found()]
    found += measured.found(alone=not found)
    for one in sorted(found, key=lambda one: one.path.split("/")):
        kind = TRAINING if isinstance(one, BenchmarkDirectory) else TINY
        files = tuple((key, e.path, e.size, e.identity) for key, e in one.entries.items())
        yield one.place.submitter, Target(kind, number, one.path, files)


def score(
    found: Found,
    algorithm: str = OWN,
    *,
    jobs: int | None = None,
    tell: Tell = lambda done, of: None,
) -> Generator[Scored]:
    """Yield the score of each result, in the order of the results.

    Args:
        found: the results.
        algorithm: version of the official summarizer of MLPerf Training, or ``own``: the one that
            scored each result's round.
        jobs: worker processes; 1 scores in this process; None: one for each processor, if there
            are enough results for that to pay.
        tell: told how far it is.
    """
    total = len(found.targets)
    few = 1 if total <= _FEW else processors()
    hands = min(jobs or few, total)
    tell(0, total)
    if hands <= 1:
        desk = Desk(lambda number: found.trees[number], algorithm)
        for done, one in enumerate(found.targets, 1):
            scored = desk.answer(one)
            tell(done, total)
            yield scored
        return
    told = first_line(found.trees, algorithm)
    with Crew(_WORKER, hands, told, lambda done: tell(done, total)) as crew:
        answers = crew.answers(map(request, found.targets))
        for one, answer in zip(found.targets, answers, strict=True):
            if isinstance(answer, Lost):
                yield lost(one, found.trees[one.tree].name, answer.why)
            else:
                yield decoded(answer)
