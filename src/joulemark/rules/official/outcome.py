"""What the official checker says of one check."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Word(StrEnum):
    """The verdict on one check."""

    OK = "OK"
    WARN = "WARN"
    """It passes, and the official checker asks for an audit."""
    FAIL = "FAIL"
    EXC = "EXC"
    """The official checker itself broke off with an error; the result does not pass."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The verdict on one check.

    Attributes:
        verdict: the word.
        message: what was seen and what was asked for, in our words; empty if all is well.
        file: the file it was seen in, relative to the root of its tree; empty if all is well.
        line: the line in it, from 1; None where the whole file is meant.
    """

    verdict: Word
    message: str = ""
    file: str = ""
    line: int | None = None


class RefusedError(Exception):
    """The official checker refuses the result.

    Args:
        message: what was seen and what was asked for.
        file: relative to the power directory; empty: the file that the check is about.
        line: in it.
    """

    def __init__(self, message: str, file: str = "", line: int | None = None) -> None:
        """Keep the arguments."""
        super().__init__(message)
        self.message = message
        self.file = file
        self.line = line


@dataclass(frozen=True, slots=True)
class Warned:
    """The official checker warns; attributes as in :class:`RefusedError`."""

    message: str
    file: str = ""
    line: int | None = None
