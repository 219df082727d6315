"""What the page says of the run itself: machine, meters, sampling, other tools' results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from joulemark.core.channel import Channel
from joulemark.core.clock import NS
from joulemark.core.run import Run
from joulemark.core.units import digits, duration, si
from joulemark.report.flat import Row, rows
from joulemark.report.format import NOTHING, axis_unit, clean, iso
from joulemark.report.words import accuracy


def system_rows(run: Run) -> list[Row]:
    """Return what is known of the machine."""
    system = run.system
    gpus = [
        f"{clean(name, 80)} (×{count})" if count > 1 else clean(name, 80)
        for name, count in counted(system.gpus)
    ]
    sockets = [
        f"{system.sockets} sockets" if (system.sockets or 0) > 1 else "",
        f"{system.cores} cores" if system.cores else "",
        f"{system.threads} hardware threads" if system.threads else "",
    ]
    pairs = (
        ("host", system.host),
        ("processor", system.cpu),
        ("", ", ".join(filter(None, sockets))),
        ("memory", _memory(system.memory_bytes)),
        ("accelerators", ", ".join(gpus) or "none"),
        ("operating system", system.os),
        ("kernel", " ".join(filter(None, (system.kernel, system.machine)))),
        ("virtual machine", system.virtual or "no"),
        ("container", system.container or "no"),
    )
    return [(name, clean(text)) for name, text in pairs if text]


def counted(names: Sequence[str]) -> list[tuple[str, int]]:
    """Return each name once, with how often it occurs."""
    return [(name, names.count(name)) for name in dict.fromkeys(names)]


def _memory(size: int) -> str:
    factor, unit = axis_unit(float(size), "B")
    return f"{digits(size / factor, 3)} {unit}" if size else ""


def run_rows(run: Run, path: str) -> list[Row]:
    """Return what identifies a run."""
    pairs = (
        ("run", run.id),
        ("path", path),
        ("procedure", run.procedure),
        ("started", iso(run.anchor.utc_ns)),
        ("stopped", iso(run.stopped) or "not recorded"),
        ("length", _length(run)),
        ("joulemark", run.joulemark),
        ("run format", f"version {run.schema}"),
    )
    return [(name, clean(text)) for name, text in pairs if text]


def _length(run: Run) -> str:
    return "" if run.stopped is None else duration((run.stopped - run.anchor.utc_ns) / NS)


def sampler_rows(run: Run) -> list[Row]:
    """Return what the sampling loop says of itself."""
    sampler = run.sampler
    if sampler is None:
        return []
    late, worst = si(sampler.late_mean_s, "s", 2), si(sampler.late_max_s, "s", 2)
    return [
        ("sampled by", "a process of its own" if sampler.mode == "process" else sampler.mode),
        ("period", si(sampler.period_s, "s", 3)),
        ("samples", f"{sampler.ticks}, {sampler.skipped} skipped"),
        ("late", f"{late} on average, {worst} at worst"),
        ("processor time", si(sampler.cpu_s, "s", 3)),
    ]


@dataclass(frozen=True, slots=True)
class MeterRow:
    """One channel that carries energy, in the table of meters."""

    channel: str
    meter: str
    kind: str
    accuracy: str
    basis: str
    update: str
    source: str
    note: str
    provenance: str


def meter_rows(channels: Sequence[Channel]) -> list[MeterRow]:
    """Return the channels that carry energy: how accurate, by what authority, read where."""
    return [
        MeterRow(
            channel=clean(channel.name, 80),
            meter=clean(channel.meter, 40),
            kind=f"{channel.domain.value}, {channel.quantity.value}",
            accuracy=accuracy(channel.accuracy),
            basis=clean(channel.accuracy.source),
            update=NOTHING if channel.update_s is None else si(channel.update_s, "s", 3),
            source=clean(channel.source),
            note=clean(channel.note),
            provenance=channel.provenance.value,
        )
        for channel in channels
        if channel.carries_energy
    ]


def unavailable(run: Run) -> list[tuple[str, str, str]]:
    """Return what could not be read: meter, why, what would help."""
    said = run.settings.get("unavailable")
    if not isinstance(said, list):
        return []
    return [
        (clean(e.get("meter", ""), 60), clean(e.get("what", "")), clean(e.get("remedy", "")))
        for e in said
        if isinstance(e, dict)
    ]


def others(results: Mapping[str, Any], known: Sequence[str]) -> list[tuple[str, list[Row]]]:
    """Return what other tools said, but for the names that have a picture of their own."""
    return [(clean(n, 80), rows(value)) for n, value in results.items() if n not in known and value]


def loadgen(results: Mapping[str, Any]) -> tuple[list[str], list[tuple[str, list[str]]]]:
    """Return LoadGen's summaries side by side: names of the tests, and a row for each value."""
    tests = {name: dict(rows(v)) for name, v in results.items() if "loadgen" in name.lower()}
    names = dict.fromkeys(key for said in tests.values() for key in said)
    table = [(key, [said.get(key, NOTHING) for said in tests.values()]) for key in names]
    return [clean(name, 40) for name in tests], table
