"""Rules on the accuracy of a tiny result."""

from __future__ import annotations

from collections.abc import Iterator

from joulemark.core.finding import Severity
from joulemark.formats.tiny.networks import Network, network
from joulemark.formats.tiny.parsed import Printed
from joulemark.rules.rule import Seen, rule
from joulemark.rules.tiny.review import STREAMING, TinyReview


@rule(
    "tiny/accuracy-target",
    source="tiny rules: targets of the closed division",
    severity=Severity.ERROR,
    advice="Hand the result in to the open division, or run the reference model.",
)
def accuracy_target(review: TinyReview) -> Iterator[Seen]:
    """A result of the closed division is as accurate as its target asks."""
    reported, known = review.reported, _network(review)
    if reported is None or known is None or review.session.place.division == "open":
        return
    kind = "results" if "results" in review.session.entries else "log"
    printed: Printed | None = None
    target = known.target
    if known.metric == "top1":
        printed, target = reported.top1_percent, 100 * target
    elif known.metric == "auc":
        printed = reported.auc
    if printed is not None and printed.value < target:
        yield review.seen(f"{printed.value:g}, less than {target:g}", kind, printed.line)
    if known.benchmark == STREAMING and reported.detections is not None:
        _, missed, wrong = reported.detections
        if missed > target or wrong > target:
            what = f"{missed} words missed and {wrong} false alarms, more than {target:g}"
            yield review.seen(what, kind)


def _network(review: TinyReview) -> Network | None:
    """Return the reference network of the benchmark, that of the board's model if it has more."""
    said = "" if review.log is None else review.log.board.get("model", "")
    named = network(said)
    fits = named is not None and named.benchmark == review.benchmark
    return named if fits else network(review.benchmark)


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
