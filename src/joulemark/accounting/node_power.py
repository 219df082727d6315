"""The power of a node from all that was read in it: means over the steps of a grid.

A reading of a power log stands for the time since the one before it. What is written there is
therefore the energy of the node between two moments over the time between them, of whatever kind of
sensor it came: the parts that may be added are chosen as everywhere (:mod:`.boundary`), and the
readings add up to their energy. A step in which a part was not read has no reading.

A counter that has news as seldom as a step is long makes power of its own pace: nothing, twice as
much, nothing. Where the same part tells its power, too, that is taken.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from joulemark.accounting.boundary import choose, part_of, split
from joulemark.accounting.curve import Curve, Floats, Times, curve_of
from joulemark.accounting.integrate import energy_between
from joulemark.core.channel import Channel, Domain, Provenance, Quantity
from joulemark.core.clock import NS
from joulemark.core.trace import Trace

COVERED = 0.98
"""A step of which less is covered has no reading."""
SLOW_S = 0.1
"""A counter that has news more seldom gives way to a power reading of its part, s."""
WHOLE = (Domain.NODE, Domain.WALL)
"""Kinds of meters that see everything in a node."""


@dataclass(frozen=True, slots=True, eq=False)
class NodePower:
    """Power of a node.

    Attributes:
        time: the moments, ns, shape (n + 1,).
        watts: mean power of each step, W, shape (n,); NaN where a part was not read.
        channels: those that were added.
    """

    time: Times
    watts: Floats
    channels: tuple[Channel, ...]

    @property
    def provenance(self) -> Provenance:
        """The weakest of what was added."""
        return Provenance.weakest([channel.provenance for channel in self.channels])

    @property
    def whole(self) -> bool:
        """Whether a meter saw everything in the node."""
        return any(channel.domain in WHOLE for channel in self.channels)


def node_power(traces: Iterable[Trace], time: Times) -> NodePower | None:
    """Return the power of a node; None if nothing that carries energy was read.

    Args:
        traces: of all its channels.
        time: moments, ns, increasing, at least two.
    """
    start, stop = int(time[0]), int(time[-1])
    curves = [curve_of(trace) for trace in _telling(traces)]
    energies = [(curve.channel, energy_between(curve, start, stop)) for curve in curves]
    read = [(channel, energy) for channel, energy in energies if energy.coverage > 0]
    added = tuple(part.channel for part in split(choose(read)) if part.added)
    if not added:
        return None
    known = {curve.channel.name: curve for curve in curves}
    steps = np.diff(time)
    watts = np.zeros(len(steps))
    for channel in added:
        joules, covered = _at(known[channel.name], time)
        whole = np.diff(covered) >= COVERED * steps
        watts += np.where(whole, np.diff(joules) / (steps / NS), np.nan)
    return NodePower(time, watts, added)


def _telling(traces: Iterable[Trace]) -> list[Trace]:
    """Return what carries energy, without slow counters of parts whose power was read."""
    found = [trace for trace in traces if trace.channel.carries_energy and len(trace)]
    read = {part_of(one.channel) for one in found if one.channel.quantity is Quantity.POWER}
    return [
        one
        for one in found
        if one.channel.quantity is not Quantity.ENERGY
        or (one.channel.update_s or 0.0) <= SLOW_S
        or part_of(one.channel) not in read
    ]


def _at(curve: Curve, time: Times) -> tuple[Floats, Floats]:
    both = [curve.at(moment) for moment in time.tolist()]
    return np.array([joules for joules, _ in both]), np.array([float(ns) for _, ns in both])
