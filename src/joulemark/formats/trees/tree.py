"""A tree of files, wherever it lies: what every kind of tree can do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

MAX_FILE = 64 << 20
"""Bytes of one file that are read at most."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a tree.

    Attributes:
        path: relative to the root, parts joined by "/"; never absolute, never with "..".
        size: bytes; -1 where that is not known without reading.
        identity: names the content where that costs nothing (git's blob id), else empty.
    """

    path: str
    size: int = -1
    identity: str = ""


class Tree(Protocol):
    """Files below one root.

    Attributes:
        name: what the person called it, for messages.
    """

    name: str

    def entries(self) -> Iterator[Entry]:
        """Yield every plain file, in the order of the paths; links and devices are left out.

        Raises:
            FormatError: if the tree itself is damaged or hostile, naming it and the entry.
            UnavailableError: if it cannot be read.
        """
        ...

    def read(self, path: str, limit: int = MAX_FILE) -> bytes:
        """Return the content of one file.

        Raises:
            FileNotFoundError: if there is no such file (a missing blob of git's is none).
            FormatError: if it is larger than ``limit``, or damaged.
            UnavailableError: if it cannot be read.
        """
        ...

    def close(self) -> None:
        """Let go of files and processes; a second call does nothing."""
        ...
