"""A training result under review: its runs and what their logs hold, worked out once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from joulemark.accounting.training_official import Algorithm, algorithm_of
from joulemark.accounting.training_record import Kind
from joulemark.core.errors import FormatError
from joulemark.core.units import plural
from joulemark.formats.inference.parsed import Source
from joulemark.formats.training.directory import POWER, BenchmarkDirectory
from joulemark.formats.training.parsed import PowerLog, RunLog, Scaling, System
from joulemark.formats.training.power_log import read_power_log
from joulemark.rules.rule import Seen
from joulemark.rules.training.facts import InRun, LogFacts, facts_of
from joulemark.rules.training.policy import nodes_named


@dataclass(frozen=True, slots=True)
class Case:
    """One log or run that is not as it should be.

    Attributes:
        weight: how bad it is; the worst is told.
        what: in words.
        file: where.
        line: where in it; None for the whole file.
    """

    weight: float
    what: str
    file: str
    line: int | None = None


def worst_of(cases: list[Case], of: int, thing: str = "power log") -> Iterator[Seen]:
    """Yield the worst of what was seen, with how many there are; nothing if there is none.

    Args:
        cases: each is of one log or run.
        of: how many were looked at.
        thing: what each is.
    """
    if not cases:
        return
    worst = max(cases, key=lambda case: case.weight)
    many = f"{len(cases)} of {of} {plural(thing)}, at the worst: " if len(cases) > 1 else ""
    yield f"{many}{worst.what}", worst.file, worst.line or None


@dataclass(frozen=True, slots=True)
class Run:
    """One run.

    Attributes:
        name: of its log.
        file: its log, relative to the root of the tree.
        log: what it logged; None if that cannot be read.
        powers: of its power logs, nodes first.
    """

    name: str
    file: str
    log: RunLog | None
    powers: tuple[LogFacts, ...] = field(default=())

    def of(self, kind: Kind) -> list[LogFacts]:
        """Return the logs of one kind."""
        return [facts for facts in self.powers if facts.kind is kind]

    @property
    def nodes(self) -> list[LogFacts]:
        """The logs of nodes."""
        return self.of(Kind.NODE)

    @property
    def switches(self) -> list[LogFacts]:
        """The logs of switches."""
        return self.of(Kind.SWITCH)


class TrainingReview:
    """A result under review. What is not there, or cannot be read, is None.

    Args:
        directory: the folder of the benchmark.

    Attributes:
        directory: as given.
        errors: why files cannot be read, by their path; complete once :attr:`runs` has been asked
            for.
    """

    def __init__(self, directory: BenchmarkDirectory) -> None:
        """Keep the directory; nothing is read."""
        self.directory = directory
        self.errors: dict[str, FormatError] = {}
        self._seen: dict[str, LogFacts] = {}

    def see(self, run: str, file: str, source: Source, log: PowerLog) -> None:
        """Take a power log that was read for something else, so that it is not read again."""
        times = _times(self.run_logs.get(run))
        self._seen[file] = facts_of(log, source.data, times, self.algorithm)

    @property
    def folder(self) -> str:
        """The benchmark's folder, for a finding on it as a whole."""
        return self.directory.path

    @cached_property
    def run_logs(self) -> dict[str, RunLog | None]:
        """What each run logged, by the name of its file."""
        return {name: self._run_log(name) for name in self.directory.results}

    def _run_log(self, name: str) -> RunLog | None:
        try:
            return self.directory.run_log(name)
        except FormatError as error:
            self.errors[self.directory.name_of(name)] = error
            return None

    @cached_property
    def algorithm(self) -> Algorithm:
        """Version of the official summarizer that scores the result."""
        begun = [log.start for log in self.run_logs.values() if log and log.start is not None]
        return algorithm_of(self.directory.place.round, min(begun, default=None))

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        """Every run with what its power logs hold; one log after the other is read and let go."""
        return tuple(
            Run(name, self.directory.name_of(name), log, tuple(self._powers(name, log)))
            for name, log in self.run_logs.items()
        )

    def _powers(self, name: str, log: RunLog | None) -> Iterator[LogFacts]:
        times = _times(log)
        for file in self.directory.power_files(name):
            if file in self._seen:
                yield self._seen[file]
                continue
            try:
                source = self.directory.source(file)
                power = read_power_log(source)
            except FormatError as error:
                self.errors[self.directory.name_of(file)] = error
                continue
            yield facts_of(power, source.data, times, self.algorithm)

    @cached_property
    def logs(self) -> tuple[LogFacts, ...]:
        """The power logs of all runs."""
        return tuple(facts for run in self.runs for facts in run.powers)

    @cached_property
    def nodes(self) -> tuple[LogFacts, ...]:
        """Those of nodes."""
        return tuple(facts for facts in self.logs if facts.kind is Kind.NODE)

    @cached_property
    def over(self) -> tuple[tuple[LogFacts, InRun], ...]:
        """The power logs that lie over their run, with what they hold of it."""
        return tuple((facts, facts.in_run) for facts in self.logs if facts.in_run is not None)

    @cached_property
    def system(self) -> System | None:
        """The system's description."""
        try:
            return self.directory.system
        except FormatError as error:
            file = self.directory.system_file
            self.errors[file.path if file else ""] = error
            return None

    @cached_property
    def scaling(self) -> Scaling:
        """The scaling factor; 1 where there is none that can be read."""
        try:
            return self.directory.scaling
        except FormatError as error:
            self.errors[self.directory.name_of("scaling.json")] = error
            return Scaling()

    @cached_property
    def nodes_wanted(self) -> int | None:
        """How many nodes the system has; None if nothing tells.

        As its description, else a run, else its name says (``8xBOX``).
        """
        if self.system is not None and self.system.nodes is not None:
            return self.system.nodes
        for log in self.run_logs.values():
            said = log.values.get("number_of_nodes") if log is not None else None
            if said is not None and isinstance(said.value, int):
                return said.value
        return nodes_named(self.directory.place.system)

    @cached_property
    def benchmark(self) -> str:
        """The benchmark; empty if not known."""
        if self.directory.place.benchmark:
            return self.directory.place.benchmark
        for log in self.run_logs.values():
            said = log.values.get("submission_benchmark") if log is not None else None
            if said is not None and isinstance(said.value, str):
                return said.value
        return ""

    @cached_property
    def strays(self) -> tuple[str, ...]:
        """Files below ``power`` that are no log of a run, relative to the tree's root."""
        known = {
            file for name in self.directory.results for file in self.directory.power_files(name)
        }
        below = (file for file in self.directory.entries if file.startswith(f"{POWER}/"))
        return tuple(self.directory.name_of(file) for file in below if file not in known)


def _times(log: RunLog | None) -> tuple[int, int] | None:
    """Return start and stop of a run; None where they are not known or make no sense."""
    if log is None or log.start is None or log.stop is None:
        return None
    return (log.start, log.stop) if log.stop > log.start else None
