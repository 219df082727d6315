"""One power directory before the official checker: what its checks look at, read once."""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any

from joulemark.formats.inference.directory import (
    CLIENT,
    DETAIL,
    POWER_LOG,
    RANGING,
    SERVER,
    TESTING,
    PowerDirectory,
)
from joulemark.rules.official.power import mean_power
from joulemark.rules.official.revisions import Revision
from joulemark.rules.official.texts import LoadWindow, line_number, load_window

REQUIRED = (
    "version",
    "timezone",
    "modules",
    "sources",
    "messages",
    "uuid",
    "session_name",
    "results",
    "phases",
)
"""Fields without which the checker does not start."""


class Case:
    """A power directory and the revision that looks at it.

    The session files are kept as JSON has them: what a field of a wrong kind does to the official
    checker is part of its verdict.

    Args:
        directory: the power directory.
        revision: of the official checker.

    Attributes:
        directory, revision: as given.
        client: the document of ``client.json``.
        server: the document of ``server.json``.

    Raises:
        KeyError: if a session file lacks a field without which the checker does not start.
        Exception: what reading and decoding a session file raises.
    """

    def __init__(self, directory: PowerDirectory, revision: Revision) -> None:
        """Read both session files."""
        self.directory = directory
        self.revision = revision
        self.client = self._session(CLIENT)
        self.server = self._session(SERVER)

    def _session(self, file: str) -> Any:
        document = json.loads(self.directory.read(file).decode("utf-8"))
        absent = [field for field in REQUIRED if field not in document.keys()]  # noqa: SIM118
        if absent:
            raise KeyError(f"{file} lacks {', '.join(absent)}")
        return document

    @cached_property
    def ranging(self) -> LoadWindow:
        """LoadGen's timed part of the ranging run."""
        return self._window(RANGING)

    @cached_property
    def testing(self) -> LoadWindow:
        """LoadGen's timed part of the testing run."""
        return self._window(TESTING)

    def _window(self, run: str) -> LoadWindow:
        file = f"{run}/{DETAIL}"
        shift = int(self.client["timezone"]) if self.revision.loadgen_shifted else 0
        return load_window(self.directory.read(file), shift, file)

    def mean_power(self, run: str) -> tuple[float, float]:
        """Return mean power, W, and power factor of a run, rounded to five places."""
        window = self.ranging if run == RANGING else self.testing
        data = self.directory.read(f"{run}/{POWER_LOG}")
        watts, factor = mean_power(data, window, lines_passed_over=self.revision.power_lines)
        return round(watts, 5), round(factor, 5)

    def line(self, file: str, field: str, index: int | None = None, key: str = "cmd") -> int | None:
        """Return the line of a session file's field, or of an entry of it; None if not found.

        Args:
            file: the session file.
            field: one at the top.
            index: of an entry, from 0.
            key: the entry's own field that is counted.
        """
        data = self.directory.read(file)
        place = data.find(f'"{field}"'.encode())
        entries = 0 if index is None or place < 0 else index + 1
        for _ in range(entries):
            place = data.find(f'"{key}"'.encode(), place + 1)
            if place < 0:
                return None
        return None if place < 0 else line_number(data, place)
