"""Output that is left as it is while nothing has changed that it was made from.

A note beside it says from what it was made, what was printed, and how its files were left.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from joulemark.core.errors import StoreError
from joulemark.store.files import replace_file
from joulemark.store.stamps import file_stamp

_MOST_BYTES = 64 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What was made the last time.

    Attributes:
        made_by: which command made it.
        stamp: of what it was made from.
        since: when, in ISO 8601.
        said: what was printed, without colours.
        code: exit code.
        files: a stamp of each file, by its path relative to the note.
    """

    made_by: str
    stamp: str
    since: str
    said: str
    code: int
    files: Mapping[str, str]


def read_note(path: Path, made_by: str) -> Mapping[str, Any] | None:
    """Return the note that a command left; None where there is none that can be read.

    Raises:
        OSError: if it is there and cannot be opened.
    """
    try:
        with path.open("rb") as file:
            note = json.loads(file.read(_MOST_BYTES))
    except (FileNotFoundError, ValueError, RecursionError):
        return None
    return note if isinstance(note, dict) and note.get("made_by") == made_by else None


def made_before(note: Path, made_by: str, stamp: str) -> Made | None:
    """Return what a command made, if from the same and all of it is as it was left."""
    import msgspec

    try:
        made = msgspec.convert(read_note(note, made_by), Made)
        whole = all(file_stamp(note.parent / name) == each for name, each in made.files.items())
    except (OSError, ValueError):
        return None
    return made if made.stamp == stamp and made.files and whole else None


def note_made(
    note: Path, made_by: str, stamp: str, files: Iterable[str], *, said: str, code: int
) -> None:
    """Note what was made; a note that cannot be written means that it is made again.

    Args:
        note: path of the note.
        made_by: which command made it.
        stamp: of what it was made from, taken before it was read.
        files: paths relative to the note.
        said: what was printed.
        code: exit code.
    """
    since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    left = {name: file_stamp(note.parent / name) for name in files}
    made = Made(made_by=made_by, stamp=stamp, since=since, said=said, code=code, files=left)
    with suppress(StoreError):
        replace_file(note, json.dumps(asdict(made), indent=0).encode())
