"""What all archives have in common: a file that must not change, and an index beside it."""

from __future__ import annotations

import json
import os
import stat
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator

from joulemark.core.errors import FormatError, UnavailableError
from joulemark.formats.trees.index import Index, Row
from joulemark.formats.trees.limits import Limits
from joulemark.formats.trees.names import hostile, shown
from joulemark.formats.trees.tree import MAX_FILE, Entry

SUFFIXES = (".tar.gz", ".tar.bz2", ".tar.xz", ".tgz", ".tbz2", ".txz", ".tar", ".zip")


class Archive(ABC):
    """An archive as a tree. It is indexed once, when first asked for anything.

    Args:
        path: of the archive.
        name: for messages; the path if empty.
        limits: how much is read.
        index: folder of an index that another process made of the same archive.

    Attributes:
        name, left_out, location: see :class:`joulemark.formats.trees.tree.Tree`.
    """

    kind = ""

    def __init__(
        self, path: str, name: str = "", limits: Limits | None = None, index: str = ""
    ) -> None:
        """Open the archive; nothing is read.

        Raises:
            UnavailableError: if it cannot be opened.
            FormatError: if it is no plain file.
        """
        self.name = name or path
        self.left_out: Counter[str] = Counter()
        self.limits = limits or Limits()
        self.path = os.path.abspath(path)
        self.location = _without_suffix(self.path)
        self.file = self._opened()
        self._state = self._seen()
        self._index = Index(self.name, self.limits, index) if index else None

    @property
    def token(self) -> str:
        """Text by which the archive is opened again, with the index made here."""
        return json.dumps(
            {
                "kind": self.kind,
                "path": self.path,
                "name": self.name,
                "index": self.index.folder,
                "state": self._state,
            }
        )

    @property
    def index(self) -> Index:
        """What lies where; made when first asked for.

        Raises:
            FormatError: if the archive is damaged or hostile.
            UnavailableError: if it or the temporary folder cannot be used.
        """
        if self._index is None:
            index = Index(self.name, self.limits)
            try:
                self.fill(index)
                index.seal()
                self.unchanged(self._state)
            except OSError as error:
                index.close()
                raise UnavailableError(
                    f"cannot be read: {error.strerror or error}", where=shown(self.name)
                ) from None
            except BaseException:
                index.close()
                raise
            self._index = index
        return self._index

    def entries(self, under: str = "") -> Iterator[Entry]:
        """Yield every plain file, in the order of the paths' bytes.

        Raises:
            FormatError: if the archive is damaged or hostile, naming it and the entry.
            UnavailableError: if it cannot be read.
        """
        return self.index.entries(under)

    def read(self, path: str, limit: int = MAX_FILE, *, identity: str = "") -> bytes:
        """Return the content of one file.

        Raises:
            FileNotFoundError: if there is no such file.
            FormatError: if it is larger than ``limit``, or damaged.
            UnavailableError: if it cannot be read, or was not kept when the archive was indexed.
        """
        del identity
        row = self.index.find(path)
        if row is None:
            raise FileNotFoundError(path)
        if row.size > limit:
            raise self.wrong(row.path, f"{row.size} bytes are more than the {limit} that are read")
        try:
            return self.content(row)
        except OSError as error:
            raise UnavailableError(
                f"cannot be read: {error.strerror or error}",
                where=f"{shown(self.name)}: {shown(path)}",
            ) from None

    def close(self) -> None:
        """Let go of the file, and remove the index if it was made here."""
        if self._index is not None:
            self._index.close()
        if self.file >= 0:
            os.close(self.file)
            self.file = -1

    def unchanged(self, state: list[int]) -> None:
        """Look whether the archive is the one that was indexed.

        Raises:
            FormatError: if it is not.
        """
        if self._seen() != state:
            raise FormatError("the archive was changed while it was read", where=shown(self.name))

    def wrong(self, path: bytes, what: str) -> FormatError:
        """Return an error about an entry."""
        return hostile(self.name, path, what)

    @abstractmethod
    def fill(self, index: Index) -> None:
        """Write what lies where."""

    @abstractmethod
    def content(self, row: Row) -> bytes:
        """Return the content of a file whose size is allowed."""

    def _opened(self) -> int:
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            file = os.open(self.path, flags)
        except (OSError, ValueError) as error:
            raise UnavailableError(
                f"cannot be opened: {getattr(error, 'strerror', None) or error}",
                where=shown(self.name),
            ) from None
        if not stat.S_ISREG(os.fstat(file).st_mode):
            os.close(file)
            raise FormatError("not a plain file", where=shown(self.name))
        return file

    def _seen(self) -> list[int]:
        state = os.fstat(self.file)
        return [state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns]


def exactly(file: int, size: int, at: int) -> bytes:
    """Return bytes of a file from a place on; fewer where it ends."""
    data = os.pread(file, size, at)
    while len(data) < size and (more := os.pread(file, size - len(data), at + len(data))):
        data += more
    return data


def _without_suffix(path: str) -> str:
    for suffix in SUFFIXES:
        if path.lower().endswith(suffix):
            return path[: -len(suffix)]
    return path
