"""Rules on PTDaemon's console: its errors and warnings, and where in the session they fall.

The official check of these lines has three faults, mended here: it leaves out 800 s (not ms) at
either end of the test, knows one of three wordings of "uncertainty above the limit", and stops at
the first unusual error of ranging.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from joulemark.core.finding import Severity
from joulemark.formats.inference.notices import (
    ERROR,
    WARNING,
    Flags,
    Interval,
    Notice,
    Notices,
    readings_in,
)
from joulemark.rules.inference.review import Review
from joulemark.rules.rule import Seen, rule

USB = "USB."
USUAL_IN_RANGING = (
    "Can't evaluate uncertainty of this sample!",
    "Bad watts reading nan from ",
    "Bad amps reading nan from ",
    "Bad pf reading nan from ",
    "Bad volts reading nan from ",
    "Current appears to be too high for set range",
)
"""What an analyser says as it looks for its range."""
MOST = 5
"""Different texts that one rule reports at most."""
SHOWN = 120
_VARYING = re.compile(r"[-+]?\d[\d.]*(?:[eE][-+]?\d+)?|(?<=Bad )(?:watts|volts|amps|pf)\b")


@rule(
    "inference/console-runs",
    source="official check 16",
    severity=Severity.ERROR,
    advice="Hand in the console log of this session, whole.",
)
def console_runs(review: Review) -> Iterator[Seen]:
    """The console shows begin and end of the ranging and of the testing measurement."""
    for run, found in (("ranging", review.ranging_interval), ("testing", review.testing_interval)):
        if found is None:
            mark = f"{review.server.session}_{run}"
            yield f"no whole measurement with mark '{mark}'", review.console.name, None


@rule(
    "inference/uncertainty-check",
    source="official check 16",
    severity=Severity.ERROR,
    advice="Use an analyser of which PTDaemon knows the uncertainty, and hand in the console log "
    "whole.",
)
def uncertainty_check(review: Review) -> Iterator[Seen]:
    """PTDaemon watches the uncertainty of every analyser, from before ranging."""
    lines = review.console.lines
    found = (lines[place] for place in lines.holding("Uncertainty checking for "))
    said = next((line.line for line in found if "is activated" in line.text), None)
    name, ranging = review.console.name, review.ranging_interval
    if said is None:
        yield "no line says that uncertainty checking is activated", name, None
    elif ranging is not None and said > ranging.begin_line:
        yield "uncertainty checking is activated after ranging began", name, said


@rule(
    "inference/uncertainty-over-limit",
    source="official check 18; an error since v3.1",
    severity=Severity.ERROR,
    advice="Use an analyser, wiring or range that measures so low a power within 1 %; mean power "
    "and power factor say how far off it is.",
)
def over_limit(review: Review) -> Iterator[Seen]:
    """No reading of the test has an uncertainty over 1 %."""
    over = review.in_window.that(lambda notice: notice.over_limit is not None)
    if over:
        largest = max(notice.over_limit or 0.0 for notice, _ in over.different())
        count, of = _readings(review, over)
        what = f"{count} of {of} readings are over 1 %, up to {100 * largest:.2f} %"
        yield what, review.console.name, over[0].line


def _readings(review: Review, found: Notices) -> tuple[int, int]:
    """Return how many readings of the test notices are about, and of how many."""
    of = len(review.testing.time[review.testing.inside])
    return min(readings_in(found.times()), of), of


@rule(
    "inference/uncertainty-unknown",
    source="official check 18: a warning in the test",
    severity=Severity.WARNING,
    advice="See what PTDaemon says beside it; of a clipped or failed reading nothing is known.",
)
def unknown(review: Review) -> Iterator[Seen]:
    """The uncertainty of every reading of the test is known."""
    found = review.in_window.that(lambda notice: notice.unknown)
    if found:
        count, of = _readings(review, found)
        what = f"the uncertainty of {count} of {of} readings is unknown"
        yield what, review.console.name, found[0].line


@rule(
    "inference/range-exceeded",
    source="official check 17, which does not come so far after an error in ranging",
    severity=Severity.ERROR,
    advice="Let ranging see the highest current of the workload, crests included; measure again.",
)
def range_exceeded(review: Review) -> Iterator[Seen]:
    """In the test the current never exceeds what the range can measure."""
    yield from _counted(review, _exceeding(review))


@rule(
    "inference/errors-in-test",
    source="official check 17, to the end of the log",
    severity=Severity.ERROR,
    advice="See why PTDaemon lost the analyser or its readings, and measure again.",
)
def errors_in_test(review: Review) -> Iterator[Seen]:
    """Outside ranging PTDaemon reports no error."""
    exceeding = _exceeding(review)
    clipped = bool(exceeding)

    def is_meant(notice: Notice) -> bool:
        usual = clipped and notice.text.startswith(USUAL_IN_RANGING[0])
        return notice.kind == ERROR and not _is_usb(notice.text) and not usual

    found = review.notices.that(is_meant)
    found = found.where(~_within(review.ranging_interval, found))
    told = _within(review.testing_interval, found)
    told &= np.isin(found.what, exceeding.what)
    yield from _counted(review, found.where(~told))


@rule(
    "inference/usb-errors",
    source="official check 17: accepted, with a warning",
    severity=Severity.WARNING,
    advice="Check cable and driver of the analyser; compare the gaps in the power log.",
)
def usb_errors(review: Review) -> Iterator[Seen]:
    """PTDaemon reports no trouble with USB, and its last message is whole."""
    yield from _counted(
        review, review.notices.that(lambda notice: notice.kind == ERROR and _is_usb(notice.text))
    )


@rule(
    "inference/warnings-in-test",
    source="official check 18",
    severity=Severity.WARNING,
    advice="Read what PTDaemon warns of, and say in the submission why it does not matter.",
)
def warnings_in_test(review: Review) -> Iterator[Seen]:
    """PTDaemon warns of nothing else in the window of the test."""
    found = review.in_window.that(
        lambda notice: notice.kind == WARNING and notice.over_limit is None and not notice.unknown
    )
    yield from _counted(review, found)


@rule(
    "inference/errors-in-ranging",
    source="official check 17: a warning, which ends its scan",
    severity=Severity.NOTE,
    advice="Nothing, as long as the range for the test came out right.",
)
def errors_in_ranging(review: Review) -> Iterator[Seen]:
    """During ranging PTDaemon reports no errors but those of an analyser looking for its range."""
    found = review.notices.that(
        lambda notice: (
            notice.kind == ERROR
            and not notice.text.startswith(USUAL_IN_RANGING)
            and not _is_usb(notice.text)
        )
    )
    yield from _counted(review, found.where(_within(review.ranging_interval, found)))


def _exceeding(review: Review) -> Notices:
    """Return the errors of the test that tell of too high a current."""
    found = review.notices.that(lambda notice: notice.kind == ERROR and notice.clipped)
    return found.where(_within(review.testing_interval, found))


def _is_usb(text: str) -> bool:
    """Return whether PTDaemon reports trouble with USB, or began to and was cut off."""
    return USB.startswith(text)


def _within(interval: Interval | None, notices: Notices) -> Flags:
    """Return which notices are within a measurement, by their lines."""
    if interval is None:
        return np.zeros(len(notices), np.bool_)
    return (interval.begin_line < notices.line) & (notices.line < interval.end_line)


def _counted(review: Review, notices: Notices) -> Iterator[Seen]:
    """Yield one finding for each text that notices have, numbers and columns aside."""
    alike: dict[str, tuple[int, Notice]] = {}
    for notice, count in notices.different():
        text = _VARYING.sub("#", notice.text)
        so_far, first = alike.get(text, (0, notice))
        alike[text] = so_far + count, min(first, notice, key=lambda one: one.line)
    for count, first in sorted(alike.values(), key=lambda one: one[0], reverse=True)[:MOST]:
        text = first.text[:SHOWN] or "an error without text"
        times = f" ({count} times)" if count > 1 else ""
        yield f"{text}{times}", review.console.name, first.line


RULES = (
    console_runs,
    uncertainty_check,
    over_limit,
    unknown,
    range_exceeded,
    errors_in_test,
    usb_errors,
    warnings_in_test,
    errors_in_ranging,
)
