"""What was imported into a store, so that a path that is as it was is not read again.

``<store>/imported.json`` says of each path, with the options that it was imported with, in what
state its content was and what came of it. It holds for the same program and the same table of
stated results, and of each path as long as its runs are there. Whatever is damaged, other or gone
means that the path is read again; a store that cannot be written is no obstacle.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from joulemark.core.errors import JoulemarkError
from joulemark.procedures.imported import Part
from joulemark.store.declared import FILE as DECLARED
from joulemark.store.files import replace_file
from joulemark.store.stamps import folders_in, program_stamp

FILE = "imported.json"
MOST_PATHS = 1000
"""So many paths are remembered, the last ones."""

_FORMAT = "joulemark import 1"
_MOST_BYTES = 256 << 20


@dataclass(slots=True)
class Kept:
    """What is remembered of a path.

    Attributes:
        place: absolute path, as names in a table may come from folders above.
        keep_raw: whether the logs were copied into the runs.
        state: of its content when it was read.
        part: what came of it.
    """

    place: str
    keep_raw: bool
    state: str
    part: Part

    @property
    def key(self) -> tuple[str, str, bool]:
        """What it is remembered by."""
        return self.place, self.part.path, self.keep_raw


@dataclass(slots=True)
class _File:
    """Content of the file."""

    format: str
    program: str
    declared: str
    paths: list[Kept] = field(default_factory=list)


class Memory:
    """What was imported into a store with some options.

    Args:
        store: the directory of all runs.
        keep_raw: whether the logs are copied into the runs.
    """

    def __init__(self, store: Path, *, keep_raw: bool) -> None:
        """Read the file; one that does not hold any more counts as none."""
        self._store = store
        self._keep_raw = keep_raw
        self._program = program_stamp()
        self._kept = {kept.key: kept for kept in self._read()}
        self._runs = frozenset(folders_in(store)) if self._kept else frozenset()

    def part(self, path: str, state: str) -> Part | None:
        """Return what came of a path; None where it must be read.

        Args:
            path: as the person named it.
            state: of its content now; empty where that is not known.
        """
        kept = self._kept.get((_place(path), path, self._keep_raw))
        if kept is None or not state or kept.state != state:
            return None
        return kept.part if self._runs.issuperset(kept.part.runs) else None

    def add(self, parts: Iterable[tuple[str, Part]], replaced: frozenset[str]) -> None:
        """Remember what came of paths, each with its state.

        Args:
            parts: read now; what would come to another thing next time is left out.
            replaced: keys of results that say another thing now; what they were read from before
                is forgotten.
        """
        for key, kept in list(self._kept.items()):
            if not replaced.isdisjoint(row for row, _ in kept.part.rows):
                del self._kept[key]
        for state, part in parts:
            kept = Kept(_place(part.path), self._keep_raw, state, replace(part, new=0))
            self._kept.pop(kept.key, None)
            if state and part.lasting:
                self._kept[kept.key] = kept
        self._write()

    def _read(self) -> list[Kept]:
        import msgspec

        try:
            with (self._store / FILE).open("rb") as file:
                data = file.read(_MOST_BYTES)
            found = msgspec.convert(json.loads(data), _File)
        except (OSError, ValueError, RecursionError, msgspec.ValidationError):
            return []
        made_by = found.format, found.program, found.declared
        if made_by != (_FORMAT, self._program, _content(self._store / DECLARED)):
            return []
        return found.paths

    def _write(self) -> None:
        kept = [asdict(each) for each in list(self._kept.values())[-MOST_PATHS:]]
        said = _File(_FORMAT, self._program, _content(self._store / DECLARED))
        text = json.dumps({**asdict(said), "paths": kept}, separators=(",", ":"))
        with contextlib.suppress(JoulemarkError):
            replace_file(self._store / FILE, text.encode())


def _place(path: str) -> str:
    return str(Path(path).absolute())


def _content(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return "none"
