"""Import a log of power and the load beside it, and say what the load cost."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

import joulemark
from joulemark.accounting.phases import phases
from joulemark.accounting.results import PhaseResult
from joulemark.core.caution import Caution, Code
from joulemark.core.clock import NS
from joulemark.core.energy import WHOLE
from joulemark.core.errors import FormatError
from joulemark.core.finding import Finding, Severity
from joulemark.core.trace import Trace
from joulemark.core.units import digits
from joulemark.core.value import Value
from joulemark.formats.inference.as_run import Recording
from joulemark.formats.telemetry.as_run import log_run
from joulemark.formats.telemetry.load import Served, finding
from joulemark.formats.telemetry.log import Log, extent, read_log
from joulemark.formats.telemetry.served import read_served
from joulemark.formats.telemetry.table import Table
from joulemark.formats.telemetry.zones import Met, Timed, meet
from joulemark.procedures.import_bundles import LogOrder
from joulemark.procedures.import_sensors import sensed
from joulemark.store import duck
from joulemark.store.importing import write_imported

MARGIN_NS = 60 * NS
"""What is kept of a log before and after its load."""
LACKING = ("log/gpu-count", "log/no-power")
"""Rules whose errors say that the energy is without a part."""
DIFFERS = 0.01
"""More than this share between two energies of one load is worth a word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogImport:
    """What became of a log.

    Attributes:
        log: the file.
        tool: that wrote it.
        run: name of the run.
        new: whether it is new in the store.
        served: the load; None without a result.
        gpus: parts that are counted.
        result: what the accounting makes of it.
        per: energy per unit, by the name of its definition.
        findings: what is odd.
    """

    log: Path
    tool: str
    run: str
    new: bool
    served: Served | None
    gpus: tuple[str, ...]
    result: PhaseResult
    per: Mapping[str, Value]
    findings: tuple[Finding, ...]


def import_log(order: LogOrder, store: Path, *, keep_raw: bool = False) -> LogImport:
    """Store a log as a run.

    Args:
        order: what, and what is told of it.
        store: the directory of all runs; made if it is not there.
        keep_raw: copy the files into the run.

    Raises:
        UnavailableError: if a file cannot be opened, or a package is missing.
        FormatError: if it is no log that is known, or does not belong to the result.
        UsageError: if there is no such time zone.
        StoreError: if the store cannot be written.
    """
    served = None if order.result is None else read_served(order.result)
    first, last, utc = extent(order.log, order.columns)
    load = None if served is None else Timed((served.start, served.stop), served.utc)
    met = meet(Timed((first, last), utc), load, order.zone)
    log = read_log(order.log, order.columns, _kept(served, met))
    _name(log, order.models)
    counted = _counted(log, order.gpus)
    found = [*met.findings, *_of_log(log), *_of_gpus(log, served, order, counted)]
    files = [path for path in (order.log, order.result) if path is not None]
    if served is not None:
        found += served.findings
    made = log_run(
        log,
        served,
        met,
        sensed,
        counted=counted,
        files=files,
        version=joulemark.__version__,
    )
    (result,) = phases(made.run.windows, _traces(made), gpus=True)
    found += _of_energy(result, order)
    new = _written(made, found, store, files if keep_raw else ())
    return LogImport(
        log=order.log,
        tool=log.tool,
        run=made.run.id,
        new=new,
        served=served,
        gpus=tuple(part.channel.part for part in result.parts if part.added),
        result=result,
        per={} if served is None else _per(result, served),
        findings=tuple(found),
    )


def _kept(served: Served | None, met: Met) -> tuple[int, int] | None:
    """Return what is kept of a log, in its own times."""
    if served is None:
        return None
    shift = met.log_ns - met.load_ns
    return served.start + shift - MARGIN_NS, served.stop + shift + MARGIN_NS


def _name(log: Log, models: Mapping[int, str]) -> None:
    """Give boards the models that a file beside the log names, where it names none itself."""
    for board in log.reader.boards.values():
        number = board.part.removeprefix("gpu-")
        board.model = board.model or (models.get(int(number), "") if number.isdecimal() else "")


def _counted(log: Log, gpus: Collection[int]) -> frozenset[str]:
    wanted = frozenset(f"gpu-{number}" for number in gpus)
    missing = wanted - {board.part for board in log.reader.boards.values()}
    if missing:
        there = ", ".join(sorted(board.part for board in log.reader.boards.values())[:16])
        what = f"{', '.join(sorted(missing))} are not in it"
        raise FormatError(what, where=str(log.path), remedy=f"there are {there}")
    return wanted


def _of_log(log: Log) -> list[Finding]:
    """Return what is odd about the rows of a log.

    Raises:
        FormatError: if rows of several GPUs cannot be told apart.
    """
    found, name = [], log.path.name
    if log.damaged:
        what = f"{log.damaged} of {log.rows} rows are damaged and left out; first {log.damage}"
        found.append(finding("damaged-rows", Severity.WARNING, what, name))
    if log.cut:
        what = "the last row has no end and is left out"
        found.append(finding("cut", Severity.NOTE, what, name))
    if isinstance(log.reader, Table) and list(log.reader.boards) == [""]:
        times = np.array(log.reader.boards[""].time)
        steps = np.diff(times) if len(times) > 4 else np.zeros(0)
        if len(steps) and np.mean(steps < 0.2 * np.quantile(steps, 0.9)) > 0.3:
            raise FormatError(
                "rows come in bursts and no column tells GPUs apart",
                where=str(log.path),
                remedy="log again with index, uuid or pci.bus_id",
            )
    return found


def _of_gpus(
    log: Log, served: Served | None, order: LogOrder, counted: Collection[str]
) -> list[Finding]:
    """Return what is odd about the number of GPUs that give power."""
    giving = {
        trace.channel.part
        for trace in log.reader.traces()
        if trace.channel.carries_energy and np.isfinite(trace.value).any()
    }
    found, name = [], log.path.name
    wanted = set(counted) or {board.part for board in log.reader.boards.values()}
    silent = sorted(wanted - giving)
    if silent:
        what = f"{', '.join(silent)} gave no power: the energy is without them"
        found.append(finding("no-power", Severity.ERROR, what, name))
    expected = order.expected or (served.gpus if served is not None else None)
    have = len(wanted & giving)
    if expected is not None and have < expected:
        what = f"the benchmark says {expected} GPUs, the log has power of {have}"
        found.append(finding("gpu-count", Severity.ERROR, what, name))
    elif expected is not None and have > expected:
        what = f"the benchmark says {expected} GPUs, the log has {have} and all are counted: "
        what += "tell those that served with --gpus"
        found.append(finding("gpu-count", Severity.WARNING, what, name))
    return found


def _of_energy(result: PhaseResult, order: LogOrder) -> list[Finding]:
    """Return what is odd about the energy."""
    found = []
    if result.total is None:
        what = "no GPU has a reading in the window: there is no energy"
        return [finding("not-covered", Severity.ERROR, what, order.log.name)]
    for part in result.parts:
        share = part.energy.coverage
        if share < WHOLE:
            what = f"{part.channel.part}: the log covers {digits(100 * share, 3)} % of the window"
            grave = Severity.ERROR if share < 1 - DIFFERS else Severity.WARNING
            found.append(finding("not-covered", grave, what, order.log.name))
    if order.stated_j is not None:
        ours, theirs = result.total.joules, order.stated_j
        if abs(ours.value - theirs) > DIFFERS * theirs:
            what = (
                f"the bundle states {digits(theirs)} J for the load, this is {digits(ours.value)} J"
            )
            found.append(finding("stated-energy", Severity.WARNING, what))
    return found


def _per(result: PhaseResult, served: Served) -> dict[str, Value]:
    """Return energy by what was served; nothing where there is no energy."""
    if result.total is None:
        return {}
    tokens = (served.input_tokens, served.output_tokens)
    total = sum(count for count in tokens if count) if None not in tokens else None
    counts = {
        "energy-per-request/load-1": (served.requests, "J/request"),
        "energy-per-output-token/load-1": (served.output_tokens, "J/token"),
        "energy-per-total-token/load-1": (total, "J/token"),
    }
    joules = result.total.joules
    return {name: joules.scaled(1 / count, unit) for name, (count, unit) in counts.items() if count}


def _traces(made: Recording) -> list[Trace]:
    rows = made.rows
    times, values = np.asarray(rows["time"], np.int64), np.asarray(rows["value"], np.float64)
    places = np.asarray(rows["channel"])
    return [
        Trace.of(channel, times[places == place], values[places == place])
        for place, channel in enumerate(made.run.channels)
    ]


def _written(made: Recording, found: Sequence[Finding], store: Path, raw: Sequence[Path]) -> bool:
    listed = [
        {"rule": each.rule, "severity": str(each.severity), "message": each.message}
        for each in found
    ]
    results = {**made.run.results, **({"findings": listed} if listed else {})}
    lacking = (each for each in found if each.rule in LACKING and each.severity is Severity.ERROR)
    cautions = tuple(Caution(Code.MISSING_PART, each.message) for each in lacking)
    run = replace(made.run, results=results, cautions=cautions)
    kept = {path.name: path.read_bytes() for path in raw}
    database = duck.connect()
    try:
        return write_imported(store, run, made.rows, database, kept)
    finally:
        database.close()
