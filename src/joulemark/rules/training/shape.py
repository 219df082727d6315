"""What the course of readings tells: whether they were measured, and whether twice handed in."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from joulemark.accounting.training_record import Floats

TELLING = 20
"""Fewer readings than this tell nothing."""
FINE = 1e-3
"""Steps of a meter that are larger than this share of its power hide how that moves."""
PIECE = 6
"""Readings that follow each other in one log alone, where they move."""
KEPT = 64
"""Pieces of a log that are kept to know it by."""


@dataclass(frozen=True, slots=True)
class Course:
    """How readings follow each other.

    Attributes:
        held: readings for each change of their value; NaN if that tells nothing.
        straight: share of readings that lie on the line between their neighbours; NaN likewise.
    """

    held: float = math.nan
    straight: float = math.nan


def course_of(watts: Floats) -> Course:
    """Return how readings (W, in the order of time) follow each other."""
    if len(watts) < TELLING or not np.isfinite(watts).all():
        return Course()
    mean = float(np.abs(watts).mean())
    step = 1.01 if (watts == np.rint(watts)).all() else 1e-6 * mean
    changes = int((np.diff(watts) != 0).sum())
    if not changes or step > FINE * mean:
        return Course()
    bent = np.abs(np.diff(watts, 2))
    return Course((len(watts) - 1) / changes, float((bent <= step).mean()))


def pieces_of(watts: Floats) -> frozenset[int]:
    """Return what a log of readings is known by: the least hashes of its moving pieces.

    Two logs share as many of them as they share pieces, within some per cent.
    """
    if len(watts) < TELLING:
        return frozenset()
    bits = np.ascontiguousarray(watts, dtype=np.float64).view(np.uint64)
    moves = np.diff(watts) != 0
    count = len(watts) - PIECE + 1
    mixed = np.zeros(count, dtype=np.uint64)
    moving = np.zeros(count, dtype=np.int64)
    for at in range(PIECE):
        mixed = (mixed ^ bits[at : at + count]) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
        if at:
            moving += moves[at - 1 : at - 1 + count]
    found = np.unique(mixed[moving >= PIECE - 2])
    return frozenset(found[:KEPT].tolist())


def shared(one: frozenset[int], other: frozenset[int]) -> float:
    """Return the share of pieces that two logs have in common, 0 to 1."""
    if not one or not other:
        return 0.0
    least = sorted(one | other)[:KEPT]
    return sum(piece in one and piece in other for piece in least) / len(least)
