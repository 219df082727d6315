"""What the last files said, kept for directories that hold copies of them.

Inferred scenarios and the twins of two accuracy targets are byte copies of one measured run, and
lie side by side: in published rounds more than half of all files of power directories are such.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

MOST = 32 << 20
"""Bytes that are kept, as far as those who put them there can say."""

Made = TypeVar("Made")


class Shelf:
    """Keeps what was made last; the longest unused goes first.

    Args:
        most: bytes at most; something larger is not kept.
    """

    def __init__(self, most: int = MOST) -> None:
        """Begin empty."""
        self._most = most
        self._size = 0
        self._kept: OrderedDict[Hashable, tuple[int, Any]] = OrderedDict()

    def content(self, identity: str, read: Callable[[], bytes]) -> bytes:
        """Return the content of a file that its tree has named, else read it."""
        found = self._kept.get(identity)
        data = read() if found is None else found[1]
        return self.kept(identity, len(data), lambda: data)

    def kept(self, key: Hashable, size: int, make: Callable[[], Made]) -> Made:
        """Return what is kept under a key, else make it.

        Args:
            key: names what is made; the content of a file, where that decides, whole.
            size: bytes that it takes, roughly.
            make: makes it; what that raises is raised, and not kept.
        """
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
            value: Made = found[1]
            return value
        value = make()
        if size <= self._most:
            self._kept[key] = (size, value)
            self._size += size
        while self._size > self._most:
            self._size -= self._kept.popitem(last=False)[1][0]
        return value
