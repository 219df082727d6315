"""Rules on the readings of a log: how often, how evenly, and over how much of the run."""

from __future__ import annotations

import math
from collections.abc import Iterator

from joulemark.core.finding import Severity
from joulemark.core.units import count_of, digits, duration, si
from joulemark.rules.rule import Seen, rule
from joulemark.rules.training.facts import InRun, LogFacts
from joulemark.rules.training.policy import (
    BESIDE,
    EDGE_S,
    GAP_S,
    RATE,
    RATE_ERROR,
    SAMPLES,
    TARGET,
)
from joulemark.rules.training.review import Case, TrainingReview, worst_of

_RATE = "power_measurement: Report 1 Measurement per Second"
_EACH = "one a second is required"
_RUN = "power_measurement: Measure max(a run, 60 power samples)"


@rule(
    "training/rate",
    source=_RATE,
    severity=Severity.ERROR,
    advice="Sample every second or faster, each node by a process of its own.",
)
def rate(review: TrainingReview) -> Iterator[Seen]:
    """There is one reading a second or more in the run; nine in ten seconds is no accident."""
    yield from _slow(review, 0.0, RATE_ERROR)


@rule(
    "training/rate-drift",
    source=_RATE,
    severity=Severity.WARNING,
    advice="Sleep until the next second, not for a second after each reading.",
)
def rate_drift(review: TrainingReview) -> Iterator[Seen]:
    """There is one reading a second in the run, with no second left out now and then."""
    yield from _slow(review, RATE_ERROR, RATE)


def _slow(review: TrainingReview, above: float, below: float) -> Iterator[Seen]:
    cases = [
        Case(-one.rate, f"{_every(one)}; {_EACH}", facts.file)
        for facts, one in review.over
        if above <= one.rate < below
    ]
    for facts in _beside(review):
        pace = (facts.readings - 1) / facts.span_s if facts.span_s else 0.0
        if above <= pace < below:
            what = f"{count_of(facts.readings, 'reading')} in {duration(facts.span_s)}; {_EACH}"
            cases.append(Case(-pace, what, facts.file))
    yield from worst_of(cases, len(review.logs))


def _every(one: InRun) -> str:
    if not one.rate:
        return f"{count_of(one.stamps, 'reading')} in the {duration(one.seconds)} of the run"
    return (
        f"one reading every {digits(1 / one.rate, 3)} s ({one.stamps} in {duration(one.covered_s)})"
    )


def _beside(review: TrainingReview) -> list[LogFacts]:
    """Return the logs with readings that do not lie over their run."""
    return [facts for facts in review.logs if facts.readings and facts.in_run is None]


@rule(
    "training/gap",
    source=_RATE,
    severity=Severity.ERROR,
    advice="Look why the meter did not answer; measure again.",
)
def gap(review: TrainingReview) -> Iterator[Seen]:
    """Readings are spread evenly over the run, with no hole of more than 3 s."""
    cases = [
        Case(
            one.gap.amount,
            f"{duration(one.gap.amount)} of the run without a reading; {_EACH}",
            facts.file,
            one.gap.line,
        )
        for facts, one in review.over
        if one.gap.amount > GAP_S
    ]
    yield from worst_of(cases, len(review.logs))


@rule(
    "training/samples",
    source=_RUN,
    severity=Severity.ERROR,
    advice="Sample faster, or lengthen the training loop on the same code path.",
)
def samples(review: TrainingReview) -> Iterator[Seen]:
    """There are 60 readings or more in the run."""
    cases = [
        Case(
            -one.stamps,
            f"{count_of(one.stamps, 'reading')} in the run, {SAMPLES} are required",
            facts.file,
        )
        for facts, one in review.over
        if one.stamps < SAMPLES
    ]
    cases += [
        Case(
            -facts.readings,
            f"{count_of(facts.readings, 'reading')} in all, {SAMPLES} are required",
            facts.file,
        )
        for facts in _beside(review)
        if facts.readings < SAMPLES
    ]
    yield from worst_of(cases, len(review.logs))


@rule(
    "training/coverage",
    source=_RUN,
    severity=Severity.ERROR,
    advice="Start measuring before run_start, stop after run_stop, and keep all readings.",
)
def coverage(review: TrainingReview) -> Iterator[Seen]:
    """Readings begin before the run starts and end after it stops."""
    cases = []
    for facts, one in review.over:
        late, early = max(one.begins_s, 0.0), max(one.seconds - one.ends_s, 0.0)
        if max(late, early) > EDGE_S:
            what = f"no reading in {_edges(late, early)} of the run of {duration(one.seconds)}"
            cases.append(Case(late + early, what, facts.file))
    yield from worst_of(cases, len(review.logs))


def _edges(late: float, early: float) -> str:
    """Return which edges of a run lack readings; an edge within what stamps allow is not named."""
    edges = [("first", late), ("last", early)]
    return " and ".join(f"the {edge} {duration(lack)}" for edge, lack in edges if lack > EDGE_S)


@rule(
    "training/beside-run",
    source=_RUN,
    severity=Severity.WARNING,
    advice="Cut the log to the run: the official score takes the mean of all that is in it.",
)
def beside_run(review: TrainingReview) -> Iterator[Seen]:
    """A log holds no more than a small fraction of time before and after the run."""
    cases = []
    for facts, one in review.over:
        before, after = max(-one.begins_s, 0.0), max(one.ends_s - one.seconds, 0.0)
        if before + after > BESIDE * one.seconds:
            sides = [(before, "before"), (after, "after")]
            told = " and ".join(f"{duration(much)} {side}" for much, side in sides if much >= 1)
            what = f"{told} a run of {duration(one.seconds)}"
            cases.append(Case((before + after) / one.seconds, what, facts.file))
    yield from worst_of(cases, len(review.logs))


@rule(
    "training/published-energy",
    source="power_measurement: Scoring (readings that cover the timed portion of a run)",
    severity=Severity.ERROR,
    advice="Hand in logs that are cut to the run and cover all of it, stamped by its clock.",
)
def published_energy(review: TrainingReview) -> Iterator[Seen]:
    """The official summarizer's energy of a log is that between start and stop, within 5 %."""
    cases = []
    for facts, one in review.over:
        if not (math.isfinite(one.published_j) and one.in_run_j > 0) or one.published_j == 0:
            continue
        off = one.published_j / one.in_run_j - 1
        if abs(off) > TARGET:
            what = f"{si(one.published_j, 'J')} as published, {si(one.in_run_j, 'J')} "
            cases.append(Case(abs(off), f"{what}in the run ({100 * off:+.1f} %)", facts.file))
    yield from worst_of(cases, len(review.logs))


@rule(
    "training/unordered",
    source="our own: a sum over the time since the reading before it needs an order",
    severity=Severity.WARNING,
    advice="Write the readings in the order of their stamps.",
)
def unordered(review: TrainingReview) -> Iterator[Seen]:
    """No reading has a stamp before that of the line above it."""
    cases = [
        Case(
            facts.back.amount,
            f"{count_of(facts.backs, 'step')} back, the longest {duration(facts.back.amount)}",
            facts.file,
            facts.back.line,
        )
        for facts in review.logs
        if facts.backs
    ]
    yield from worst_of(cases, len(review.logs))


@rule(
    "training/doubled-stamps",
    source="our own: the official sum gives the second reading on a stamp no time",
    severity=Severity.WARNING,
    advice="Stamp readings when they are taken, in milliseconds.",
)
def doubled_stamps(review: TrainingReview) -> Iterator[Seen]:
    """Every reading has a stamp of its own."""
    cases = [
        Case(
            facts.doubled.amount / facts.readings,
            f"{count_of(facts.doubled.amount, 'reading')} of {facts.readings} on another's stamp",
            facts.file,
            facts.doubled.line,
        )
        for facts in review.logs
        if facts.doubled.amount
    ]
    yield from worst_of(cases, len(review.logs))


@rule(
    "training/whole-seconds",
    source="our own: a step of a second in the stamps is up to a second at both edges of a run",
    severity=Severity.NOTE,
    advice="Stamp readings in milliseconds (the BMC's own stamps have seconds).",
)
def whole_seconds(review: TrainingReview) -> Iterator[Seen]:
    """Stamps are finer than a second."""
    cases = [
        Case(0.0, "all stamps are whole seconds", facts.file)
        for facts in review.logs
        if facts.whole_seconds
    ]
    yield from worst_of(cases, len(review.logs))


RULES = (
    rate,
    rate_drift,
    gap,
    samples,
    coverage,
    beside_run,
    published_energy,
    unordered,
    doubled_stamps,
    whole_seconds,
)
