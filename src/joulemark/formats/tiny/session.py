"""One session of a tiny benchmark: where it lies, what files it has, and what they say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from joulemark.core.errors import FormatError
from joulemark.formats.inference.parsed import Source
from joulemark.formats.tiny.parsed import (
    EnergyTrace,
    Reported,
    RunnerResults,
    Script,
    Stamps,
    TinyLog,
)
from joulemark.formats.trees.tree import MAX_FILE, NOT_HERE, Entry, Tree

if TYPE_CHECKING:
    from joulemark.formats.tiny.figures import TinyFigures

ENDINGS = {
    "trace": "-energy.bin",
    "stamps": "-timestamps.json",
    "log": "log.txt",
    "results": "results.txt",
    "runner": "results.json",
    "script": ".async",
}
"""Kinds of files of a session, by how their names end."""
MODES = {
    "energy": "energy",
    "enegy": "energy",
    "power": "energy",
    "performance": "performance",
    "accuracy": "accuracy",
}
"""What is measured, by the name of the folder; one is misspelt in v1.0."""
RUNNER_MODES = {"e": "energy", "p": "performance", "a": "accuracy"}


@dataclass(frozen=True, slots=True)
class TinyPlace:
    """Where a session belongs, read off its path; empty where the path does not tell.

    Attributes:
        round: ``v0.7`` …
        division: ``closed`` or ``open``.
        submitter: who.
        system: as the path names it.
        benchmark: ``ad``, ``ic``, ``kws``, ``vww`` or ``sww``.
        variant: folders between benchmark and mode, as the open division has them.
        mode: ``energy``, ``performance`` or ``accuracy``.
    """

    round: str = ""
    division: str = ""
    submitter: str = ""
    system: str = ""
    benchmark: str = ""
    variant: str = ""
    mode: str = ""


def kind_of(name: str) -> str:
    """Return which kind of a session's files a name or path is; empty if it is none.

    Upper case counts: submitters call firmware ``KWS01-Energy.bin``. What a Mac leaves beside a
    file (``._script.async``) is none.
    """
    if not name.endswith(tuple(ENDINGS.values())) or name.rpartition("/")[2].startswith("._"):
        return ""
    return next(kind for kind, ending in ENDINGS.items() if name.endswith(ending))


class TinySession:
    """A session of a tree.

    Args:
        tree: where it lies.
        path: its folder, relative to the tree's root.
        entries: its files by kind (see ``ENDINGS``), paths relative to the tree's root; of several
            of one kind the first.
        place: where it belongs.

    Attributes:
        tree, path, entries, place: as given.
    """

    beside: tuple[Entry, ...] = ()
    """Nothing beside it holds for it."""

    def __init__(
        self, tree: Tree, path: str, entries: Mapping[str, Entry], place: TinyPlace | None = None
    ) -> None:
        """Keep the arguments; nothing is read."""
        self.tree = tree
        self.path = path
        self.entries = entries
        self.place = place or TinyPlace()

    def name_of(self, kind: str) -> str:
        """Return the path of a file of a kind, or where one would lie, for messages."""
        if kind in self.entries:
            return self.entries[kind].path
        return f"{self.path}/*{ENDINGS[kind]}" if self.path else f"*{ENDINGS[kind]}"

    def source(self, kind: str, limit: int = MAX_FILE) -> Source:
        """Return a file of a kind, for a parser.

        Raises:
            FormatError: if it is not there, too large or damaged.
            UnavailableError: if it cannot be read.
        """
        entry = self.entries.get(kind)
        if entry is None:
            raise FormatError("the file is missing", where=self.name_of(kind))
        try:
            data = self.tree.read(entry.path, limit, identity=entry.identity)
        except FileNotFoundError:
            raise FormatError(NOT_HERE, where=entry.path) from None
        return Source(entry.path, data)

    def read(self, kind: str) -> bytes:
        """Return the bytes of a file of a kind; FormatError as of :meth:`source`."""
        return self.source(kind).data

    @cached_property
    def trace(self) -> EnergyTrace:
        """The binary trace; FormatError if it is missing or none."""
        from joulemark.formats.tiny.trace import MAX_TRACE, read_trace

        return read_trace(self.source("trace", MAX_TRACE))

    @cached_property
    def stamps(self) -> Stamps:
        """The trace's stamps; FormatError if they are missing or none."""
        from joulemark.formats.tiny.trace import read_stamps

        return read_stamps(self.source("stamps"))

    @cached_property
    def log(self) -> TinyLog:
        """The log; FormatError if it is missing or unreadable."""
        from joulemark.formats.tiny.log import read_log

        return read_log(self.source("log"))

    @cached_property
    def reported(self) -> Reported:
        """What the runner reported, in the log if nowhere else; FormatError if neither is there."""
        from joulemark.formats.tiny.results_text import read_results

        return read_results(self.source("results" if "results" in self.entries else "log"))

    @cached_property
    def runner(self) -> RunnerResults:
        """``results.json``; FormatError if it is missing or none."""
        from joulemark.formats.tiny.runner import MAX_JSON, read_runner_results

        return read_runner_results(self.source("runner", MAX_JSON))

    @cached_property
    def script(self) -> Script:
        """The script; FormatError if it is missing or none."""
        from joulemark.formats.tiny.script import read_script

        return read_script(self.source("script"))

    @cached_property
    def figures(self) -> TinyFigures:
        """Its figures; FormatError if a file that it has cannot be read."""
        from joulemark.formats.tiny.figures import figures_of

        return figures_of(self)

    @cached_property
    def known_log(self) -> TinyLog | None:
        """The log; None if there is none, or it cannot be read."""
        try:
            return self.log
        except FormatError:
            return None

    @cached_property
    def known_reported(self) -> Reported | None:
        """What the runner reported; None if nothing can be read."""
        try:
            return self.reported
        except FormatError:
            return None

    @property
    def mode(self) -> str:
        """``energy``, ``performance`` or ``accuracy``, off the path, else off the files."""
        if self.place.mode:
            return self.place.mode
        if "trace" in self.entries or "stamps" in self.entries:
            return "energy"
        if "runner" in self.entries:
            return RUNNER_MODES.get(self.runner.trials[0].mode, "")
        log = self.known_log
        if log is None:
            return ""
        if log.mode == "energy" or "Energy" in log.run:
            return "energy"
        return "accuracy" if log.config.get("runMode") == "multi" else "performance"

    @property
    def benchmark(self) -> str:
        """The benchmark, off the path, else of the model that the board names."""
        if self.place.benchmark:
            return self.place.benchmark
        log = self.known_log
        model = "" if log is None else log.board.get("model", log.config.get("model", ""))
        return model.rstrip("0123456789")
