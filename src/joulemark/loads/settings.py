"""What a LoadGen test is asked to do."""

from __future__ import annotations

import math
from dataclasses import dataclass

from joulemark.core.errors import UsageError
from joulemark.loads.scenario import Scenario

MOST_QUERIES = 5_000_000
"""Most queries that LoadGen may generate beforehand; 300 B of memory each, as measured."""
MOST_SAMPLES = 20_000_000
"""Most samples of the one query of Offline; 165 B of memory each, as measured."""
MOST_LOADED = 100_000
"""Most samples of the data set that a test draws from; LoadGen logs them all in one line."""
OFFLINE_SLACK = 1.1
"""Offline sends 1.1 times the samples of the shortest duration at the expected rate."""
GENERATED_TIMES = 2
"""SingleStream and MultiStream get queries for twice the shortest duration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadGenSettings:
    """Settings of one performance test; what is not here stays at LoadGen's default.

    The four seeds stay at LoadGen's default, 0; the logs record them.

    Attributes:
        scenario: how queries arrive.
        min_duration_s: shortest duration of the test, s.
        max_duration_s: when LoadGen stops to issue; None for ``longest_s``. Not heeded by Offline.
        min_query_count: fewest queries (Offline: samples); None for LoadGen's 100.
        target_qps: samples/s. Server: the mean rate at which queries arrive; Offline: the rate
            that is expected, from which the number of samples follows.
        target_latency_s: Server: the bound that 99 % of the queries must keep, s.
        expected_latency_s: SingleStream, MultiStream: the shortest latency that a query may have
            on average without LoadGen running out of generated queries is half of this, s.
        samples_per_query: MultiStream: samples in a query.
        batch: most samples that one call of ``Queries.answer`` is given.
        performance_sample_count: samples of the data set that queries draw from; None for all, up
            to ``MOST_LOADED``.

    Raises:
        UsageError: if a value makes no sense, alone or with the others.
    """

    scenario: Scenario
    min_duration_s: float = 60.0
    max_duration_s: float | None = None
    min_query_count: int | None = None
    target_qps: float | None = None
    target_latency_s: float = 0.1
    expected_latency_s: float | None = None
    samples_per_query: int = 8
    batch: int = 64
    performance_sample_count: int | None = None

    def __post_init__(self) -> None:
        """Check each value, and that LoadGen's memory will do."""
        times = ("min_duration_s", "max_duration_s", "target_latency_s", "expected_latency_s")
        for name in (*times, "target_qps"):
            _positive(name, getattr(self, name))
        for name in ("min_query_count", "samples_per_query", "batch", "performance_sample_count"):
            _count(name, getattr(self, name))
        if self.min_duration_s < 1e-3:
            raise UsageError("LoadGen counts whole milliseconds", where="min_duration_s")
        if self.max_duration_s is not None and self.max_duration_s <= self.min_duration_s:
            raise UsageError(
                f"{self.max_duration_s} s is not above min_duration_s, {self.min_duration_s} s",
                where="max_duration_s",
                remedy="a test that stops earlier can only end INVALID",
            )
        if (self.performance_sample_count or 1) > MOST_LOADED:
            raise UsageError(f"more than {MOST_LOADED}", where="performance_sample_count")
        self._check_memory()

    def _check_memory(self) -> None:
        offline = self.scenario is Scenario.OFFLINE
        most = MOST_SAMPLES if offline else MOST_QUERIES
        if self.generated > most:
            what = "samples in one query" if offline else "queries"
            name = "expected_latency_s" if self.target_qps is None else "target_qps"
            raise UsageError(
                f"LoadGen would generate {self.generated} {what} beforehand; {most} are the most",
                where=name,
                remedy="shorten the test, or choose a lower rate or a longer expected latency",
            )

    @property
    def needs(self) -> str:
        """Name of the value that this scenario cannot do without."""
        timed = self.scenario in (Scenario.SINGLE_STREAM, Scenario.MULTI_STREAM)
        return "expected_latency_s" if timed else "target_qps"

    @property
    def generated(self) -> int:
        """How many queries (Offline: samples) LoadGen makes before the test; 0 if not known yet."""
        if getattr(self, self.needs) is None:
            return 0
        if self.needs == "expected_latency_s":
            expected = GENERATED_TIMES * self.min_duration_s / (self.expected_latency_s or math.inf)
        else:
            slack = OFFLINE_SLACK if self.scenario is Scenario.OFFLINE else 1.0
            expected = slack * self.min_duration_s * (self.target_qps or 0.0)
        return max(math.ceil(expected), self.min_query_count or 1)

    @property
    def longest_s(self) -> float | None:
        """When LoadGen stops to issue, s; None for no bound.

        Where nothing is asked for, Server has a bound at which the result can only be INVALID: the
        last query was due long ago, so LoadGen itself cannot issue at that rate.
        """
        if self.max_duration_s is not None or self.scenario is not Scenario.SERVER:
            return self.max_duration_s
        rate = self.target_qps or math.inf
        due = max(self.min_duration_s, (self.min_query_count or 1) / rate)
        return 1.5 * due + 2 * self.target_latency_s + 10 / rate

    @property
    def most_outstanding(self) -> int:
        """Server: so many unanswered queries that the result can only be INVALID.

        INVALID is certain once more than 1 % of all queries are late. Here at least 2 % are: those
        outstanding, less twice those that arrive within the bound on latency, less 20 for chance.
        LoadGen then stops to issue, and a test at a hopeless rate, or one that is interrupted, ends
        soon instead of running on until the last query is answered.
        """
        rate = self.target_qps or 0.0
        whole = max(rate * self.min_duration_s, self.min_query_count or 1)
        return math.ceil(2 * rate * self.target_latency_s + 0.02 * whole) + 20


def _positive(name: str, value: float | None) -> None:
    if value is not None and not (math.isfinite(value) and value > 0):
        raise UsageError(f"{value} is not a positive number", where=name)


def _count(name: str, value: int | None) -> None:
    if value is not None and value < 1:
        raise UsageError(f"{value} is not a positive whole number", where=name)
