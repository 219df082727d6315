"""A run of a training result as the same kind of run as a live measurement.

One window, ``run``, from ``run_start`` to ``run_stop``; one channel for each node and switch,
samples as they were read, by UTC where a log's clock is in another time zone. Others read the
meters, so all is *declared*; of a switch whose power is stated and not read, the instrument is a
model. Where the logs do not reach to the edges or have holes, the line goes on, as the score in the
run has it (``settings.readings``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from joulemark.accounting.training_energy import LogEnergy, RunEnergy
from joulemark.accounting.training_in_run import (
    CLOCK_S,
    IDLE_SHARE,
    ZONE_CLOCK_S,
    channel_of,
)
from joulemark.accounting.training_record import Kind, PowerRecord
from joulemark.core.caution import Caution, Code
from joulemark.core.channel import Accuracy, Channel, Instrument, Provenance
from joulemark.core.clock import NS, Anchor
from joulemark.core.run import Run, Status
from joulemark.core.student import NORMAL_975
from joulemark.core.units import digits
from joulemark.core.window import Window, Work
from joulemark.formats.inference.as_run import IMPORTED, PUBLISHED, Recording
from joulemark.formats.inference.as_system import Described
from joulemark.formats.training.directory import BenchmarkDirectory
from joulemark.formats.training.parsed import RunLog

PROCEDURE = "mlperf-training"
PHASE = "run"
READINGS, JOINED = "readings", "joined"
"""Setting of a run whose readings go on over gaps and to the edges of windows."""
STATED, METER = "stated", "power-log"
"""Meters: a maximum that somebody stated, and a log of readings."""
_DIGITS = 10
_MODEL = NORMAL_975 * (1 - IDLE_SHARE) / 3**0.5


@dataclass(slots=True)
class Seen:
    """What was kept of the power logs of one run while they were scored.

    Attributes:
        records: readings and marks, in the order of the files.
        files: size and SHA-256 of each by its name in the folder of the benchmark.
    """

    records: list[PowerRecord] = field(default_factory=list)
    files: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, file: str, data: bytes, record: PowerRecord) -> None:
        """Keep a log."""
        self.records.append(record)
        self.files[file] = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def run_id(log: RunLog, benchmark: str, files: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the name of an imported run, from its content alone.

    Args:
        log: of the run; it has a start.
        benchmark: its name.
        files: all files by name, with their SHA-256.
    """
    moment = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=(log.start or 0) // 1000)
    plain = "".join(c if c.isascii() and c.isalnum() else "-" for c in benchmark.lower())
    text = "\0".join(f"{name.rpartition('/')[2]}\0{files[name]['sha256']}" for name in files)
    short = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:_DIGITS]
    return f"{moment:%Y%m%d-%H%M%S}-{plain[:40].strip('-') or 'training'}-{short}"


def as_run(
    directory: BenchmarkDirectory,
    log: RunLog,
    energy: RunEnergy,
    seen: Seen,
    about: Described,
    results: Mapping[str, Any],
) -> Recording:
    """Return a run of a training result as a run of the store.

    Args:
        directory: of the benchmark.
        log: of the run; it has a start and a later stop.
        energy: its energies.
        seen: its power logs.
        about: the system.
        results: what the result came to, as JSON values.
    """
    start, stop = energy.start, energy.stop
    found = [
        _channel(record, of, (start, stop))
        for record, of in zip(seen.records, energy.logs, strict=True)
    ]
    zones = [of.seen.shift_s for of in energy.logs if of.seen is not None]
    clock = (ZONE_CLOCK_S if any(zones) else CLOCK_S) / 3**0.5
    place = directory.place
    name = place.benchmark or "training"
    titled = ("MLPerf Training", place.round, place.submitter, name, log.name.rpartition("/")[2])
    run = Run(
        id=run_id(log, name, seen.files),
        procedure=PROCEDURE,
        title=f"{' '.join(filter(None, titled))}, {place.system or about.name or 'unknown system'}",
        anchor=Anchor(start, 0),
        settings=_settings(directory, log, seen, energy),
        system=about.system,
        environment={"system": dict(about.fields)} if about.fields else {},
        meters=({"name": METER, "settings": {}},),
        channels=tuple(channel for channel, _, _ in found),
        status=Status.COMPLETE,
        stopped=stop,
        windows=(Window(phase=PHASE, start=start, stop=stop, work=_work(energy), edge_u_s=clock),),
        cautions=tuple(_cautions(energy)),
        results={"training": dict(results), PUBLISHED: [_published(directory, results)]},
    )
    return Recording(run, _rows(found))


def _work(energy: RunEnergy) -> Work | None:
    return Work(1.0, "run") if energy.converged else None


_Found = tuple[Channel, np.ndarray, np.ndarray]


def _channel(record: PowerRecord, of: LogEnergy, run: tuple[int, int]) -> _Found:
    """Return what a log is, and its samples."""
    switch = record.kind is Kind.SWITCH
    factor = max(record.efficiencies, key=lambda mark: mark.line).value if _eff(record) else 1.0
    usual = float(np.median(np.diff(np.unique(record.time)))) / NS if len(record.time) > 1 else 0.0
    read = replace(
        channel_of(record, usual) if of.in_run is not None or _eff(record) else _plain(record),
        name=f"{METER}/{record.name}",
        part="switch" if switch else "node",
        node=record.name,
        scale=factor,
        provenance=Provenance.DECLARED,
        note=_note(of, factor),
    )
    if of.in_run is None or of.seen is not None or not record.estimates:
        shift = 0 if of.seen is None else of.seen.shift_s
        order = np.argsort(record.time, kind="stable")
        return read, record.time[order] + shift * NS, record.watts[order]
    first = min(record.estimates, key=lambda mark: mark.line)
    stated = replace(
        read,
        name=f"{STATED}/{record.name}",
        meter=STATED,
        instrument=Instrument.MODEL,
        accuracy=Accuracy(model=_MODEL, source="a switch uses half of its maximum to all of it"),
        update_s=None,
        note="the most that it uses, as stated; nobody read it",
    )
    return stated, np.array(run, dtype=np.int64), np.full(2, first.value)


def _eff(record: PowerRecord) -> bool:
    """Return whether a log states an efficiency that is one."""
    stated = max(record.efficiencies, key=lambda mark: mark.line, default=None)
    return stated is not None and 0 < stated.value <= 1


def _plain(record: PowerRecord) -> Channel:
    return channel_of(replace(record, efficiencies=()), 0.0)


def _note(of: LogEnergy, factor: float) -> str:
    said = (
        [f"read on the AC side, times the stated efficiency of {factor:g}"] if factor != 1 else []
    )
    if of.seen is not None and of.seen.shift_s:
        said.append(f"its clock was {digits(-of.seen.shift_s / 3600, 3)} h off and was shifted")
    return "; ".join([*said, *(reason for reason in of.reasons if ": not in the run" in reason)])


def _rows(found: Sequence[_Found]) -> dict[str, Any]:
    counts = [len(time) for _, time, _ in found]
    return {
        "time": np.concatenate([np.empty(0, np.int64), *(time for _, time, _ in found)]),
        "value": np.concatenate([np.empty(0), *(watts for _, _, watts in found)]),
        "channel": np.repeat(np.arange(len(found), dtype=np.uint32), counts),
    }


def _settings(
    directory: BenchmarkDirectory, log: RunLog, seen: Seen, energy: RunEnergy
) -> dict[str, Any]:
    place = directory.place
    stated = {name: logged.value for name, logged in log.values.items()}
    return {
        IMPORTED: {
            "suite": "training",
            "round": place.round,
            "division": place.division,
            "submitter": place.submitter,
            "system": place.system,
            "benchmark": place.benchmark,
            "run": energy.name,
            "tree": directory.tree.name,
            "path": directory.path,
            "files": dict(list(seen.files.items())[:1000]),
        },
        READINGS: JOINED,
        "workload": {
            "settings": {"benchmark": place.benchmark, "round": place.round} | stated,
            "data": {"name": place.benchmark},
        },
        "clocks": "the window by the run's log, samples by the clock of each power log",
    }


def _cautions(energy: RunEnergy) -> list[Caution]:
    """Return what the logs lack: holes, readings too far apart, parts without a figure."""
    found = []
    seen = [(log.name, log.seen) for log in energy.logs if log.seen is not None]
    if seen:
        name, worst = max(seen, key=lambda pair: pair[1].longest_gap_s)
        if worst.coverage < 1:
            text = f"{name}: no reading for {digits(worst.longest_gap_s, 3)} s; the line goes on"
            found.append(Caution(Code.NOT_COVERED, text, PHASE))
    found += [
        Caution(Code.MISSING_PART, f"{log.name}: {reason}", PHASE)
        for log in energy.logs
        if log.in_run is None
        for reason in log.reasons[-1:]
    ]
    return found + [Caution(Code.MISSING_PART, lost, PHASE) for lost in energy.lost]


def _published(directory: BenchmarkDirectory, results: Mapping[str, Any]) -> dict[str, Any]:
    place = directory.place
    joules = results.get("result", {}).get("published_j")
    return {
        "path": directory.path,
        "round": place.round,
        "division": place.division,
        "submitter": place.submitter,
        "system": place.system,
        "benchmark": place.benchmark,
        "metric": None if joules is None else {"value": joules, "unit": "J/run"},
    }
