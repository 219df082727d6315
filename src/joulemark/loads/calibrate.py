"""Find what LoadGen must be told beforehand: rates and latencies.

LoadGen generates all queries before a test. Offline: 1.1 times the samples that the expected rate
gives in the shortest duration; a workload that is faster than that ends too early, INVALID.
SingleStream and MultiStream: queries for twice the shortest duration at the expected latency; a
workload more than twice as fast runs out of them, INVALID. Server: the rate is what is tested; one
above capacity ends INVALID. So a short calibration answers queries directly, without LoadGen.

A figure for "how fast can it be" is taken from the lower quartile of the times of single calls, so
that another program that disturbs the calibration for a moment does not make the list too short.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from joulemark.core.clock import NS, Clock
from joulemark.core.interfaces import Queries
from joulemark.loads.scenario import Scenario
from joulemark.loads.settings import (
    GENERATED_TIMES,
    MOST_QUERIES,
    MOST_SAMPLES,
    OFFLINE_SLACK,
    LoadGenSettings,
)

SERVER_SHARE = 0.6
"""Server: share of the rate of single samples at which queries arrive."""
OFFLINE_MARGIN = 1.1
"""Offline: the workload may be so much faster than calibrated, and LoadGen's 1.1 more."""
OFFLINE_MOST = 1.5
"""Offline: at most so many times the mean rate is expected, so that a calibration that was
disturbed most of the time does not make the test many times too long."""
LONGER = 1.5
"""A test may be so much longer than asked for, if only then LoadGen can call it VALID."""
_OVERHEAD_S = {"SingleStream": 4e-6, "MultiStream": 4e-6, "Server": 25e-6, "Offline": 1e-6}
"""What LoadGen and our side of it take for a query (Offline: a sample) that is no work, s.

As measured on a 2.x GHz x86 virtual machine, rounded down but for Server; matters only to workloads
that take no longer than that, for which LoadGen would else generate far too much.
"""
_FEWEST_CALLS = 4
_MOST_CALLS = 100_000
_NEARLY = 0.999


@dataclass(frozen=True, slots=True)
class Pace:
    """How long calls of one size take.

    Attributes:
        mean_s: mean time of a call, s.
        fast_s: lower quartile, s.
    """

    mean_s: float
    fast_s: float


def calibrate_rate(queries: Queries, seconds: float, monotonic: Clock, *, batch: int = 64) -> float:
    """Return the samples/s at which batches are answered one after the other.

    Args:
        queries: what does the work.
        seconds: how long to measure; at least four calls and one that does not count, at most
            100,000.
        monotonic: a monotonic clock, ns.
        batch: samples of a call.
    """
    return batch / measure_pace(queries, seconds, monotonic, count=batch, batch=batch).mean_s


def measure_pace(
    queries: Queries, seconds: float, monotonic: Clock, *, count: int, batch: int
) -> Pace:
    """Return the time that it takes to answer ``count`` samples in calls of at most ``batch``.

    The samples are taken in turn from the whole data set. The first call does not count.
    """
    times: list[int] = []
    total, place = 0, 0
    _answer(queries, _places(queries, place, count), batch)
    while len(times) < (_MOST_CALLS if total < seconds * NS else _FEWEST_CALLS):
        place += count
        indices = _places(queries, place, count)
        start = monotonic()
        _answer(queries, indices, batch)
        times.append(max(monotonic() - start, 1))
        total += times[-1]
    return Pace(total / len(times) / NS, sorted(times)[len(times) // 4] / NS)


def calibrated(
    settings: LoadGenSettings, queries: Queries, seconds: float, monotonic: Clock
) -> LoadGenSettings:
    """Return the settings with what is still None filled in, as measured.

    ``target_qps`` of Offline is ``OFFLINE_MARGIN`` times the fast rate of batches (the test takes
    1.1 · 1.1 times its shortest duration), at most ``OFFLINE_MOST`` times the mean; of Server
    ``SERVER_SHARE`` of the mean rate of single samples, so that the bound on latency can be kept
    without batching; ``expected_latency_s`` is the fast latency of a query. All keep to the most
    that LoadGen may generate.
    ``min_query_count`` becomes what early stopping needs if the test is then at most ``LONGER``
    times as long as asked for; else 1, and LoadGen will call it INVALID after its time.

    Args:
        settings: as asked for; values that are given stay.
        queries: what does the work.
        seconds: how long to measure.
        monotonic: a monotonic clock, ns.
    """
    scenario, shortest = settings.scenario, settings.min_duration_s
    count = _count(settings)
    pace = measure_pace(queries, seconds, monotonic, count=count, batch=settings.batch)
    overhead = _OVERHEAD_S[scenario]
    query_s = pace.mean_s + overhead
    if scenario is Scenario.OFFLINE:
        most = _NEARLY * MOST_SAMPLES / (OFFLINE_SLACK * shortest)
        fast = OFFLINE_MARGIN / (pace.fast_s / count + overhead)
        rate = settings.target_qps or min(fast, OFFLINE_MOST / (pace.mean_s / count), most)
        return replace(settings, target_qps=rate, min_query_count=settings.min_query_count or 1)
    if scenario is Scenario.SERVER:
        most = _NEARLY * MOST_QUERIES / shortest
        rate = settings.target_qps or min(SERVER_SHARE / query_s, most)
        settings, query_s = replace(settings, target_qps=rate), 1 / rate
    elif settings.expected_latency_s is None:
        least = GENERATED_TIMES * shortest / (_NEARLY * MOST_QUERIES)
        settings = replace(settings, expected_latency_s=max(pace.fast_s + overhead, least))
    needed = scenario.queries_for_early_stopping
    fewest = needed if needed * query_s <= LONGER * shortest else 1
    return replace(settings, min_query_count=settings.min_query_count or fewest)


def _count(settings: LoadGenSettings) -> int:
    single = {Scenario.OFFLINE: settings.batch, Scenario.MULTI_STREAM: settings.samples_per_query}
    return single.get(settings.scenario, 1)


def _places(queries: Queries, place: int, count: int) -> list[int]:
    return [(place + i) % queries.sample_count for i in range(count)]


def _answer(queries: Queries, indices: Sequence[int], batch: int) -> None:
    for start in range(0, len(indices), batch):
        queries.answer(indices[start : start + batch])
