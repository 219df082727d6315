"""What a worker process of an import does: tell measurements apart, and store one at a time.

A request is a line of JSON, ``["identify", [target]]`` or ``["store", [target, …]]``; the answer is
one line of JSON, an object with ``error`` where it failed.
"""

from __future__ import annotations

import copy
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, BinaryIO

import duckdb
import msgspec

from joulemark.core.errors import JoulemarkError, StoreError, UnavailableError
from joulemark.formats.inference.around import system_file
from joulemark.formats.inference.as_identity import Published, identity_of, publication, run_id
from joulemark.formats.inference.as_logs import KEPT, or_none
from joulemark.formats.inference.as_result import result_of
from joulemark.formats.inference.as_run import Recording, as_run
from joulemark.formats.inference.as_system import Described, described
from joulemark.formats.inference.directory import DETAIL, TESTING, Place, PowerDirectory
from joulemark.formats.inference.performance import text
from joulemark.formats.trees.opening import reopen
from joulemark.formats.trees.tree import Tree
from joulemark.procedures.checked import TINY, TRAINING
from joulemark.procedures.import_kinds import (
    benchmark_directory,
    power_directory,
    target_from,
    tiny_session,
)
from joulemark.procedures.import_tiny import identify_tiny, store_tiny
from joulemark.procedures.import_training import store_training
from joulemark.procedures.imported import Target
from joulemark.store import duck
from joulemark.store.importing import imported_path, write_imported

MEMORY = "128MB"
"""Bound on what a worker's database takes."""
IDENTIFY, STORE = "identify", "store"
"""What a worker can be asked for."""

Answer = dict[str, Any]


class Desk:
    """Identifies and stores measurements of several trees.

    Args:
        open_tree: opens a tree by its number; called when it is another than before.
        store: where runs go.
        keep_raw: whether the logs are copied into the run.
        version: of joulemark, for the record.
    """

    def __init__(
        self,
        open_tree: Callable[[int], Tree],
        store: Path,
        *,
        keep_raw: bool = False,
        version: str = "",
    ) -> None:
        """Keep the arguments; nothing is opened."""
        self._open_tree = open_tree
        self._store = store
        self._keep_raw = keep_raw
        self._version = version
        self._open: tuple[int, Tree] | None = None
        self._kept: duckdb.DuckDBPyConnection | None = None

    def answer(self, what: str, targets: Sequence[Target]) -> Answer:
        """Return what becomes of a request; ``error`` says why it failed.

        ``fatal`` is true where the store cannot be written, so that going on is of no use,
        ``passing`` where it may come to another thing next time though nothing has changed.
        """
        try:
            return self._identified(targets[0]) if what == IDENTIFY else self._stored(targets)
        except StoreError as error:
            return {"error": error.what, "where": error.where, "fatal": True}
        except (JoulemarkError, FileNotFoundError) as error:
            passing = isinstance(error, UnavailableError)
            return {"error": str(error)[:1000], "passing": passing}
        except Exception as error:  # noqa: BLE001 # one directory must not end the import of thousands
            return {"error": f"{type(error).__name__}: {str(error)[:300]}", "passing": True}

    def close(self) -> None:
        """Let go of the database."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    def _tree(self, target: Target) -> Tree:
        if self._open is None or self._open[0] != target.tree:
            self._open = target.tree, self._open_tree(target.tree)
        return self._open[1]

    def _directory(self, target: Target) -> PowerDirectory:
        return power_directory(self._tree(target), target)

    def _identified(self, target: Target) -> Answer:
        """Return the name of a measurement; of a benchmark with many runs, one of its place."""
        if target.kind == TRAINING:
            return {"id": f"{TRAINING} {target.tree}\0{target.path}"}
        if target.kind == TINY:
            return identify_tiny(tiny_session(self._tree(target), target))
        return {"id": run_id(*identity_of(self._directory(target)))}

    @property
    def _database(self) -> duckdb.DuckDBPyConnection:
        if self._kept is None:
            self._kept = duck.connect(memory=MEMORY)
        return self._kept

    def _stored(self, targets: Sequence[Target]) -> Answer:
        """Store one measurement, and return as what it was published."""
        first = targets[0]
        if first.kind == TRAINING:
            return store_training(benchmark_directory(self._tree(first), first), self._put)
        if first.kind == TINY:
            copies = [tiny_session(self._tree(target), target) for target in targets]
            return store_tiny(copies, self._put, keep_raw=self._keep_raw)
        return self._stored_inference(targets)

    def _put(self, recording: Recording, raw: Mapping[str, bytes]) -> bool:
        """Store a run with files to be kept; say whether it is new."""
        run = replace(recording.run, joulemark=self._version)
        kept = raw if self._keep_raw else {}
        return write_imported(self._store, run, recording.rows, self._database, kept)

    def _stored_inference(self, targets: Sequence[Target]) -> Answer:
        first = self._directory(targets[0])
        measured = text(first.testing_detail, "effective_scenario")
        order = sorted(
            targets,
            key=lambda t: (_scenario(t) != measured, t.tree, t.path.split("/")),
        )
        main = self._copy_of(first, order[0])
        about, every = self._about(main), [self._copy_of(main, target) for target in order]
        published = [publication(directory) for directory in every]
        run = run_id(*identity_of(main))
        new = not imported_path(self._store, run).is_dir()
        if new:
            new = self._write(main, about, published)
        rows = [
            asdict(result_of(directory, each, self._about_of(directory, main, about), run))
            for directory, each in zip(every, published, strict=True)
        ]
        trees = [target.tree for target in order]
        return {"id": run, "new": new, "runs": [run], "rows": rows, "trees": trees}

    def _write(
        self, directory: PowerDirectory, about: Described, published: Sequence[Published]
    ) -> bool:
        recording = as_run(directory, about, published)
        return self._put(recording, self._raw(directory))

    def _raw(self, directory: PowerDirectory) -> Mapping[str, bytes]:
        if not self._keep_raw:
            return {}
        return {name: directory.read(name) for name in KEPT if name in directory.entries}

    def _copy_of(self, main: PowerDirectory, target: Target) -> PowerDirectory:
        """Return a directory under its own place; of a copy of the first nothing is read again."""
        if (target.path, target.place) == (main.path, main.place):
            return main
        other = self._directory(target)
        if not _same_log(main, other):
            return other
        twin = copy.copy(main)
        twin.path, twin.place = target.path, other.place
        for what in ("figures", "round"):
            twin.__dict__.pop(what, None)
        return twin

    def _about(self, directory: PowerDirectory) -> Described:
        source = or_none(lambda: system_file(directory))
        found = or_none(lambda: described(source, directory.place.system))
        return found or described(None, directory.place.system)

    def _about_of(
        self, directory: PowerDirectory, main: PowerDirectory, about: Described
    ) -> Described:
        mine, of = directory.place, main.place
        same = (mine.submitter, mine.system) == (of.submitter, of.system)
        return about if same else self._about(directory)


def _scenario(target: Target) -> str:
    return target.place.scenario if isinstance(target.place, Place) else ""


def _same_log(main: PowerDirectory, other: PowerDirectory) -> bool:
    """Return whether two directories have the same detail log of LoadGen's."""
    name = f"{TESTING}/{DETAIL}"
    if name not in main.entries or name not in other.entries:
        return False
    mine, theirs = main.entries[name].identity, other.entries[name].identity
    return mine == theirs if mine and theirs else main.sha1(name) == other.sha1(name)


def main(source: BinaryIO | None = None, sink: BinaryIO | None = None) -> int:
    """Answer lines of standard input until it ends.

    Args:
        source: where requests come from; standard input by default.
        sink: where answers go; standard output by default.
    """
    from joulemark import __version__

    source, sink = source or sys.stdin.buffer, sink or sys.stdout.buffer
    told = json.loads(source.readline())
    opened: dict[int, Tree] = {}

    def open_tree(number: int) -> Tree:
        for other in list(opened):
            opened.pop(other).close()
        return opened.setdefault(number, reopen(told["tokens"][number]))

    store, keep_raw = Path(told["store"]), bool(told["keep_raw"])
    desk = Desk(open_tree, store, keep_raw=keep_raw, version=__version__)
    for line in source:
        what, targets = json.loads(line)
        answer = desk.answer(what, [target_from(record) for record in targets])
        sink.write(msgspec.json.encode(answer) + b"\n")
        sink.flush()
    desk.close()
    return 0
