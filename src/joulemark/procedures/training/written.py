"""The official power logs of a run, of nodes and switches on the clock of the run's log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from joulemark.accounting.node_power import NodePower, node_power
from joulemark.accounting.training_record import Kind, Mark, PowerRecord
from joulemark.core.channel import Channel
from joulemark.core.clock import NS
from joulemark.formats.training.writing import Layout, power_log_text
from joulemark.procedures.training.gathered import Switch
from joulemark.procedures.training.merge import factor_of
from joulemark.procedures.training.nodes import about, grid, record_of, step_s
from joulemark.procedures.training.together import Placed

MARGIN_NS = NS
"""A log begins so long before the run and ends so long after it, ns."""


class Written:
    """What is written of a run.

    Attributes:
        records: the power logs by part.
        channels: what each of a node's is the sum of.
        about: what each says of its making.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self.records: dict[str, PowerRecord] = {}
        self.channels: dict[str, tuple[Channel, ...]] = {}
        self.about: dict[str, dict[str, Any]] = {}

    def files(self, layout: Layout, number: int) -> Iterator[tuple[PurePosixPath, bytes]]:
        """Yield path and content of each power log."""
        for part, record in self.records.items():
            yield layout.power(number, part), power_log_text(record, self.about[part]).encode()


def written(
    placed: Sequence[Placed],
    switches: Sequence[Switch],
    factors: Mapping[str, float],
    run: tuple[int, int],
) -> Written:
    """Return the power logs of a run.

    Args:
        placed: nodes and measured switches.
        switches: those of the interconnect.
        factors: conversion efficiencies by part.
        run: start and stop, ns.
    """
    found = Written()
    for one in placed:
        power = _power(one, run)
        factor = factor_of(one.part, factors)
        found.records[one.part] = record_of(one.part, power, factor)
        found.channels[one.part] = () if power is None else power.channels
        clock = {"offset_s": round(one.offset_s, 6), "half_width_s": round(one.half_s, 6)}
        found.about[one.part] = {**about(one.node, power), "clock": clock}
    for switch in switches:
        if switch.declared_w is not None:
            found.records[switch.name] = _declared(switch, run[0], factor_of(switch.name, factors))
            found.about[switch.name] = {}
    return found


def _power(placed: Placed, run: tuple[int, int]) -> NodePower | None:
    time = grid(run[0] - MARGIN_NS, run[1] + MARGIN_NS, step_s(placed.traces))
    return node_power(placed.traces, time) if len(time) > 1 else None


def _declared(switch: Switch, start: int, factor: float | None) -> PowerRecord:
    return PowerRecord(
        name=switch.name,
        kind=Kind.SWITCH,
        time=np.empty(0, np.int64),
        watts=np.empty(0),
        line=np.empty(0, np.int32),
        efficiencies=() if factor is None else (Mark(start, 1, factor),),
        estimates=(Mark(start, 2, switch.declared_w or 0.0),),
    )
