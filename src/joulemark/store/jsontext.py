"""JSON of a run directory: what we write every reader can read, what we read may be hostile.

The standard library only: this is on the measuring path.
"""

from __future__ import annotations

import math
import os

from joulemark.core.errors import FormatError, UsageError
from joulemark.core.jsonlight import dumps, loads
from joulemark.core.record import names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_DEPTH = 64
"""Deepest nesting of JSON in a run directory, written or read."""

SPELLED = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
"""JSON has no such numbers; they are written as these strings (as ProtoJSON does)."""

DAMAGED = "it is damaged or not of joulemark; restore it from a copy"
"""What to do about a file that does not follow its format."""


def encode(value: object, where: str = "") -> bytes:
    """Return JSON on one line, UTF-8, valid for every reader.

    Text that is not Unicode (a command line may hold any bytes) loses those characters to "?".

    Args:
        value: JSON values, dataclasses, enums, paths and NumPy numbers, nested.
        where: what it is, for the message.

    Raises:
        UsageError: if something in it is none of these, or is nested too deeply.
    """
    return dumps(_plain(value, where, 0)).encode("utf-8", "replace")


def decode(data: bytes, where: str) -> Any:
    """Return the JSON value in ``data``.

    Raises:
        FormatError: if it is not JSON, or nested deeper than ``MAX_DEPTH``.
    """
    try:
        value = loads(data)
        if b"\\u" in data:
            dumps(value).encode()  # refuses half a character
    except (ValueError, RecursionError) as error:
        raise FormatError(f"not JSON ({error})", where=where, remedy=DAMAGED) from error
    if _deeper_than(value, MAX_DEPTH):
        raise FormatError("nested too deeply", where=where, remedy=DAMAGED)
    return value


def _deeper_than(value: Any, depth: int) -> bool:
    """Whether lists and dictionaries lie deeper than ``depth`` in each other."""
    level = [value]
    for _ in range(depth + 1):
        nested = [item for item in level if isinstance(item, dict | list)]
        if not nested:
            return False
        level = [i for item in nested for i in (item.values() if isinstance(item, dict) else item)]
    return True


def _plain(value: object, where: str, depth: int) -> object:
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else _spelling(value)
    if depth > MAX_DEPTH:
        raise UsageError("nested too deeply for a record", where=where, remedy="flatten it")
    if isinstance(value, dict):
        return {str(k): _plain(v, f"{where}.{k}", depth + 1) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v, f"{where}[]", depth + 1) for v in value]
    if fields := names(type(value)):
        return {n: _plain(getattr(value, n), f"{where}.{n}", depth + 1) for n in fields}
    if isinstance(value, os.PathLike):
        return os.fsdecode(value)
    return _foreign(value, where, depth)


def _foreign(value: object, where: str, depth: int) -> object:
    """Return what other mappings and NumPy scalars hold."""
    from collections.abc import Mapping

    if isinstance(value, Mapping):
        return _plain(dict(value), where, depth)
    return _number(value, where, depth)


def _number(value: object, where: str, depth: int) -> object:
    """Return a NumPy scalar as the Python number it holds."""
    item = getattr(value, "item", None)
    if getattr(value, "shape", None) != () or item is None:
        raise UsageError(
            f"a {type(value).__name__} cannot be kept as JSON",
            where=where,
            remedy="give text, numbers, lists and dictionaries",
        )
    return _plain(item(), where, depth + 1)


def _spelling(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"
