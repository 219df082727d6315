"""Measure a board under test: energy, performance or accuracy of MLPerf Tiny.

An energy session goes as EnergyRunner's script does, which every published log shows: power on,
wait for ``m-ready``, profile, trace on, one stamp alone, then five times: load an input, infer;
trace off, power off. Before it the number of inferences is found that makes a window long enough.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from joulemark.core.errors import JoulemarkError, UsageError
from joulemark.core.finding import Finding
from joulemark.formats.tiny.figures import TinyFigures
from joulemark.formats.tiny.networks import Network
from joulemark.formats.tiny.written import Written
from joulemark.procedures.tiny.duty import duty
from joulemark.procedures.tiny.keeping import Keeper
from joulemark.procedures.tiny.settings import (
    ACCURACY,
    ENERGY,
    MODES,
    DutyFigures,
    TinyOutcome,
    TinySettings,
)
from joulemark.procedures.tiny.steps import AROUND_S, Station, Steps, Tell
from joulemark.procedures.tiny.taken import Taken, judged
from joulemark.procedures.tiny.writing import (
    copied,
    place_of,
    read_back,
    reviewed,
    stamp_of,
    write,
    written,
)
from joulemark.workloads.tiny.dut import VIRTUAL_NAME

RUN_NAMES = {ENERGY: "ML Energy", "performance": "ML Performance", ACCURACY: "ML Performance"}


def no_one(what: str, at: int, of: int) -> None:
    """Tell nobody."""


def bench_tiny(
    station: Station,
    store: Path,
    settings: TinySettings,
    *,
    output: Path | None = None,
    tell: Tell = no_one,
) -> TinyOutcome:
    """Measure a board; everything is closed and kept, whatever happens.

    Args:
        station: what is measured with; closed afterwards.
        store: folder of the runs.
        settings: what the session is to be.
        output: where the files in both layouts are copied to; they are in the run anyway.
        tell: told of progress.

    Raises:
        UsageError: if the settings do not go together.
        UnavailableError: if the monitor is not there.
        BoardError: if the board errs, hangs or starts anew.
        MeterError: if the monitor fails; what was taken until then is kept.
    """
    monitor = station.monitor
    try:
        _check(station, settings)
        if monitor is not None:
            monitor.open(station.clock)
        keeper = Keeper(
            store,
            monitor,
            station.clock,
            title=f"{settings.system or 'tiny'} {settings.mode}",
            settings={"tiny": _plain(settings)},
            virtual=settings.virtual,
        )
        try:
            with keeper:
                return _session(station, keeper, settings, output, tell)
        except JoulemarkError as error:
            kept = f"what was taken is kept in {keeper.writer.path}"
            error.remedy = f"{error.remedy}; {kept}" if error.remedy else kept
            raise
    finally:
        if monitor is not None:
            monitor.close()
        station.line.close()


def _check(station: Station, settings: TinySettings) -> None:
    if settings.mode not in MODES:
        raise UsageError(f"no mode {settings.mode!r}", remedy=f"one of {', '.join(MODES)}")
    if settings.mode == ENERGY and station.monitor is None:
        raise UsageError("energy needs an energy monitor", remedy="name one with --monitor")
    if settings.mode == ENERGY and station.monitor is not None and settings.volts is None:
        raise UsageError("energy needs the voltage of the supply", remedy="say --volts 1.8")
    if settings.duty_hz is not None and (settings.mode != ENERGY or not settings.duty_hz > 0):
        raise UsageError("a duty cycle is a rate above zero, in energy mode")
    if settings.trials < 1 or not settings.window_s > 0 or settings.warmups < 0:
        raise UsageError("trials, windows and warm-ups must be above zero")


def _plain(settings: TinySettings) -> dict[str, Any]:
    return {name: str(v) if isinstance(v, Path) else v for name, v in asdict(settings).items()}


def _session(
    station: Station, keeper: Keeper, settings: TinySettings, output: Path | None, tell: Tell
) -> TinyOutcome:
    steps = Steps(station, keeper, settings, tell)
    tell("starting", 0, settings.trials)
    steps.prepare()
    steps.power_on()
    name, profile, model, known = steps.identify()
    if (name == VIRTUAL_NAME or keeper.software) and not settings.virtual:
        keeper.call_virtual()
        settings = steps.settings = replace(settings, virtual=True)
    inputs = steps.inputs(known)
    count, single = (1, 1.0) if settings.mode == ACCURACY else steps.calibrate(inputs[0])
    steps.power_off()
    taken = Taken(settings, model, profile, name, wanted=len(inputs))
    taken.parasitic = steps.parasitic
    _begin(steps, count, model)
    if settings.mode == ENERGY:
        taken.trace = keeper.begin_trace()
        keeper.line("emon", "m-trace[on]")
    steps.dut.timestamp()
    steps.dialogue.pause(AROUND_S if settings.mode == ENERGY else 0.0)
    steps.run(taken, inputs, count, single)
    steps.dialogue.pause(AROUND_S if settings.mode == ENERGY else 0.0)
    keeper.aloud("")
    _end(steps, taken)
    return _outcome(steps, taken, known, count, output)


def _begin(steps: Steps, count: int, model: str) -> None:
    """Power the board again, and begin the log of the official session."""
    keeper, settings = steps.keeper, steps.settings
    keeper.line("session", f"m-session-start-id[{stamp_of(keeper.clock())}]")
    keeper.line("parser", f"m-bmark-run-name[{RUN_NAMES[settings.mode]}, joulemark]-code[ulp-ml]")
    for key, value in (
        ("iterWarmup", settings.warmups),
        ("iterInfer", count),
        ("runMode", "multi" if settings.mode == ACCURACY else "bmark"),
        ("model", model),
    ):
        keeper.line("parser", f"m-bm-cfg-name[ulp-ml]-key[{key}]-val[{value}]")
    keeper.aloud("io" if steps.link.relayed else "dut")
    if settings.mode == ENERGY:
        keeper.line("parser", 'Command "emon power on"')
    steps.power_on()
    steps.dut.profile()


def _end(steps: Steps, taken: Taken) -> None:
    """End the trace, and the log of the official session with it."""
    keeper, monitor, trace = steps.keeper, steps.keeper.monitor, taken.trace
    if trace is not None and monitor is not None:
        keeper.line("parser", 'Command "emon trace off"')
        keeper.end_trace()
        for file, kind in (("trace1-energy.bin", "emon"), ("trace1-timestamps.json", "etime")):
            keeper.line("emon", f"m-regfile-fn[{file}]-type[{kind}]-name[{monitor.name}]")
        keeper.line("emon", "m-trace[off]")
        total = len(trace.power())
        if trace.lost:
            percent = 100 * trace.lost / max(total, 1)
            keeper.line("emon", f"m-[Dropped {trace.lost} packets out of {total}, {percent:.3f}%]")
        keeper.line("emon", f"m-voltage-mv[{round((taken.settings.volts or 0) * 1000)}]")
        steps.mark(taken, len(taken.trials))
    keeper.line("session", f"m-session-stop-id[{stamp_of(keeper.clock())}]")
    taken.failures, taken.manners = keeper.failures, steps.dut.manners


def _outcome(
    steps: Steps, taken: Taken, known: Network, count: int, output: Path | None
) -> TinyOutcome:
    keeper, monitor = steps.keeper, steps.keeper.monitor
    session = written(
        taken,
        keeper.lines,
        monitor="" if monitor is None else monitor.name,
        relayed=steps.link.relayed,
    )
    folders = write(session, keeper.writer.raw)
    figures = read_back(keeper.writer.raw, "energyrunner").figures
    if taken.settings.mode != ENERGY:
        figures = read_back(keeper.writer.raw, "python-runner").figures
    findings = _distinct([*judged(taken), *reviewed(keeper.writer.raw)])
    cycle = _duty(steps, figures)
    steps.power_off()
    outcome = TinyOutcome(
        path=keeper.writer.path,
        settings=taken.settings,
        model=taken.model,
        network=known,
        name=taken.name,
        iterations=0 if taken.settings.mode == ACCURACY else count,
        figures=figures,
        findings=findings,
        duty=cycle,
        folders=folders if output is None else copied(folders, output, place_of(session)),
    )
    keeper.writer.result("tiny", _summary(outcome, session, findings))
    return outcome


def _distinct(findings: list[Finding]) -> list[Finding]:
    """Return findings without what is said of both layouts."""
    found = {(one.rule, one.message): one for one in reversed(findings)}
    return list(reversed(found.values()))


def _duty(steps: Steps, figures: TinyFigures) -> DutyFigures | None:
    rate = steps.settings.duty_hz
    if rate is None or not figures.windows:
        return None
    return duty(steps, figures.windows, figures.median, rate)


def _summary(outcome: TinyOutcome, session: Written, findings: list[Finding]) -> dict[str, Any]:
    figures = outcome.figures
    return {
        "by": session.by,
        "virtual": session.virtual,
        "mode": session.mode,
        "model": session.model,
        "board": session.name,
        "iterations": outcome.iterations,
        "throughput": list(figures.throughput),
        "energy_j": figures.median.value if figures.windows else None,
        "u95_j": figures.median.u95 if figures.windows else None,
        "refused": outcome.refused,
        "findings": [
            {"rule": one.rule, "severity": one.severity.value, "message": one.message}
            for one in findings
        ],
    }
