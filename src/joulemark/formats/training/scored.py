"""A benchmark's folder, scored: every run's energy, as published and in the run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from joulemark.accounting.training_energy import RunEnergy, Score, run_energy, score
from joulemark.accounting.training_official import Algorithm, algorithm_of
from joulemark.accounting.training_record import PowerRecord
from joulemark.core.errors import FormatError
from joulemark.formats.inference.parsed import Source
from joulemark.formats.training.directory import BenchmarkDirectory
from joulemark.formats.training.parsed import PowerLog, RunLog, Scaling
from joulemark.formats.training.power_log import read_power_log

BENCHMARK = "submission_benchmark"

See = Callable[[str, str, Source, PowerLog], None]
"""Told the run, the file, its content and what it says, of each power log that is read."""


def _look_away(run: str, file: str, source: Source, log: PowerLog) -> None:
    """Keep nothing of a log."""


@dataclass(frozen=True, slots=True)
class Scored:
    """The score of a benchmark's folder.

    Attributes:
        benchmark: name of the benchmark.
        score: its score.
        runs: every run, in the order of their names; one whose log does not tell its times has
            none, and is not converged.
        unreadable: files that could not be read, with the reason.
    """

    benchmark: str
    score: Score
    runs: tuple[RunEnergy, ...]
    unreadable: tuple[str, ...]


def score_directory(
    directory: BenchmarkDirectory, see: See = _look_away, official: Algorithm | None = None
) -> Scored:
    """Return the score of a benchmark's folder.

    One power log after the other is read and let go. What cannot be read leaves a figure out and
    is named; nothing is raised for it.

    Args:
        directory: the folder.
        see: told of each power log as it is read.
        official: version of the official summarizer; None: the one that scored its round.

    Raises:
        UnavailableError: if the tree cannot be read.
    """
    unreadable: list[str] = []
    logs = {result: _run_log(directory, result, unreadable) for result in directory.results}
    begun = [log.start for log in logs.values() if log is not None and log.start is not None]
    algorithm = official or algorithm_of(directory.place.round, min(begun, default=None))
    runs = []
    for name, log in logs.items():
        before = len(unreadable)
        records = _records(directory, name, unreadable, see)
        runs.append(_run(name, log, records, algorithm))
        runs[-1] = replace(runs[-1], lost=tuple(unreadable[before:]))
    benchmark = _benchmark(directory, logs)
    scaling = _scaling(directory, unreadable)
    found = score(runs, benchmark, algorithm, scaling.factor)
    return Scored(benchmark, found, tuple(runs), tuple(unreadable))


def _run_log(directory: BenchmarkDirectory, result: str, unreadable: list[str]) -> RunLog | None:
    try:
        return directory.run_log(result)
    except FormatError as error:
        unreadable.append(str(error))
        return None


def _scaling(directory: BenchmarkDirectory, unreadable: list[str]) -> Scaling:
    try:
        return directory.scaling
    except FormatError as error:
        unreadable.append(str(error))
        return Scaling()


def _benchmark(directory: BenchmarkDirectory, logs: dict[str, RunLog | None]) -> str:
    """Return the benchmark: as the path names it where that is as published, else as a run does."""
    if directory.place.submitter:
        return directory.place.benchmark
    for log in logs.values():
        said = log.values.get(BENCHMARK) if log is not None else None
        if said is not None and isinstance(said.value, str):
            return said.value
    return directory.place.benchmark


def _run(
    name: str, log: RunLog | None, records: Iterator[PowerRecord], algorithm: Algorithm
) -> RunEnergy:
    if log is None or log.start is None or log.stop is None:
        return RunEnergy(name, 0, 0, converged=False, logs=())
    return run_energy(name, log.start, log.stop, records, algorithm, converged=log.converged)


def _records(
    directory: BenchmarkDirectory, result: str, unreadable: list[str], see: See
) -> Iterator[PowerRecord]:
    for file in directory.power_files(result):
        try:
            source = directory.source(file)
            log = read_power_log(source)
        except FormatError as error:
            unreadable.append(str(error))
            continue
        see(result, file, source, log)
        yield log.record
