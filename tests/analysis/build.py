"""Makers of observations: phases of runs as a comparison sees them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from joulemark.analysis.observed import Observation, Repeat
from joulemark.core.channel import Accuracy, Channel, Domain, Instrument, Provenance, Quantity
from joulemark.core.clock import NS
from joulemark.core.run import System
from joulemark.core.student import NORMAL_975
from joulemark.core.value import Source, Term, Value

START = 1_790_000_000 * NS
BOX = System(host="box", cpu="Example CPU 3000", threads=8, sockets=1, machine="x86_64")


def channel(part: str = "package-0", **more: Any) -> Channel:
    settings: dict[str, Any] = {
        "name": f"rapl/{part}",
        "meter": "rapl",
        "part": part,
        "domain": Domain.PACKAGE,
        "quantity": Quantity.ENERGY,
        "unit": "J",
        "source": f"/sys/class/powercap/{part}",
        "instrument": Instrument.ON_CHIP,
    }
    return Channel(**{**settings, **more})


def board(number: str, part: str = "gpu-0", **more: Any) -> Channel:
    """A GPU with a unique number."""
    source = f"nvmlDeviceGetTotalEnergyConsumption GPU-{number * 8}-0000-0000-0000-{number * 12}"
    settings = {"name": f"nvml/{part}", "meter": "nvml", "domain": Domain.GPU, "source": source}
    return channel(part, **{**settings, **more})


def observation(
    joules: Sequence[float],
    run: str = "a",
    *,
    start_s: float | None = None,
    every_s: float = 100.0,
    seconds: float = 60.0,
    count: float = 1000.0,
    gain: float = 0.05,
    offset_w: float = 0.0,
    model: float = 0.0,
    random: float = 0.0,
    **more: Any,
) -> Observation:
    """One phase: windows of known joules, read by one meter of known accuracy.

    Args:
        joules: of each window.
        run: id.
        start_s: start of the run, s; by the first letter of its id where None.
        every_s: from window to window, s.
        seconds: length of a window, s.
        count: work of a window.
        gain: accuracy class, relative, 95 %.
        offset_w: accuracy class, W, 95 %.
        model: error of a model, relative, 95 %.
        random: standard uncertainty of each window, J.
    """
    if start_s is None:
        start_s = 100_000.0 * (ord(run[0]) - ord("a"))
    total, length = sum(joules), seconds * len(joules)
    accuracy = Accuracy(gain=gain, offset_w=offset_w, model=model)
    made: Channel = more.pop("channel", None) or channel(accuracy=accuracy)
    meter, part = f"{made.node}/{made.meter}", f"{made.node}/{made.part}"
    value = Value(total, "J")
    for source, u in (
        (Source(Term.GAIN, part, kin=meter), gain / NORMAL_975 * total),
        (Source(Term.OFFSET, part), offset_w / NORMAL_975 * length),
        (Source(Term.MODEL, meter), model / NORMAL_975 * total),
        (Source(Term.SAMPLING, f"{part}@{start_s}"), random * len(joules) ** 0.5),
    ):
        value = value.plus(source, u)
    begins = [START + round((start_s + i * every_s) * NS) for i in range(len(joules))]
    known: dict[str, Any] = {
        "run": run,
        "title": "demo",
        "procedure": "bench",
        "joulemark": "0.1.0",
        "started": START + round(start_s * NS),
        "system": BOX,
        "settings": {},
        "environment": {},
        "codes": frozenset(),
        "phase": "train",
        "unit": "sample",
        "lacks": ("GPU",),
        "channels": (made,),
        "provenance": Provenance.ESTIMATED if model else Provenance.MEASURED,
        "energy": value,
        "net": None,
        "repeats": tuple(
            Repeat(start=begin, seconds=seconds, covered_s=seconds, joules=j, net=None, count=count)
            for begin, j in zip(begins, joules, strict=True)
        ),
    }
    return Observation(**{**known, **more})
