"""Whether anything changed that pages of a store are made from, told by times and sizes alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from joulemark.store.files import CHECKS, DECLARED, RUN
from joulemark.store.stamps import digest_of, file_stamp, folders_in, program_stamp


@dataclass(frozen=True, slots=True)
class Stamp:
    """What something was made from.

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
    program = program_stamp()
    parts = [program, *asked, file_stamp(store / DECLARED), file_stamp(checks or store / CHECKS)]
    runs = (f"{name} {_run(store / name)}" for name in folders_in(store))
    return Stamp(digest_of([*parts, *runs]), program)


def run_stamp(run: Path, stamp: Stamp) -> str:
    """Return a stamp of one run and the program."""
    return digest_of([stamp.program, _run(run)])


def _run(run: Path) -> str:
    return file_stamp(run / RUN)
