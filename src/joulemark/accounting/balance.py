"""The balance of meters that cover the same part: what a whole used beyond its measured parts.

The rest is a difference of two meters. What is the same error in both (the rate of the clock)
cancels in it. The gain does not, even between sensors of one meter: the careful side is that they
differ, while those of the parts on one side err together. Five boards of one model differed from
each other by 7 % (SC24, arXiv 2312.02741), so that a gain which is taken to cancel would call
honest meters impossible.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from joulemark.accounting.boundary import (
    Part,
    PartEnergy,
    contains,
    held_by,
    parents_of,
    part_of,
    split,
)
from joulemark.accounting.motion import Motion
from joulemark.core.channel import Channel, Domain
from joulemark.core.energy import Energy
from joulemark.core.student import NORMAL_975
from joulemark.core.value import Source, Term, Value, total

OF_A_SENSOR = (Term.GAIN, Term.MODEL)
"""Terms that may be one error of a meter in a sum, and are errors of two sensors here."""

MAY_HOLD: Mapping[Domain, tuple[str, ...]] = {
    Domain.WALL: ("losses of the power supply",),
    Domain.NODE: ("board, disks, fans and network cards",),
    Domain.PSYS: ("board and display",),
    Domain.PACKAGE: ("caches and memory controller",),
    Domain.BOARD: ("regulators, input and output",),
    Domain.RAIL: ("regulators",),
    Domain.GPU: ("memory and fan of the card",),
}
"""What a kind of part draws beside everything that may have a meter of its own."""
NAMES: Mapping[Domain, str] = {
    Domain.NODE: "board, disks, fans and network cards",
    Domain.PACKAGE: "processor",
    Domain.CORE: "processor cores",
    Domain.UNCORE: "graphics of the processor",
    Domain.DRAM: "memory",
    Domain.GPU: "GPU",
}
"""Kinds of parts, by their names in a rest."""


Reading = tuple[Channel, Energy]
"""A channel and its energy over one phase."""


UNSTATED = 0.05
"""Relative accuracy (95 %) of a sensor whose maker states none, for comparing it."""


class Verdict(StrEnum):
    """What a balance says."""

    BALANCED = "balanced"
    """The rest cannot be told from nothing."""
    REST = "rest"
    """The whole used more than its measured parts."""
    IMPOSSIBLE = "impossible"
    """The parts used more than the whole that contains them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """A part against the disjoint measured parts within it, over one phase.

    Attributes:
        whole: channel of the part.
        parts: channels of the parts within it, nothing twice.
        whole_w: mean power of the part, W.
        parts_w: of each part within it, W.
        sum_w: their sum.
        rest_w: the difference.
        may_hold: what the rest may be, in words.
        motion: how the part moved with those within it during the run; None where nothing moved.
    """

    whole: Channel
    parts: tuple[Channel, ...]
    whole_w: Value
    parts_w: tuple[Value, ...]
    sum_w: Value
    rest_w: Value
    may_hold: tuple[str, ...]
    motion: Motion | None = None

    @property
    def share(self) -> float | None:
        """The rest as a share of the whole; None where the whole is nothing."""
        return self.rest_w.value / self.whole_w.value if self.whole_w.value > 0 else None

    @property
    def names(self) -> tuple[str, ...]:
        """The channels that are compared, the whole first."""
        return (self.whole.name, *(channel.name for channel in self.parts))

    @property
    def verdict(self) -> Verdict:
        """What the 95 % interval of the rest leaves possible."""
        if self.rest_w.value + self.rest_w.u95 < 0:
            return Verdict.IMPOSSIBLE
        beyond = self.rest_w.value - self.rest_w.u95 > 0
        return Verdict.REST if beyond else Verdict.BALANCED


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Two channels of one part over one phase.

    Attributes:
        channel: the one that speaks for the part.
        other: the other.
        channel_w: mean power by the first, W.
        other_w: by the other.
        ratio: the other over the first; None where the first is nothing.
        motion: how the first moved with the other during the run, where two meters read them.
    """

    channel: Channel
    other: Channel
    channel_w: Value
    other_w: Value
    ratio: Value | None
    motion: Motion | None = None

    @property
    def agrees(self) -> bool:
        """Whether the difference of the two lies within its own 95 % interval."""
        apart = self.other_w - self.channel_w
        return abs(apart.value) <= apart.u95


def apart(value: Value, side: str) -> Value:
    """Return a value whose gain is an error of its own sensors, for comparing with another's."""
    parts = {_own(source, side): u for source, u in value.parts.items()}
    return Value(value.value, value.unit, parts)


def _own(source: Source, side: str) -> Source:
    if source.term not in OF_A_SENSOR:
        return source
    kin = f"{source.kin} {side}" if source.kin else ""
    return replace(source, of=f"{source.of} {side}", kin=kin)


def stated(channel: Channel) -> bool:
    """Return whether anybody says how accurate a channel is."""
    of = channel.accuracy
    return bool(of.source) and (of.gain > 0 or of.offset_w > 0 or of.model > 0)


def mean_watts(channel: Channel, energy: Energy, seconds: float) -> Value:
    """Return mean power over the time that an energy covers, W, to be compared with another's.

    A channel whose accuracy nobody states is taken to be within 5 %.
    """
    watts = energy.joules.scaled(1 / (energy.coverage * seconds), "W")
    if stated(channel):
        return watts
    assumed = UNSTATED / NORMAL_975 * watts.value
    return watts.plus(Source(Term.GAIN, f"{channel.node}/{channel.name}"), assumed)


def members(parts: Sequence[PartEnergy], known: Iterable[Channel]) -> list[tuple[int, list[int]]]:
    """Return each part that contains others, with the disjoint ones within it, by their places.

    Parts that claim to lie inside each other are no whole of each other.

    Args:
        parts: one for each part that was read.
        known: all channels of the run, so that what lies between two parts is known.
    """
    known = list(known)
    channels = [part.channel for part in parts]
    parents = parents_of([*known, *channels])
    places = {part_of(channel): place for place, channel in enumerate(channels)}
    found = []
    for place, outer in enumerate(channels):
        inner = [
            (part.channel, part.energy)
            for part in parts
            if contains(outer, part.channel, parents) and not contains(part.channel, outer, parents)
        ]
        top = [places[part_of(part.channel)] for part in split(inner, known) if part.added]
        if top:
            found.append((place, top))
    return found


def balances(
    parts: Sequence[PartEnergy],
    known: Iterable[Channel],
    seconds: float,
    motions: Mapping[Part, Motion | None],
    *,
    gpus: bool,
) -> list[Balance]:
    """Return the balance of every part that contains measured parts.

    Args:
        parts: energies of one phase, one for each part.
        known: all channels of the run.
        seconds: time in the windows of the phase, s.
        motions: how parts moved with those within them, by part.
        gpus: whether the system has accelerators.
    """
    watts = [mean_watts(part.channel, part.energy, seconds) for part in parts]
    found = []
    for place, inner in members(parts, known):
        whole, inside = parts[place].channel, [watts[i] for i in inner]
        summed = total(inside, "W")
        channels = tuple(parts[i].channel for i in inner)
        found.append(
            Balance(
                whole=whole,
                parts=channels,
                whole_w=watts[place],
                parts_w=tuple(inside),
                sum_w=summed,
                rest_w=watts[place] - apart(summed, "inside"),
                may_hold=rest_of(whole, channels, gpus=gpus),
                motion=motions.get(part_of(whole)),
            )
        )
    return found


def rest_of(whole: Channel, parts: Iterable[Channel], *, gpus: bool) -> tuple[str, ...]:
    """Return in words what is in a part and in none of the parts within it."""
    inside = {domain for channel in parts for domain in held_by(channel)} | {whole.domain}
    if not gpus:
        inside.add(Domain.GPU)
    if whole.domain is not Domain.PACKAGE:
        inside.update((Domain.CORE, Domain.UNCORE))
    held = held_by(whole)
    names = [name for domain, name in NAMES.items() if domain in held and domain not in inside]
    return (*names, *MAY_HOLD.get(whole.domain, ()))


def agreements(
    chosen: Mapping[Part, Channel],
    readings: Sequence[Reading],
    seconds: float,
    motions: Mapping[str, Motion | None],
) -> list[Agreement]:
    """Return every channel beside the one that speaks for its part.

    Args:
        chosen: the channel that speaks, by part.
        readings: energy of every channel over the phase.
        seconds: time in the windows of the phase, s.
        motions: how the channel that speaks moved with another, by the name of the other.
    """
    watts = {channel.name: mean_watts(channel, energy, seconds) for channel, energy in readings}
    found = []
    for other, _ in readings:
        channel = chosen.get(part_of(other))
        if channel is None or channel.name == other.name or channel.name not in watts:
            continue
        first, second = watts[channel.name], apart(watts[other.name], "beside")
        ratio = second.over(first, "1") if first.value > 0 else None
        found.append(
            Agreement(
                channel=channel,
                other=other,
                channel_w=first,
                other_w=second,
                ratio=ratio,
                motion=motions.get(other.name),
            )
        )
    return found
