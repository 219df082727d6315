"""Rules on the measured windows: how many, how long, of what, and whether the figures follow."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Iterator

from joulemark.core.finding import Severity
from joulemark.formats.tiny.parsed import Printed
from joulemark.rules.rule import Seen, rule
from joulemark.rules.tiny.review import STREAMING, TinyReview

WINDOWS = 5
SHORTEST_S, FEWEST = 10.0, 10
SPREAD = 0.05
"""Windows of one board that differ by more than this are not of one state."""
HALF = 0.51
"""Of the last printed digit: what rounding may take."""
STREAMED_S = 1190.0
"""The recording of the streaming wake word lasts 1200 s."""


@rule(
    "tiny/window-count",
    source="tiny rules: median of five inputs; no official checker counts",
    severity=Severity.ERROR,
    advice="Measure five windows in one session; look why an edge was lost (timestamp-hold-us).",
)
def window_count(review: TinyReview) -> Iterator[Seen]:
    """There are five windows; of the streaming wake word one."""
    found = review.stretches
    wanted = 1 if review.benchmark == STREAMING else WINDOWS
    if review.mode not in ("energy", "performance") or len(found) == wanted:
        return
    if found:
        what = f"{len(found)} windows, not {wanted}"
        yield what, found[0].where[0], None
    elif review.read:
        kind = "stamps" if "stamps" in review.session.entries else "results"
        yield review.seen("no window at all", kind)


@rule(
    "tiny/short-window",
    source="tiny rules: every window takes 10 s; no official checker looks",
    severity=Severity.ERROR,
    advice="Raise the iterations until the fastest input takes more than 10 s.",
)
def short_window(review: TinyReview) -> Iterator[Seen]:
    """Every window lasts 10 s or longer; that of the streaming wake word the whole recording."""
    least = STREAMED_S if review.benchmark == STREAMING else SHORTEST_S
    for one in review.stretches:
        if one.seconds is not None and not one.seconds >= least:
            yield (f"{one.name} lasts {one.seconds:.3f} s, less than {least:g} s", *one.where)


@rule(
    "tiny/few-iterations",
    source="tiny rules: every window has 10 inferences; no official checker looks",
    severity=Severity.ERROR,
    advice="Measure at least 10 inferences in every window.",
)
def few_iterations(review: TinyReview) -> Iterator[Seen]:
    """Every window has 10 inferences or more; the streaming wake word is one recording."""
    if review.benchmark == STREAMING:
        return
    for one in review.stretches:
        if one.inferences is not None and one.inferences < FEWEST:
            yield (f"{one.name} has {one.inferences} inferences, not {FEWEST}", *one.where)


@rule(
    "tiny/unequal-iterations",
    source="our own: five windows of one test have one number of inferences, that of the script",
    severity=Severity.WARNING,
    advice="Hand in files of one session, measured with one configuration.",
)
def unequal_iterations(review: TinyReview) -> Iterator[Seen]:
    """All windows have the same number of inferences, and it is the script's."""
    counts = {one.inferences for one in review.stretches if one.inferences is not None}
    if len(counts) > 1:
        what = f"windows of {', '.join(str(count) for count in sorted(counts))} inferences"
        yield what, review.stretches[0].where[0], None
    told = set() if review.script is None else {count for count, _ in review.script.iterations}
    if told and counts and counts != told and len(counts) == 1:
        wanted = ", ".join(str(count) for count in sorted(told))
        yield review.seen(f"{min(counts)} inferences a window; the script says {wanted}", "script")


@rule(
    "tiny/repeated-input",
    source="tiny rules: five different inputs; no official checker looks",
    severity=Severity.ERROR,
    advice="Load another input for every window.",
)
def repeated_input(review: TinyReview) -> Iterator[Seen]:
    """Every window has an input of its own."""
    if review.mode not in ("energy", "performance"):
        return
    if review.runner is not None:
        kind, files = "runner", [trial.file for trial in review.runner.trials]
    elif review.log is not None:
        kind, files = "log", [one.file for one in review.log.inferences]
    else:
        return
    for file, count in Counter(file for file in files if file).items():
        if count > 1:
            yield review.seen(f"{count} windows have the input {file!r}", kind)


@rule(
    "tiny/reported-median",
    source="our own: the published figure is what the trace gives",
    severity=Severity.ERROR,
    advice="Hand in trace, stamps and results of one session, unedited.",
)
def reported_median(review: TinyReview) -> Iterator[Seen]:
    """The reported median is that of the trace, and of the reported windows, as printed."""
    reported, figures = review.reported, review.figures
    if reported is None or reported.median_uj is None:
        return
    printed = reported.median_uj
    if figures is not None and figures.windows and _off(printed, figures.recomputed_uj):
        what = f"{_text(printed)} µJ reported, {figures.recomputed_uj:.{_places(printed)}f} µJ "
        yield review.seen(what + "recomputed", _kind(review), printed.line)
    windows = [one.per_inference_uj for one in reported.energy]
    told = [one for one in windows if one is not None]
    if told and len(told) == len(windows):
        middle = statistics.median(one.value for one in told)
        if abs(middle - printed.value) > HALF * (printed.step + told[0].step):
            what = f"{_text(printed)} µJ reported, {middle:g} µJ is the median of the windows"
            yield review.seen(what, _kind(review), printed.line)


@rule(
    "tiny/reported-window",
    source="our own: every printed window is what the trace gives",
    severity=Severity.ERROR,
    advice="Hand in trace, stamps and results of one session, unedited.",
)
def reported_window(review: TinyReview) -> Iterator[Seen]:
    """Energy and length of each reported window are those of the trace, as printed."""
    reported, figures = review.reported, review.figures
    if reported is None or figures is None or not figures.windows or not reported.energy:
        return
    if len(reported.energy) != len(figures.windows):
        what = f"{len(reported.energy)} windows reported, {len(figures.windows)} in the trace"
        yield review.seen(what, _kind(review))
        return
    for told, seen in zip(reported.energy, figures.windows, strict=True):
        for printed, value, unit in (
            (told.energy_uj, seen.published_uj, "µJ"),
            (told.seconds, seen.seconds, "s"),
        ):
            if printed is not None and _off(printed, value):
                what = f"window {told.index}: {_text(printed)} {unit} reported, {value:.4f} {unit} "
                yield review.seen(what + "in the trace", _kind(review), printed.line)


@rule(
    "tiny/uneven-windows",
    source="our own: inputs differ, the work of an inference does not",
    severity=Severity.WARNING,
    advice="Let the board settle, keep its clock and supply fixed, and measure again.",
)
def uneven_windows(review: TinyReview) -> Iterator[Seen]:
    """The windows agree within 5 % on the energy of an inference."""
    figures = review.figures
    values = [] if figures is None else [one.per_inference_uj for one in figures.windows]
    values = [value for value in values if math.isfinite(value)]
    if len(values) > 1 and max(values) - min(values) > SPREAD * abs(statistics.median(values)):
        kind = "trace" if "trace" in review.session.entries else "runner"
        what = f"from {min(values):.4g} to {max(values):.4g} µJ an inference"
        yield review.seen(what, kind)


def _kind(review: TinyReview) -> str:
    return "results" if "results" in review.session.entries else "log"


def _off(printed: Printed, value: float) -> bool:
    tolerance = HALF * printed.step + 1e-9 * abs(value)
    return not abs(printed.value - value) <= tolerance


def _places(printed: Printed) -> int:
    return min(max(printed.places, 0), 12)


def _text(printed: Printed) -> str:
    return f"{printed.value:.{_places(printed)}f}"


RULES = (
    window_count,
    short_window,
    few_iterations,
    unequal_iterations,
    repeated_input,
    reported_median,
    reported_window,
    uneven_windows,
)
