"""The figures of a session: energy, power, throughput and accuracy, recomputed from its files."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from joulemark.accounting.tiny_accuracy import (
    Duty,
    area_under_curve,
    detections,
    duty_of,
    top1,
)
from joulemark.accounting.tiny_energy import (
    Window,
    edges_of,
    median_of,
    median_uj,
    throughputs,
    window_of,
)
from joulemark.core.value import Value
from joulemark.formats.tiny.parsed import Printed, RunnerTrial
from joulemark.formats.tiny.session import TinySession

RUNNER_RATE = 1000.0
"""Samples a second of the Python runner's monitors."""
MICRO = 1e6
SPOKEN = re.compile(r"tst_\d+_[^_]+_(\d{1,4})\.\w+$")
HEARD = re.compile(r"(normal|anomaly)_id_", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Accuracy recomputed from the board's answers.

    Attributes:
        metric: ``top1`` or ``auc``.
        value: 0 … 1; NaN if it cannot be told.
        inputs: of how many inputs.
    """

    metric: str
    value: float
    inputs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TinyFigures:
    """The figures of a session.

    Attributes:
        windows: what was measured, in order; none without a trace.
        median: energy of an inference, J; NaN without windows.
        recomputed_uj: the same as published, µJ; NaN without windows.
        reported: the median as printed, µJ; None if it is not.
        meter: the energy monitor; empty if not known.
        volts: of the supply; None if not known.
        rate_hz: samples a second; None without a trace.
        iterations: inferences of a window; 0 if not known.
        throughput: of every window or measured stretch, inferences a second.
        accuracy: None if the answers do not tell.
        duty: of the streaming wake word; None if its files do not tell.
        detected: its true positives, false negatives, false positives; None likewise.
    """

    windows: tuple[Window, ...]
    median: Value
    recomputed_uj: float
    reported: Printed | None
    meter: str
    volts: float | None
    rate_hz: float | None
    iterations: int
    throughput: tuple[float, ...]
    accuracy: Accuracy | None
    duty: Duty | None = None
    detected: tuple[int, int, int] | None = None

    @property
    def power(self) -> Value | None:
        """Mean power of the longest window, W: the figure of the streaming wake word."""
        longest = max(self.windows, key=lambda window: window.seconds, default=None)
        return None if longest is None else longest.power


def figures_of(session: TinySession) -> TinyFigures:
    """Return the figures of a session.

    Raises:
        FormatError: if a trace, its stamps or ``results.json`` are there and cannot be read.
        UnavailableError: if a file cannot be read.
    """
    log, reported = session.known_log, session.known_reported
    trials = session.runner.trials if "runner" in session.entries else ()
    rate: float | None = None
    if "trace" in session.entries:
        windows, rate = _traced(session), session.trace.rate
    else:
        windows = tuple(w for at, trial in enumerate(trials) if (w := _of_trial(trial, at)))
        rate = RUNNER_RATE if windows else None
    volts = log.voltage_v if log is not None else None
    if volts is None:
        volts = next((trial.voltage_v for trial in trials if trial.voltage_v is not None), None)
    iterations = _iterations(session)
    streaming = next((trial for trial in trials if trial.words_s or trial.starts_s), None)
    return TinyFigures(
        windows=windows,
        median=median_of(windows),
        recomputed_uj=median_uj(windows),
        reported=None if reported is None else reported.median_uj,
        meter="" if log is None else log.meter,
        volts=volts,
        rate_hz=rate,
        iterations=iterations[0] if iterations else 0,
        throughput=_throughput(session, windows, trials),
        accuracy=_accuracy(session, trials),
        duty=None if streaming is None else duty_of(streaming.starts_s, streaming.stops_s),
        detected=(
            detections(streaming.words_s, streaming.detections_s)
            if streaming is not None and streaming.words_s
            else None
        ),
    )


def windows_at(session: TinySession) -> tuple[int, ...]:
    """Return the stamp that ends each measured window, by its place.

    They are those that the runner reports, else every second one after the first.
    """
    count = len(session.stamps.seconds)
    reported = session.known_reported
    told = () if reported is None else tuple(one.index for one in reported.energy)
    if told and all(0 < index < count for index in told):
        return told
    return tuple(range(2, count, 2))


def _traced(session: TinySession) -> tuple[Window, ...]:
    trace, stamps, log = session.trace, session.stamps.seconds, session.known_log
    edges = edges_of(stamps, 1.0 / trace.rate, len(trace.samples))
    counts = _iterations(session)
    dropped = log.dropped if log is not None else None
    lost = dropped[0] / dropped[1] if dropped and dropped[1] > 0 else 0.0
    windows = []
    for at, last in enumerate(windows_at(session)):
        begin, end = stamps[last - 1], stamps[last]
        windows.append(
            window_of(
                trace.samples,
                (int(edges[last - 1]), int(edges[last])),
                (begin, end - begin),
                counts[at] if at < len(counts) else (counts[-1] if counts else 0),
                meter="" if log is None else log.meter,
                lost=lost,
                name=f"window {last}",
            )
        )
    return tuple(windows)


def _of_trial(trial: RunnerTrial, at: int) -> Window | None:
    """Return the window between the last two stamps of a trial; None without."""
    if trial.samples_j is None or len(trial.stamps) < 2:
        return None
    first, last = trial.stamps[-2:]
    return window_of(
        trial.samples_j * MICRO,
        (first, last),
        (first / RUNNER_RATE, (last - first) / RUNNER_RATE),
        trial.iterations,
        name=f"trial {at}",
    )


def _iterations(session: TinySession) -> tuple[int, ...]:
    """Return the inferences of every measured stretch, of the first file that tells."""
    if "runner" in session.entries:
        return tuple(trial.iterations for trial in session.runner.trials)
    log, reported = session.known_log, session.known_reported
    if log is not None and log.inferences:
        return tuple(one.iterations for one in log.inferences)
    if reported is not None:
        told = (*reported.performance, *reported.energy)
        counts = tuple(one.inferences for one in told if one.inferences is not None)
        if counts:
            return counts
    text = log.config.get("iterInfer", "") if log is not None else ""
    return (int(text),) if text.isascii() and text.isdecimal() and len(text) < 12 else ()


def _throughput(
    session: TinySession, windows: Sequence[Window], trials: Sequence[RunnerTrial]
) -> tuple[float, ...]:
    if windows:
        return tuple(window.throughput for window in windows)
    if trials:
        timed = [(trial.iterations, trial.elapsed_us) for trial in trials]
        return tuple(n * MICRO / us for n, us in timed if us is not None and us > 0)
    log = session.known_log
    return throughputs(log.laps, _iterations(session)) if log is not None else ()


def _accuracy(session: TinySession, trials: Sequence[RunnerTrial]) -> Accuracy | None:
    """Return the accuracy of an accuracy run; of others, which have five inputs, None."""
    if session.mode != "accuracy":
        return None
    log = session.known_log
    answered: list[tuple[str, int | None, tuple[float, ...]]] = [
        (trial.file, trial.label, trial.results) for trial in trials
    ]
    if not answered and log is not None:
        answered = [(one.file, None, one.results) for one in log.inferences]
    if session.benchmark == "ad":
        return _auc(answered)
    labelled = [
        (label if label is not None else spoken(file), results) for file, label, results in answered
    ]
    known = [(label, results) for label, results in labelled if label is not None and results]
    if not known:
        return None
    value = top1([label for label, _ in known], [results for _, results in known])
    return Accuracy("top1", value, len(known))


def spoken(file: str) -> int | None:
    """Return the class that the name of a keyword's file holds; None if it holds none."""
    found = SPOKEN.search(file)
    return int(found[1]) if found else None


def _auc(answered: Sequence[tuple[str, int | None, tuple[float, ...]]]) -> Accuracy | None:
    """Return the area under the curve over files, each with the mean of its segments' scores."""
    scores: dict[str, list[float]] = {}
    anomalous: dict[str, bool] = {}
    for file, label, results in answered:
        named = HEARD.match(file)
        if (label is None and named is None) or not results:
            continue
        anomalous[file] = named[1].lower() == "anomaly" if named else label == 1
        scores.setdefault(file, []).append(results[0])
    if not scores:
        return None
    means = [math.fsum(values) / len(values) for values in scores.values()]
    return Accuracy(
        "auc", area_under_curve([anomalous[file] for file in scores], means), len(means)
    )
