"""The record of a store, kept in it so that nothing is joined again while nothing has changed.

``<store>/record.parquet`` says what it was made from: the table of stated results, the runs, the
verdicts of checks, and the code and definitions that joined them. If any of that differs, it is
made anew. A store that cannot be written is no obstacle.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
from pathlib import Path

from joulemark.analysis.record.index import Record, made_from
from joulemark.analysis.record.table import read_note, read_table, table_file
from joulemark.analysis.record.verdicts import verdicts
from joulemark.core.errors import JoulemarkError
from joulemark.store.files import CHECKS, DECLARED, unreadable

__all__ = ["FILE", "Record", "record"]

FILE = "record.parquet"
_FORMAT = 1
_ROOMS = ("analysis/record", "rules/results", "formats/results")


def record(store: Path, checks: Path | None = None) -> Record:
    """Return the record of a store.

    Args:
        store: the directory of all runs.
        checks: state of a check (``joulemark check --resume``), for verdicts; by default the file
            ``checks.jsonl`` of the store, if there is one.

    Raises:
        FormatError: if the table of stated results is damaged, or the state is none.
        StoreError: if one of them cannot be read.
    """
    state = checks or store / CHECKS
    if checks is not None:
        _content(checks, needed=True)
    key = _made_from(store, state)
    kept = _kept(store / FILE, key)
    if kept is not None:
        return kept
    passed = verdicts(state) if checks is not None or state.exists() else {}
    made = made_from(store, passed)
    with contextlib.suppress(JoulemarkError):  # it is made anew next time
        note = {"made_from": key, "left_out": dict(made.left_out)}
        table_file(store / FILE, made, note)
    return made


def _kept(path: Path, key: str) -> Record | None:
    """Return the record that a file holds; None where it was made from something else."""
    if not path.is_file():
        return None
    try:
        note = read_note(path)
        if note.get("made_from") != key:
            return None
        left_out = {str(why): int(count) for why, count in dict(note["left_out"]).items()}
        return Record(tuple(read_table(path)), left_out)
    except (JoulemarkError, KeyError, TypeError, ValueError):
        return None


def _made_from(store: Path, state: Path) -> str:
    """Return a name of all that the record of a store rests on."""
    found = hashlib.sha256(f"{_FORMAT}\0{_code()}".encode())
    for path in (store / DECLARED, state):
        found.update(_content(path))
    try:
        names = sorted(entry.name for entry in os.scandir(store) if entry.is_dir())
    except FileNotFoundError:
        names = []
    except OSError as error:
        raise unreadable(error, store) from error
    found.update("\0".join(names).encode("utf-8", "surrogateescape"))
    return found.hexdigest()


def _content(path: Path, *, needed: bool = False) -> bytes:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except FileNotFoundError as error:
        if needed:
            raise unreadable(error, path) from error
        return b"none"
    except OSError as error:
        raise unreadable(error, path) from error


@functools.cache
def _code() -> str:
    """Return what names the code and the definitions that make a record."""
    root = Path(__file__).parents[2]
    found = hashlib.sha256()
    for room in _ROOMS:
        for path in sorted((root / room).rglob("*")):
            if path.suffix in (".py", ".toml"):
                found.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes())
    return found.hexdigest()
