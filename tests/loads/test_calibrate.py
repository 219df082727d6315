from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from joulemark.core.clock import NS
from joulemark.loads.calibrate import calibrate_rate, calibrated, measure_pace
from joulemark.loads.scenario import Scenario
from joulemark.loads.settings import MOST_QUERIES, MOST_SAMPLES, LoadGenSettings


class Timed:
    """Answers on a clock of its own: a fixed time a call and a sample, and a slow first call."""

    def __init__(self, sample_ns: int, call_ns: int = 0, sample_count: int = 10) -> None:
        self.sample_count = sample_count
        self.now = 0
        self.calls: list[list[int]] = []
        self._sample_ns = sample_ns
        self._call_ns = call_ns

    def answer(self, indices: Sequence[int]) -> None:
        self.calls.append(list(indices))
        self.now += self._call_ns + self._sample_ns * len(indices)
        if len(self.calls) == 1:
            self.now += 5 * NS

    def monotonic(self) -> int:
        return self.now


@settings(deadline=None)
@given(sample_ns=st.integers(1_000_000, NS), call_ns=st.integers(0, NS), batch=st.integers(1, 100))
def test_the_rate_is_that_of_batches(sample_ns: int, call_ns: int, batch: int) -> None:
    queries = Timed(sample_ns, call_ns)
    rate = calibrate_rate(queries, 2.0, queries.monotonic, batch=batch)
    assert rate == pytest.approx(batch * NS / (call_ns + batch * sample_ns))
    assert all(len(call) == batch for call in queries.calls)
    assert all(0 <= index < queries.sample_count for call in queries.calls for index in call)


def test_the_whole_data_set_is_used_in_turn() -> None:
    queries = Timed(NS // 10)
    measure_pace(queries, 1.0, queries.monotonic, count=4, batch=3)
    assert queries.calls[:4] == [[0, 1, 2], [3], [4, 5, 6], [7]]
    assert queries.calls[4] == [8, 9, 0]


def test_a_slow_workload_is_still_called_a_few_times() -> None:
    queries = Timed(10 * NS)
    pace = measure_pace(queries, 0.5, queries.monotonic, count=1, batch=1)
    assert len(queries.calls) == 5
    assert pace.mean_s == pace.fast_s == 10.0


def test_a_fast_workload_is_not_called_for_ever() -> None:
    queries = Timed(1)
    measure_pace(queries, 1.0, queries.monotonic, count=1, batch=1)
    assert len(queries.calls) == 100_001


def test_a_clock_that_stands_still_gives_no_infinite_rate() -> None:
    queries = Timed(0)
    assert measure_pace(queries, 1e-9, queries.monotonic, count=1, batch=1).mean_s == 1e-9


def _calibrated(sample_ms: float, **given: object) -> LoadGenSettings:
    queries = Timed(round(sample_ms * 1e6))
    asked = LoadGenSettings(**given)  # type: ignore[arg-type]
    return calibrated(asked, queries, 1.0, queries.monotonic)


def test_single_stream_expects_the_fast_latency() -> None:
    told = _calibrated(1.0, scenario=Scenario.SINGLE_STREAM)
    assert told.expected_latency_s == pytest.approx(1e-3, rel=0.01)
    assert told.min_query_count == 64


def test_multi_stream_expects_the_latency_of_a_query() -> None:
    told = _calibrated(1.0, scenario=Scenario.MULTI_STREAM, samples_per_query=4, batch=3)
    assert told.expected_latency_s == pytest.approx(4e-3, rel=0.01)
    assert told.min_query_count == 662


def test_server_gets_a_share_of_the_rate_of_single_samples() -> None:
    told = _calibrated(1.0, scenario=Scenario.SERVER)
    assert told.target_qps == pytest.approx(600, rel=0.03)
    assert told.min_query_count == 662


def test_offline_expects_a_little_more_than_measured() -> None:
    told = _calibrated(1.0, scenario=Scenario.OFFLINE)
    assert told.target_qps == pytest.approx(1100, rel=0.01)
    assert told.min_query_count == 1


def test_a_disturbed_calibration_does_not_make_offline_endless() -> None:
    class Disturbed(Timed):
        def answer(self, indices: Sequence[int]) -> None:
            super().answer(indices)
            if len(self.calls) % 2:
                self.now += NS

    queries = Disturbed(1_000_000)
    asked = LoadGenSettings(scenario=Scenario.OFFLINE, batch=10)
    told = calibrated(asked, queries, 10.0, queries.monotonic)
    assert told.target_qps == pytest.approx(1.5 * 10 / 0.51, rel=0.1)


@pytest.mark.parametrize("scenario", Scenario)
def test_given_values_stay(scenario: Scenario) -> None:
    given = {"target_qps": 7.0, "expected_latency_s": 0.25, "min_query_count": 9}
    told = _calibrated(1.0, scenario=scenario, **given)
    assert told == LoadGenSettings(scenario=scenario, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("scenario", "sample_ms", "fewest"),
    [
        (Scenario.SINGLE_STREAM, 140.0, 64),  # 9 s
        (Scenario.SINGLE_STREAM, 300.0, 1),  # would take 19 s
        (Scenario.MULTI_STREAM, 2.0, 662),  # 11 s
        (Scenario.MULTI_STREAM, 4.0, 1),  # would take 21 s
        (Scenario.SERVER, 10.0, 662),  # 60/s: 11 s
        (Scenario.SERVER, 20.0, 1),  # 30/s: would take 22 s
    ],
)
def test_early_stopping_may_prolong_a_test_by_half(
    scenario: Scenario, sample_ms: float, fewest: int
) -> None:
    told = _calibrated(sample_ms, scenario=scenario, min_duration_s=10.0)
    assert told.min_query_count == fewest


def test_hours_of_a_fast_workload_stay_within_memory() -> None:
    for scenario in Scenario:
        most = MOST_SAMPLES if scenario is Scenario.OFFLINE else MOST_QUERIES
        told = _calibrated(0.001, scenario=scenario, min_duration_s=36000.0)
        assert 0.99 * most < told.generated <= most
