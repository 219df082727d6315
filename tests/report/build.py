"""Runs made for the tests of this room: known by construction, like what real meters leave."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from joulemark.accounting.phases import phases
from joulemark.accounting.results import PhaseResult
from joulemark.core.caution import Caution, Code
from joulemark.core.channel import Accuracy, Channel, Domain, Provenance, Quantity
from joulemark.core.clock import NS, Anchor
from joulemark.core.run import Run, Status, System
from joulemark.core.trace import Trace
from joulemark.core.window import Role, Window, Work

START = 1_760_000_000 * NS
"""2025-10-09 08:53:20 UTC."""


class Made:
    """A run, its traces and its results; a plain class, so that Hypothesis prints it short."""

    def __init__(self, run: Run, traces: dict[str, Trace], results: list[PhaseResult]) -> None:
        self.run = run
        self.traces = traces
        self.results = results

    def __repr__(self) -> str:
        samples = {trace.channel: trace.value.tolist() for trace in self.traces.values()}
        return f"{self.run.windows}, {samples}"[:20_000]


def made(run: Run, traces: Iterable[Trace]) -> Made:
    named = {trace.channel.name: trace for trace in traces}
    run = replace(run, channels=tuple(trace.channel for trace in named.values()))
    results = phases(run.windows, named.values(), gpus=bool(run.system.gpus))
    return Made(run, named, results)


def at(seconds: float) -> int:
    return START + round(seconds * NS)


def window(
    phase: str,
    start: float,
    stop: float | None,
    role: Role = Role.MEASURE,
    work: Work | None = None,
    facts: dict[str, float] | None = None,
) -> Window:
    ends = None if stop is None else at(stop)
    return Window(
        phase=phase, start=at(start), stop=ends, role=role, work=work, facts=facts or {}, process=1
    )


def channel(
    part: str, domain: Domain, quantity: Quantity = Quantity.ENERGY, **more: Any
) -> Channel:
    meter = more.pop("meter", "rapl")
    name = more.pop("name", f"{meter}/{part}/{quantity.value}")
    unit = more.pop("unit", {Quantity.ENERGY: "J", Quantity.POWER: "W"}.get(quantity, "1"))
    return Channel(
        name=name, meter=meter, part=part, domain=domain, quantity=quantity, unit=unit, **more
    )


def counter(of: Channel, stop: float, watts: float = 10.0, period: float = 0.1) -> Trace:
    """A counter of constant power from time zero."""
    seconds = np.arange(0.0, stop + period / 2, period)
    return Trace.of(of, START + np.round(seconds * NS).astype(np.int64), watts * seconds / of.scale)


def run_of(windows: Iterable[Window] = (), **more: Any) -> Run:
    known: dict[str, Any] = {
        "id": "20251009-085320-demo",
        "procedure": "bench",
        "anchor": Anchor(START, 0),
        "system": System(host="node1", cpu="Example CPU 3000", threads=8),
        "joulemark": "0.1.0",
        "title": "demo",
        "status": Status.COMPLETE,
        "stopped": at(100),
        "windows": tuple(windows),
    }
    return Run(**{**known, **more})


def steady(
    *, joules_per_sample: float = 0.1, watts: float = 10.0, unit: str = "sample", **more: Any
) -> Made:
    """Two idle windows of 10 s at the same power, and two measured windows of 20 s."""
    work = Work(20 * watts / joules_per_sample, unit)
    windows = [
        window("idle", 1, 11, Role.IDLE),
        window("train", 12, 32, work=work),
        window("train", 33, 53, work=work),
        window("idle", 54, 64, Role.IDLE),
    ]
    package = channel("package-0", Domain.PACKAGE, update_s=0.001, accuracy=Accuracy(gain=0.05))
    return made(run_of(windows, **more), [counter(package, 65, watts)])


NOTE = "virtual machine: 2 of 32 hardware threads"


def estimated() -> Made:
    """What a virtual machine without sensors leaves: a model of processor and memory."""
    model = Accuracy(model=0.5, source="spread of published servers")
    windows = [window("infer", 1, 21, work=Work(1000, "sample"))]
    traces = [
        counter(
            channel(
                part, domain, Quantity.INTERVAL, meter="estimate", unit="J", accuracy=model,
                provenance=Provenance.ESTIMATED, note=NOTE,
            ),
            30, watts,
        )
        for part, domain, watts in (("cpu", Domain.PACKAGE, 4.0), ("dram", Domain.DRAM, 1.0))
    ]  # fmt: skip
    flat = [Trace(t.channel, t.time, np.full(len(t), 0.5)) for t in traces]
    system = System(host="vm", cpu="Virtual CPU", threads=2, virtual="kvm")
    return made(run_of(windows, system=system, title="infer in a VM"), flat)


def empty() -> Made:
    """A run that failed before anything was recorded."""
    return made(run_of(status=Status.FAILED, stopped=None, title=""), [])


def killed() -> Made:
    """A run whose process was killed in its second window: no end, no samples after it."""
    windows = [
        window("train", 1, 21, work=Work(200, "sample")),
        window("train", 22, None),
    ]
    cautions = (Caution(Code.INCOMPLETE, "run.json was never closed"),)
    run = run_of(windows, status=Status.RUNNING, stopped=None, cautions=cautions)
    return made(run, [counter(channel("package-0", Domain.PACKAGE, update_s=0.001), 30)])


def unread() -> Made:
    """A run with windows, and with a meter that gave no joules."""
    windows = [window("serve", 1, 21, work=Work(10, "query")), window("serve", 22, 42)]
    load = channel("gpu-0", Domain.GPU, Quantity.UTILISATION, meter="nvml", unit="%", scale=0.01)
    return made(run_of(windows), [counter(load, 50, 1.0)])


def many_gpus(count: int, nodes: int = 1) -> Made:
    """Several boards of several nodes, under a long load."""
    windows = [window("idle", 1, 9, Role.IDLE), window("train", 10, 60, work=Work(1e6, "token"))]
    traces = [
        counter(
            channel(
                f"gpu-{board}", Domain.GPU, meter="nvml", node=f"node{node}", update_s=0.1,
                name=f"nvml/node{node}/gpu-{board}", accuracy=Accuracy(gain=0.05),
            ),
            61, 100.0 + board,
        )
        for node in range(nodes)
        for board in range(count)
    ]  # fmt: skip
    return made(run_of(windows), traces)


HOSTILE = "<img src=x onerror=alert(1)></script><script>\x1b[31m\u202e&{{7*7}}"


def hostile() -> Made:
    """A run in which every free text is an attack."""
    text = HOSTILE
    bad = channel(
        text, Domain.PACKAGE, meter=text, name=text, source=text, note=text, node=text,
        accuracy=Accuracy(gain=0.05, source=text),
    )  # fmt: skip
    windows = [window(text, 1, 11, work=Work(10, text)), window(text, 12, 22, work=Work(10, text))]
    run = run_of(
        windows,
        id=text,
        title=text,
        procedure=text,
        joulemark=text,
        system=System(host=text, cpu=text, gpus=(text,), virtual=text, os=text),
        settings={text: {text: [text]}, "unavailable": [{"meter": text, "what": text}, 3]},
        environment={text: text},
        meters=({"name": text, "settings": {text: text}},),
        cautions=(Caution(Code.METER_FAILED, text, text),),
        results={
            "loadgen-1": {text: text, "nan": math.nan},
            "epochs": [{"epoch": n, text: text, "loss": 1.0 / n} for n in (1, 2)],
            text: text,
        },
    )
    return made(run, [counter(bad, 30)])
