"""A tree of files, wherever it lies: what every kind of tree can do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

MAX_FILE = 64 << 20
"""Bytes of one file that are read at most."""
NOT_HERE = "the file is listed, but its content is missing in this copy of the tree"
"""What is said of a file that was found and cannot be read: git's blob was not fetched."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a tree.

    Attributes:
        path: relative to the root, parts joined by "/"; never absolute, never with "..". Bytes that
            are no UTF-8 are surrogates, as ``os.fsdecode`` makes them: print with
            :func:`joulemark.formats.trees.names.shown`.
        size: bytes; -1 where that is not known without asking for each file.
        identity: names the content where that costs nothing (git's blob id), else empty.
    """

    path: str
    size: int = -1
    identity: str = ""


class Tree(Protocol):
    """Files below one root.

    Attributes:
        name: what the person called it, for messages.
        location: where the root lies, as a path, whatever it lies in; a layout may be read off it.
        token: text by which :func:`joulemark.formats.trees.opening.reopen` opens the same tree in
            another process, without indexing it again, for as long as this one is open.
        left_out: how many things the last listing left out, by what they are: "link", "device" …
    """

    name: str

    @property
    def left_out(self) -> Counter[str]:
        """How many things the last listing left out."""
        ...

    @property
    def location(self) -> str:
        """Where the root lies."""
        ...

    @property
    def token(self) -> str:
        """Text by which the tree is opened again."""
        ...

    def entries(self, under: str = "") -> Iterator[Entry]:
        """Yield every plain file, in the order of the paths' bytes; links and devices are left out.

        Args:
            under: only what lies in this folder; nothing if it is not there.

        Raises:
            FormatError: if the tree itself is damaged or hostile, naming it and the entry.
            UnavailableError: if it, or a folder in it, cannot be read.
        """
        ...

    def read(self, path: str, limit: int = MAX_FILE, *, identity: str = "") -> bytes:
        """Return the content of one file.

        Args:
            path: relative to the root.
            limit: bytes at most.
            identity: of the entry, where it is known; it may spare looking the path up.

        Raises:
            FileNotFoundError: if there is no such file (a missing blob of git's is none).
            FormatError: if it is larger than ``limit``, or damaged.
            UnavailableError: if it cannot be read.
        """
        ...

    def close(self) -> None:
        """Let go of files and processes; a second call does nothing."""
        ...


@runtime_checkable
class Raisable(Protocol):
    """A tree whose root lies in a larger one."""

    def raised(self, levels: int) -> Tree | None:
        """Return the tree rooted so many folders higher; None if there are not so many.

        It lives as long as this one and need not be closed.
        """
        ...
