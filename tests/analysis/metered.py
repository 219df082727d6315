"""Runs in which a processor's counter, its memory and a plug-in meter are read together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from joulemark.core.block import Block, Row
from joulemark.core.channel import Accuracy, Channel, Domain, Provenance, Quantity
from joulemark.core.clock import NS, Anchor
from joulemark.core.run import Run, Status, System
from joulemark.core.window import Role, Window, Work
from joulemark.meters.spool import SpoolWriter
from joulemark.store.writer import RunWriter

T0 = 1_795_387_512_000_000_000
SECONDS = 30
GAIN, OFFSET_W = 1.15, 35.0
"""What the wall takes of what the processor and its memory say."""

PACKAGE = Channel(
    name="rapl/package-0",
    meter="rapl",
    part="package-0",
    domain=Domain.PACKAGE,
    quantity=Quantity.ENERGY,
    unit="J",
    accuracy=Accuracy(gain=0.05),
    update_s=0.001,
    source="/sys/p0",
)
DRAM = replace(PACKAGE, name="rapl/dram-0", part="dram-0", domain=Domain.DRAM, source="/sys/d0")
WALL = Channel(
    name="plug/wall",
    meter="plug",
    part="wall",
    domain=Domain.WALL,
    quantity=Quantity.POWER,
    unit="W",
    resolution=0.1,
    accuracy=Accuracy(gain=0.01, offset_w=0.2),
    source="plug 7",
)
BUSY = Channel(
    name="host/busy",
    meter="host",
    part="host",
    domain=Domain.HOST,
    quantity=Quantity.UTILISATION,
    unit="1",
)
LOADS = {"idle": 20.0, "low": 50.0, "middle": 90.0, "high": 140.0, "full": 190.0}
"""Watts of the processor by phase."""


def metered(
    store: Path,
    name: str = "20261122-224512-fit",
    loads: Mapping[str, float] = LOADS,
    *,
    channels: Sequence[Channel] = (PACKAGE, DRAM, WALL, BUSY),
    host: str = "box",
    seed: int = 7,
    estimated: bool = False,
    settings: Mapping[str, object] | None = None,
    boards: bool = False,
    outer: str = "",
) -> Path:
    """Write a closed run: one window of half a minute for each load; return its directory.

    Args:
        store: folder of the runs.
        name: of the run; what follows its last hyphen is its title.
        loads: watts of the processor by phase.
        channels: what is read.
        host: name of the machine.
        seed: of the noise.
        estimated: whether the processor is modelled, not read.
        settings: of the run.
        boards: whether boards draw the processor's watts, and not 15 W.
        outer: name of a window that holds all others; none if empty.
    """
    if estimated:
        channels = [
            replace(c, provenance=Provenance.ESTIMATED, source="a model") if c is PACKAGE else c
            for c in channels
        ]
    run = Run(
        id=name,
        procedure="run",
        anchor=Anchor(T0, 0),
        system=System(host=host),
        joulemark="0.1.0",
        title=name.rpartition("-")[2],
        settings=dict(settings or {}),
    )
    writer = RunWriter.create(store, run)
    out = SpoolWriter(writer.traces / "sampler.spool", "sampler", list(channels), Anchor(T0, 0))
    out.append(Block.of(list(_rows(channels, list(loads.values()), seed, boards=boards))))
    out.close()
    if outer:
        _mark(writer, outer, Role.MEASURE, T0 + NS, T0 + (len(loads) * SECONDS - 1) * NS)
    for place, phase in enumerate(loads):
        start = T0 + place * SECONDS * NS + NS
        role = Role.IDLE if phase.startswith("idle") else Role.MEASURE
        _mark(writer, phase, role, start, start + (SECONDS - 2) * NS)
    ended = T0 + len(loads) * SECONDS * NS
    writer.close(replace(run, status=Status.COMPLETE, stopped=ended), compact=False)
    return writer.path


def _mark(writer: RunWriter, phase: str, role: Role, start: int, stop: int) -> None:
    opened = writer.open_window(phase, role, start, 1)
    window = Window(phase=phase, role=role, start=start, stop=stop, work=Work(10, "step"))
    writer.close_window(opened, window)


def _rows(channels: Sequence[Channel], watts: list[float], seed: int, *, boards: bool) -> list[Row]:
    noise = np.random.default_rng(seed)
    joules, rows = 0.0, list[Row]()
    for second in range(len(watts) * SECONDS + 1):
        now = watts[min(second // SECONDS, len(watts) - 1)] + float(noise.normal(0, 1))
        both = now * 1.1
        outside = round(GAIN * both + OFFSET_W + float(noise.normal(0, 0.5)), 1)
        values = {
            "rapl/package-0": joules,
            "rapl/dram-0": 0.1 * joules,
            "plug/wall": outside,
            "host/busy": now / 200,
            "nvml/gpu-0": 1.1 * joules if boards else 15.0 * second,
            "nvml/gpu-1": 15.0 * second,
            "shunt/gpu": outside,
        }
        rows += [
            (T0 + second * NS, values[channel.name], place)
            for place, channel in enumerate(channels)
        ]
        joules += now
    return rows
