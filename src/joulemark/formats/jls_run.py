"""A recording of a Joulescope as the same kind of run as a live measurement.

One channel for each instrument, one window over the whole. Another program read the instrument, so
all is *declared*. When its inputs fell stands in the results, s after the beginning.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from joulemark.core.channel import Accuracy, Channel, Domain, Instrument, Provenance, Quantity
from joulemark.core.clock import NS, Anchor
from joulemark.core.errors import FormatError
from joulemark.core.run import Run, Status, System
from joulemark.core.window import Window
from joulemark.formats.inference.as_run import IMPORTED, Recording
from joulemark.formats.jls import JlsFile, Source

PROCEDURE = "recording"
PHASE = "recorded"
RATES = (1000, 100, 10, 1)
MOST_ROWS = 4_000_000
"""Rows of a run."""
ACCURACY = Accuracy(
    gain=0.01,
    source="bound of 1 %; assumed: Jetperch states an accuracy and an offset for each range, "
    "which are not checked",
)


def recording_run(path: Path, version: str = "", *, most_rows: int = MOST_ROWS) -> Recording:
    """Return a recording as a run, named by its content.

    Args:
        path: the file.
        version: of joulemark, for the record.
        most_rows: rows that it may have; of a longer recording the periods are longer.

    Raises:
        UnavailableError: if it cannot be opened, or pyjls is not installed.
        FormatError: if it is no recording that tells power.
    """
    digest = _digest(path)
    with JlsFile(path) as file:
        rate = _rate(file.sources, most_rows)
        rows = [_rows(file, source, place, rate) for place, source in enumerate(file.sources)]
        times = np.concatenate([each["time"] for each in rows])
        if not len(times):
            raise FormatError("no whole period has values", where=str(path))
        begin = min(file.begins(source) for source in file.sources)
        order = np.argsort(times, kind="stable")
        joined = {key: np.concatenate([each[key] for each in rows])[order] for key in rows[0]}
        stop = int(times.max())
        timed = all(file.timed(source) for source in file.sources)
        run = Run(
            id="-".join(filter(None, (_stamp(begin) if timed else "", "jls", digest[:10]))),
            procedure=PROCEDURE,
            joulemark=version,
            title=path.name[:200],
            anchor=Anchor(begin, 0),
            system=System(host="board"),
            settings={
                IMPORTED: {"file": path.name, "sha256": digest},
                "rate_hz": rate,
                "time_of_day": timed,
            },
            meters=tuple({"name": "jls", "settings": _told(s)} for s in file.sources),
            channels=tuple(_channel(s, place, path, rate) for place, s in enumerate(file.sources)),
            status=Status.COMPLETE,
            stopped=stop,
            windows=(Window(phase=PHASE, start=begin, stop=stop),),
            results={"jls": _results(file, begin)},
        )
    return Recording(run, joined)


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""  # whoever opens it next says why


def _rate(sources: list[Source], most_rows: int) -> int:
    """Return how many rows a second there are to be."""
    seconds = sum(source.length / source.rate_hz for source in sources)
    return next((rate for rate in RATES if seconds * rate <= most_rows), RATES[-1])


def _rows(file: JlsFile, source: Source, place: int, rate: int) -> dict[str, Any]:
    pieces = list(file.means(source, rate))
    times = np.concatenate([time for time, _ in pieces]) if pieces else np.zeros(0, np.int64)
    watts = np.concatenate([value for _, value in pieces]) if pieces else np.zeros(0)
    return {"time": times, "value": watts, "channel": np.full(len(times), place, np.uint32)}


def _stamp(begin: int) -> str:
    return f"{datetime.fromtimestamp(begin // NS, UTC):%Y%m%d-%H%M%S}"


def _told(source: Source) -> dict[str, Any]:
    return {"model": source.model, "serial": source.serial, "rate_hz": source.rate_hz}


def _results(file: JlsFile, begin: int) -> dict[str, Any]:
    falls = {
        f"{source.name}.{name}": ((file.falls(source, name) - begin) / NS).tolist()
        for source in file.sources
        for name in source.inputs
    }
    return {"samples_lost": file.lost, "falls_s": falls}


def _channel(source: Source, place: int, path: Path, rate: int) -> Channel:
    part = "board" if place == 0 else f"board-{place + 1}"
    kind = "power" if source.power is not None else "current times voltage"
    return Channel(
        name=f"jls/{part}/power",
        meter="jls",
        part=part,
        domain=Domain.BOARD,
        quantity=Quantity.POWER,
        unit="W",
        resolution=1e-9,
        accuracy=ACCURACY,
        provenance=Provenance.DECLARED,
        instrument=Instrument.EXTERNAL,
        update_s=1 / rate,
        window_s=1 / rate,
        floor=None,
        source=path.name,
        note=f"{source.model} {source.serial}: {kind} as recorded, averaged",
    )
