"""One benchmark's folder with power: its files, and what they say, read when asked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from joulemark.core.errors import FormatError
from joulemark.formats.inference.parsed import Source
from joulemark.formats.training.parsed import PowerLog, RunLog, Scaling, System
from joulemark.formats.training.power_log import kind_of, read_power_log
from joulemark.formats.training.run_log import read_run_log
from joulemark.formats.training.small import read_scaling, read_system
from joulemark.formats.trees.tree import NOT_HERE, Entry, Tree

POWER, SCALING = "power", "scaling.json"
_DIGITS = re.compile(r"([0-9]{1,15})")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a result belongs, read off its path; empty where the path does not tell.

    Attributes:
        round: ``v4.0`` …
        division: ``closed`` or ``open``; published rounds have no such folder.
        submitter: who.
        system: as the path names it.
        benchmark: as the path names it.
    """

    round: str = ""
    division: str = ""
    submitter: str = ""
    system: str = ""
    benchmark: str = ""


@dataclass(frozen=True, slots=True)
class SystemFile:
    """Where the description of a system lies.

    Attributes:
        tree: in which tree.
        path: relative to its root.
    """

    tree: Tree
    path: str


class BenchmarkDirectory:
    """The folder of one benchmark of one system, with its runs and their power logs.

    Args:
        tree: where it lies.
        path: the folder, relative to the tree's root.
        entries: its files by path relative to the folder (``result_0.txt``,
            ``power/result_0/node_0.txt`` …).
        place: where it belongs.
        system_file: the description of the system; None where it is not known where it should lie.

    Attributes:
        tree, path, entries, place, system_file: as given.
    """

    beside: tuple[Entry, ...] = ()
    """Nothing beside it holds for it but the system's description."""

    def __init__(
        self,
        tree: Tree,
        path: str,
        entries: Mapping[str, Entry],
        place: Place | None = None,
        system_file: SystemFile | None = None,
    ) -> None:
        """Keep the arguments; nothing is read."""
        self.tree = tree
        self.path = path
        self.entries = entries
        self.place = place or Place()
        self.system_file = system_file

    def name_of(self, file: str) -> str:
        """Return a file's path relative to the tree's root, for messages."""
        return f"{self.path}/{file}" if self.path else file

    def source(self, file: str) -> Source:
        """Return a file for a parser; it is not kept.

        Raises:
            FormatError: if it is not there, too large or damaged.
        """
        name, entry = self.name_of(file), self.entries.get(file)
        try:
            data = None if entry is None else self.tree.read(name, identity=entry.identity)
        except FileNotFoundError:
            data = None
        if data is None:
            raise FormatError("the file is missing" if entry is None else NOT_HERE, where=name)
        return Source(name, data)

    def read(self, file: str) -> bytes:
        """Return the bytes of a file; they are not kept. FormatError as of :meth:`source`."""
        return self.source(file).data

    @cached_property
    def results(self) -> tuple[str, ...]:
        """Names of the runs' own logs, in the order of their numbers."""
        found = [f for f in self.entries if "/" not in f and f.startswith("result_")]
        return tuple(sorted((f for f in found if f.endswith(".txt")), key=in_order))

    @cached_property
    def _of_run(self) -> Mapping[str, list[str]]:
        folders: dict[str, list[str]] = {}
        for file in self.entries:
            parts = file.split("/")
            if len(parts) == 3 and parts[0] == POWER and kind_of(file) is not None:
                folders.setdefault(parts[1], []).append(file)
        return {folder: sorted(files, key=in_order) for folder, files in folders.items()}

    @property
    def power_folders(self) -> tuple[str, ...]:
        """Names of the folders with power logs, whether there is a run of the name or not."""
        return tuple(sorted(self._of_run, key=in_order))

    def power_files(self, result: str) -> tuple[str, ...]:
        """Return the power logs of a run, nodes first, by the name of its own log.

        The folder is named after it up to the first full stop, as the official summarizer has it.
        """
        return tuple(self._of_run.get(result.split(".", 1)[0], ()))

    def run_log(self, result: str) -> RunLog:
        """Return what a run logged of itself; FormatError if it is missing or unreadable."""
        return read_run_log(self.source(result))

    def power_log(self, file: str) -> PowerLog:
        """Return a power log; it is not kept. FormatError if it is missing or unreadable."""
        return read_power_log(self.source(file))

    def power_logs(self, result: str) -> Iterator[PowerLog]:
        """Yield the power logs of a run, one after the other; FormatError as of one."""
        for file in self.power_files(result):
            yield self.power_log(file)

    @cached_property
    def scaling(self) -> Scaling:
        """The scaling factor; 1 without a file. FormatError if the file is unreadable."""
        if SCALING not in self.entries:
            return Scaling()
        return read_scaling(self.source(SCALING))

    @cached_property
    def system(self) -> System | None:
        """The system's description; None if there is none. FormatError if it is unreadable."""
        if self.system_file is None:
            return None
        tree, path = self.system_file.tree, self.system_file.path
        try:
            return read_system(Source(path, tree.read(path)))
        except FileNotFoundError:
            return None


def in_order(name: str) -> tuple[tuple[bool, int, str], ...]:
    """Return by what names sort as people count: ``node_2`` before ``node_10``."""
    parts = _DIGITS.split(name)  # every second one is a number
    return tuple((at % 2 == 1, int(part) if at % 2 else 0, part) for at, part in enumerate(parts))
