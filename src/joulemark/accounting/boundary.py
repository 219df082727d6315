"""Which parts may be added so that no watt is counted twice, and what the sum lacks.

One channel speaks for each part: a sensor before an estimate, a channel that covers the window
before one that does not, a counter before interval energies before power, a short averaging window
before a long one. Of the parts, those that lie inside another part that is measured too are shown
but not added. An estimate gives way wherever a sensor reads the same kind of part.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from joulemark.core.channel import Channel, Domain, Provenance, Quantity
from joulemark.core.energy import Energy

_PARTS = (Domain.PACKAGE, Domain.CORE, Domain.UNCORE, Domain.DRAM)
_INSIDE: Mapping[Domain, tuple[Domain, ...]] = {
    Domain.WALL: (Domain.NODE, Domain.PSYS, Domain.GPU, Domain.BOARD, Domain.RAIL, *_PARTS),
    Domain.NODE: (Domain.PSYS, Domain.GPU, Domain.BOARD, Domain.RAIL, *_PARTS),
    Domain.PSYS: _PARTS,
    Domain.PACKAGE: (Domain.CORE, Domain.UNCORE),
}
"""What a kind of part holds where no channel says it itself. DRAM draws its power beside the
processor package, not through it: Intel's package counter does not contain it."""

_WHOLE = (Domain.WALL, Domain.NODE, Domain.PSYS)
"""Kinds that hold what lies in a node whatever parent it names."""

_RANK = {Quantity.ENERGY: 0, Quantity.INTERVAL: 1, Quantity.POWER: 2}
_ENOUGH = 0.99

ASPECTS: tuple[tuple[str, Domain], ...] = (
    ("processor", Domain.PACKAGE),
    ("memory", Domain.DRAM),
    ("GPU", Domain.GPU),
    ("board, disks and fans", Domain.NODE),
    ("power supply losses", Domain.WALL),
    ("network", Domain.SWITCH),
)
"""What a total may lack, and the kind of part that has it."""
_SHARED = (Domain.GPU, Domain.SWITCH)
"""Kinds that not every node has one of."""
COOLING = "cooling of the room"

Part = tuple[str, str]
"""Node and name of a part."""


@dataclass(frozen=True, slots=True)
class PartEnergy:
    """Energy of one part.

    Attributes:
        channel: the channel that speaks for it.
        energy: its energy.
        added: whether it is in the total, or inside another part that is.
    """

    channel: Channel
    energy: Energy
    added: bool


def part_of(channel: Channel) -> Part:
    """Return the part that a channel watches."""
    return channel.node, channel.part


def hosts(channel: Channel) -> tuple[str, ...]:
    """Return the hosts whose parts a part may contain: those it supplies, else its own."""
    return channel.nodes or (channel.node,)


def choose(energies: Iterable[tuple[Channel, Energy]]) -> list[tuple[Channel, Energy]]:
    """Return one channel for each part, the best; estimates only where nothing is measured."""
    best: dict[Part, tuple[Channel, Energy]] = {}
    for channel, energy in sorted(energies, key=lambda pair: _order(*pair)):
        best.setdefault(part_of(channel), (channel, energy))
    measured = {
        (host, channel.domain)
        for channel, _ in best.values()
        for host in hosts(channel)
        if channel.provenance is not Provenance.ESTIMATED
    }
    return [
        (channel, energy)
        for channel, energy in best.values()
        if channel.provenance is not Provenance.ESTIMATED
        or not any((channel.node, domain) in measured for domain in _held(channel))
    ]


def _order(channel: Channel, energy: Energy) -> tuple[bool, float, int, float, str]:
    modelled = channel.provenance is Provenance.ESTIMATED
    shortfall = round(1 - energy.coverage, 2) if energy.coverage < _ENOUGH else 0.0
    return modelled, shortfall, _RANK[channel.quantity], channel.window_s or 0.0, channel.name


def _held(channel: Channel) -> tuple[Domain, ...]:
    return (channel.domain, *channel.covers)


def contains(outer: Channel, inner: Channel, parents: Mapping[Part, str | None]) -> bool:
    """Return whether the energy of one part contains the energy of another.

    Args:
        outer: a channel of the part that may contain.
        inner: a channel of the part that may be contained.
        parents: the named parent of each part of the run.
    """
    if part_of(outer) == part_of(inner) or not set(hosts(inner)) <= set(hosts(outer)):
        return False
    seen, name = {inner.part}, parents.get(part_of(inner))
    named = name is not None
    while name is not None and name not in seen:
        if name == outer.part:
            return True
        seen.add(name)
        name = parents.get((inner.node, name))
    if named and outer.domain not in _WHOLE:
        return False
    if outer.domain is inner.domain is Domain.WALL:
        return len(hosts(inner)) < len(hosts(outer))
    return inner.domain in (outer.covers or _INSIDE.get(outer.domain, ()))


def parents_of(channels: Iterable[Channel]) -> dict[Part, str | None]:
    """Return the named parent of each part that names one."""
    return {part_of(channel): channel.parent for channel in channels if channel.parent}


def split(chosen: list[tuple[Channel, Energy]], known: Iterable[Channel] = ()) -> list[PartEnergy]:
    """Mark the parts that make up the total: those that lie inside no other.

    Of parts that claim to lie inside each other the first is added.

    Args:
        chosen: one channel for each part that was read, with its energy.
        known: all channels of the run, so that what lies between two parts is known even where it
            was not read itself.
    """
    channels = [channel for channel, _ in chosen]
    parents = parents_of([*known, *channels])

    def inside(i: int, j: int) -> bool:
        outer, inner = channels[j], channels[i]
        return contains(outer, inner, parents) and (j < i or not contains(inner, outer, parents))

    return [
        PartEnergy(channel, energy, added=not any(inside(i, j) for j in range(len(channels))))
        for i, (channel, energy) in enumerate(chosen)
    ]


def unread(chosen: Iterable[Channel], known: Iterable[Channel]) -> list[Channel]:
    """Return a channel of each part that has a sensor, lies in no part that was read, and was not.

    Args:
        chosen: the channels that were read.
        known: all channels of the run that carry energy.
    """
    read, known = list(chosen), list(known)
    parents, parts = parents_of(known), {part_of(channel) for channel in read}
    lost: dict[Part, Channel] = {}
    for channel in known:
        within = any(contains(outer, channel, parents) for outer in read)
        sensor = channel.provenance is not Provenance.ESTIMATED
        if sensor and not within and part_of(channel) not in parts:
            lost.setdefault(part_of(channel), channel)
    return list(lost.values())


def lacks(channels: Iterable[Channel], *, gpus: bool) -> tuple[str, ...]:
    """Return what a total of these channels leaves out, in words.

    Args:
        channels: the channels that are added; of several nodes, each is looked at by itself.
        gpus: whether the system has accelerators.
    """
    held: dict[str, set[Domain]] = {}
    for channel in channels:
        for host in hosts(channel):
            held.setdefault(host, set()).update(held_by(channel))
    each = [domains for domains in held.values() if domains != {Domain.SWITCH}]
    known = set.intersection(*each) if each else set()
    known.update(d for domains in held.values() for d in domains if d in _SHARED)
    if not gpus:
        known.add(Domain.GPU)
    return (*(name for name, domain in ASPECTS if domain not in known), COOLING)


def held_by(channel: Channel) -> set[Domain]:
    """Return the kinds of parts whose energy is in a part's energy, its own included."""
    inside = channel.covers or _INSIDE.get(channel.domain, ())
    known = {channel.domain, *inside}
    return known | {Domain.NODE} if channel.domain is Domain.WALL else known
