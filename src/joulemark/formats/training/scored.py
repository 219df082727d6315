"""A benchmark's folder, scored: every run's energy, as published and in the run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from joulemark.accounting.training_energy import RunEnergy, Score, run_energy, score
from joulemark.accounting.training_official import Algorithm, algorithm_of
from joulemark.accounting.training_record import PowerRecord
from joulemark.core.errors import FormatError
from joulemark.formats.training.directory import BenchmarkDirectory
from joulemark.formats.training.parsed import RunLog, Scaling

BENCHMARK = "submission_benchmark"


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


def score_directory(directory: BenchmarkDirectory) -> Scored:
    """Return the score of a benchmark's folder.

    One power log after the other is read and let go. What cannot be read leaves a figure out and
    is named; nothing is raised for it.

    Raises:
        UnavailableError: if the tree cannot be read.
    """
    unreadable: list[str] = []
    logs = {result: _run_log(directory, result, unreadable) for result in directory.results}
    begun = [log.start for log in logs.values() if log is not None and log.start is not None]
    algorithm = algorithm_of(directory.place.round, min(begun, default=None))
    runs = tuple(_run(directory, name, log, algorithm, unreadable) for name, log in logs.items())
    benchmark = _benchmark(directory, logs)
    scaling = _scaling(directory, unreadable)
    found = score(runs, benchmark, algorithm, scaling.factor)
    return Scored(benchmark, found, runs, tuple(unreadable))


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
    directory: BenchmarkDirectory,
    name: str,
    log: RunLog | None,
    algorithm: Algorithm,
    unreadable: list[str],
) -> RunEnergy:
    if log is None or log.start is None or log.stop is None:
        return RunEnergy(name, 0, 0, converged=False, logs=())
    before = len(unreadable)
    records = _records(directory, name, unreadable)
    run = run_energy(name, log.start, log.stop, records, algorithm, converged=log.converged)
    return RunEnergy(
        name, run.start, run.stop, run.converged, run.logs, lost=tuple(unreadable[before:])
    )


def _records(
    directory: BenchmarkDirectory, result: str, unreadable: list[str]
) -> Iterator[PowerRecord]:
    for file in directory.power_files(result):
        try:
            yield directory.power_log(file).record
        except FormatError as error:
            unreadable.append(str(error))
