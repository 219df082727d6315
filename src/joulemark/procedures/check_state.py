"""Results of earlier checks, kept in a file so that an unchanged directory is not checked again.

One JSON object a line, only ever appended to while a check runs, so that a check that is killed
loses nothing; a torn last line is left out. A result is taken over if the tool, what was asked and
the content are the same. What other versions of the tool left is dropped when a check ends well.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from joulemark.core.errors import FormatError, StoreError
from joulemark.procedures.check_worker import encoded
from joulemark.procedures.checked import ROOT, Asked, Checked, Target
from joulemark.store.files import replace_file, store_error
from joulemark.store.schema import converted

MARK = b'{"joulemark":"check","format":1}\n'
"""The first line of such a file."""
MAX_LINE = 16 << 20
_ROOMS = ("core", "accounting", "formats", "rules", "procedures")
_KINDS = (".py", ".json", ".csv")


@cache
def tool() -> str:
    """Return what names this tool: its version, and the content of all that a check rests on."""
    from joulemark import __version__

    root = Path(__file__).parents[1]
    found = hashlib.sha256(__version__.encode())
    for room in _ROOMS:
        for path in sorted((root / room).rglob("*")):
            if path.suffix in _KINDS:
                found.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:16]


class State:
    """Such a file, opened for a check; a context manager.

    Args:
        path: the file; it is made if it is not there.
        asked: how this check is to be.

    Raises:
        FormatError: if the file is something else.
        StoreError: if it cannot be read or written.
    """

    def __init__(self, path: Path, asked: Asked) -> None:
        """Read where each result stands."""
        self.path = path
        self._asked = hashlib.sha256(repr(asdict(asked)).encode()).hexdigest()[:16]
        self._tool = tool()
        self._places: dict[tuple[str, ...], tuple[int, int]] = {}
        self._dead = 0
        try:
            flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
            self._file = os.fdopen(os.open(path, flags, 0o644), "r+b", buffering=0)
        except OSError as error:
            raise store_error(error, path) from error
        try:
            self._index()
        except OSError as error:
            self._file.close()
            raise store_error(error, path) from error
        except FormatError:
            self._file.close()
            raise

    def _index(self) -> None:
        with self.path.open("rb") as file:
            head = file.readline(len(MARK))
            if not head:
                self._file.write(MARK)
                return
            if head != MARK:
                raise FormatError(
                    "no results of an earlier check", where=str(self.path), remedy="name a new file"
                )
            for offset, line in _lines(file):
                self._note(offset, line)
        if not line_ended(self._file):
            self._file.write(b"\n")

    def _note(self, offset: int, line: bytes) -> None:
        """Keep where a result stands, if it is of this tool."""
        try:
            record = msgspec.json.decode(line, type=_Line)
        except (msgspec.MsgspecError, RecursionError):
            self._dead += 1
            return
        if record.tool != self._tool:
            self._dead += 1
            return
        key = (record.asked, record.kind, record.round, record.path)
        self._dead += key in self._places
        self._places[key] = (offset, len(line))

    def _key(self, target: Target) -> tuple[str, ...]:
        return (self._asked, target.kind, target.place.round, target.path or ROOT)

    def known(self, target: Target) -> tuple[str, Mapping[str, str]] | None:
        """Return the identities that the kept result of a directory rests on; None for none."""
        kept = self.kept(target)
        return None if kept is None else (kept.identity, kept.beside)

    def kept(self, target: Target) -> Checked | None:
        """Return the kept result of a directory; None if there is none."""
        place = self._places.get(self._key(target))
        if place is None:
            return None
        try:
            line = os.pread(self._file.fileno(), place[1], place[0])
            record = msgspec.json.decode(line)
            return converted({**record["result"], "kept": True}, Checked)
        except (OSError, msgspec.MsgspecError, KeyError, TypeError, RecursionError):
            return None

    def keep(self, target: Target, checked: Checked) -> None:
        """Append a result; one of unknown content is not kept.

        Raises:
            StoreError: if it cannot be written.
        """
        if not checked.identity:
            return
        names = dict(zip(("asked", "kind", "round", "path"), self._key(target), strict=True))
        head = msgspec.json.encode({"tool": self._tool, **_plain(names)})
        line = head[:-1] + b',"result":' + encoded(checked) + b"}\n"
        try:
            self._dead += self._key(target) in self._places
            self._places[self._key(target)] = (os.fstat(self._file.fileno()).st_size, len(line))
            self._file.write(line)
        except OSError as error:
            raise store_error(error, self.path) from error

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file; after a check that ended well, drop lines that nothing can use."""
        try:
            if kind is None and self._dead > len(self._places):
                places = sorted(self._places.values())
                read = (os.pread(self._file.fileno(), size, start) for start, size in places)
                replace_file(self.path, MARK + b"".join(read))
        except OSError as failure:
            raise StoreError(str(failure), where=str(self.path)) from failure
        finally:
            self._file.close()


class _Line(msgspec.Struct):
    tool: str
    asked: str
    kind: str
    round: str
    path: str


def _plain(names: Mapping[str, str]) -> dict[str, str]:
    return {k: v.encode("utf-8", "replace").decode() for k, v in names.items()}


def _lines(file: Any) -> Iterator[tuple[int, bytes]]:
    """Yield each line with where it begins; of one that is too long, pieces."""
    offset = file.tell()
    while line := file.readline(MAX_LINE):
        yield offset, line
        offset += len(line)


def line_ended(file: Any) -> bool:
    """Return whether the last line of a file has its end."""
    size = os.fstat(file.fileno()).st_size
    return size == 0 or os.pread(file.fileno(), 1, size - 1) == b"\n"
