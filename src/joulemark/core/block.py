"""Samples as they leave a meter and as they lie in the spool: fixed-width rows."""

from __future__ import annotations

import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import TypeAlias

ROW = struct.Struct("<qdI")
"""One sample: time (int64 ns UTC), value (float64, in the channel's unit), channel index (uint32).

20 bytes, little-endian, no padding; the same bytes in memory, in the spool and in NumPy
(``[("time", "<i8"), ("value", "<f8"), ("channel", "<u4")]``).
"""

Row: TypeAlias = "tuple[int, float, int]"
"""(time, value, channel)."""


_PACKERS: dict[int, struct.Struct] = {}
"""By the number of rows that they pack; a loop that samples always packs the same numbers."""


def packer(count: int) -> struct.Struct:
    """Return what packs that many rows, whose fields follow each other, in one call."""
    found = _PACKERS.get(count)
    if found is None:
        found = _PACKERS[count] = struct.Struct("<" + "qdI" * count)
    return found


class Block(bytes):
    """Any number of packed rows: all samples of a meter since its last read."""

    __slots__ = ()

    @classmethod
    def flat(cls, fields: Sequence[float]) -> Block:
        """Pack rows whose fields follow each other: time, value, channel, time and so on."""
        return cls(packer(len(fields) // 3).pack(*fields))

    @classmethod
    def of(cls, rows: Iterable[Row]) -> Block:
        """Pack rows."""
        return cls(b"".join([ROW.pack(*row) for row in rows]))

    def rows(self) -> list[Row]:
        """Unpack; an incomplete row at the end is left out."""
        whole = len(self) - len(self) % ROW.size
        return list(ROW.iter_unpack(memoryview(self)[:whole]))
