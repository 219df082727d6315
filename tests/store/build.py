"""Makers of runs and run directories."""

from __future__ import annotations

import resource
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from joulemark.core.block import Block, Row
from joulemark.core.channel import Channel, Domain, Quantity
from joulemark.core.clock import NS, Anchor
from joulemark.core.run import Run, Status, System
from joulemark.core.window import Role, Window, Work
from joulemark.meters.spool import SpoolWriter
from joulemark.store.writer import RunWriter

T0 = 1_795_387_512_000_000_000
"""2026-11-22T22:45:12Z."""

ANCHOR = Anchor(T0, 1_000)


def channel(name: str = "rapl/package-0", **more: Any) -> Channel:
    settings: dict[str, Any] = {
        "meter": "rapl",
        "part": "package-0",
        "domain": Domain.PACKAGE,
        "quantity": Quantity.ENERGY,
        "unit": "uJ",
        "scale": 1e-6,
        "wrap": 262143328850.0,
    }
    return Channel(name=name, **(settings | more))


POWER = channel("nvml/gpu-0", domain=Domain.GPU, quantity=Quantity.POWER, unit="mW", scale=1e-3)


def run(name: str = "20261122-224512-test-0001", **more: Any) -> Run:
    settings: dict[str, Any] = {
        "procedure": "run",
        "anchor": ANCHOR,
        "system": System(host="box"),
        "joulemark": "0.1.0",
        "title": "a test",
    }
    return Run(id=name, **(settings | more))


def spool(
    path: Path, rows: Iterable[Row], channels: Sequence[Channel] = (channel(),), writer: str = "w"
) -> Path:
    out = SpoolWriter(path, writer, list(channels), ANCHOR)
    out.append(Block.of(rows))
    out.close()
    return path


def rows(count: int, channels: int = 1, start: int = T0) -> list[Row]:
    return [(start + i * NS, float(i), i % channels) for i in range(count)]


def closed_window(phase: str, start: int, stop: int, **more: Any) -> Window:
    return Window(phase=phase, start=start, stop=stop, **more)


def written(
    store: Path,
    name: str = "20261122-224512-test-0001",
    *,
    close: bool = True,
    compact: bool = False,
    count: int = 10,
    started: int = T0,
) -> Path:
    """Write a run with two channels of two writers and one window; return its directory."""
    record = run(name, anchor=Anchor(started, 0))
    writer = RunWriter.create(store, record)
    spool(writer.traces / "sampler.spool", rows(count, 2), [channel(), POWER])
    spool(writer.traces / "edges.spool", [(T0, 0.5, 0), (T0 + 5 * NS, 4.5, 0)])
    window = writer.open_window("train", Role.MEASURE, T0, 77)
    done = Window(phase="train", start=T0, stop=T0 + 5 * NS, work=Work(100, "sample"), process=77)
    writer.close_window(window, done)
    (writer.raw / "log.txt").write_text("hello\n")
    if close:
        final = replace(record, status=Status.COMPLETE, stopped=T0 + 10 * NS)
        writer.close(final, compact=compact)
    else:
        writer.log.close()
    return writer.path


@contextmanager
def files_below(size: int) -> Iterator[None]:
    """Let the system refuse to write any file beyond ``size`` bytes, as a full disk would."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def copied(path: Path, store: Path) -> Path:
    """Copy a run directory: what a kill at this moment would leave."""
    target = store / path.name
    if target.exists():
        shutil.rmtree(target)
    shutil.copytree(path, target)
    return target
