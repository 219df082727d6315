"""The figures of a power result: as published, and as the integral of the same readings."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.accounting.mlperf_power import (
    Figure,
    analyser_accuracy,
    efficiency,
    integral,
    is_read,
    mean_power,
    metric,
    samples_of,
    within,
)
from joulemark.core.channel import Accuracy
from joulemark.core.clock import NS

EXACT = Accuracy()


def times(*seconds: float) -> np.ndarray:
    return np.array([round(s * NS) for s in seconds], dtype=np.int64)


def test_readings_are_finite_and_above_zero() -> None:
    watts = np.array([10.0, 0.0, -1.0, np.nan, np.inf, 1e30])
    assert is_read(watts).tolist() == [True, False, False, False, False, False]


def test_the_edges_of_the_window_do_not_count() -> None:
    assert within(times(1, 2, 3, 4), 1 * NS, 4 * NS).tolist() == [False, True, True, False]


def test_the_mean_of_nothing_is_nothing() -> None:
    assert mean_power(np.array([])) is None
    assert mean_power(np.array([1.0, 3.0])) == 2.0


@pytest.mark.parametrize("scenario", ["Offline", "Server", "Interactive"])
def test_power_is_published_in_watts(scenario: str) -> None:
    assert metric(250.0, 600.0, scenario, "SingleStream", None) == Figure(250.0, "W")


def test_energy_is_published_of_a_stream_or_query() -> None:
    assert metric(10.0, 600.0, "SingleStream", "SingleStream", 6000) == Figure(1000.0, "mJ")
    assert metric(10.0, 600.0, "MultiStream", "MultiStream", 6000) == Figure(1000.0, "mJ")


def test_a_multistream_inferred_from_a_single_stream_is_eight_of_them() -> None:
    assert metric(10.0, 600.0, "MultiStream", "SingleStream", 6000) == Figure(8000.0, "mJ")


@pytest.mark.parametrize("queries", [None, 0, -1, math.nan, math.inf])
def test_without_a_count_there_is_no_energy_of_one(queries: float | None) -> None:
    assert metric(10.0, 600.0, "SingleStream", "SingleStream", queries) is None


def test_efficiency_of_a_power_is_work_per_joule() -> None:
    power = Figure(200.0, "W")
    assert efficiency(power, 1, 1000.0) == Figure(5.0, "samples/J")
    assert efficiency(power, 1, 1000.0, tokens=True) == Figure(5.0, "tokens/J")
    assert efficiency(power, 1, None) is None
    assert efficiency(Figure(0.0, "W"), 1, 1000.0) is None


def test_efficiency_of_an_energy_counts_the_samples_of_a_query() -> None:
    energy = Figure(500.0, "mJ")
    assert efficiency(energy, samples_of("SingleStream"), None) == Figure(2.0, "samples/J")
    assert efficiency(energy, samples_of("MultiStream"), None) == Figure(16.0, "samples/J")


def test_accuracy_is_what_the_driver_states() -> None:
    found = analyser_accuracy(0.004, np.array([0.02]), 600, 0.01)
    assert found.gain == 0.004
    assert "PTDaemon" in found.source


def test_accuracy_without_a_statement_is_the_limit_and_what_exceeds_it() -> None:
    assert analyser_accuracy(None, np.array([]), 600, 0.01).gain == 0.01
    over = np.full(300, 0.03)
    assert analyser_accuracy(None, over, 600, 0.01).gain == pytest.approx(0.02)
    assert analyser_accuracy(None, over, 0, 0.01).gain == pytest.approx(0.03)


def test_the_integral_of_constant_power_is_power_times_time() -> None:
    time, watts = times(*range(61)), np.full(61, 100.0)
    found = integral(time, watts, 10 * NS, 50 * NS, accuracy=Accuracy(gain=0.01))
    assert found is not None
    assert found.energy.value == pytest.approx(4000.0)
    assert found.power.value == pytest.approx(100.0)
    assert found.power.u95 == pytest.approx(1.0, rel=0.01)
    assert found.coverage == 1.0
    assert found.own < 0.02


def test_a_step_at_an_edge_is_in_the_uncertainty() -> None:
    time = times(*range(61))
    watts = np.where(np.arange(61) <= 10, 50.0, 250.0)
    found = integral(time, watts, 10 * NS + NS // 2, 50 * NS, accuracy=EXACT)
    assert found is not None
    assert abs(found.energy.value - 250 * 39.5) <= found.energy.u95
    assert found.energy.u95 > 50


def test_skew_of_the_clocks_is_in_the_uncertainty() -> None:
    time, watts = times(*range(61)), np.full(61, 100.0)
    near = integral(time, watts, 10 * NS, 50 * NS, accuracy=EXACT)
    far = integral(time, watts, 10 * NS, 50 * NS, accuracy=EXACT, skew_s=-0.5)
    assert near is not None
    assert far is not None
    assert far.energy.u95 > near.energy.u95 + 50


def test_failed_readings_are_bridged_and_uncertain() -> None:
    time, watts = times(*range(61)), np.full(61, 100.0)
    watts[[20, 21, 30]] = [-1.0, np.nan, 0.0]
    found = integral(time, watts, 10 * NS, 50 * NS, accuracy=EXACT)
    assert found is not None
    assert found.power.value == pytest.approx(100.0)
    assert found.coverage == pytest.approx(1 - 3 / 40)
    assert found.own >= 1.9599 * 100 * 3 / 40 / math.sqrt(3)


def test_time_before_the_first_and_after_the_last_reading_is_not_covered() -> None:
    time, watts = times(*range(10, 51)), np.full(41, 100.0)
    found = integral(time, watts, 0, 60 * NS, accuracy=EXACT)
    assert found is not None
    assert found.energy.value == pytest.approx(4000.0)
    assert found.coverage == pytest.approx(40 / 60)
    assert abs(6000 - found.energy.value) <= found.energy.u95


def test_without_a_reading_in_the_window_there_is_no_integral() -> None:
    time, watts = times(0, 1, 2), np.array([10.0, -1.0, 10.0])
    assert integral(time, watts, NS // 2, NS + NS // 2, accuracy=EXACT) is None
    assert integral(time, watts, 2 * NS, 2 * NS, accuracy=EXACT) is None
    assert integral(times(), np.array([]), 0, NS, accuracy=EXACT) is None


@given(
    base=st.floats(1.0, 1e4),
    swing=st.floats(0.0, 0.2),
    start=st.floats(2.0, 4.0),
    lost=st.sets(st.integers(20, 80), max_size=10),
)
def test_a_slow_load_is_within_the_interval(
    base: float, swing: float, start: float, lost: set[int]
) -> None:
    """The exact integral of a slow sine lies within the half-width, readings lost or not."""
    seconds = np.arange(100.0)
    watts = base * (1 + swing * np.sin(seconds / 15))
    watts[list(lost)] = -1.0
    begin, end = round(start * NS), 95 * NS
    found = integral(times(*seconds), watts, begin, end, accuracy=EXACT)
    assert found is not None
    a, b = begin / NS, end / NS
    truth = base * (b - a) - base * swing * 15 * (math.cos(b / 15) - math.cos(a / 15))
    assert abs(found.energy.value - truth) <= found.energy.u95 + 1e-9 * truth
    assert found.coverage == pytest.approx(1 - len(lost) / (b - a), abs=1e-9)
