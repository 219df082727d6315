"""What the run of an agent holds: its node's power, its clock against the gatherer's, its end."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from joulemark.accounting.clocks import Exchange, Offset, offset_of
from joulemark.accounting.curve import Times
from joulemark.accounting.node_power import NodePower, node_power
from joulemark.accounting.training_record import Kind, Mark, PowerRecord
from joulemark.core.channel import Provenance
from joulemark.core.clock import NS
from joulemark.core.errors import UsageError
from joulemark.core.jsonlight import loads
from joulemark.core.mllog import MS
from joulemark.core.trace import Trace
from joulemark.formats.training.writing import power_log_text
from joulemark.procedures.training.identity import Identity, identity_from
from joulemark.store.files import RAW, new_file, open_regular
from joulemark.store.reader import StoredRun, open_run

PROCEDURE = "agent"
CLOCK_FILE, RUN_LOG = "clock.jsonl", "training.log"
STEP_S, SECOND_S = 0.5, 1.0
"""Distance of the readings that are written: two a second, or one, if the sensor has news so
seldom; s."""
EARLY = 1.1
"""A sensor that is late by a tenth still has news once a second."""
LOCAL = "localhost"
"""Node of a channel that nobody told which node it is of."""
MOST_CLOCK = 64 << 20
"""Largest file of exchanges that is read, bytes."""
_LAST_NS = 1 << 62


@dataclass(frozen=True, slots=True, eq=False)
class NodeRun:
    """The run of one agent.

    Attributes:
        stored: it.
        identity: what it is of.
        exchanges: what its clock and the gatherer's said to each other.
        traces: what it recorded of its node, by its own clock.
        others: what it recorded of other nodes: outlets of a strip that it reads, for instance.
    """

    stored: StoredRun
    identity: Identity
    exchanges: tuple[Exchange, ...]
    traces: tuple[Trace, ...]
    others: tuple[Trace, ...] = ()

    @property
    def offset(self) -> Offset | None:
        """What its clock lacks to the gatherer's; None if they never spoke."""
        return offset_of(self.exchanges)

    @property
    def span(self) -> tuple[int, int] | None:
        """First and last moment with a sample that carries energy, by its clock, ns."""
        sides = [
            (int(trace.time[0]), int(trace.time[-1]))
            for trace in self.traces
            if trace.channel.carries_energy and len(trace)
        ]
        if not sides:
            return None
        return min(first for first, _ in sides), max(last for _, last in sides)

    @property
    def provenance(self) -> list[Provenance]:
        """Of the channels that carry energy."""
        return [t.channel.provenance for t in self.traces if t.channel.carries_energy]


def read_node(path: Path) -> NodeRun:
    """Read the run of an agent, whatever became of it.

    Raises:
        UsageError: if another procedure made the run.
        StoreError: if it is no run or cannot be read.
        FormatError: if it is damaged.
    """
    stored = open_run(path)
    if stored.run.procedure != PROCEDURE:
        raise UsageError(
            f"a run of {stored.run.procedure!r}, not of an agent",
            where=str(path),
            remedy="give run directories that joulemark agent made",
        )
    identity = identity_from(stored.run.settings.get("identity"), str(path))
    traces = tuple(stored.traces().values())
    foreign = _foreign(traces, identity)
    return NodeRun(
        stored=stored,
        identity=identity,
        exchanges=_exchanges(path / RAW / CLOCK_FILE),
        traces=tuple(one for one in traces if one.channel.name not in foreign),
        others=tuple(one for one in traces if one.channel.name in foreign),
    )


def _foreign(traces: Iterable[Trace], identity: Identity) -> set[str]:
    """Return the names of channels that carry energy of other nodes.

    A meter far away is told which node it reads. One name is that of this node, whatever it is; of
    several that is which is its host's or its own (``node_3``).
    """
    channels = [trace.channel for trace in traces if trace.channel.carries_energy]
    told = {one.node for one in channels} - {LOCAL}
    mine = told & {identity.host, identity.part} or (told if len(told) == 1 else set())
    return {
        one.name
        for one in channels
        if len(one.nodes) > 1 or (one.node != LOCAL and one.node not in mine)
    }


def _exchanges(path: Path) -> tuple[Exchange, ...]:
    try:
        with open_regular(path) as file:
            lines = file.read(MOST_CLOCK).split(b"\n")
    except FileNotFoundError:
        return ()
    found = [_exchange(line) for line in lines]
    return tuple(stamps for stamps in found if stamps is not None)


def _exchange(line: bytes) -> Exchange | None:
    """Return the stamps of a line; None if it was never finished or holds anything else."""
    try:
        stamps = loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(stamps, list) or len(stamps) != len(Exchange._fields):
        return None
    whole = all(isinstance(s, int) and not isinstance(s, bool) for s in stamps)
    return Exchange(*stamps) if whole and all(0 <= s < _LAST_NS for s in stamps) else None


def step_s(traces: Iterable[Trace]) -> float:
    """Return the distance of readings that repeat none and fill none in, s.

    That of the rules, or the pace of the slowest sensor, where that is longer: what a sensor does
    not tell once a second is not written once a second.
    """
    paces = [t.channel.update_s or 0.0 for t in traces if t.channel.carries_energy and len(t)]
    slowest = max(paces, default=0.0)
    if slowest <= STEP_S:
        return STEP_S
    return SECOND_S if slowest <= EARLY * SECOND_S else math.ceil(slowest / SECOND_S) * SECOND_S


def grid(start: int, stop: int, step: float = STEP_S) -> Times:
    """Return whole milliseconds from a moment to another, ns, a step (s) apart."""
    first, last = -(-start // MS) * MS, stop // MS * MS
    return np.arange(first, last + 1, round(step * NS), dtype=np.int64)


def record_of(name: str, power: NodePower | None, factor: float | None = None) -> PowerRecord:
    """Return a power log of what was measured; without any power one with no reading.

    Args:
        name: ``node_0``, ``sw_0`` …
        power: over a grid of whole milliseconds.
        factor: conversion efficiency to be stated; None for none.
    """
    none = NodePower(np.zeros(2, np.int64), np.full(1, np.nan), ())
    read = power or none
    there = np.isfinite(read.watts)
    time = read.time[1:][there]
    start = int(read.time[:-1][there][0]) if len(time) else int(read.time[0])
    return PowerRecord(
        name=name,
        kind=Kind.SWITCH if name.startswith("sw_") else Kind.NODE,
        time=time,
        watts=read.watts[there],
        line=np.arange(1, len(time) + 1, dtype=np.int32),
        starts=(Mark(start, 0),),
        stops=(Mark(int(time[-1]) if len(time) else start, len(time) + 1),),
        efficiencies=() if factor is None else (Mark(start, 0, factor),),
    )


def about(node: NodeRun, power: NodePower | None) -> dict[str, Any]:
    """Return what a power log says of its making, as JSON values."""
    said: dict[str, Any] = {"host": node.identity.host, "written_by": "joulemark"}
    if power is not None:
        said["meters"] = sorted({channel.meter for channel in power.channels})
        said["provenance"] = str(power.provenance)
    return said


def write_power_log(run: Path, part: str) -> None:
    """Write the official power log of a run that an agent is about to close, by its own clock.

    Raises:
        StoreError: if it cannot be read or written.
        FormatError: if the run is damaged.
    """
    node = read_node(run)
    step = step_s(node.traces)
    if node.span is None or node.span[1] - node.span[0] < 2 * step * NS:
        return
    power = node_power(node.traces, grid(*node.span, step))
    if power is not None:
        text = power_log_text(record_of(part, power), about(node, power))
        new_file(run / RAW / f"{part}.txt", text.encode())
