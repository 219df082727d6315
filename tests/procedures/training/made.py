"""Runs of agents whose truth is known: power as a function of time, clocks that are off."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from joulemark.core.channel import Accuracy, Channel, Domain, Instrument, Quantity
from joulemark.core.clock import NS, Anchor
from joulemark.core.mllog import Event, mllog
from joulemark.core.run import Run, Status, System
from joulemark.procedures.training.identity import Identity
from joulemark.procedures.training.nodes import CLOCK_FILE, PROCEDURE, RUN_LOG
from joulemark.store import duck
from joulemark.store.importing import write_imported

T0 = 1_790_000_000 * NS
"""True time at which the runs begin, ns."""
START, STOP = 10.0, 100.0
"""When the training begins and ends, s of true time."""
HOURS_5 = 5 * 3600.0
GATHERER = 3.25
"""What the gatherer's clock shows too much, s."""

Power = Callable[[float], float]


def channel(part: str = "node", meter: str = "bmc", domain: Domain = Domain.NODE) -> Channel:
    return Channel(
        name=f"{meter}/{part}",
        meter=meter,
        part=part,
        domain=domain,
        quantity=Quantity.POWER,
        unit="W",
        accuracy=Accuracy(gain=0.01, source="made up"),
        instrument=Instrument.PLATFORM,
        update_s=0.5,
    )


def wave(watts: float) -> Power:
    """Power that swings by a tenth, slowly."""
    return lambda t: watts * (1 + 0.1 * math.sin(t / 7))


def joules(power: Power, start: float = START, stop: float = STOP) -> float:
    at = np.linspace(start, stop, 20_001)
    return float(np.trapezoid([power(float(t)) for t in at], at))


def exchanges(off_s: float, seed: int, last_s: float = 110.0) -> bytes:
    """What an agent whose clock shows so much too much says to the gatherer."""
    chance = random.Random(seed)

    def stamp(true_s: float, shift: float) -> int:
        return T0 + round((true_s + shift) * NS)

    lines = []
    for k in range(int(last_s / 2)):
        at = 2.0 * k
        there, back = chance.uniform(1e-4, 3e-3), chance.uniform(1e-4, 3e-3)
        lines.append(
            [
                stamp(at, off_s),
                stamp(at + there, GATHERER),
                stamp(at + there + 1e-4, GATHERER),
                stamp(at + there + 1e-4 + back, off_s),
            ]
        )
    return "\n".join(json.dumps(line) for line in lines).encode()


def run_log(off_s: float = 0.0, status: str = "success", benchmark: str = "lenet") -> bytes:
    def at(seconds: float) -> int:
        return T0 + round((seconds + off_s) * NS)

    lines = [
        mllog(at(1), Event.POINT, "submission_benchmark", benchmark),
        mllog(at(START), Event.START, "run_start"),
        mllog(at(STOP), Event.STOP, "run_stop", 0.9, {"status": status}),
    ]
    return ("\n".join(lines) + "\n").encode()


def agent_run(
    store: Path,
    node: int | None,
    power: Power,
    *,
    off_s: float = 0.0,
    first_s: float = 0.0,
    last_s: float = 110.0,
    stall: tuple[float, float] | None = None,
    status: Status = Status.COMPLETE,
    log: bytes | None = None,
    compared: bool = True,
    of: Channel | None = None,
    beside: Sequence[Channel] = (),
    rank: int = 0,
    switch: str = "",
) -> Path:
    """Write the run of an agent.

    Args:
        store: where to.
        node: its number.
        power: of its node, W, by true time since ``T0``, s.
        off_s: what its clock shows too much.
        first_s: its first sample; ``last_s`` its last, s of true time.
        stall: when its meter gave nothing.
        status: of the run; ``running`` for an agent that was killed.
        log: of the training, if it lay there.
        compared: whether its clock was compared with the gatherer's.
        of: the channel.
        beside: others, which show the same power.
        rank, switch: of its identity.
    """
    who = Identity(host=f"box{node if node is not None else rank}", node=node, rank=rank,
                   switch=switch)  # fmt: skip
    at = np.arange(first_s, last_s, 0.5)
    if stall is not None:
        at = at[(at <= stall[0]) | (at >= stall[1])]
    clock = T0 + np.rint((at + off_s) * NS).astype(np.int64)
    begin = T0 + round((first_s + off_s) * NS)
    mine = (of or channel(), *beside)
    record = Run(
        id=f"run-{switch or node or 0}-{rank}-{round(first_s)}",
        procedure=PROCEDURE,
        anchor=Anchor(begin, 0),
        system=System(host=who.host, cpu="some processor", memory_bytes=2**33),
        settings={"identity": who.as_json(), "run_log": "logs/result_3.txt"},
        channels=mine,
        status=status,
        stopped=int(clock[-1]) if len(clock) else begin,
    )
    rows: dict[str, Any] = {
        "time": np.tile(clock, len(mine)),
        "value": np.tile(np.array([power(float(t)) for t in at], dtype=float), len(mine)),
        "channel": np.repeat(np.arange(len(mine), dtype=np.uint32), len(at)),
    }
    raw = {CLOCK_FILE: exchanges(off_s, seed=7 + (node or 0))} if compared else {}
    if log is not None:
        raw[RUN_LOG] = log
    with duck.connect() as database:
        write_imported(store, record, rows, database, raw)
    return store / record.id


def three(store: Path, watts: Sequence[float] = (400.0, 500.0, 600.0)) -> list[Path]:
    """Three nodes of one run, clocks right, nothing wrong; node 0 has the log."""
    return [
        agent_run(store, k, wave(w), log=run_log() if k == 0 else None) for k, w in enumerate(watts)
    ]
