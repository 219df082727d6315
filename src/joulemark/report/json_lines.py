"""Results as they come, each as one line of JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import IO, Any, Generic, TypeVar

T = TypeVar("T")


class JsonLines(Generic[T]):
    """Writes one line a result, at once.

    Args:
        file: where to.
        object_of: makes a JSON object of a result.
    """

    def __init__(self, file: IO[str], object_of: Callable[[T], Mapping[str, Any]]) -> None:
        """Keep the file."""
        self._file = file
        self._object_of = object_of

    def add(self, result: T) -> None:
        """Write one result."""
        self._file.write(json.dumps(self._object_of(result), ensure_ascii=False, allow_nan=False))
        self._file.write("\n")
        self._file.flush()

    def close(self) -> None:
        """Do nothing: every line is written."""
