"""Parts that many nodes have, taken together: 64 nodes are one bar and one line with 64 below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from joulemark.accounting.boundary import Part, PartEnergy, part_of
from joulemark.accounting.results import PhaseResult
from joulemark.core.channel import Channel, Domain
from joulemark.core.energy import Energy
from joulemark.report.nesting import nested, phase_watts

FEWEST = 3
"""So many nodes with a part of one name are told together."""

Family = tuple[str, Domain]


def families(parts: Sequence[PartEnergy]) -> dict[Family, list[PartEnergy]]:
    """Return the added parts that at least three nodes have, by name and kind."""
    found: dict[Family, list[PartEnergy]] = {}
    for part in parts:
        if part.added:
            found.setdefault(family(part.channel), []).append(part)
    return {
        name: alike
        for name, alike in found.items()
        if len({part.channel.node for part in alike}) >= FEWEST
    }


def family(channel: Channel) -> Family:
    """Return what parts of several nodes have in common."""
    return channel.part, channel.domain


def together(alike: Sequence[PartEnergy]) -> PartEnergy:
    """Return parts of several nodes as one."""
    first = alike[0].channel
    channel = replace(
        first, node="", part=f"{len(alike)} × {first.part}", parent=None, source="", note=""
    )
    return PartEnergy(channel, Energy.sum_of([part.energy for part in alike]), added=True)


def gathered(result: PhaseResult) -> PhaseResult:
    """Return a phase whose parts of many nodes are one each; as it is where there are none."""
    known = families(result.parts)
    if not known:
        return result
    windows = [
        replace(window, parts=_gathered(window.parts, set(known))) for window in result.windows
    ]
    return replace(result, parts=_gathered(result.parts, set(known)), windows=tuple(windows))


def _gathered(parts: Sequence[PartEnergy], known: set[Family]) -> tuple[PartEnergy, ...]:
    """Return the added parts, those of the families as one each."""
    groups: dict[Family, list[PartEnergy]] = {}
    others = []
    for part in parts:
        if not part.added:
            continue
        if family(part.channel) in known:
            groups.setdefault(family(part.channel), []).append(part)
        else:
            channel = part.channel
            name = f"{channel.node} {channel.part}"
            others.append(replace(part, channel=replace(channel, node="", part=name)))
    return (*(together(alike) for alike in groups.values()), *others)


Listed = tuple[PartEnergy, int, float | None]
"""A part, its depth in a table, and its mean power, W."""


def listing(result: PhaseResult) -> list[Listed]:
    """Return the parts of a phase for a table: each family, with its members below it."""
    watts, known = phase_watts(result), families(result.parts)
    rows: list[Listed] = []
    begun: set[Family] = set()
    inner: dict[Part, bool] = {}
    for part, depth in nested(result.parts):
        name = family(part.channel)
        if depth == 0:
            inner[(part.channel.node, "")] = name in known
            if name in known and name not in begun:
                begun.add(name)
                rows.append((together(known[name]), 0, _sum(known[name], watts)))
        deeper = depth + inner.get((part.channel.node, ""), False)
        rows.append((part, deeper, watts.get(part_of(part.channel))))
    return rows


def _sum(alike: Sequence[PartEnergy], watts: dict[Part, float]) -> float:
    return sum(watts.get(part_of(part.channel), 0.0) for part in alike)
