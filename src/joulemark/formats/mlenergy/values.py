"""Values out of JSON that a stranger wrote: what is not as it should be becomes a remark."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from joulemark.core.errors import FormatError

MAX_JSON = 256 << 20
"""Bytes of a file; a ``results.json`` with every token's time has some ten million."""
MAX_TEXT = 200
MAX_COUNT = 1_000_000
_LARGEST = 1e15
"""Beyond it a figure is no joule and no second."""


def loaded(data: bytes, name: str) -> dict[str, Any]:
    """Return the object that a file holds.

    Raises:
        FormatError: if it is none, is nested beyond all bounds, or is too large.
    """
    if len(data) > MAX_JSON:
        raise FormatError(f"{len(data)} bytes are too many", where=name)
    try:
        document = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise FormatError("not UTF-8 text", where=name) from None
    except json.JSONDecodeError as error:
        raise FormatError(f"no JSON: {error.msg}", where=f"{name}:{error.lineno}") from None
    except (ValueError, RecursionError):
        raise FormatError("a number or a nesting beyond all bounds", where=name) from None
    if not isinstance(document, dict):
        raise FormatError("not a JSON object", where=name)
    return document


class Fields:
    """Reads the fields of one object, and notes what is odd.

    Args:
        record: the object.

    Attributes:
        remarks: what was odd so far.
    """

    def __init__(self, record: Mapping[str, Any]) -> None:
        """Keep the object."""
        self._record = record
        self.remarks: list[str] = []

    def text(self, name: str) -> str:
        """Return a text, cut and without what cannot be written; empty where there is none."""
        value = self._record.get(name)
        if value is not None and not isinstance(value, str):
            self.remarks.append(f"{name} is no text")
        return written(value) if isinstance(value, str) else ""

    def number(self, name: str) -> float | None:
        """Return a number above zero; None, with a remark unless it is absent, where it is none."""
        value = self._record.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.remarks.append(f"{name} is no number")
        elif not 0 < value < _LARGEST:  # NaN is refused too
            self.remarks.append(f"{name} is {short(value)}, no number above zero")
        else:
            return float(value)
        return None

    def count(self, name: str, default: int | None = None) -> int | None:
        """Return a whole number of at least 1; the default where it is absent or none."""
        value = self.number(name)
        if value is None:
            return default
        if value != math.floor(value) or value > MAX_COUNT:
            self.remarks.append(f"{name} is {short(value)}, no count")
            return default
        return int(value)

    def one_or_more(self, name: str) -> int:
        """Return a whole number of at least 1; 1 with a remark where nothing says it."""
        value = self.count(name)
        if value is None:
            self.remarks.append(f"{name} is not said: 1 is taken")
        return value or 1

    def inner(self, name: str) -> Mapping[str, Any]:
        """Return an object; an empty one where there is none."""
        value = self._record.get(name)
        if value is not None and not isinstance(value, dict):
            self.remarks.append(f"{name} is no object")
        return value if isinstance(value, dict) else {}


def written(text: str) -> str:
    """Return a text of bounded length that can be written anywhere."""
    return text[:MAX_TEXT].encode("utf-8", "replace").decode()


def short(value: float) -> str:
    """Return a number that may be of any size, for a message."""
    try:
        return f"{value:.4g}"
    except OverflowError:
        return "beyond all bounds"
