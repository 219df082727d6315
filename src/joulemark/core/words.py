"""Closed lists of words: ``enum.StrEnum``, as far as joulemark uses it, without importing ``enum``.

Type checkers are told that it *is* ``enum.StrEnum``; see :mod:`joulemark.core.record` for the why.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from enum import StrEnum
else:
    from joulemark.core._words import StrEnum

__all__ = ["StrEnum"]
