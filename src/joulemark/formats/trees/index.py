"""What lies where in an archive: a table in a temporary file, which other processes read too."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from joulemark.core.errors import FormatError, UnavailableError
from joulemark.formats.trees.limits import Limits
from joulemark.formats.trees.names import hostile, one_by_one, shown, to_bytes, to_text
from joulemark.formats.trees.tree import Entry

BATCH = 2000
COLUMNS = "path, size, at, packed, method, crc"
TABLE = """CREATE TABLE file (path BLOB PRIMARY KEY, size INTEGER, at INTEGER, packed INTEGER,
    method INTEGER, crc INTEGER) WITHOUT ROWID"""
FAST = (
    "PRAGMA journal_mode=OFF",
    "PRAGMA synchronous=OFF",
    "PRAGMA cache_size=-8192",
    "PRAGMA temp_store=FILE",
)


def _let_go(table: sqlite3.Connection, folder: str, maker: int) -> None:
    """Close a table and remove its folder, if this is the process that made it and not a fork."""
    table.close()
    if os.getpid() == maker:
        shutil.rmtree(folder, ignore_errors=True)


class Row(NamedTuple):
    """A file of an archive.

    Attributes:
        path: relative to the root.
        size: bytes.
        at: where it begins, in the archive or in what was kept aside; -1 if it was not kept.
        packed: bytes it takes there; the size where it is not packed.
        method: how it is packed, in the archive's numbers.
        crc: CRC-32 where the archive has one.
    """

    path: bytes
    size: int
    at: int
    packed: int = 0
    method: int = 0
    crc: int = 0


class Index:
    """The table. It lies in a folder of its own that goes with it.

    Args:
        tree: name of the archive, for messages.
        limits: how many entries it may have.
        folder: where it lies already, made by another process; it stays there then.

    Attributes:
        folder: where it lies.
    """

    def __init__(self, tree: str, limits: Limits, folder: str = "") -> None:
        """Make an empty table, or open one."""
        self._tree = tree
        self._limits = limits
        self._rows: list[Row] = []
        self._number = 0
        with self.roomy():
            self.folder = folder or tempfile.mkdtemp(prefix="joulemark-tree-")
        if folder:
            self._table = self._connect(f"file:{folder}/index?mode=ro&immutable=1")
            self._away = weakref.finalize(self, _let_go, self._table, "", 0)
            return
        try:
            self._table = self._connect(f"file:{self.folder}/index?mode=rwc")
        except UnavailableError:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        self._away = weakref.finalize(self, _let_go, self._table, self.folder, os.getpid())
        with self.roomy():
            for line in (*FAST, TABLE):
                self._table.execute(line)

    def _connect(self, address: str) -> sqlite3.Connection:
        try:
            return sqlite3.connect(address, uri=True, isolation_level=None)
        except sqlite3.Error as error:
            raise UnavailableError(
                f"its index cannot be opened: {error}", where=shown(self._tree)
            ) from None

    @contextmanager
    def roomy(self) -> Iterator[None]:
        """Turn what the disk says into an error of ours; for whoever writes into the folder."""
        try:
            yield
        except (OSError, sqlite3.OperationalError) as error:
            raise UnavailableError(
                f"temporary files cannot be written: {error}",
                where=shown(self._tree),
                remedy="set TMPDIR to a folder with room",
            ) from None

    def add(self, row: Row) -> None:
        """Add a file.

        Raises:
            FormatError: if there are too many, or it is there already.
            UnavailableError: if the disk is full.
        """
        self._number += 1
        if self._number > self._limits.entries:
            raise FormatError(f"more than {self._limits.entries} files", where=shown(self._tree))
        self._rows.append(row)
        if len(self._rows) >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Write what was added.

        Raises:
            FormatError: if a path is there twice.
            UnavailableError: if the disk is full.
        """
        rows, self._rows = self._rows, []
        before = self._table.total_changes
        with self.roomy():
            self._table.execute("BEGIN")
            self._table.executemany("INSERT OR IGNORE INTO file VALUES (?, ?, ?, ?, ?, ?)", rows)
            self._table.execute("COMMIT")
        if self._table.total_changes - before == len(rows):
            return
        for row in rows:
            if self.find(to_text(row.path)) != row:
                break
        raise hostile(
            self._tree,
            row.path,
            "the entry is there twice; programs disagree on which one counts",
            "unpack the archive, look, and check the folder",
        )

    def seal(self) -> None:
        """Write the rest, and look whether the paths make a tree.

        Raises:
            FormatError: if a path is there twice, or as both file and folder.
            UnavailableError: if the disk is full.
        """
        self.flush()
        for _ in self.entries(""):
            pass

    def entries(self, under: str) -> Iterator[Entry]:
        """Yield the files in a folder in the order of their paths."""
        low = to_bytes(f"{under.strip('/')}/") if under.strip("/") else b""
        lines = self._table.execute(
            "SELECT path, size FROM file WHERE path >= ? AND path < ? ORDER BY path",
            (low, low[:-1] + b"0" if low else b"\xff" * 8),
        )
        found = (Entry(to_text(path), size) for path, size in lines)
        return one_by_one(found, self._tree, self._limits)

    def find(self, path: str) -> Row | None:
        """Return what is known of a file."""
        line = self._table.execute(
            f"SELECT {COLUMNS} FROM file WHERE path = ?",  # noqa: S608 # a constant of ours
            (to_bytes(path),),
        ).fetchone()
        return Row(*line) if line else None

    def in_place(self) -> Iterator[Row]:
        """Yield the files in the order in which they lie in the archive."""
        lines = self._table.execute(f"SELECT {COLUMNS} FROM file ORDER BY at, path")  # noqa: S608
        return (Row(*line) for line in lines)

    def close(self) -> None:
        """Let go of the table, and remove it if it was made here; a second call does nothing."""
        self._away()
