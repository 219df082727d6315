"""A log of power, and the load beside it, as the same kind of run as a live measurement.

One channel for each column of each GPU that is read, one window over the load, or over the whole
log without one. Another program read the sensors, so all is *declared*.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from joulemark.core.channel import Channel, Provenance
from joulemark.core.clock import NS, Anchor
from joulemark.core.errors import FormatError
from joulemark.core.run import Run, Status, System
from joulemark.core.trace import Trace
from joulemark.core.window import Window, Work
from joulemark.formats.inference.as_run import IMPORTED, Recording
from joulemark.formats.telemetry.definitions import WINDOW
from joulemark.formats.telemetry.load import Served
from joulemark.formats.telemetry.log import Log
from joulemark.formats.telemetry.zones import Met

PROCEDURE = "log"
LOGGED = "logged"
"""Name of the window over a log without a load."""
OUTPUT, REQUEST = "output token", "request"
UNNAMED = "GPU of unknown model"

Sensed = Callable[[Trace, str], Channel]
"""Returns what is known of the sensor behind a trace, given the model of its GPU."""


def log_run(
    log: Log,
    served: Served | None,
    met: Met,
    sensed: Sensed,
    *,
    counted: Collection[str] = (),
    files: Sequence[Path] = (),
    version: str = "",
) -> Recording:
    """Return a log as a run, named by its content.

    Args:
        log: what was read.
        served: the load beside it; None without one.
        met: how far both are ahead of UTC.
        sensed: tells of each sensor.
        counted: parts that are kept; empty for all.
        files: whose content names the run.
        version: of joulemark, for the record.

    Raises:
        FormatError: if it holds no power of any GPU.
    """
    models = {board.part: board.model for board in log.reader.boards.values()}
    traces = _kept(log, met, sensed, counted, models)
    window = _window(served, met, traces)
    digest = _digest(files, met, counted, log)
    kept = {trace.channel.part for trace in traces}
    run = Run(
        id=f"{datetime.fromtimestamp(window.start // NS, UTC):%Y%m%d-%H%M%S}-log-{digest[:10]}",
        procedure=PROCEDURE,
        joulemark=version,
        title=_title(log, served),
        anchor=Anchor(window.start, 0),
        system=System(host="server", gpus=tuple(models[part] or UNNAMED for part in sorted(kept))),
        settings={
            IMPORTED: {"files": [path.name for path in files], "sha256": digest},
            "time_of_day": met.known,
            "log_ahead_of_utc_s": met.log_ns / NS,
            "load_ahead_of_utc_s": met.load_ns / NS,
        },
        meters=({"name": log.tool, "settings": {"boards": _boards(log)}},),
        channels=tuple(trace.channel for trace in traces),
        status=Status.COMPLETE,
        stopped=max(int(trace.time[-1]) for trace in traces),
        windows=(window,),
        results=_results(served),
    )
    return Recording(run, _rows(traces))


def _kept(
    log: Log, met: Met, sensed: Sensed, counted: Collection[str], models: Mapping[str, str]
) -> list[Trace]:
    """Return the traces that have readings, each with what is known of its sensor.

    Raises:
        FormatError: if none holds power.
    """
    kept = [
        Trace(_declared(sensed(trace, models[trace.channel.part])), trace.time, trace.value)
        for trace in log.reader.traces(met.log_ns)
        if (not counted or trace.channel.part in counted) and np.isfinite(trace.value).any()
    ]
    if not any(trace.channel.carries_energy for trace in kept):
        raise FormatError("no GPU gives power in it", where=str(log.path))
    return kept


def _declared(channel: Channel) -> Channel:
    return replace(channel, provenance=Provenance.DECLARED)


def _window(served: Served | None, met: Met, traces: Sequence[Trace]) -> Window:
    if served is None:
        power = [trace for trace in traces if trace.channel.carries_energy]
        begin = min(int(trace.time[0]) for trace in power)
        end = max(int(trace.time[-1]) for trace in power)
        return Window(phase=LOGGED, start=begin, stop=end)
    counts = {
        "requests": served.requests,
        "failed_requests": served.failed,
        "input_tokens": served.input_tokens,
        "output_tokens": served.output_tokens,
    }
    tokens = served.output_tokens
    return Window(
        phase=WINDOW,
        start=served.start - met.load_ns,
        stop=served.stop - met.load_ns,
        work=Work(tokens, OUTPUT) if tokens else Work(served.requests, REQUEST),
        facts={name: float(count) for name, count in counts.items() if count is not None},
        edge_u_s=served.edge_u_s,
    )


def _rows(traces: Sequence[Trace]) -> dict[str, Any]:
    return {
        "time": np.concatenate([trace.time for trace in traces]),
        "value": np.concatenate([trace.value for trace in traces]),
        "channel": np.concatenate(
            [np.full(len(trace), place, np.uint32) for place, trace in enumerate(traces)]
        ),
    }


def _digest(files: Sequence[Path], met: Met, counted: Collection[str], log: Log) -> str:
    """Return what names the run: the files, and what was told of them."""
    digest = hashlib.sha256(repr((met.log_ns, met.load_ns, sorted(counted))).encode())
    for path in files:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def _title(log: Log, served: Served | None) -> str:
    if served is None:
        return log.path.name[:200]
    return " ".join(filter(None, (served.tool, served.model)))[:200]


def _boards(log: Log) -> list[dict[str, str]]:
    return [
        {"part": board.part, "identity": board.identity, "model": board.model}
        for board in log.reader.boards.values()
    ]


def _results(served: Served | None) -> dict[str, Any]:
    if served is None:
        return {}
    about = {name: value for name, value in asdict(served).items() if value not in (None, "")}
    return {"load": {name: value for name, value in about.items() if name != "findings"}}
