"""A bench in software: a virtual LPM01A and a virtual board on one rail, in virtual time.

The monitor's real driver and the board's real protocol talk to them byte by byte; no time is
waited for, so five windows of ten seconds are over in a second, and always the same.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from joulemark.meters.lpm01a import Lpm01a
from joulemark.procedures.tiny.bench import bench_tiny, no_one
from joulemark.procedures.tiny.settings import ENERGY, TinyOutcome, TinySettings
from joulemark.procedures.tiny.steps import Station, Tell
from joulemark.virtual.board import (
    CLASSES,
    Kind,
    Speaker,
    Stretch,
    VirtualBoard,
    VirtualIoManager,
    answer_of,
)
from joulemark.virtual.lpm01a import VirtualLpm01a
from joulemark.virtual.rail import Rail
from joulemark.workloads.tiny.inputs import Input, made_up

SLICE_S = 0.25
"""Virtual time between two reads of the monitor."""
HOST_VOLTS = 3.3
WHERE = "virtual LPM01A"
WORD = "virtual "


class _Hearing(Protocol):
    def hear(self, data: bytes) -> None:
        """Take what the host wrote."""
        ...

    def say(self) -> bytes:
        """Return all that it says now."""
        ...


class Wire:
    """A serial line to a board whose time passes while it is listened to.

    Args:
        speaker: what is at its other end.
    """

    def __init__(self, speaker: Speaker) -> None:
        """Keep the speaker."""
        self._speaker = speaker

    def write(self, data: bytes) -> None:
        """Send all of it."""
        self._speaker.hear(data)

    def read(self, seconds: float) -> bytes:
        """Return what has come; let time pass if nothing has."""
        said = self._speaker.say()
        if said or seconds <= 0:
            return said
        self._speaker.step(seconds)
        return self._speaker.say()

    def close(self) -> None:
        """Do nothing."""


class Cable:
    """A port of a device that says all it has to say at once.

    Args:
        device: what is at its other end.
    """

    def __init__(self, device: _Hearing) -> None:
        """Keep the device."""
        self._device = device

    def write(self, data: bytes) -> None:
        """Send all of it."""
        self._device.hear(data)

    def read(self, timeout_s: float) -> bytes:  # it never has to wait
        """Return what has come."""
        return self._device.say()

    def close(self) -> None:
        """Do nothing."""


@dataclass(frozen=True, slots=True)
class VirtualBench:
    """A board, its monitor and what feeds both.

    Attributes:
        rail: what feeds the board.
        board: the board.
        station: what it is measured with.
    """

    rail: Rail
    board: VirtualBoard
    station: Station

    @property
    def stretches(self) -> Sequence[Stretch]:
        """Every window as it truly was."""
        return self.board.stretches


def virtual_bench(
    kind: Kind,
    *,
    mode: str = ENERGY,
    fault: str = "",
    monitor_fault: str = "",
    relayed: bool = True,
) -> VirtualBench:
    """Return a bench.

    Args:
        kind: of the board.
        mode: what is to be measured.
        fault: of the board.
        monitor_fault: of the monitor.
        relayed: put a relay before the board, as energy mode wants it.
    """
    rail = Rail()
    board = VirtualBoard(rail, kind, fault)
    energy = mode == ENERGY
    monitor = None
    if energy:
        device = VirtualLpm01a(rail, monitor_fault)
        monitor = Lpm01a(lambda: Cable(device), WHERE)
    else:
        rail.switch(HOST_VOLTS)
    speaker: Speaker = VirtualIoManager(board) if energy and relayed else board
    station = Station(Wire(speaker), energy and relayed, monitor, rail.clock, SLICE_S, labelled)
    return VirtualBench(rail, board, station)


def rehearse(
    bench: VirtualBench,
    store: Path,
    settings: TinySettings,
    *,
    output: Path | None = None,
    tell: Tell = no_one,
) -> TinyOutcome:
    """Measure the board of a virtual bench, and put what was true beside it.

    Args:
        bench: the bench; used up by it.
        store: folder of the runs.
        settings: what the session is to be.
        output: where the files in both layouts are copied to.
        tell: told of progress.

    Raises:
        JoulemarkError: whatever a session raises, with a fault for instance.
    """
    settings = replace(
        settings, virtual=True, system=settings.system or WORD + bench.board.kind.model
    )
    outcome = bench_tiny(bench.station, store, settings, output=output, tell=tell)
    if settings.mode != ENERGY:
        return outcome
    true = [one.joules / one.count for one in bench.stretches if one.count == outcome.iterations]
    return replace(
        outcome,
        true_j=statistics.median(true[-settings.trials :]) if true else None,
        true_sleep_w=bench.board.kind.sleep_w,
    )


def labelled(model: str, size: int, count: int) -> list[Input]:
    """Return made-up inputs with the classes that a virtual board finds in them."""
    made = []
    for one in made_up(model, size, count):
        answer = answer_of(model, one.pieces[0])
        label = int(answer[0] > 0.5) if len(answer) == 1 else answer.index(max(answer))
        classes = max(CLASSES[model], 2)
        made.append(Input(one.file, one.pieces, label, classes))
    return made
