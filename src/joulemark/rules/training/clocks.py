"""Rules on the clocks of a result: its logs, their runs, and the round they are of."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, date, datetime
from statistics import median

from joulemark.core.clock import NS
from joulemark.core.finding import Severity
from joulemark.core.units import count_of, duration
from joulemark.rules.rule import Seen, rule
from joulemark.rules.training.facts import InRun, LogFacts
from joulemark.rules.training.policy import OLDEST_DAYS, PUBLISHED
from joulemark.rules.training.review import Case, TrainingReview, worst_of

DAY_S = 86_400.0
ASIDE_S = 10.0
"""A node's log that begins and ends so much earlier or later than the others' …"""
ALIKE_S = 2.0
"""… while it is as long as theirs within this, s, has another clock."""
_OURS = "power_measurement: Measure max(a run, 60 power samples): all timed operations, and "


@rule(
    "training/other-time",
    source=_OURS + "no others",
    severity=Severity.ERROR,
    advice="Hand in the log that was written during the run, with its own stamps.",
)
def other_time(review: TrainingReview) -> Iterator[Seen]:
    """The readings of a run were taken while it ran; no time zone explains another day or year."""
    cases = [
        Case(abs(facts.apart_s), _apart(facts), facts.file)
        for facts in review.logs
        if math.isfinite(facts.apart_s)
    ]
    yield from worst_of(cases, len(review.logs))


def _apart(facts: LogFacts) -> str:
    side = "before" if facts.apart_s < 0 else "after"
    away = abs(facts.apart_s)
    far = f"{away / DAY_S:.1f} days" if away >= 2 * DAY_S else duration(away)
    when = "" if facts.first is None else f", on {_day(facts.first)}"
    return f"readings lie {far} {side} the run{when}, which is no time zone"


def _day(time: int) -> date:
    return datetime.fromtimestamp(time // NS, UTC).date()


@rule(
    "training/time-zone",
    source=_OURS + "those by the clock of the run",
    severity=Severity.ERROR,
    advice="Write Unix time, not local time; keep all clocks on one time server.",
)
def time_zone(review: TrainingReview) -> Iterator[Seen]:
    """Power logs and runs have one clock: none is off by a time zone."""
    cases = [
        Case(
            abs(one.shift_s),
            f"stamps are {-one.shift_s / 3600:+.3g} h off the run's: another time zone",
            facts.file,
        )
        for facts, one in review.over
        if one.shift_s
    ]
    yield from worst_of(cases, len(review.logs))


@rule(
    "training/node-clocks",
    source="our own: what starts and stops together has stamps that do",
    severity=Severity.WARNING,
    advice="Keep the clocks of all nodes on one time server.",
)
def node_clocks(review: TrainingReview) -> Iterator[Seen]:
    """The logs of the nodes of one run begin and end together."""
    cases = []
    for run in review.runs:
        spans = [(f, f.in_run) for f in run.nodes if f.in_run is not None]
        if len(spans) > 2:
            cases += list(_aside(spans))
    yield from worst_of(cases, len(review.nodes))


def _aside(spans: list[tuple[LogFacts, InRun]]) -> Iterator[Case]:
    begin = median(one.begins_s for _, one in spans)
    end = median(one.ends_s for _, one in spans)
    for facts, one in spans:
        first, last = one.begins_s - begin, one.ends_s - end
        if min(abs(first), abs(last)) > ASIDE_S and abs(first - last) < ALIKE_S:
            what = f"stamps are {first:+.1f} s off those of the other nodes"
            yield Case(abs(first), what, facts.file)


@rule(
    "training/round-date",
    source="training_rules: results are of runs made for the round",
    severity=Severity.ERROR,
    advice="Hand in runs of the round, with the stamps they were written with.",
)
def round_date(review: TrainingReview) -> Iterator[Seen]:
    """A run was made in the year before its round was published."""
    told = PUBLISHED.get(review.directory.place.round)
    if told is None:
        return
    published = date.fromisoformat(told)
    cases = []
    for run in review.runs:
        if run.log is None or run.log.start is None:
            continue
        age = (published - _day(run.log.start)).days
        if not 0 <= age <= OLDEST_DAYS:
            side = "before" if age > 0 else "after"
            away = f"{count_of(abs(age), 'day')} {side} the round of {told}"
            what = f"a run of {_day(run.log.start)}, {away}"
            cases.append(Case(abs(age), what, run.file, run.log.start_line))
    yield from worst_of(cases, len(review.runs), "run")


@rule(
    "training/missing-mark",
    source="mllog constants: power_measurement_start and power_measurement_stop",
    severity=Severity.ERROR,
    advice="Write both marks; without the start the official summarizer gives no figure.",
)
def missing_mark(review: TrainingReview) -> Iterator[Seen]:
    """Each log of readings has the mark of its start, and of its stop, once."""
    cases = []
    for facts in review.logs:
        if not facts.readings or (facts.starts, facts.stops) == (1, 1):
            continue
        starts = count_of(facts.starts, "mark")
        what = f"{starts} of the start and {facts.stops} of the stop, not one of each"
        cases.append(Case(abs(1 - facts.starts) + abs(1 - facts.stops), what, facts.file))
    yield from worst_of(cases, len(review.logs))


@rule(
    "training/stop-is-start",
    source="our own: the official summarizer (since 2024-09) divides by the time between them",
    severity=Severity.ERROR,
    advice="Stamp the stop when measuring stops.",
)
def stop_is_start(review: TrainingReview) -> Iterator[Seen]:
    """A log stops later than it starts."""
    cases = [
        Case(
            0.0,
            "power_measurement_stop has the stamp of the start: the present summarizer fails on it",
            facts.file,
        )
        for facts in review.logs
        if facts.stop_is_start
    ]
    yield from worst_of(cases, len(review.logs))


@rule(
    "training/null-texts",
    source="our own: JSON has a null of its own",
    severity=Severity.NOTE,
    advice="Write null without quotation marks.",
)
def null_texts(review: TrainingReview) -> Iterator[Seen]:
    """A mark without a value says so."""
    cases = [
        Case(
            facts.null_texts,
            f'{count_of(facts.null_texts, "mark")} with the text "null" for a value',
            facts.file,
        )
        for facts in review.logs
        if facts.null_texts
    ]
    yield from worst_of(cases, len(review.logs))


RULES = (
    other_time,
    time_zone,
    node_clocks,
    round_date,
    missing_mark,
    stop_is_start,
    null_texts,
)
