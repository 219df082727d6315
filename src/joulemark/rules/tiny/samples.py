"""Rules on the samples: lost, missing, copied, too fast, too long, beyond the instrument."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from joulemark.accounting.tiny_energy import edges_of
from joulemark.core.finding import Severity
from joulemark.formats.tiny.figures import windows_at
from joulemark.rules.rule import Seen, rule
from joulemark.rules.tiny.review import TinyReview

DROP_LIMIT_PERCENT = 0.1
RATE_HZ = 1000.0
TRACE_S, WINDOW_S, STRETCH = 2.0, 0.25, 0.01
"""By how much the trace, a window, and their lengths may differ from the host's clock."""
TELLING = 1024
"""Samples by which windows are told apart at first sight."""
LPM01A_A = 0.050
"""Largest dynamic current of an LPM01A."""
COUNTERS = frozenset({100, 256, 1000})
"""Where a monitor's counter of edges may start again."""


@rule(
    "tiny/lost-packets",
    source="EnergyRunner: emon-drop-thresh-pct, 0.1 % of the packets of a JS110",
    severity=Severity.ERROR,
    advice="Connect the monitor to a port of its own, on a computer that keeps up.",
)
def lost_packets(review: TinyReview) -> Iterator[Seen]:
    """The monitor lost 0.1 % of its packets at most, whatever threshold was set."""
    log = review.log
    if log is None:
        return
    if log.dropped is not None and log.dropped[0] > 0:
        lost, total = log.dropped
        percent = 100 * lost / total if total > 0 else 100.0
        if percent > DROP_LIMIT_PERCENT:
            yield review.seen(f"{lost} of {total} packets lost, {percent:.3g} %", "log")
    limit = log.drop_limit_percent
    if limit is not None and limit > DROP_LIMIT_PERCENT:
        what = f"the threshold of loss was set to {limit:g} %, not {DROP_LIMIT_PERCENT} %"
        yield review.seen(what, "log")


@rule(
    "tiny/missing-samples",
    source="our own: a board that computes uses some power in every sample",
    severity=Severity.WARNING,
    advice="Look whether the monitor stalled or was overloaded, and measure again.",
)
def missing_samples(review: TinyReview) -> Iterator[Seen]:
    """No sample of a window is zero, negative or no number, and no window is empty."""
    figures = review.figures
    for at, window in enumerate(() if figures is None else figures.windows, 1):
        if window.missing or not window.samples:
            what = f"window {at}: {window.missing} of {window.samples} samples are no readings"
            yield review.seen(what, _kind(review))


@rule(
    "tiny/short-trace",
    source="our own: samples lost or a trace cut off",
    severity=Severity.ERROR,
    advice="Hand in the whole trace, with the stamps of the same session.",
)
def short_trace(review: TinyReview) -> Iterator[Seen]:
    """Every window has a sample for each of its milliseconds, and ends within the trace."""
    figures = review.figures
    if figures is None or figures.rate_hz is None:
        return
    for at, window in enumerate(figures.windows, 1):
        due = window.seconds * figures.rate_hz
        if abs(window.samples - due) > 2.0:
            what = f"window {at} has {window.samples} samples where {due:.0f} are due"
            yield review.seen(what, _kind(review))


@rule(
    "tiny/rate",
    source="our own: both runners set every monitor to 1000 samples a second",
    severity=Severity.WARNING,
    advice="Set the monitor to one sample a millisecond.",
)
def rate(review: TinyReview) -> Iterator[Seen]:
    """The trace has 1000 samples a second."""
    if review.trace is not None and review.trace.rate != RATE_HZ:
        yield review.seen(f"{review.trace.rate:g} samples a second, not {RATE_HZ:g}", "trace")


@rule(
    "tiny/stretched-trace",
    source="our own: a monitor with more modules stretches its trace 1.33 or 2 times",
    severity=Severity.ERROR,
    advice="Take unused modules out of the analyser; energy is diluted by their empty samples.",
)
def stretched_trace(review: TinyReview) -> Iterator[Seen]:
    """The trace lasts as long as it was on by the host's clock."""
    log, trace = review.log, review.trace
    if log is None or trace is None or log.trace_on_s is None or log.trace_off_s is None:
        return
    by_host, by_trace = log.trace_off_s - log.trace_on_s, trace.duration_s
    if abs(by_trace - by_host) > TRACE_S + STRETCH * by_host:
        what = f"{by_trace:.1f} s of trace, {by_host:.1f} s by the host's clock"
        yield review.seen(what, "trace")


@rule(
    "tiny/stretched-window",
    source="our own: begin and end of each window are in the log, too",
    severity=Severity.ERROR,
    advice="Hand in log, trace and stamps of one session; look for edges lost or of noise.",
)
def stretched_window(review: TinyReview) -> Iterator[Seen]:
    """Every window lasts as long as between the board's messages in the log."""
    log, figures = review.log, review.figures
    if log is None or figures is None or len(log.inferences) != len(figures.windows):
        return
    for at, (window, told) in enumerate(zip(figures.windows, log.inferences, strict=True), 1):
        if told.started_s is None or told.ended_s is None:
            continue
        by_host = told.ended_s - told.started_s
        if abs(window.seconds - by_host) > WINDOW_S + STRETCH * by_host:
            what = f"window {at}: {window.seconds:.3f} s by its stamps, {by_host:.3f} s in the log"
            yield review.seen(what, "log", told.line)


@rule(
    "tiny/copied-samples",
    source="our own: noise does not repeat",
    severity=Severity.ERROR,
    advice="Hand in the trace as it was measured.",
)
def copied_samples(review: TinyReview) -> Iterator[Seen]:
    """No two windows consist of the same samples."""
    seen: dict[bytes, list[tuple[int, np.ndarray]]] = {}
    for at, part in enumerate(_parts(review), 1):
        if len(part) < 2 or part.min() == part.max():
            continue
        alike = seen.setdefault(part[:TELLING].tobytes(), [])
        first = next((number for number, other in alike if np.array_equal(other, part)), None)
        if first is not None:
            yield review.seen(f"windows {first} and {at} have the same samples", _kind(review))
        else:
            alike.append((at, part))


@rule(
    "tiny/constant-samples",
    source="our own: a monitor that is stuck shows one value",
    severity=Severity.ERROR,
    advice="Hand in the trace as it was measured; look whether the monitor was stuck.",
)
def constant_samples(review: TinyReview) -> Iterator[Seen]:
    """The samples of a window are not all alike."""
    for at, part in enumerate(_parts(review), 1):
        if len(part) > 1 and part.min() == part.max():
            what = f"window {at}: {len(part)} samples of {float(part[0]):g}"
            yield review.seen(what, _kind(review))


@rule(
    "tiny/over-range",
    source="ST UM2243: 50 mA of dynamic current",
    severity=Severity.WARNING,
    advice="Use a monitor that measures the board's largest current.",
)
def over_range(review: TinyReview) -> Iterator[Seen]:
    """The mean current of no window is more than an LPM01A measures."""
    figures = review.figures
    if figures is None or figures.meter != "lpm01a" or not figures.volts:
        return
    for at, window in enumerate(figures.windows, 1):
        amperes = window.power.value / figures.volts
        if amperes > LPM01A_A:
            what = f"window {at}: {1000 * amperes:.1f} mA at {figures.volts:g} V, over 50 mA"
            yield review.seen(what, "trace")


@rule(
    "tiny/lost-edges",
    source="our own: the monitor numbers the edges; nobody looks whether one is missing",
    severity=Severity.WARNING,
    advice="Look at the wiring of the pin, and measure again.",
)
def lost_edges(review: TinyReview) -> Iterator[Seen]:
    """The edges that the monitor counted are there without a gap."""
    if review.runner is None:
        return
    counters = [one for trial in review.runner.trials for one in trial.counters]
    for before, after in pairwise(counters):
        wrapped = after == 0 and before + 1 in COUNTERS
        if after != before + 1 and not wrapped:
            yield review.seen(f"edge {after} follows edge {before}", "runner")


@rule(
    "tiny/captured",
    source="our own: the log says how many samples there were",
    severity=Severity.ERROR,
    advice="Hand in log and results.json of one session, unedited.",
)
def captured(review: TinyReview) -> Iterator[Seen]:
    """results.json holds as many samples and edges as the log says were captured."""
    if review.log is None or review.runner is None:
        return
    trials = [one for one in review.runner.trials if one.samples_j is not None]
    told = review.log.captured
    if not told or len(told) != len(trials):
        return
    for at, (trial, (samples, edges)) in enumerate(zip(trials, told, strict=True), 1):
        held = 0 if trial.samples_j is None else len(trial.samples_j)
        if held != samples or len(trial.stamps) != edges:
            what = f"trial {at}: {held} samples and {len(trial.stamps)} edges; the log says "
            yield review.seen(f"{what}{samples} and {edges}", "runner")


@rule(
    "tiny/instrument",
    source="our own: an energy is worth what its instrument is",
    severity=Severity.NOTE,
    advice="State model, firmware and calibration of the energy monitor beside the result.",
)
def instrument(review: TinyReview) -> Iterator[Seen]:
    """The files name the energy monitor."""
    if review.mode == "energy" and review.log is not None and not review.log.meter:
        yield review.seen("nothing names the energy monitor", "log")


def _kind(review: TinyReview) -> str:
    return "trace" if "trace" in review.session.entries else "runner"


def _parts(review: TinyReview) -> Iterator[np.ndarray]:
    """Yield the samples of each window."""
    trace, stamps = review.trace, review.stamps
    if trace is not None and stamps is not None:
        edges = edges_of(stamps.seconds, 1.0 / trace.rate, len(trace.samples))
        for last in windows_at(review.session):
            yield trace.samples[edges[last - 1] : edges[last]]
    elif review.runner is not None:
        for trial in review.runner.trials:
            if trial.samples_j is not None and len(trial.stamps) > 1:
                yield trial.samples_j[trial.stamps[-2] : trial.stamps[-1]]


RULES = (
    lost_packets,
    missing_samples,
    short_trace,
    rate,
    stretched_trace,
    stretched_window,
    copied_samples,
    constant_samples,
    over_range,
    lost_edges,
    captured,
    instrument,
)
