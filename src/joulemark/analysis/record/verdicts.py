"""Verdicts on logs, from the state that ``joulemark check --resume FILE`` keeps."""

from __future__ import annotations

from pathlib import Path

import msgspec

from joulemark.core.errors import FormatError
from joulemark.store.files import unreadable

MAX_LINE = 16 << 20
_PERFORMANCE = "/performance"

Place = tuple[str, ...]


class _Result(msgspec.Struct):
    verdict: str


class _Line(msgspec.Struct):
    kind: str
    round: str
    path: str
    result: _Result


class _Head(msgspec.Struct):
    joulemark: str
    format: int


def verdicts(path: Path) -> dict[Place, bool]:
    """Return whether our rules pass the log of each result, by round and place in its repository.

    Of several verdicts on one the last counts; a damaged line is left out.

    Raises:
        FormatError: if the file is no state of a check.
        StoreError: if it cannot be read.
    """
    found: dict[Place, bool] = {}
    try:
        with path.open("rb") as file:
            if not _is_head(file.readline(1000)):
                remedy = "name the file that joulemark check --resume FILE keeps"
                raise FormatError("no state of a check", where=str(path), remedy=remedy)
            while line := file.readline(MAX_LINE):
                _note(line, found)
    except OSError as error:
        raise unreadable(error, path) from error
    return found


def _is_head(line: bytes) -> bool:
    try:
        head = msgspec.json.decode(line, type=_Head)
    except (msgspec.MsgspecError, RecursionError):
        return False
    return head.joulemark == "check"


def _note(line: bytes, found: dict[Place, bool]) -> None:
    try:
        said = msgspec.json.decode(line, type=_Line)
    except (msgspec.MsgspecError, RecursionError):
        return
    where = said.path.removesuffix(_PERFORMANCE).casefold()
    found[(said.round, where)] = said.result.verdict != "fail"
