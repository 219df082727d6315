"""How much of a tree is read at most, so that a hostile one cannot fill memory or disk."""

from __future__ import annotations

from dataclasses import dataclass

from joulemark.formats.trees.tree import MAX_FILE


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds.

    Attributes:
        entries: files of a tree, or names of a folder. The largest published round has 150,000.
        depth: folders below each other.
        path: bytes of a path.
        file: bytes of a file that is kept aside for reading.
        spool: bytes kept aside in temporary files of all files of a compressed tar archive.
        ratio: bytes unpacked for each packed one. Logs reach 30, archives of copies 100.
        unchecked: bytes that may be unpacked before the ratio is looked at.
        answer_s: how long git may take for an answer, s.
    """

    entries: int = 2_000_000
    depth: int = 64
    path: int = 4096
    file: int = MAX_FILE
    spool: int = 8 << 30
    ratio: int = 400
    unchecked: int = 16 << 20
    answer_s: float = 60.0
