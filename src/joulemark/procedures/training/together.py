"""Nodes on one clock: that of the run's own log.

Each agent's clock was compared with the gatherer's; two such comparisons lead from any node to the
node that wrote the log. What neither tells is taken as right within a second.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from joulemark.accounting.clocks import Drift, Offset
from joulemark.accounting.curve import Times
from joulemark.core.channel import Quantity
from joulemark.core.clock import NS
from joulemark.core.trace import Trace
from joulemark.procedures.training.nodes import NodeRun

UNKNOWN_S = 1.0
"""Half-width of a clock that was never compared."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Placed:
    """A node's samples by the clock of the run's log.

    Attributes:
        node: its run, by its own clock.
        part: ``node_0`` …
        traces: what it recorded, moved.
        offset_s: by how much at the middle of the run, s.
        half_s: half-width of that, s.
        compared: whether its clock was compared at all.
        consistent: whether one clock agrees with all comparisons.
        drift: how fast its clock is left behind by the gatherer's; None if unknown.
    """

    node: NodeRun
    part: str
    traces: tuple[Trace, ...]
    offset_s: float
    half_s: float
    compared: bool
    consistent: bool
    drift: Drift | None

    @property
    def span(self) -> tuple[int, int] | None:
        """First and last moment with a sample that carries energy, ns."""
        return replace(self.node, traces=self.traces).span


def on_run_clock(node: NodeRun, moment: int) -> int:
    """Return a moment that a program of a node read off the system's clock, by the run's clock.

    The run counts by the monotonic clock; how far the system's clock has moved away since is one of
    the channels of the host.
    """
    for trace in node.traces:
        if trace.channel.quantity is Quantity.CLOCK_OFFSET and len(trace):
            since = (trace.time - trace.time[0]).astype(float)
            away_s = np.interp(moment - int(trace.time[0]), since, np.nan_to_num(trace.si()))
            return moment - round(float(away_s) * NS)
    return moment


def place(node: NodeRun, part: str, reference: NodeRun | None, moments: tuple[int, ...]) -> Placed:
    """Return a node by the clock of another one.

    Args:
        node: it.
        part: its name.
        reference: the node whose clock counts; None for the gatherer's.
        moments: by that clock, ns: how wrong the node's place in time may be there is told.
    """
    there, back = node.offset, None if reference is None else reference.offset
    placed = Placed(
        node=node,
        part=part,
        traces=node.traces,
        offset_s=0.0,
        half_s=0.0,
        compared=True,
        consistent=there is None or there.consistent,
        drift=None if there is None else there.drift(),
    )
    if reference is not None and node.stored.path == reference.stored.path:
        return placed
    if there is None or (reference is not None and back is None):
        return replace(placed, half_s=UNKNOWN_S, compared=False)
    offset_s, half_s = _away(there, back, moments)
    traces = tuple(_moved(trace, there, back) for trace in node.traces)
    return replace(placed, traces=traces, offset_s=offset_s, half_s=half_s)


def _away(there: Offset, back: Offset | None, moments: tuple[int, ...]) -> tuple[float, float]:
    """Return what a node's clock lacks at the first of some moments, and the largest half-width."""
    here, offsets, halves = there.inverse(), [], []
    for moment in moments:
        more, half = (0.0, 0.0) if back is None else back.at(moment)
        less, other = here.at(moment + round(more))
        offsets.append(-(more + less) / NS)
        halves.append((half + other) / NS)
    return offsets[0], max(halves)


def _moved(trace: Trace, there: Offset, back: Offset | None) -> Trace:
    if not len(trace):
        return trace
    time: Times = there.moved(trace.time)
    if back is not None:
        time = back.inverse().moved(time)
    return Trace.of(trace.channel, time, trace.value)
