"""The detail log of LoadGen as records: ``:::MLLOG {"key": …, "value": …, …}``, one a line."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joulemark.core.errors import FormatError

LONGEST_LINE = 2**20
"""Most bytes of a line; the longest lists the samples that the test draws from."""
LARGEST_FILE = 2**24
"""Most bytes of a log."""
_MARK = b":::MLLOG "
_REPEATED = ("generic_message", "warning_generic_message", "error_runtime")


@dataclass(frozen=True, slots=True)
class Records:
    """What a detail log says, by key.

    Attributes:
        path: the file.
        values: JSON values by key.
        lines: line of each key, from 1.
        errors: texts of the records that LoadGen marks as errors.
        warnings: texts of the records that it marks as warnings.
    """

    path: Path
    values: dict[str, Any]
    lines: dict[str, int]
    errors: tuple[str, ...]
    warnings: tuple[str, ...]

    def text(self, key: str) -> str:
        """Return a text."""
        value = self._value(key)
        if not isinstance(value, str):
            raise self._wrong(key, "a text")
        return value

    def flag(self, key: str) -> bool:
        """Return a truth value."""
        value = self._value(key)
        if not isinstance(value, bool):
            raise self._wrong(key, "true or false")
        return value

    def number(self, key: str) -> float:
        """Return a finite number that is not negative."""
        value = self._value(key)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._wrong(key, "a number")
        if not 0 <= value < math.inf:
            raise self._wrong(key, "a number from 0 up")
        return float(value)

    def count(self, key: str) -> int:
        """Return a whole number of at least 1."""
        value = self.number(key)
        if value < 1 or not value.is_integer():
            raise self._wrong(key, "a positive whole number")
        return int(value)

    def wrong(self, key: str, what: str) -> FormatError:
        """Return an error that names the file and the line of a key."""
        return FormatError(what, where=f"{self.path}:{self.lines[key]}")

    def _wrong(self, key: str, wanted: str) -> FormatError:
        return self.wrong(key, f"{key} is {str(self.values[key])[:60]!r}, not {wanted}")

    def _value(self, key: str) -> Any:
        if key not in self.values:
            raise FormatError(
                f"no record {key!r}",
                where=str(self.path),
                remedy="the log is cut off, or of another round or mode of LoadGen",
            )
        return self.values[key]


def read_records(path: Path) -> Records:
    """Return the records of a detail log as LoadGen 6.0 writes it.

    Raises:
        FormatError: with file and line, if a line is not a record, is longer than ``LONGEST_LINE``,
            or repeats a key that a test writes once; if the file cannot be read, or is larger than
            ``LARGEST_FILE``.
    """
    values: dict[str, Any] = {}
    lines: dict[str, int] = {}
    errors, warnings = [], []
    for number, line in read_lines(path):
        where = f"{path}:{number}"
        key, value, metadata = _record(line, where)
        if metadata.get("is_error") is True:
            errors.append(str(value))
        elif metadata.get("is_warning") is True:
            warnings.append(str(value))
        elif key in values and key not in _REPEATED:
            raise FormatError(
                f"{key!r} stands here again", where=where, remedy="give the log of one test"
            )
        else:
            values[key], lines[key] = value, number
    return Records(path, values, lines, tuple(errors), tuple(warnings))


def read_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield number, from 1, and text of each line, within the bounds.

    Raises:
        FormatError: if a bound is passed or the file cannot be read.
    """
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise FormatError(f"larger than {LARGEST_FILE} bytes", where=str(path))
        with path.open("rb") as file:
            number, size = 0, 0
            while line := file.readline(LONGEST_LINE + 1):
                number += 1
                size += len(line)
                if len(line) > LONGEST_LINE or size > LARGEST_FILE:
                    raise FormatError(f"longer than {LONGEST_LINE} bytes", where=f"{path}:{number}")
                yield number, line
    except OSError as error:
        raise FormatError(f"cannot be read: {error.strerror}", where=str(path)) from error


def _record(line: bytes, where: str) -> tuple[str, Any, dict[str, Any]]:
    if not line.startswith(_MARK):
        raise FormatError(f"{line[:40]!r} is not a record of LoadGen", where=where)
    try:
        record = json.loads(line[len(_MARK) :].decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise FormatError(f"the record is not JSON: {str(error)[:80]}", where=where) from error
    metadata = record.get("metadata") if isinstance(record, dict) else None
    if not isinstance(metadata, dict) or not isinstance(record.get("key"), str):
        raise FormatError("the record lacks its key or its metadata", where=where)
    return record["key"], record.get("value"), metadata
