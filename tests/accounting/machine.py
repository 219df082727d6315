"""A metered server whose truth is known: idle, a load that moves, idle; every meter can be bent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from joulemark.accounting.phases import phases
from joulemark.accounting.results import PhaseResult
from joulemark.core.channel import Accuracy, Channel, Domain, Instrument, Quantity
from joulemark.core.evidence import Conduct
from joulemark.core.trace import Trace
from joulemark.core.window import Role, Work

from .build import counter, part, power, trace, window

Floats = NDArray[np.float64]

LENGTH = 100.0
WINDOWS = [
    window("idle", 1, 19, Role.IDLE),
    window("train", 21, 79, work=Work(1000, "sample")),
    window("idle", 81, 99, Role.IDLE),
]
CLASS = Accuracy(gain=0.02, offset_w=1.0, source="made for a test")
LOSSES = 1.08
BOARD_W = 40.0


def seconds(every: float = 0.1) -> Floats:
    """Times of samples, s."""
    times: Floats = np.arange(round(LENGTH / every) + 1) * np.float64(every)
    return times


def load(at: Floats) -> Floats:
    """Between idle (0) and load (about 1), with steps of several lengths under load."""
    busy = (at >= 20) & (at < 80)
    steps = 0.6 + 0.4 * ((at % 13) < 7) * ((at % 5) < 3)
    return np.where(busy, steps, 0.0)


def truth(at: Floats) -> dict[str, Floats]:
    """Power of every part, W."""
    level, beat = load(at), np.sin(at)
    known = {
        "package-0": 30 + 90 * level + 2 * beat,
        "gpu-0": 25 + 250 * level - beat,
        "gpu-1": 22 + 230 * load(at + 1.5) + 0.5 * beat,
    }
    known["core-0"] = known["package-0"] - 18.0
    known["node"] = known["package-0"] + known["gpu-0"] + known["gpu-1"] + BOARD_W
    known["wall"] = LOSSES * known["node"] + 6
    return known


CHANNELS: Mapping[str, Channel] = {
    channel.part: replace(channel, accuracy=CLASS)
    for channel in (
        part("wall", Domain.WALL, meter="plug", instrument=Instrument.EXTERNAL, rated_w=1500.0),
        part("node", Domain.NODE, meter="bmc", instrument=Instrument.PLATFORM, rated_w=1200.0),
        counter(
            name="rapl/package-0",
            meter="rapl",
            part="package-0",
            domain=Domain.PACKAGE,
            instrument=Instrument.ON_CHIP,
            update_s=0.001,
            rated_w=150.0,
        ),
        counter(
            name="rapl/core-0",
            meter="rapl",
            part="core-0",
            domain=Domain.CORE,
            parent="package-0",
            instrument=Instrument.ON_CHIP,
            update_s=0.001,
        ),
        *(
            part(f"gpu-{i}", Domain.GPU, meter="nvml", instrument=Instrument.ON_CHIP, rated_w=300.0)
            for i in (0, 1)
        ),
    )
}
BUSY = Channel(
    name="host/cpu",
    meter="host",
    part="host",
    domain=Domain.HOST,
    quantity=Quantity.CPU_TIME,
    unit="s",
)
UTILISATION = Channel(
    name="nvml/gpu-0/utilisation",
    meter="nvml",
    part="gpu-0",
    domain=Domain.GPU,
    quantity=Quantity.UTILISATION,
    unit="%",
    scale=0.01,
)


def record(name: str, watts: Floats | None = None, /, **more: Any) -> Trace:
    """The trace that a meter of the machine leaves, or one of other watts or another channel."""
    channel = replace(CHANNELS[name], **more)
    at = seconds()
    values = truth(at)[name] if watts is None else watts
    if channel.quantity is Quantity.ENERGY:
        values = np.concatenate(([1000.0], 1000 + np.cumsum(values[:-1] * 0.1)))
    return trace(channel, at, values / channel.scale)


def also(name: str, watts: Floats | None = None, /, **more: Any) -> Trace:
    """A power reading beside what the machine has of a part."""
    channel = power(
        name=f"other/{name}", meter="other", part=name, domain=CHANNELS[name].domain, accuracy=CLASS
    )
    values = truth(seconds())[name] if watts is None else watts
    return trace(replace(channel, **more), seconds(), values)


def busy() -> Trace:
    """Processor time of all programs."""
    return trace(BUSY, seconds(), np.cumsum(16 * load(seconds()) * 0.1))


def utilisation() -> Trace:
    """How busy the first GPU was."""
    return trace(UTILISATION, seconds(), 100 * load(seconds()))


def results(
    traces: Iterable[Trace], *, gpus: bool = True, conduct: Conduct | None = None
) -> dict[str, PhaseResult]:
    """What each phase came to."""
    found = phases(WINDOWS, traces, gpus=gpus, conduct=conduct)
    return {result.phase: result for result in found}


def train(*names: str | Trace, conduct: Conduct | None = None) -> PhaseResult:
    """The measured phase of a machine with some meters, by the names of parts or as traces."""
    traces = [record(each) if isinstance(each, str) else each for each in names]
    return results(traces, conduct=conduct)["train"]
