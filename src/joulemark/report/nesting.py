"""Which part lies inside which: an order for tables and nested bars."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from joulemark.accounting.boundary import Part, PartEnergy, contains, parents_of, part_of
from joulemark.accounting.results import PhaseResult
from joulemark.core.channel import Channel, Domain
from joulemark.core.window import Role

_DIGITS = re.compile(r"(\d+)")
_RANK: Mapping[Domain, int] = {domain: place for place, domain in enumerate(Domain)}

Natural = list[tuple[int, str]]
Key = tuple[Natural, int, Natural]


def order(channel: Channel) -> Key:
    """Return a sort key: by node, by kind of part from the outside in, gpu-2 before gpu-10."""
    return _natural(channel.node), _RANK[channel.domain], _natural(channel.part)


def _natural(name: str) -> Natural:
    """Return a sort key of a name whose numbers count as such."""
    pieces = _DIGITS.split(name)
    return [(int(piece), "") if piece.isdecimal() else (-1, piece) for piece in pieces]


def containers(parts: Sequence[PartEnergy]) -> dict[Part, Part | None]:
    """Return for each part the innermost other part that contains it; None for those added."""
    parents = parents_of(part.channel for part in parts)
    outside = {
        part_of(inner.channel): [
            part_of(outer.channel)
            for outer in parts
            if not inner.added and contains(outer.channel, inner.channel, parents)
        ]
        for inner in parts
    }
    return {
        part: max(around, key=lambda other: len(outside[other]), default=None)
        for part, around in outside.items()
    }


def nested(parts: Sequence[PartEnergy]) -> list[tuple[PartEnergy, int]]:
    """Return parts with the depth at which they lie, each after the part that contains it."""
    inside = containers(parts)
    parts = sorted(parts, key=lambda part: order(part.channel))
    ordered: list[tuple[PartEnergy, int]] = []
    seen: set[Part] = set()

    def visit(part: PartEnergy, depth: int) -> None:
        here = part_of(part.channel)
        if here in seen:
            return
        seen.add(here)
        ordered.append((part, depth))
        for other in parts:
            if inside[part_of(other.channel)] == here:
                visit(other, depth + 1)

    for part in parts:
        if inside[part_of(part.channel)] is None:
            visit(part, 0)
    for part in parts:
        visit(part, 0)
    return ordered


def phase_watts(result: PhaseResult) -> dict[Part, float]:
    """Return the mean power of each part of a phase, each window weighted by its covered time."""
    joules: dict[Part, float] = {}
    seconds: dict[Part, float] = {}
    for window in result.windows:
        for part in window.parts:
            here = part_of(part.channel)
            joules[here] = joules.get(here, 0.0) + part.energy.joules.value
            covered = part.energy.coverage * window.window.duration_s
            seconds[here] = seconds.get(here, 0.0) + covered
    return {part: joules[part] / seconds[part] for part in joules if seconds[part] > 0}


def idle_watts(results: Iterable[PhaseResult]) -> dict[Part, float]:
    """Return the mean power of each part over all idle windows."""
    idle = [result for result in results if result.role is Role.IDLE]
    joules: dict[Part, float] = {}
    seconds: dict[Part, float] = {}
    for result in idle:
        length = sum(w.window.duration_s for w in result.windows)
        for part, watts in phase_watts(result).items():
            joules[part] = joules.get(part, 0.0) + watts * length
            seconds[part] = seconds.get(part, 0.0) + length
    return {part: joules[part] / seconds[part] for part in joules if seconds[part] > 0}
