"""The figures of one power directory: as published, and as the integral of its readings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from joulemark.accounting.mlperf_power import (
    STREAMS,
    Figure,
    Floats,
    analyser_accuracy,
    efficiency,
    integral,
    metric,
    samples_of,
)
from joulemark.core.channel import Accuracy
from joulemark.core.errors import FormatError
from joulemark.core.value import Value
from joulemark.formats.inference.directory import TESTING, PowerDirectory
from joulemark.formats.inference.notices import Notice
from joulemark.formats.inference.parsed import Detail, Session
from joulemark.formats.inference.performance import number, performance, text
from joulemark.formats.inference.replies import identity, reply_to, stated_uncertainty
from joulemark.formats.inference.rounds import ESTIMATED, Round
from joulemark.formats.inference.timed import TimedRun, round_for, timed

Read = TypeVar("Read")
LIMIT = 0.01
"""The largest relative uncertainty that a reading may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a power directory says in numbers.

    Attributes:
        scenario: of the result.
        measured: scenario that LoadGen ran; another one where the result is inferred from it.
        metric: as published: W, or mJ of a stream or query; None where it cannot be had.
        efficiency: work per joule, from ``metric``.
        published_w: plain mean of the lines that the round counts, W; None without readings.
        energy_j: integral over the window, J; None without readings.
        average_power_w: the integral over the length of the window, W.
        own_u95_w: half-width of what the integral does not share with the plain mean, W.
        n_query: how many queries ran; None where it does not matter or is not known.
        duration_s: length of the window, s.
        samples: readings in the window.
        dropped: readings in the window that are none.
        coverage: share of the window's seconds with a reading, 0 to 1.
        power_factor: mean of the readings; None where the analyser gives none.
        meter: name of the analyser; empty if the server does not say.
        ptd_version: of PTDaemon; empty likewise.
        skew_s: largest difference of the clocks of both hosts, s; None if they do not say.
    """

    scenario: str
    measured: str
    metric: Figure | None
    efficiency: Figure | None
    published_w: float | None
    energy_j: Value | None
    average_power_w: Value | None
    own_u95_w: float
    n_query: float | None
    duration_s: float
    samples: int
    dropped: int
    coverage: float
    power_factor: float | None
    meter: str
    ptd_version: str
    skew_s: float | None


def figures_of(directory: PowerDirectory) -> Figures:
    """Return the figures of a directory; whoever wants them often asks ``directory.figures``.

    Raises:
        FormatError: if power log or detail log of the test cannot be read, or the window is not
            marked. What else is missing leaves its figure empty.
    """
    run = timed(directory, TESTING)
    server = _or_none(lambda: directory.server)
    client = _or_none(lambda: directory.client)
    meter = identity(reply_to(server.ptd_messages, "Identify")) if server else None
    skew = None if server is None or client is None else largest_skew(client, server)
    found = integral(
        run.time,
        np.where(run.read, run.log.whole.watts, np.nan),
        run.begin,
        run.end,
        accuracy=accuracy_of(directory, run),
        skew_s=min(skew or 0.0, max(run.seconds, 0.0)),
    )
    scenario, measured, queries, published, worth = _published(directory, run)
    return Figures(
        scenario=scenario,
        measured=measured,
        metric=published,
        efficiency=worth,
        published_w=run.mean_w,
        energy_j=found.energy if found else None,
        average_power_w=found.power if found else None,
        own_u95_w=found.own if found else 0.0,
        n_query=queries,
        duration_s=run.seconds,
        samples=int(run.used.sum()),
        dropped=int((run.inside & ~run.read).sum()),
        coverage=found.coverage if found else 0.0,
        power_factor=_power_factor(run),
        meter=meter.model if meter else "",
        ptd_version=meter.version if meter else "",
        skew_s=skew,
    )


def _published(
    directory: PowerDirectory, run: TimedRun
) -> tuple[str, str, float | None, Figure | None, Figure | None]:
    """Return scenario, scenario that was run, queries, and the figures as published."""
    place, detail, round_ = directory.place, run.detail, round_for(directory)
    measured = text(detail, "effective_scenario") or place.scenario
    scenario = place.scenario or measured
    queries = queries_of(detail, round_, measured, run.seconds)
    if run.mean_w is None or run.seconds <= 0:
        return scenario, measured, queries, None, None
    published = metric(run.mean_w, run.seconds, scenario, measured, queries)
    if published is None:
        return scenario, measured, queries, None, None
    rate = performance(detail, round_, scenario, place.benchmark)
    per_figure = 1 if round_.queries == ESTIMATED else samples_of(scenario)
    worth = efficiency(
        published, per_figure, rate.rate if rate else None, tokens=bool(rate and rate.tokens)
    )
    return scenario, measured, queries, published, worth


def queries_of(detail: Detail, round_: Round, measured: str, seconds: float) -> float | None:
    """Return the number by which the energy of a stream scenario is divided.

    Args:
        detail: LoadGen's log.
        round_: says whether the log counts them.
        measured: scenario that LoadGen ran.
        seconds: length of the window, s.

    Returns:
        Queries; in the rounds whose log does not count them samples, from the rate of a single
        stream or from what was generated for several. None if the log does not say.
    """
    if round_.queries != ESTIMATED:
        return number(detail, round_.queries)
    if measured == "MultiStream":
        made = number(detail, "generated_query_count")
        each = number(detail, "generated_samples_per_query")
        return None if made is None or each is None else made * each
    rate = number(detail, "result_qps_with_loadgen_overhead")
    return None if rate is None or measured not in STREAMS else rate * seconds


def largest_skew(client: Session, server: Session) -> float | None:
    """Return the largest difference of both hosts' stamps of one moment, s; None without a pair."""
    pairs = [
        abs(mine.unix_s - theirs.unix_s)
        for run, stamps in client.phases.items()
        for mine, theirs in zip(stamps, server.phases.get(run, ()), strict=False)
    ]
    return max(pairs, default=None)


def accuracy_of(directory: PowerDirectory, run: TimedRun) -> Accuracy:
    """Return the accuracy of an analyser over a run: as PTDaemon states it, else by its limit."""
    server = _or_none(lambda: directory.server)
    replies = [] if server is None else [message.reply for message in server.ptd_messages]
    stated = [found for found in map(stated_uncertainty, replies) if found is not None]
    mean = stated[-1].mean if stated else None
    over = np.zeros(0) if mean is not None else _over_limit(directory, run)
    return analyser_accuracy(mean, over, int(run.used.sum()), LIMIT)


def _over_limit(directory: PowerDirectory, run: TimedRun) -> Floats:
    """Return the relative uncertainties above the limit that the console tells of in the window."""
    notices = _or_none(lambda: directory.notices)
    if notices is None:
        return np.zeros(0)
    inside = notices.timed & (run.begin < notices.time) & (notices.time < run.end)
    over = notices.where(inside).that(lambda notice: notice.over_limit is not None)
    limits = {i: Notice(0, None, *over.said[i]).over_limit for i in set(over.what.tolist())}
    return np.array([limits[i] for i in over.what.tolist()], np.float64)


def _power_factor(run: TimedRun) -> float | None:
    known = run.log.whole.pf[run.used]
    known = known[(known > 0) & (known <= 1)]
    return float(known.mean()) if len(known) else None


def _or_none(read: Callable[[], Read]) -> Read | None:
    try:
        return read()
    except FormatError:
        return None
