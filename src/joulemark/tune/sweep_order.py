"""The order of a sweep: blocks, each with every point once, shuffled with a stated seed.

What drifts while a sweep runs (a warming room, a filling disk) must fall onto no axis. Each repeat
is a block, so that no point is measured early in all of them; and of several shuffles of a block
that one is taken whose mean time, over all blocks so far, is most nearly the same for every value
of every axis.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence

from joulemark.tune.sweep_fields import Label

SHUFFLES = 32
Sums = dict[tuple[str, str], float]


def order(
    points: Sequence[Mapping[str, Label]], repeats: int, seed: int, shuffles: int = SHUFFLES
) -> list[tuple[int, int]]:
    """Return block and place of the point, for every measurement in turn.

    Args:
        points: value of each axis.
        repeats: number of blocks.
        seed: the same seed gives the same order.
        shuffles: so many are tried for each block.
    """
    found: list[tuple[int, int]] = []
    before: Sums = defaultdict(float)
    for block in range(repeats):
        chance = random.Random(f"{seed}/{block}")  # noqa: S311 # no secret
        tried = [_shuffled(len(points), chance) for _ in range(shuffles)]
        sums = [_added(before, points, one) for one in tried]
        best = min(range(shuffles), key=lambda place: _size(sums[place]))
        before = sums[best]
        found += [(block, place) for place in tried[best]]
    return found


def imbalance(points: Sequence[Mapping[str, Label]], made: Sequence[tuple[int, int]]) -> float:
    """Return how far the values of the axes are from the middle of the sweep; less is better."""
    sums: Sums = defaultdict(float)
    for first in range(0, len(made), len(points)):
        sums = _added(sums, points, [place for _, place in made[first : first + len(points)]])
    return _size(sums)


def _shuffled(count: int, chance: random.Random) -> list[int]:
    places = list(range(count))
    chance.shuffle(places)
    return places


def _added(before: Sums, points: Sequence[Mapping[str, Label]], places: Sequence[int]) -> Sums:
    """Return the sums of times from the middle, by axis and value, with one more block."""
    sums = defaultdict(float, before)
    middle = (len(places) - 1) / 2
    for moment, place in enumerate(places):
        for name, value in points[place].items():
            sums[name, str(value)] += moment - middle
    return sums


def _size(sums: Sums) -> float:
    return sum(value * value for value in sums.values())
