"""A session of a tiny benchmark as the same kind of run as a live measurement.

One channel, the supply of the board: energy of every sample, each stamped with its end. A window
``infer`` for each measured stretch, with its inferences; of the Python runner's trials, which are
recorded one by one, the samples lie end to end. Others read the meter, so all is *declared*.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from joulemark.accounting.tiny_energy import ASSUMED, EDGE_SHARE, GAINS
from joulemark.core.caution import Caution, Code
from joulemark.core.channel import Channel, Domain, Instrument, Provenance, Quantity
from joulemark.core.clock import NS, Anchor
from joulemark.core.errors import FormatError
from joulemark.core.run import Run, Status
from joulemark.core.units import digits
from joulemark.core.window import Window, Work
from joulemark.formats.inference.as_run import IMPORTED, PUBLISHED, Recording
from joulemark.formats.inference.as_system import Described
from joulemark.formats.tiny.figures import RUNNER_RATE, TinyFigures
from joulemark.formats.tiny.session import TinyPlace, TinySession

PROCEDURE = "mlperf-tiny"
PHASE = "infer"
METERS = {"lpm01a": "STMicroelectronics X-NUCLEO-LPM01A", "js110": "Joulescope JS110"}
CONTENT = ("trace", "stamps", "runner")
"""Kinds of files that make a measurement what it is."""
KEPT = (*CONTENT, "log", "results", "script")
SHORTEST_S, FEWEST = 10.0, 10
"""What the rules ask of a window."""
FIRST_YEAR, LAST_YEAR = 1970, 2200
LONGEST_S = 1e9
"""No trace is longer."""
_DIGITS = 10


def identity_of(session: TinySession) -> str:
    """Return what tells sessions apart: a digest of trace and stamps, or of the runner's results.

    Raises:
        FormatError: if there is none of them.
        UnavailableError: if a file cannot be read.
    """
    kinds = ("trace", "stamps") if "trace" in session.entries else ("runner",)
    found = hashlib.sha256()
    for kind in kinds:
        found.update(hashlib.sha256(session.source(kind, 1 << 30).data).digest())
    return found.hexdigest()


def run_id(session: TinySession) -> str:
    """Return the name of an imported session, from its content alone; raises likewise."""
    digest, stamp = identity_of(session)[:_DIGITS], session_stamp(session)
    return "-".join(filter(None, (stamp, session.benchmark or "tiny", digest)))


def session_stamp(session: TinySession) -> str:
    """Return day and time of a session as names of runs have it; empty if it is not known."""
    log = session.known_log
    plain = "" if log is None else log.session.replace("_", "")
    try:
        began = datetime.strptime(plain, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return ""
    known = FIRST_YEAR <= began.year <= LAST_YEAR
    return f"{began:%Y%m%d-%H%M%S}" if known else ""


def as_run(
    session: TinySession,
    about: Described,
    name: str,
    published: Sequence[Mapping[str, Any]],
) -> Recording:
    """Return a session as a run.

    Args:
        session: with a trace, or a runner's results with power.
        about: the system.
        name: of the run.
        published: all results as which it was published.

    Raises:
        FormatError: if a file that it needs cannot be read, or it has no measured window.
    """
    figures, stamp = session.figures, session_stamp(session)
    if not measured(figures):
        raise FormatError("no measured window with energy", where=session.path)
    begin = int(datetime.strptime(stamp, "%Y%m%d-%H%M%S").replace(tzinfo=UTC).timestamp()) * NS \
        if stamp else 0  # fmt: skip
    time, value, starts = _samples(session)
    windows = tuple(
        _window(session, figures, place, begin + starts[place]) for place in measured(figures)
    )
    run = Run(
        id=name,
        procedure=PROCEDURE,
        title=_title(session.place, session.benchmark),
        anchor=Anchor(begin, 0),
        settings=_settings(session, figures),
        system=about.system,
        environment={"system": dict(about.fields)} if about.fields else {},
        meters=({"name": figures.meter or "monitor", "settings": _supply(figures)},),
        channels=(_channel(session, figures, about),),
        status=Status.COMPLETE,
        stopped=begin + int(time[-1]) if len(time) else begin,
        windows=windows,
        cautions=tuple(_cautions(session, figures)),
        results={"tiny": _results(figures), PUBLISHED: [dict(each) for each in published]},
    )
    rows = {"time": time + begin, "value": value, "channel": np.zeros(len(time), np.uint32)}
    return Recording(run, rows)


def measured(figures: TinyFigures) -> list[int]:
    """Return the places of the windows that end after they begin."""
    return [place for place, window in enumerate(figures.windows) if window.seconds > 0]


def _samples(session: TinySession) -> tuple[np.ndarray, np.ndarray, list[int]]:
    """Return when each sample ends, ns; the samples; and when the trace of each window begins."""
    if "trace" in session.entries:
        trace = session.trace
        count, step = len(trace.samples), NS / trace.rate
        starts = [0] * len(session.figures.windows)
        values = trace.samples.astype(np.float64)
    else:
        with_power = [t for t in session.runner.trials if t.samples_j is not None]
        parts = [np.empty(0), *(t.samples_j for t in with_power if t.samples_j is not None)]
        values, step = np.concatenate(parts), NS / RUNNER_RATE
        count, before = len(values), np.cumsum([len(part) for part in parts])
        starts = [
            round(int(before[place]) * step)
            for place, trial in enumerate(with_power)
            if len(trial.stamps) > 1
        ]
    if count * step > LONGEST_S * NS:
        raise FormatError(f"{count} samples of {step / NS:g} s are no trace", where=session.path)
    time = np.rint(np.arange(1, count + 1) * step).astype(np.int64)
    return time, values, starts


def _window(session: TinySession, figures: TinyFigures, place: int, begin: int) -> Window:
    window = figures.windows[place]
    start = begin + round(window.begin_s * NS)
    count, unit = window.inferences, "inference"
    if session.benchmark == "sww":
        count, unit = (figures.duty.count if figures.duty is not None else 0), "step"
    return Window(
        phase=PHASE,
        start=start,
        stop=start + round(window.seconds * NS),
        work=Work(float(count), unit) if count > 0 else None,
        facts={"published_uj": window.published_uj, "inferences_per_s": window.throughput},
        edge_u_s=EDGE_SHARE / (figures.rate_hz or RUNNER_RATE),
    )


def _channel(session: TinySession, figures: TinyFigures, about: Described) -> Channel:
    micro, known = "trace" in session.entries, figures.meter in METERS
    volts = "" if figures.volts is None else f" at {digits(figures.volts, 3)} V"
    return Channel(
        name=f"{figures.meter or 'monitor'}/board",
        meter=figures.meter or "monitor",
        part="board",
        domain=Domain.BOARD,
        quantity=Quantity.INTERVAL,
        unit="µJ" if micro else "J",
        scale=1e-6 if micro else 1.0,
        node=about.system.host,
        covers=(Domain.PACKAGE, Domain.DRAM),
        accuracy=GAINS.get(figures.meter, ASSUMED),
        provenance=Provenance.DECLARED,
        instrument=Instrument.EXTERNAL if known else Instrument.UNKNOWN,
        update_s=1 / (figures.rate_hz or RUNNER_RATE),
        source=session.name_of("trace" if micro else "runner").rpartition("/")[2],
        note=f"{METERS.get(figures.meter, 'a monitor that is not named')}{volts}",
    )


def _supply(figures: TinyFigures) -> dict[str, Any]:
    return {"voltage_v": figures.volts, "rate_hz": figures.rate_hz}


def _settings(session: TinySession, figures: TinyFigures) -> dict[str, Any]:
    place, log = session.place, session.known_log
    files = {}
    for kind in KEPT:
        if kind in session.entries:
            data = session.source(kind, 1 << 30).data
            name = session.entries[kind].path.rpartition("/")[2]
            files[name] = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    return {
        IMPORTED: {
            "suite": "tiny",
            "round": place.round,
            "division": place.division,
            "submitter": place.submitter,
            "system": place.system,
            "benchmark": session.benchmark,
            "variant": place.variant,
            "session": "" if log is None else log.session,
            "runner": "" if log is None else log.runner,
            "tree": session.tree.name,
            "path": session.path,
            "files": files,
        },
        "workload": {
            "settings": {
                "benchmark": session.benchmark,
                "round": place.round,
                "inferences": figures.iterations,
            },
            "data": {"name": session.benchmark},
        },
        "clocks": "windows by the stamps of the board on the monitor's clock; the day is that of "
        "the session, and 1970 where nothing tells it",
    }


def _title(place: TinyPlace, benchmark: str) -> str:
    words = ("MLPerf Tiny", place.round, place.submitter, benchmark, place.variant)
    named = " ".join(filter(None, words))
    return f"{named}, {place.system}" if place.system else named


def _results(figures: TinyFigures) -> dict[str, Any]:
    reported = None if figures.reported is None else figures.reported.value
    found: dict[str, Any] = {
        "reported_uj": reported,
        "recomputed_uj": figures.recomputed_uj,
        "median": {"value": figures.median.value, "u95": figures.median.u95, "unit": "J/inference"},
        "windows_s": [window.seconds for window in figures.windows],
    }
    if figures.duty is not None:
        found |= {"duty": figures.duty.share, "period_s": figures.duty.period_s}
    if figures.detected is not None:
        names = ("true_positives", "false_negatives", "false_positives")
        found |= dict(zip(names, figures.detected, strict=True))
    return found


def _cautions(session: TinySession, figures: TinyFigures) -> list[Caution]:
    log = session.known_log
    found = [Caution(Code.VIRTUAL)] if log is not None and log.virtual else []
    lost = len(figures.windows) - len(measured(figures))
    if lost:
        text = f"{lost} of {len(figures.windows)} windows end before they begin"
        found.append(Caution(Code.INVALID_SAMPLE, text, PHASE))
    short = [w for w in figures.windows if w.seconds < SHORTEST_S or w.inferences < FEWEST]
    if not short or figures.duty is not None:
        return found
    least = min(short, key=lambda window: window.seconds)
    text = f"{len(short)} of {len(figures.windows)} windows, the shortest of "
    asked = f"{digits(SHORTEST_S, 2)} s and {FEWEST} inferences are asked for"
    text = f"{text}{digits(least.seconds, 3)} s; {asked}"
    return [*found, Caution(Code.QUICK, text, PHASE)]
