"""``suppress`` and ``ExitStack`` of ``contextlib``, as far as what measures uses them.

Type checkers are told that they *are* those; see :mod:`joulemark.core.record` for the why.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contextlib import ExitStack, suppress
else:
    from joulemark.core._scope import ExitStack, suppress

__all__ = ["ExitStack", "suppress"]
