"""What a check is made of: results of MLPerf Inference, Training and Tiny."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from joulemark.core.value import Value
from joulemark.formats.inference.directory import Place
from joulemark.formats.inference.shelf import Shelf
from joulemark.formats.trees.tree import Entry, Tree
from joulemark.procedures.checked import INFERENCE, TINY, TRAINING, Amount, Target
from joulemark.procedures.kinds import Kind, Parts, Subject


def parts() -> Parts:
    """Return the parts; what a kind is checked with is loaded when the first is met."""
    from joulemark.formats.trees.opening import open_tree, reopen

    return Parts(
        open_tree=partial(open_tree, keep=wanted),
        reopen=reopen,
        find=find,
        kind=_kind,
    )


@cache
def _kind(name: str) -> Kind:
    return {INFERENCE: _inference, TRAINING: _training, TINY: _tiny}[name]()


def wanted(path: str) -> bool:
    """Say whether a file may be read in a check: which to keep of an archive."""
    from joulemark.formats.inference import power_directories
    from joulemark.formats.tiny import sessions
    from joulemark.formats.training import benchmarks

    return power_directories.wanted(path) or benchmarks.wanted(path) or sessions.wanted(path)


def find(tree: Tree) -> Iterator[tuple[str, Subject]]:
    """Yield the results of a tree, each with its kind, in one pass over its entries.

    Raises:
        FormatError: if the tree is damaged or hostile.
        UnavailableError: if it cannot be read.
    """
    from joulemark.formats.inference.power_directories import power_directories
    from joulemark.formats.tiny import sessions
    from joulemark.formats.training import benchmarks

    trainings, tinies = benchmarks.Finder(tree), sessions.Finder(tree)

    def entries() -> Iterator[Entry]:
        for entry in tree.entries():
            trainings.see(entry)
            tinies.see(entry)
            yield entry

    alone = True
    raised: dict[int, Tree | None] = {}
    for directory in power_directories(tree, entries()):
        alone = False
        yield INFERENCE, directory
    for benchmark in trainings.found():
        alone = False
        yield TRAINING, benchmarks.rooted(benchmark, raised)
    for session in tinies.found(alone=alone):
        yield TINY, session


@dataclass(frozen=True, slots=True, kw_only=True)
class _Figures:
    """What a result is worth."""

    metric: Amount | None
    energy_j: Value | None
    average_power_w: Value | None
    efficiency: Amount | None = None


def _entries(target: Target) -> dict[str, Entry]:
    return {name: Entry(path, size, known) for name, path, size, known in target.entries}


def _inference() -> Kind:
    from joulemark.formats.inference.directory import PowerDirectory
    from joulemark.formats.inference.rounds import guess_round
    from joulemark.rules.inference.register import rules_of
    from joulemark.rules.inference.review import Review
    from joulemark.rules.official import REVISIONS, official_verdicts

    def restore(tree: Tree, target: Target, shelf: Shelf) -> Subject:
        beside = tuple(Entry(*entry) for entry in target.beside)
        return PowerDirectory(tree, target.path, _entries(target), target.place, beside, shelf)

    return Kind(
        restore=restore,
        place=lambda directory: directory.place,
        guess_round=guess_round,
        rules=rules_of,
        review=Review,
        figures=lambda directory: directory.figures,
        official=official_verdicts,
        revisions=tuple(REVISIONS),
    )


def _training() -> Kind:
    from joulemark.formats.training.benchmarks import directory_at
    from joulemark.formats.training.scored import score_directory
    from joulemark.rules.official.package import REVISION, package_verdicts
    from joulemark.rules.training.register import all_rules
    from joulemark.rules.training.review import TrainingReview

    def figures(directory: Any) -> _Figures:
        score = score_directory(directory).score
        published = score.whole.published
        return _Figures(
            metric=None if published is None else Amount(published / 1e3, "kJ"),
            energy_j=score.whole.in_run,
            average_power_w=score.in_run_w,
        )

    return Kind(
        restore=lambda tree, target, _: directory_at(tree, target.path, _entries(target)),
        place=_training_place,
        guess_round=None,
        rules=lambda _: all_rules(),
        review=TrainingReview,
        figures=figures,
        official=lambda directory, revision, mended: package_verdicts(directory),
        revisions=(REVISION,),
    )


def _training_place(directory: Any) -> Place:
    place = directory.place
    return Place(place.round, place.division, place.submitter, place.system, place.benchmark)


def _tiny() -> Kind:
    from joulemark.formats.tiny.sessions import session_at
    from joulemark.rules.tiny.register import all_rules
    from joulemark.rules.tiny.review import TinyReview

    def figures(session: Any) -> _Figures:
        found = session.figures
        told = found.reported
        return _Figures(
            metric=None if told is None else Amount(told.value, "µJ"),
            energy_j=found.median if found.windows else None,
            average_power_w=found.power,
        )

    return Kind(
        restore=lambda tree, target, _: session_at(tree, target.path, _entries(target)),
        place=_tiny_place,
        guess_round=None,
        rules=lambda _: all_rules(),
        review=TinyReview,
        figures=figures,
        official=None,
        revisions=(),
    )


def _tiny_place(session: Any) -> Place:
    at = session.place
    return Place(at.round, at.division, at.submitter, at.system, at.benchmark, at.mode)
