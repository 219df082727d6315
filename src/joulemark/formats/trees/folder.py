"""A folder as a tree."""

from __future__ import annotations

import errno
import json
import os
import stat
from collections import Counter
from collections.abc import Iterator

from joulemark.core.errors import FormatError, PermissionNeededError, UnavailableError
from joulemark.formats.trees.limits import Limits
from joulemark.formats.trees.names import is_path, shown
from joulemark.formats.trees.tree import MAX_FILE, Entry

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_NO_FILE = frozenset({errno.ELOOP, errno.ENXIO, errno.ENAMETOOLONG})
"""A link in the path, a socket, a name that no file can have."""
PLAIN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

_Pending = list[tuple[int, str, list[tuple[str, bool]]]]
"""Open folders: descriptor, path with "/" at its end, names to come, whether each is a folder."""


class FolderTree:
    """Files below a folder. Links are not followed, wherever in a path they stand.

    Args:
        path: the folder; it may itself be reached by a link.
        name: for messages; the path if empty.
        limits: how much is read.

    Attributes:
        name, left_out, location: see :class:`joulemark.formats.trees.tree.Tree`.
    """

    def __init__(self, path: str, name: str = "", limits: Limits | None = None) -> None:
        """Keep the arguments; nothing is opened."""
        self.name = name or path
        self.location = os.path.abspath(path)
        self.left_out: Counter[str] = Counter()
        self._limits = limits or Limits()

    @property
    def token(self) -> str:
        """Text by which the tree is opened again."""
        return json.dumps({"kind": "folder", "path": self.location, "name": self.name})

    def raised(self, levels: int) -> FolderTree | None:
        """Return the tree rooted so many folders higher."""
        parts = self.location.split("/")
        if levels >= len(parts) - 1:
            return None
        path = "/".join(parts[: len(parts) - levels])
        return FolderTree(path, limits=self._limits)

    def entries(self, under: str = "") -> Iterator[Entry]:
        """Yield every plain file, in the order of the paths' bytes.

        What is neither file nor folder is left out and counted, as is a folder that vanishes.

        Raises:
            FormatError: if there are too many, or they lie too deep.
            UnavailableError: if the folder, or one below it, cannot be read.
        """
        self.left_out = Counter()
        under = under.strip("/")
        try:
            root = self._descend(under.split("/") if under else [])
        except OSError as error:
            if under and isinstance(error, FileNotFoundError | NotADirectoryError):
                return
            raise self._unreadable(under, error) from None
        prefix = f"{under}/" if under else ""
        pending: _Pending = [(root, prefix, [])]
        number = 0
        try:
            pending[0] = (root, prefix, self._listed(root, prefix))
            while pending:
                folder, prefix, names = pending[-1]
                if not names:
                    os.close(pending.pop()[0])
                    continue
                name, is_folder = names.pop()
                if is_folder:
                    self._enter(pending, folder, f"{prefix}{name}/", name)
                    continue
                number += 1
                if number > self._limits.entries:
                    raise FormatError(
                        f"more than {self._limits.entries} files", where=shown(self.name)
                    )
                yield Entry(f"{prefix}{name}")
        finally:
            for folder, _, _ in pending:
                os.close(folder)

    def read(self, path: str, limit: int = MAX_FILE, *, identity: str = "") -> bytes:
        """Return the content of one file.

        Raises:
            FileNotFoundError: if there is no such plain file: links and pipes are none.
            FormatError: if it is larger than ``limit``.
            UnavailableError: if it cannot be read.
        """
        del identity
        if not is_path(path):
            raise FileNotFoundError(path)
        parts = path.split("/")
        try:
            folder = self._descend(parts[:-1])
            try:
                file = os.open(parts[-1], PLAIN, dir_fd=folder)
            finally:
                os.close(folder)
            try:
                return self._content(file, path, limit)
            finally:
                os.close(file)
        except (FileNotFoundError, NotADirectoryError):
            raise FileNotFoundError(path) from None
        except OSError as error:
            if error.errno in _NO_FILE:
                raise FileNotFoundError(path) from None
            raise self._unreadable(path, error) from None

    def close(self) -> None:
        """Do nothing: nothing is kept open."""

    def _content(self, file: int, path: str, limit: int) -> bytes:
        state = os.fstat(file)
        if not stat.S_ISREG(state.st_mode):
            raise FileNotFoundError(path)
        chunks: list[bytes] = []
        left = limit + 1
        if state.st_size > limit:
            left = 0  # a file that grows while it is read is caught below
        while left > 0 and (chunk := os.read(file, min(left, max(4096, state.st_size + 1)))):
            chunks.append(chunk)
            left -= len(chunk)
        if left <= 0:
            chunks.clear()  # whoever keeps the error does not keep them
            raise FormatError(
                f"{max(state.st_size, limit + 1)} bytes are more than the {limit} that are read",
                where=f"{shown(self.name)}: {shown(path)}",
            )
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def _descend(self, parts: list[str]) -> int:
        """Return a descriptor of a folder, reached through no link."""
        folder = os.open(self.location, FOLDER)
        for part in parts:
            try:
                below = os.open(part, FOLDER | os.O_NOFOLLOW, dir_fd=folder)
            finally:
                os.close(folder)
            folder = below
        return folder

    def _enter(self, pending: _Pending, above: int, at: str, name: str) -> None:
        if len(pending) >= self._limits.depth:
            raise FormatError(
                f"folders lie more than {self._limits.depth} deep",
                where=f"{shown(self.name)}: {shown(at)}",
            )
        try:
            folder = os.open(name, FOLDER | os.O_NOFOLLOW, dir_fd=above)
        except (FileNotFoundError, NotADirectoryError):
            self.left_out["vanished"] += 1
            return
        except OSError as error:
            raise self._unreadable(at, error) from None
        pending.append((folder, at, []))  # closed with the others should the listing fail
        pending[-1] = (folder, at, self._listed(folder, at))

    def _listed(self, folder: int, at: str) -> list[tuple[str, bool]]:
        """Return the names of a folder, last first, and whether each is a folder."""
        found: list[tuple[bytes, str, bool]] = []
        try:
            with os.scandir(folder) as names:
                for number, name in enumerate(names):
                    if number >= self._limits.entries:
                        raise FormatError(
                            f"more than {self._limits.entries} names in a folder",
                            where=self._where(at),
                        )
                    if name.is_dir(follow_symlinks=False):
                        found.append((os.fsencode(name.name) + b"/", name.name, True))
                    elif name.is_file(follow_symlinks=False):
                        found.append((os.fsencode(name.name), name.name, False))
                    else:
                        self.left_out["link" if name.is_symlink() else "device"] += 1
        except OSError as error:
            raise self._unreadable(at, error) from None
        found.sort(reverse=True)
        return [(name, is_folder) for _, name, is_folder in found]

    def _where(self, path: str) -> str:
        return f"{shown(self.name)}: {shown(path)}" if path else shown(self.name)

    def _unreadable(self, path: str, error: OSError) -> UnavailableError:
        where = self._where(path)
        reason = error.strerror or str(error)
        if isinstance(error, PermissionError):
            return PermissionNeededError(
                f"cannot be read: {reason}", where=where, remedy="chmod -R u+rX the folder"
            )
        return UnavailableError(f"cannot be read: {reason}", where=where)
