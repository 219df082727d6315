"""Store what a benchmark's folder of MLPerf Training holds: each of its runs, and its result."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, replace
from hashlib import sha256
from typing import Any

from joulemark.formats.inference.as_logs import or_none
from joulemark.formats.inference.as_run import Recording
from joulemark.formats.inference.as_system import Described, described
from joulemark.formats.inference.parsed import Source
from joulemark.formats.training.as_result import result_of, run_json, score_json
from joulemark.formats.training.as_run import Seen, as_run
from joulemark.formats.training.directory import BenchmarkDirectory
from joulemark.formats.training.parsed import PowerLog, RunLog
from joulemark.formats.training.run_log import read_run_log
from joulemark.formats.training.scored import Scored, score_directory

Write = Callable[[Recording, Mapping[str, bytes]], bool]
"""Stores a run with files to be kept; says whether it is new."""


def store_training(directory: BenchmarkDirectory, write: Write) -> dict[str, Any]:
    """Store a benchmark's folder, and return the answer of an import.

    Args:
        directory: of the benchmark.
        write: stores a run.

    Raises:
        StoreError: if the store cannot be written.
        UnavailableError: if the tree cannot be read.
    """
    kept: dict[str, Seen] = {}

    def see(run: str, file: str, source: Source, log: PowerLog) -> None:
        kept.setdefault(run, Seen()).add(file, source.data, log.record)

    scored = score_directory(directory, see)
    about = _about(directory)
    written = list(_written(directory, scored, kept, about, write))
    runs = {name: run for name, run, _ in written}
    counted = next((runs[name] for name in scored.score.runs if name in runs), "")
    chosen = counted or next(iter(runs.values()), "")
    row = result_of(directory, scored, about, chosen)
    new = sum(new for _, _, new in written)
    return {
        "id": chosen,
        "new": new,
        "known": len(written) - new,
        "runs": list(runs.values()),
        "rows": [asdict(row)],
        "refused": list(scored.unreadable),
    }


def _about(directory: BenchmarkDirectory) -> Described:
    file, short = directory.system_file, directory.place.system
    try:
        data = None if file is None else file.tree.read(file.path)
    except FileNotFoundError:
        data = None
    if data is None or file is None:
        return described(None, short)
    return or_none(lambda: described(Source(file.path, data), short)) or described(None, short)


def _written(
    directory: BenchmarkDirectory,
    scored: Scored,
    kept: dict[str, Seen],
    about: Described,
    write: Write,
) -> Iterator[tuple[str, str, bool]]:
    """Yield name of its log, name of its run, and whether it is new, of each run that is stored."""
    result = score_json(scored.score)
    for energy in scored.runs:
        seen = kept.pop(energy.name, None)
        if seen is None or energy.stop <= energy.start:
            continue
        log = _log(directory, energy.name, seen)
        said = {"run": run_json(energy, scored.score), "result": result}
        recording = as_run(directory, log, energy, seen, about, said)
        yield energy.name, recording.run.id, write(recording, _Files(directory, seen))


def _log(directory: BenchmarkDirectory, name: str, seen: Seen) -> RunLog:
    """Return a run's own log, which is noted among the files."""
    source = directory.source(name)
    digest = sha256(source.data).hexdigest()
    seen.files = {name: {"size": len(source.data), "sha256": digest}, **seen.files}
    return replace(read_run_log(source), name=name)


class _Files(Mapping[str, bytes]):
    """The files of a run, each read when it is asked for."""

    def __init__(self, directory: BenchmarkDirectory, seen: Seen) -> None:
        self._directory = directory
        self._names = list(seen.files)

    def __getitem__(self, name: str) -> bytes:
        return self._directory.source(name).data

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)
