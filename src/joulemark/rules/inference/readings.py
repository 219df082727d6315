"""Rules on the power log: what was read, when, and whether it can be."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from joulemark.accounting.mlperf_power import MISSED, PERIOD_S, is_read
from joulemark.core.clock import NS
from joulemark.core.finding import Severity
from joulemark.core.units import digits
from joulemark.rules.inference.review import Review
from joulemark.rules.rule import Seen, rule

EDGE_S = 2.0
"""A log that begins, or ends, by more than this within the window does not cover it."""


@rule(
    "inference/samples-in-window",
    source="official check 23",
    severity=Severity.ERROR,
    advice="Hand in power log and LoadGen log of one run; check the clocks of both hosts.",
)
def samples_in_window(review: Review) -> Iterator[Seen]:
    """At least one reading above 0 W falls within LoadGen's window of the test."""
    run = review.testing
    if not run.used.any():
        what = f"none of {len(run.time)} readings is in the window and above 0 W"
        if not run.inside.any() and len(run.time):
            off = (int(run.time[len(run.time) // 2]) - run.begin) / NS
            what += f"; its middle is {off:+.0f} s from the window's begin"
        yield what, run.log.name, None


@rule(
    "inference/dropped-samples",
    source="our own: the official mean silently leaves them out (since v3.1)",
    severity=Severity.WARNING,
    advice="Find out why the analyser gave no reading (range, crest factor, cable) and measure "
    "again; a clipped reading is missing where power is highest.",
)
def dropped_samples(review: Review) -> Iterator[Seen]:
    """Every line within the window of the test is a reading: above 0 W, not the -1 of a failure."""
    run = review.testing
    dropped = run.inside & ~run.read & np.isfinite(run.log.whole.watts)
    if dropped.any():
        what = f"{dropped.sum()} of {run.inside.sum()} readings are 0 W or less, or failed"
        yield what, run.log.name, run.first_line(dropped)


@rule(
    "inference/not-finite",
    source="our own: no analyser reads it",
    severity=Severity.ERROR,
    advice="Measure again; a reading that is no number, or absurd, shows that range or cable is at"
    " fault.",
)
def not_finite(review: Review) -> Iterator[Seen]:
    """Every reading of power is a finite number that can be."""
    for log in (review.ranging_power, review.testing_power):
        watts = log.whole.watts
        bad = ~np.isfinite(watts) | ((watts > 0) & ~is_read(watts))
        if bad.any():
            first = int(np.flatnonzero(bad)[0])
            what = f"{bad.sum()} of {len(watts)} readings are no power, the first {watts[first]} W"
            yield what, log.name, int(log.line[first])


@rule(
    "inference/gaps",
    source="official check 6: one reading a second",
    severity=Severity.WARNING,
    advice="Relieve the director: PTDaemon needs a host that reads the analyser every second.",
)
def gaps(review: Review) -> Iterator[Seen]:
    """Within the window of the test there is a reading every second."""
    run = review.testing
    time = run.time[run.inside]
    between = np.diff(time) / NS
    wide = between > MISSED * PERIOD_S
    if wide.any():
        missing = float((between[wide] - PERIOD_S).sum())
        what = (
            f"{wide.sum()} times more than {MISSED:g} s between readings, the longest "
            f"{between.max():.1f} s; {missing:.0f} s of {run.seconds:.0f} s are missing"
        )
        after = np.flatnonzero(run.inside)[int(np.flatnonzero(wide)[0]) + 1]
        yield what, run.log.name, int(run.log.line[after])


@rule(
    "inference/window-covered",
    source="our own: power before the first and after the last reading is not known",
    severity=Severity.WARNING,
    advice="Let the official client start and end the measurement; it reads before and after.",
)
def window_covered(review: Review) -> Iterator[Seen]:
    """The power log begins before the window of the test and ends after it."""
    run = review.testing
    if not run.inside.any():
        return
    late, early = (run.time.min() - run.begin) / NS, (run.end - run.time.max()) / NS
    if late > EDGE_S:
        yield (
            f"the first reading is {late:.1f} s after the begin",
            run.log.name,
            int(run.log.line[0]),
        )
    if early > EDGE_S:
        yield (
            f"the last reading is {early:.1f} s before the end",
            run.log.name,
            int(run.log.line[-1]),
        )


@rule(
    "inference/time-order",
    source="our own: a log is written as it is read",
    severity=Severity.WARNING,
    advice="Hand in the log as PTDaemon wrote it; set no clock during the session.",
)
def time_order(review: Review) -> Iterator[Seen]:
    """The times of the power logs do not go back."""
    for log in (review.ranging_power, review.testing_power):
        back = np.flatnonzero(np.diff(log.time) < 0)
        if len(back):
            step = float(log.time[back[0]] - log.time[back[0] + 1]) / NS
            what = f"time goes back {len(back)} times, first by {digits(step, 3)} s"
            yield what, log.name, int(log.line[back[0] + 1])


@rule(
    "inference/marks",
    source="message sequence of the protocol",
    severity=Severity.ERROR,
    advice="Hand in the power logs of this very session.",
)
def marks(review: Review) -> Iterator[Seen]:
    """Every reading carries the mark of the session and of its run."""
    session = review.server.session
    for run, log in (("ranging", review.ranging_power), ("testing", review.testing_power)):
        others = [mark for mark in log.marks if mark != f"{session}_{run}"]
        if others:
            which = log.mark == log.marks.index(others[0])
            first = int(log.line[np.flatnonzero(which)[0]]) if which.any() else None
            what = f"readings are marked {others[0][:80]!r}, not '{session}_{run}'"
            yield what, log.name, first


RULES = (
    samples_in_window,
    dropped_samples,
    not_finite,
    gaps,
    window_covered,
    time_order,
    marks,
)
