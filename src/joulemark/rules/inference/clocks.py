"""Rules on time: clocks of both hosts, phases, and the window of the measurement."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from joulemark.core.clock import NS
from joulemark.core.finding import Severity
from joulemark.core.units import digits
from joulemark.formats.inference.parsed import Phase, Session
from joulemark.formats.inference.timed import TimedRun
from joulemark.rules.inference.review import Review
from joulemark.rules.rule import Seen, rule

RUNS = ("ranging", "testing")
STEP_S = 0.1
"""A clock that moves by more than this against the host's monotonic clock was set."""
STAMPS = 4
"""Of a run: before its start, measuring, workload over, stopped."""
HOUR_S = 3600.0
SHORTEST_S = 600.0
"""A run takes at least this long."""
FIRST_S, LAST_S = 1.5e9, 4.1e9
"""Times between 2017 and 2099."""
EARLY = 0.05
"""Ranging and testing run differed by no more than this in the early rounds …"""
MUCH = 0.5
"""… and by no more than this later."""


@rule(
    "inference/phase-stamps",
    source="official check 10",
    severity=Severity.ERROR,
    advice="Hand in both session files of one complete session.",
)
def phase_stamps(review: Review) -> Iterator[Seen]:
    """Both hosts stamped the four phases of the ranging and of the testing run."""
    for run in RUNS:
        counts = [len(s.phases.get(run, ())) for s in (review.client, review.server)]
        if counts != [STAMPS, STAMPS]:
            what = f"{counts[0]} stamps of the client and {counts[1]} of the server for {run}"
            yield what, review.client.name, review.client.lines.get("phases")


@rule(
    "inference/time-skew",
    source="official check 10",
    severity=Severity.ERROR,
    advice="Let both hosts follow one NTP server (or PTP) for some time before the session.",
)
def time_skew(review: Review) -> Iterator[Seen]:
    """The clocks of both hosts agree at each phase.

    That is within 200 ms to v2.0, 500 ms to v3.1, and 800 ms since.
    """
    limit = review.round.clock_tolerance_ms / 1000
    for run in RUNS:
        skews = _skews(review.client, review.server, run)
        over = [skew for skew in skews if abs(skew) > limit]
        if over:
            worst = max(over, key=abs)
            what = (
                f"the client's clock is {1000 * worst:+.0f} ms from the server's; "
                f"{len(over)} of {len(skews)} phases of {run} are over {1000 * limit:.0f} ms"
            )
            yield what, review.client.name, review.client.lines.get("phases")


def _skews(client: Session, server: Session, run: str) -> list[float]:
    pairs = zip(client.phases.get(run, ()), server.phases.get(run, ()), strict=False)
    return [mine.unix_s - theirs.unix_s for mine, theirs in pairs]


@rule(
    "inference/clock-step",
    source="our own: a clock set during the session moves readings against the window",
    severity=Severity.WARNING,
    advice="Let the hosts follow NTP by slewing (chrony, ntpd) and set no clock during a session.",
)
def clock_step(review: Review) -> Iterator[Seen]:
    """The clock of neither host was set between two phases of a run."""
    for session in (review.client, review.server):
        for run in RUNS:
            offsets = [_offset(phase) for phase in session.phases.get(run, ())]
            known = [offset for offset in offsets if offset is not None]
            moved = max(known, default=0.0) - min(known, default=0.0)
            if moved > STEP_S:
                what = f"the clock moved by {1000 * moved:.0f} ms against the monotonic in {run}"
                yield what, session.name, session.lines.get("phases")


def _offset(phase: Phase) -> float | None:
    return None if phase.monotonic_s is None else phase.unix_s - phase.monotonic_s


@rule(
    "inference/session-times",
    source="our own: what no session can leave behind",
    severity=Severity.ERROR,
    advice="Hand in the session files as they were written.",
)
def session_times(review: Review) -> Iterator[Seen]:
    """The phases of a session follow each other, ranging before testing, at times that can be."""
    for session in (review.client, review.server):
        line = session.lines.get("phases")
        times = [phase.unix_s for run in RUNS for phase in session.phases.get(run, ())]
        odd = [time for time in times if not FIRST_S < time < LAST_S]
        if odd:
            yield f"a phase is stamped {odd[0]:.15g} s since 1970", session.name, line
        back = [late - early for early, late in pairwise(times)]
        if back and min(back) < -STEP_S:
            what = f"a phase is stamped {digits(-min(back), 3)} s before the one it follows"
            yield what, session.name, line


@rule(
    "inference/power-marks",
    source="official check 11",
    severity=Severity.ERROR,
    advice="Use an unmodified LoadGen; it marks the first query and the last completion by itself.",
)
def power_marks(review: Review) -> Iterator[Seen]:
    """LoadGen marked begin and end of both runs, the end after the begin."""
    for detail in (review.ranging_detail, review.testing_detail):
        missing = [
            name
            for name, time in (("power_begin", detail.begin), ("power_end", detail.end))
            if time is None
        ]
        if missing:
            yield f"{' and '.join(missing)} is missing, or is no time", detail.name, None
        elif detail.begin is not None and detail.end is not None and detail.end <= detail.begin:
            yield "power_end is not after power_begin", detail.name, detail.end_line


@rule(
    "inference/window-in-phase",
    source="official check 11, without its allowance of an hour",
    severity=Severity.ERROR,
    advice="Keep both hosts on UTC by NTP, and hand in the logs of this session. An hour's "
    "difference is daylight saving time: fix the time zone of the host that writes the log.",
)
def window_in_phase(review: Review) -> Iterator[Seen]:
    """LoadGen's begin and end of each run lie in the phase in which the session measured it."""
    for run, timed in (("ranging", review.ranging), ("testing", review.testing)):
        stamps = review.client.phases.get(run, ())
        if len(stamps) < STAMPS - 1:
            continue
        before = stamps[1].unix_s - timed.begin / NS
        after = timed.end / NS - stamps[2].unix_s
        if before < 0 and after < 0:
            continue
        hint = ""
        if before < -HOUR_S and after < HOUR_S:
            hint = "; an hour less would be within it"
        wrong = [f"begins {before:.3f} s before"] if before >= 0 else []
        wrong += [f"ends {after:.3f} s after"] if after >= 0 else []
        yield (
            f"the window {' and '.join(wrong)} the phase {run}{hint}",
            timed.detail.name,
            timed.detail.begin_line,
        )


@rule(
    "inference/short-run",
    source="power rules: power and performance of one run; LoadGen's minimum of 600 s",
    severity=Severity.WARNING,
    advice="Let the run take at least 600 s (min_duration in LoadGen's settings).",
)
def short_run(review: Review) -> Iterator[Seen]:
    """The window of the test is 600 s long or longer."""
    timed = review.testing
    if timed.seconds < SHORTEST_S:
        yield f"the window is {timed.seconds:.3f} s long", timed.detail.name, timed.detail.end_line


@rule(
    "inference/ranging-duration",
    source="official check of the rounds to v3.0",
    severity=Severity.ERROR,
    advice="Run the same workload with the same settings both times.",
)
def ranging_duration(review: Review) -> Iterator[Seen]:
    """Ranging and testing run take equally long, within 5 %."""
    ranging, testing = review.ranging, review.testing
    longer = max(ranging.seconds, testing.seconds)
    if longer > 0 and not abs(ranging.seconds - testing.seconds) / longer < EARLY:
        yield _lengths(ranging, testing), testing.detail.name, testing.detail.end_line


@rule(
    "inference/test-much-shorter",
    source="official check 12, by the limit it applies (its message says 5 %)",
    severity=Severity.WARNING,
    advice="Run the same workload with the same settings both times.",
)
def test_much_shorter(review: Review) -> Iterator[Seen]:
    """The testing run is not shorter than the ranging run by more than half."""
    ranging, testing = review.ranging, review.testing
    if testing.seconds < (1 - MUCH) * ranging.seconds:
        yield _lengths(ranging, testing), testing.detail.name, testing.detail.end_line


@rule(
    "inference/ranging-much-shorter",
    source="our own: what check 12 does not look at",
    severity=Severity.WARNING,
    advice="Let the ranging run be the whole workload: it has to see the highest current.",
)
def ranging_much_shorter(review: Review) -> Iterator[Seen]:
    """The ranging run is not shorter than the testing run by half or more."""
    ranging, testing = review.ranging, review.testing
    # a run of 300 s beside one of 600 s is one of these: queries end a little past the minimum
    if ranging.seconds < (MUCH + 0.01) * testing.seconds:
        yield _lengths(ranging, testing), ranging.detail.name, ranging.detail.end_line


def _lengths(ranging: TimedRun, testing: TimedRun) -> str:
    return f"ranging took {ranging.seconds:.1f} s, testing {testing.seconds:.1f} s"


RULES = (
    phase_stamps,
    time_skew,
    clock_step,
    session_times,
    power_marks,
    window_in_phase,
    short_run,
    ranging_duration,
    test_much_shorter,
    ranging_much_shorter,
)
