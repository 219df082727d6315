from __future__ import annotations

import math

import pytest

from joulemark.core.errors import UsageError
from joulemark.loads.scenario import Scenario
from joulemark.loads.settings import MOST_LOADED, MOST_QUERIES, LoadGenSettings


@pytest.mark.parametrize("scenario", Scenario)
def test_a_scenario_is_found_in_any_case(scenario: Scenario) -> None:
    for text in (scenario, scenario.lower(), f" {scenario.upper()} "):
        assert Scenario.parse(text) is scenario


def test_an_unknown_scenario_names_the_choices() -> None:
    with pytest.raises(UsageError, match="SingleStream, MultiStream, Server, Offline"):
        Scenario.parse("burst")


def test_early_stopping_needs_queries() -> None:
    needed = [scenario.queries_for_early_stopping for scenario in Scenario]
    assert needed == [64, 662, 662, 1]


@pytest.mark.parametrize("value", [0.0, -1.0, math.inf, math.nan])
@pytest.mark.parametrize(
    "name",
    ["min_duration_s", "max_duration_s", "target_qps", "target_latency_s", "expected_latency_s"],
)
def test_numbers_must_be_positive(name: str, value: float) -> None:
    with pytest.raises(UsageError, match=name):
        LoadGenSettings(scenario=Scenario.SERVER, **{name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "name", ["min_query_count", "samples_per_query", "batch", "performance_sample_count"]
)
def test_counts_must_be_positive(name: str) -> None:
    with pytest.raises(UsageError, match=name):
        LoadGenSettings(scenario=Scenario.OFFLINE, **{name: 0})


@pytest.mark.parametrize(
    ("settings", "where"),
    [
        ({"min_duration_s": 1e-4}, "min_duration_s"),
        ({"min_duration_s": 2.0, "max_duration_s": 2.0}, "max_duration_s"),
        ({"performance_sample_count": MOST_LOADED + 1}, "performance_sample_count"),
        ({"target_qps": 1e6}, "target_qps"),
        ({"min_query_count": MOST_QUERIES + 1, "target_qps": 1.0}, "target_qps"),
    ],
)
def test_settings_that_make_no_sense(settings: dict[str, float], where: str) -> None:
    with pytest.raises(UsageError, match=where) as caught:
        LoadGenSettings(scenario=Scenario.SERVER, **settings)  # type: ignore[arg-type]
    assert caught.value.where == where


def test_too_many_generated_queries_are_refused() -> None:
    with pytest.raises(UsageError, match="expected_latency_s"):
        LoadGenSettings(scenario=Scenario.SINGLE_STREAM, expected_latency_s=1e-6)


def test_how_much_loadgen_generates() -> None:
    def generated(scenario: Scenario, **given: float) -> int:
        return LoadGenSettings(scenario=scenario, min_duration_s=10.0, **given).generated  # type: ignore[arg-type]

    assert generated(Scenario.OFFLINE) == 0
    assert generated(Scenario.OFFLINE, target_qps=1000.0) == 11000
    assert generated(Scenario.SERVER, target_qps=1000.0) == 10000
    assert generated(Scenario.SERVER, target_qps=1.0, min_query_count=662) == 662
    assert generated(Scenario.MULTI_STREAM, expected_latency_s=0.01) == 2000


def test_a_hopeless_server_test_is_ended() -> None:
    server = LoadGenSettings(
        scenario=Scenario.SERVER, min_duration_s=60.0, target_qps=100.0, target_latency_s=0.1
    )
    assert server.most_outstanding == 20 + 120 + 20
    assert server.longest_s == pytest.approx(90.0 + 0.2 + 0.1)
    slow = LoadGenSettings(scenario=Scenario.SERVER, target_qps=5.0, min_query_count=662)
    assert slow.most_outstanding == math.ceil(1.0 + 0.02 * 662) + 20
    assert slow.longest_s == pytest.approx(1.5 * 662 / 5 + 0.2 + 2.0)


def test_only_server_has_a_bound_of_its_own() -> None:
    assert LoadGenSettings(scenario=Scenario.OFFLINE).longest_s is None
    bound = LoadGenSettings(scenario=Scenario.SERVER, max_duration_s=100.0)
    assert bound.longest_s == 100.0
