"""Which parts may be added so that no watt is counted twice, and what the sum lacks.

One channel speaks for each part: a counter before interval energies before power, a short averaging
window before a long one, a channel that covers the window before one that does not. Of the parts,
those that lie inside another part that is measured too are shown but not added. An estimate gives
way wherever a sensor reads the same kind of part.
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

_RANK = {Quantity.ENERGY: 0, Quantity.INTERVAL: 1, Quantity.POWER: 2}
_ENOUGH = 0.99

_ASPECTS: tuple[tuple[str, Domain], ...] = (
    ("processor", Domain.PACKAGE),
    ("memory", Domain.DRAM),
    ("GPU", Domain.GPU),
    ("board, disks and fans", Domain.NODE),
    ("power supply losses", Domain.WALL),
    ("network", Domain.SWITCH),
)
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


def choose(energies: Iterable[tuple[Channel, Energy]]) -> list[tuple[Channel, Energy]]:
    """Return one channel for each part, the best; estimates only where nothing is measured."""
    best: dict[Part, tuple[Channel, Energy]] = {}
    for channel, energy in sorted(energies, key=lambda pair: _order(*pair)):
        best.setdefault(part_of(channel), (channel, energy))
    measured = {
        (channel.node, channel.domain)
        for channel, _ in best.values()
        if channel.provenance is not Provenance.ESTIMATED
    }
    return [
        (channel, energy)
        for channel, energy in best.values()
        if channel.provenance is not Provenance.ESTIMATED
        or not any((channel.node, domain) in measured for domain in _held(channel))
    ]


def _order(channel: Channel, energy: Energy) -> tuple[bool, float, int, float]:
    lacking = energy.coverage < _ENOUGH
    shortfall = round(1 - energy.coverage, 2) if lacking else 0.0
    return lacking, shortfall, _RANK[channel.quantity], channel.window_s or 0.0


def _held(channel: Channel) -> tuple[Domain, ...]:
    return (channel.domain, *channel.covers)


def contains(outer: Channel, inner: Channel, parents: Mapping[Part, str | None]) -> bool:
    """Return whether the energy of one part contains the energy of another.

    Args:
        outer: a channel of the part that may contain.
        inner: a channel of the part that may be contained.
        parents: the named parent of each part of the run.
    """
    if outer.node != inner.node or outer.part == inner.part:
        return False
    seen, name = {inner.part}, parents.get(part_of(inner))
    named = name is not None
    while name is not None and name not in seen:
        if name == outer.part:
            return True
        seen.add(name)
        name = parents.get((inner.node, name))
    if named and outer.domain not in (Domain.WALL, Domain.NODE):
        return False
    return inner.domain in (outer.covers or _INSIDE.get(outer.domain, ()))


def split(chosen: list[tuple[Channel, Energy]]) -> list[PartEnergy]:
    """Mark the parts that make up the total: those that lie inside no other."""
    parents = {part_of(channel): channel.parent for channel, _ in chosen}
    return [
        PartEnergy(
            channel,
            energy,
            added=not any(contains(outer, channel, parents) for outer, _ in chosen),
        )
        for channel, energy in chosen
    ]


def lacks(channels: Iterable[Channel], *, gpus: bool) -> tuple[str, ...]:
    """Return what a total of these channels leaves out, in words.

    Args:
        channels: the channels that are added.
        gpus: whether the system has accelerators.
    """
    held: set[Domain] = set()
    for channel in channels:
        held.add(channel.domain)
        held.update(channel.covers or _INSIDE.get(channel.domain, ()))
    if Domain.WALL in held:
        held.add(Domain.NODE)
    wanted = [name for name, domain in _ASPECTS if domain not in held]
    if not gpus and "GPU" in wanted:
        wanted.remove("GPU")
    return (*wanted, COOLING)
