"""Rules on the accuracy of a tiny result."""

from __future__ import annotations

from collections.abc import Iterator

from joulemark.core.finding import Severity
from joulemark.formats.tiny.parsed import Printed
from joulemark.rules.rule import Seen, rule
from joulemark.rules.tiny.review import STREAMING, TinyReview

TOP1_PERCENT = {"ic": 85.0, "kws": 90.0, "vww": 80.0}
AUC = {"ad": 0.85}
MOST_WRONG = 8
"""False positives, and false negatives, of the streaming wake word."""


@rule(
    "tiny/accuracy-target",
    source="tiny rules: targets of the closed division",
    severity=Severity.ERROR,
    advice="Hand the result in to the open division, or run the reference model.",
)
def accuracy_target(review: TinyReview) -> Iterator[Seen]:
    """A result of the closed division is as accurate as its target asks."""
    reported, benchmark = review.reported, review.benchmark
    if reported is None or review.session.place.division == "open":
        return
    kind = "results" if "results" in review.session.entries else "log"
    printed: Printed | None = None
    if benchmark in TOP1_PERCENT:
        printed, target = reported.top1_percent, TOP1_PERCENT[benchmark]
    elif benchmark in AUC:
        printed, target = reported.auc, AUC[benchmark]
    if printed is not None and printed.value < target:
        yield review.seen(f"{printed.value:g}, less than {target:g}", kind, printed.line)
    if benchmark == STREAMING and reported.detections is not None:
        _, missed, wrong = reported.detections
        if missed > MOST_WRONG or wrong > MOST_WRONG:
            what = f"{missed} words missed and {wrong} false alarms, more than {MOST_WRONG}"
            yield review.seen(what, kind)


@rule(
    "tiny/reported-accuracy",
    source="our own: the published accuracy is what the answers give",
    severity=Severity.ERROR,
    advice="Hand in log and results of one session, unedited.",
)
def reported_accuracy(review: TinyReview) -> Iterator[Seen]:
    """The reported share of right answers is that of the answers in the files, as printed."""
    figures, reported = review.figures, review.reported
    if figures is None or figures.accuracy is None or reported is None:
        return
    printed = reported.top1_percent
    if figures.accuracy.metric != "top1" or printed is None:
        return
    percent = 100 * figures.accuracy.value
    if abs(percent - printed.value) > printed.step:
        kind = "results" if "results" in review.session.entries else "log"
        what = f"{printed.value:g} % reported, {percent:.2f} % of {figures.accuracy.inputs} answers"
        yield review.seen(what, kind, printed.line)


RULES = (accuracy_target, reported_accuracy)
