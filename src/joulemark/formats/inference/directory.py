"""One power directory: where it lies, what files it has, and what they say, read when asked."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from joulemark.core.errors import FormatError
from joulemark.formats.inference.parsed import (
    Console,
    Detail,
    PowerLog,
    Session,
    Source,
    Summary,
)
from joulemark.formats.inference.shelf import Shelf
from joulemark.formats.trees.tree import Entry, Tree

if TYPE_CHECKING:
    from joulemark.formats.inference.figures import Figures
    from joulemark.formats.inference.notices import Notices

RANGING, TESTING = "ranging", "run_1"
"""The folders of the two runs."""
CLIENT, SERVER, CONSOLE = "power/client.json", "power/server.json", "power/ptd_logs.txt"
POWER_LOG = "spl.txt"
WEIGHT = 6
"""Bytes that what a file says takes for each byte of it, roughly."""
Parsed = TypeVar("Parsed", Session, Console, PowerLog, Detail, Summary)
DETAIL, SUMMARY = "mlperf_log_detail.txt", "mlperf_log_summary.txt"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a result belongs, read off its path; empty where the path does not tell.

    Attributes:
        round: ``v1.0`` …
        division: ``closed``, ``open`` or ``network``.
        submitter: who.
        system: as the path names it.
        benchmark: as the path names it.
        scenario: LoadGen's name (SingleStream, MultiStream, Server, Offline, Interactive).
    """

    round: str = ""
    division: str = ""
    submitter: str = ""
    system: str = ""
    benchmark: str = ""
    scenario: str = ""


class PowerDirectory:
    """One power directory of a tree.

    Args:
        tree: where it lies.
        path: the directory, relative to the tree's root.
        entries: its files by path relative to the directory (``power/client.json`` …).
        place: where it belongs.
        beside: analyser tables and power settings that hold for it, relative to the tree's root,
            the nearest first.
        shelf: keeps what files said, for other directories with copies of them; None keeps nothing.

    Attributes:
        tree, path, entries, place, beside: as given.
    """

    def __init__(
        self,
        tree: Tree,
        path: str,
        entries: Mapping[str, Entry],
        place: Place | None = None,
        beside: tuple[Entry, ...] = (),
        shelf: Shelf | None = None,
    ) -> None:
        """Keep the arguments; nothing is read."""
        self.tree = tree
        self.path = path
        self.entries = entries
        self.place = place or Place()
        self.beside = beside
        self._shelf = shelf or Shelf(0)
        self._kept: dict[str, bytes] = {}
        self._hashes: dict[str, str] = {}

    def name_of(self, file: str) -> str:
        """Return a file's path relative to the tree's root, for messages."""
        return f"{self.path}/{file}" if self.path else file

    def read(self, file: str) -> bytes:
        """Return the bytes of a file of the directory; they are kept.

        Raises:
            FileNotFoundError: if it is not there.
            FormatError: if it is too large or damaged.
        """
        if file not in self._kept:
            if file not in self.entries:
                raise FileNotFoundError(self.name_of(file))
            identity = self.entries[file].identity
            if identity:
                self._kept[file] = self._shelf.content(identity, lambda: self._read(file))
            else:
                self._kept[file] = self._read(file)
        return self._kept[file]

    def _read(self, file: str) -> bytes:
        return self.tree.read(self.name_of(file), identity=self.entries[file].identity)

    def sha1(self, file: str) -> str:
        """Return the SHA-1 of a file, as the session files record it; it is kept.

        Raises:
            FileNotFoundError: if it is not there.
            FormatError: if it is too large or damaged.
        """
        if file not in self._hashes:
            data = self.read(file)
            self._hashes[file] = self._shelf.kept(("sha1", data), len(data), lambda: _sha1(data))
        return self._hashes[file]

    def source(self, file: str) -> Source:
        """Return a file for a parser.

        Raises:
            FormatError: if it is not there, too large or damaged.
        """
        try:
            return Source(self.name_of(file), self.read(file))
        except FileNotFoundError:
            raise FormatError("the file is missing", where=self.name_of(file)) from None

    @cached_property
    def client(self) -> Session:
        """``client.json``; FormatError if it is missing or no session file."""
        from joulemark.formats.inference.session import read_session

        return self._parsed(CLIENT, read_session)

    @cached_property
    def server(self) -> Session:
        """``server.json``; FormatError if it is missing or no session file."""
        from joulemark.formats.inference.session import read_session

        return self._parsed(SERVER, read_session)

    @cached_property
    def console(self) -> Console:
        """``ptd_logs.txt``; FormatError if it is missing or unreadable."""
        from joulemark.formats.inference.console import read_console

        return self._parsed(CONSOLE, read_console)

    @cached_property
    def ranging_power(self) -> PowerLog:
        """The power log of the ranging run; FormatError if it is missing or unreadable."""
        return self._power_log(RANGING)

    @cached_property
    def testing_power(self) -> PowerLog:
        """The power log of the testing run; FormatError if it is missing or unreadable."""
        return self._power_log(TESTING)

    @cached_property
    def ranging_detail(self) -> Detail:
        """LoadGen's detail log of the ranging run; FormatError if missing or unreadable."""
        return self._detail(RANGING)

    @cached_property
    def testing_detail(self) -> Detail:
        """LoadGen's detail log of the testing run; FormatError if missing or unreadable."""
        return self._detail(TESTING)

    @cached_property
    def testing_summary(self) -> Summary:
        """LoadGen's summary of the testing run; FormatError if it is missing or unreadable."""
        from joulemark.formats.inference.loadgen import read_summary

        return self._parsed(f"{TESTING}/{SUMMARY}", read_summary)

    @cached_property
    def notices(self) -> Notices:
        """Errors and warnings of the console; FormatError if it is missing or unreadable."""
        from joulemark.formats.inference.notices import notices
        from joulemark.formats.inference.timed import shifts

        console, shift = self.console, shifts(self)[1]
        key = (notices, shift, self.read(CONSOLE))
        size = WEIGHT * len(self.read(CONSOLE))
        return self._shelf.kept(key, size, lambda: notices(console, shift))

    @cached_property
    def figures(self) -> Figures:
        """Its figures; FormatError if a log of the testing run is missing or unreadable."""
        from joulemark.formats.inference.figures import figures_of

        return figures_of(self)

    def _power_log(self, run: str) -> PowerLog:
        from joulemark.formats.inference.power_log import read_power_log

        return self._parsed(f"{run}/{POWER_LOG}", read_power_log)

    def _detail(self, run: str) -> Detail:
        from joulemark.formats.inference.loadgen import read_detail

        return self._parsed(f"{run}/{DETAIL}", read_detail)

    def _parsed(self, file: str, read: Callable[[Source], Parsed]) -> Parsed:
        """Return what a file says, perhaps what a copy of it said before."""
        source = self.source(file)
        size = WEIGHT * len(source.data)
        found = self._shelf.kept((read, source.data), size, lambda: read(source))
        return found if found.name == source.name else replace(found, name=source.name)


def _sha1(data: bytes) -> str:
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()
