"""The kinds of measurements that an import knows: how they are found, sent and opened."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from sys import intern
from typing import Any, TypeVar

from joulemark.core.errors import FormatError
from joulemark.formats.inference.directory import Place, PowerDirectory
from joulemark.formats.inference.power_directories import power_directories
from joulemark.formats.inference.power_directories import wanted as wanted_by_inference
from joulemark.formats.tiny.session import TinyPlace, TinySession
from joulemark.formats.tiny.sessions import sessions
from joulemark.formats.tiny.sessions import wanted as wanted_by_tiny
from joulemark.formats.training.benchmarks import benchmarks, directory_at
from joulemark.formats.training.benchmarks import wanted as wanted_by_training
from joulemark.formats.training.directory import BenchmarkDirectory
from joulemark.formats.training.directory import Place as TrainingPlace
from joulemark.formats.trees.tree import Entry, Tree
from joulemark.procedures.checked import INFERENCE, TINY, TRAINING
from joulemark.procedures.import_tiny import has_energy
from joulemark.procedures.imported import Target

Kind = TypeVar("Kind", Place, TinyPlace)
_PLACES: Mapping[str, type[Any]] = {
    INFERENCE: Place,
    TRAINING: TrainingPlace,
    TINY: TinyPlace,
}


def wanted(path: str) -> bool:
    """Say whether a file may be read when measurements of any kind are."""
    return wanted_by_inference(path) or wanted_by_training(path) or wanted_by_tiny(path)


def targets_in(tree: Tree, number_of: Callable[[Tree], int]) -> Iterator[Target]:
    """Yield every measurement of a tree; of training every benchmark's folder.

    Args:
        tree: where they are looked for.
        number_of: returns the number of a tree, which may be a larger one.

    Raises:
        FormatError: if the tree is damaged or hostile.
        UnavailableError: if it cannot be read.
    """
    for power in power_directories(tree):
        yield Target.of(power, number_of(power.tree))
    for folder in benchmarks(tree):
        entries = _entries(folder.entries)
        yield Target(number_of(folder.tree), folder.path, entries, folder.place, TRAINING)
    for session in sessions(tree):
        if has_energy(session):
            entries = _entries(session.entries)
            yield Target(number_of(session.tree), session.path, entries, session.place, TINY)


def _entries(entries: Mapping[str, Entry]) -> tuple[tuple[str, str, int, str], ...]:
    return tuple((intern(name), e.path, e.size, e.identity) for name, e in entries.items())


def power_directory(tree: Tree, target: Target) -> PowerDirectory:
    """Return a target of inference, opened."""
    return PowerDirectory(tree, target.path, _files(target), _place(target, Place))


def benchmark_directory(tree: Tree, target: Target) -> BenchmarkDirectory:
    """Return a target of training, opened."""
    return directory_at(tree, target.path, _files(target))


def tiny_session(tree: Tree, target: Target) -> TinySession:
    """Return a target of tiny, opened."""
    return TinySession(tree, target.path, _files(target), _place(target, TinyPlace))


def _files(target: Target) -> dict[str, Entry]:
    return {name: Entry(*entry) for name, entry in target.files()}


def _place(target: Target, kind: type[Kind]) -> Kind:
    if not isinstance(target.place, kind):
        raise FormatError(f"no place of {target.kind}", where=target.path)
    return target.place


def target_from(record: Mapping[str, Any]) -> Target:
    """Return a target that was sent as JSON.

    Raises:
        FormatError: if it is none.
    """
    try:
        entries = tuple((str(n), str(p), int(s), str(i)) for n, p, s, i in record["entries"])
        kind = str(record.get("kind", INFERENCE))
        place = _PLACES[kind](**record["place"])
        return Target(int(record["tree"]), str(record["path"]), entries, place, kind)
    except (KeyError, TypeError, ValueError) as error:
        raise FormatError(f"no request of an import ({error})") from error
