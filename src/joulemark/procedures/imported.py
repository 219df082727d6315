"""What is imported, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from sys import intern

from joulemark.formats.inference.directory import Place, PowerDirectory
from joulemark.formats.tiny.session import TinyPlace
from joulemark.formats.training.directory import Place as TrainingPlace
from joulemark.procedures.checked import INFERENCE
from joulemark.procedures.import_logs import LogImport

MOST_REFUSED = 10_000
"""So many of what could not be imported are kept with the reason."""

_ADDED = (
    "directories", "benchmarks", "sessions", "recordings", "tables", "statements", "other_tables",
    "new",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Target:
    """A measurement of a tree, as workers are told of it.

    It is a power directory, the folder of a benchmark of training, or a session of tiny.

    Attributes:
        tree: number of the tree.
        path: relative to the tree's root.
        entries: name in the directory, path in the tree, size and identity of each file.
        place: where it belongs.
        kind: which kind it is of.
    """

    tree: int
    path: str
    entries: tuple[tuple[str, str, int, str], ...]
    place: Place | TrainingPlace | TinyPlace
    kind: str = INFERENCE

    def files(self) -> Iterator[tuple[str, tuple[str, int, str]]]:
        """Yield each file's name in the directory, and its path, size and identity."""
        for name, path, size, identity in self.entries:
            yield name, (path, size, identity)

    @staticmethod
    def of(directory: PowerDirectory, tree: int) -> Target:
        """Return a directory of a tree of that number."""
        files = directory.entries.items()
        entries = tuple((intern(name), e.path, e.size, e.identity) for name, e in files)
        return Target(tree, directory.path, entries, directory.place)


@dataclass(frozen=True, slots=True)
class Refused:
    """Something that could not be imported.

    Attributes:
        where: tree and path.
        why: in words.
    """

    where: str
    why: str


@dataclass(slots=True)
class Refusals:
    """What could not be imported.

    Attributes:
        refused: each, with the reason.
        more_refused: how many more there were.
    """

    refused: list[Refused] = field(default_factory=list)
    more_refused: int = 0

    def refuse(self, where: str, why: str) -> None:
        """Note what could not be imported."""
        if len(self.refused) < MOST_REFUSED:
            self.refused.append(Refused(where, why))
        else:
            self.more_refused += 1


@dataclass(slots=True)
class Part(Refusals):
    """What one path of an import came to.

    Attributes:
        path: as it was named.
        since: when it was read, in ISO 8601.
        directories, benchmarks, sessions, recordings, tables, statements, other_tables: see
            :class:`Imported`.
        measured: each group of directories that are one measurement (of training the runs of a
            result): its round, and how many runs it came to. A name with a zero byte means
            something within this path only.
        failed: groups that could not be stored.
        runs: names of the runs in the store.
        rows: key of each of its results, and where it stands; empty where nobody is told.
        new: how many runs were new when it was read.
        lasting: whether reading it again would come to the same.
    """

    path: str = ""
    since: str = ""
    directories: int = 0
    benchmarks: int = 0
    sessions: int = 0
    recordings: int = 0
    tables: int = 0
    statements: int = 0
    other_tables: int = 0
    measured: dict[str, tuple[str, int]] = field(default_factory=dict)
    failed: dict[str, Refused] = field(default_factory=dict)
    runs: list[str] = field(default_factory=list)
    rows: list[tuple[str, str]] = field(default_factory=list)
    new: int = 0
    lasting: bool = True

    @property
    def declares(self) -> bool:
        """Whether it holds what has a place in the table of stated results."""
        return bool(self.directories or self.benchmarks or self.sessions or self.statements)

    def note(self, name: str, round_: str, count: int) -> None:
        """Note a group, and that it came to so many runs more; the first round of it counts."""
        known, before = self.measured.get(name, (round_, 0))
        self.measured[name] = known, max(before, count)


@dataclass(slots=True)
class Imported(Refusals):
    """What an import came to.

    Attributes:
        directories: power directories that were found.
        benchmarks: folders of benchmarks of training with power.
        sessions: sessions of tiny with energy.
        recordings: files that an instrument's own program recorded.
        logs: logs of power that other tools wrote.
        new: runs that are new in the store.
        known: runs that were there already.
        rounds: distinct measurements by round, of those found now.
        tables: files with stated results.
        statements: results that they state.
        other_tables: files of trees with the name of such a table that hold something else.
        results: results that are new in the table of the store.
        total: results that the table holds now.
        doubtful: of these, how many are doubtful.
        doubts: what is doubtful of results of this import: where each stands, and why.
        unchanged: paths that were not read again, and since when they are as they are.
    """

    directories: int = 0
    benchmarks: int = 0
    sessions: int = 0
    recordings: int = 0
    logs: list[LogImport] = field(default_factory=list)
    new: int = 0
    known: int = 0
    rounds: dict[str, int] = field(default_factory=dict)
    tables: int = 0
    statements: int = 0
    other_tables: int = 0
    results: int = 0
    total: int = 0
    doubtful: int = 0
    doubts: list[tuple[str, str]] = field(default_factory=list)
    unchanged: list[tuple[str, str]] = field(default_factory=list)

    def add(self, parts: Sequence[Part]) -> None:
        """Add what was found in each path; what several of them hold is counted once."""
        every: dict[str, tuple[str, int]] = {}
        for number, part in enumerate(parts):
            for name in _ADDED:
                setattr(self, name, getattr(self, name) + getattr(part, name))
            for each in part.refused:
                self.refuse(each.where, each.why)
            self.more_refused += part.more_refused
            for name, (round_, count) in part.measured.items():
                own = f"{number}\0{name}" if "\0" in name else name
                if name in part.failed and own not in every:
                    self.refuse(part.failed[name].where, part.failed[name].why)
                known, before = every.get(own, (round_, 0))
                every[own] = known, max(before, count)
        for round_, count in every.values():
            self.known += count
            if round_:
                self.rounds[round_] = self.rounds.get(round_, 0) + 1
        self.known -= sum(part.new for part in parts)
