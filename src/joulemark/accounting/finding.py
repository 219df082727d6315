"""What a cross-check found, and whether it can be true."""

from __future__ import annotations

from dataclasses import dataclass

from joulemark.core.caution import Caution, Code

IMPOSSIBLE = frozenset(
    {
        Code.CHILD_ABOVE_PARENT,
        Code.ABOVE_RATING,
        Code.FROZEN_SENSOR,
        Code.UNRELATED_METERS,
        Code.WRONG_UNIT,
        Code.DOUBLE_COUNT,
    }
)
"""Findings that cannot be true of meters that do what they say; the others are doubtful."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a cross-check found.

    Attributes:
        code: of the closed list of warnings.
        detail: what was seen, with numbers.
        channels: names of the channels that it concerns.
    """

    code: Code
    detail: str
    channels: tuple[str, ...]

    @property
    def impossible(self) -> bool:
        """Whether the numbers cannot be true as they stand."""
        return self.code in IMPOSSIBLE

    @property
    def caution(self) -> Caution:
        """The warning that a result carries."""
        return Caution(self.code, self.detail)
