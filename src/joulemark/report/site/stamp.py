"""Whether anything changed that a site is made from, told by times and sizes of files alone."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import joulemark
from joulemark.analysis.record.verdicts import CHECKS
from joulemark.store.declared import FILE as DECLARED
from joulemark.store.files import RUN


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a site was made from.

    Attributes:
        whole: of everything.
        program: of joulemark itself.
    """

    whole: str
    program: str


def stamp_of(store: Path, checks: Path | None, asked: Sequence[str]) -> Stamp:
    """Return a stamp that changes with the program, the store and what was asked for.

    Args:
        store: the directory of all runs.
        checks: state of a check; None for that of the store.
        asked: what else matters.
    """
    program = _digest(_files(Path(joulemark.__file__).parent))
    parts = [program, *asked, _file(store / DECLARED), _file(checks or store / CHECKS)]
    return Stamp(
        _digest([*parts, *(f"{name} {_run(store / name)}" for name in _names(store))]), program
    )


def run_stamp(run: Path, stamp: Stamp) -> str:
    """Return a stamp of one run and the program."""
    return _digest([stamp.program, _run(run)])


def _run(run: Path) -> str:
    return _file(run / RUN)


def _names(store: Path) -> list[str]:
    try:
        with os.scandir(store) as found:
            return sorted(entry.name for entry in found if entry.is_dir())
    except OSError:
        return []


def _files(package: Path) -> Iterator[str]:
    for folder, _, names in sorted(os.walk(package)):
        for name in sorted(names):
            if not name.endswith(".pyc"):
                yield f"{name} {_file(Path(folder, name))}"


def _file(path: Path) -> str:
    try:
        known = path.stat()
    except OSError:
        return "none"
    return f"{known.st_mtime_ns} {known.st_size}"


def _digest(parts: Iterator[str] | Sequence[str]) -> str:
    made = hashlib.sha256()
    for part in parts:
        made.update(part.encode("utf-8", "surrogateescape") + b"\0")
    return made.hexdigest()
