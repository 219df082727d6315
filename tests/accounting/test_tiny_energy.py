"""Energy per inference: the published digits, and what they may be wrong by."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.accounting.tiny_energy import (
    StreamedSums,
    Window,
    edges_of,
    energy_per_mac,
    median_of,
    median_uj,
    throughputs,
    window_of,
)
from joulemark.core.value import Term, Value


def _window(uj: float = 10.0, count: int = 20, *, meter: str = "", lost: float = 0.0) -> Window:
    samples = np.full(3000, uj, dtype=np.float32)
    return window_of(samples, (1000, 2000), (1.0, 1.0), count, meter=meter, lost=lost, name="w")


def _axis(count: int, period: float) -> list[float]:
    """Return the axis as the runner makes it, one addition after another."""
    times, now = [], 0.0
    for _ in range(count):
        times.append(now)
        now += period
    return times


@given(st.lists(st.integers(0, 30_000), min_size=1, max_size=6))
def test_edges_are_those_of_an_axis_added_up(places: list[int]) -> None:
    axis = _axis(20_000, 0.001)
    stamps = [round(place / 1000, 3) for place in places]
    for stamp, edge in zip(stamps, edges_of(stamps, 0.001, len(axis)), strict=True):
        assert edge == sum(1 for time in axis if time < stamp)


def test_the_axis_added_up_is_not_the_axis_multiplied() -> None:
    stamps = [place / 1000 for place in range(10_000, 60_000)]
    edges = edges_of(stamps, 0.001, 70_000)
    assert np.count_nonzero(edges - np.round(np.array(stamps) * 1000)) > 1000


def test_the_axis_of_a_long_trace() -> None:
    count = 530_000
    stamp = _axis(count, 0.001)[-3]
    assert edges_of([stamp, 1e9], 0.001, count).tolist() == [count - 3, count]


def test_sums_of_a_stream() -> None:
    samples = np.arange(1000, dtype=np.float32)
    sums = StreamedSums([0.1, 0.2], 0.001)
    for at in range(0, 1000, 70):
        sums.add(samples[at : at + 70])
    first, last = edges_of([0.1, 0.2], 0.001, 1000)
    assert sums.between(0, 1) == float(samples[first:last].sum())
    assert sums.count == 1000


def test_a_window_of_even_power() -> None:
    window = _window()
    assert window.published_uj == pytest.approx(10_000)
    assert window.per_inference_uj == pytest.approx(500)
    assert window.per_inference.value == pytest.approx(500e-6)
    assert window.power.value == pytest.approx(10e-3)
    assert window.throughput == 20
    assert window.rate.u == pytest.approx(20 * math.sqrt(1 / 3) / 1000)
    assert (window.samples, window.missing) == (1000, 0)
    edges = window.energy.budget()
    assert set(edges) == {Term.GAIN, Term.EDGES}  # the instrument's is assumed
    assert edges[Term.EDGES] == pytest.approx(10e-6 * math.sqrt(1 / 3))


@pytest.mark.parametrize("meter", ["lpm01a", "js110", ""])
def test_the_gain_of_an_instrument_known_or_not(meter: str) -> None:
    energy = _window(meter=meter).energy
    assert energy.budget()[Term.GAIN] == pytest.approx(0.02 / 1.96 * energy.value, rel=1e-4)


def test_lost_and_missing_samples_widen_the_interval() -> None:
    energy = _window(lost=0.03).energy
    assert energy.budget()[Term.COVERAGE] == pytest.approx(0.03 * energy.value / math.sqrt(3))
    samples = np.full(100, 5.0)
    samples[[10, 20, 30]] = 0.0, math.nan, -1.0
    window = window_of(samples, (0, 100), (0.0, 0.1), 1, name="w")
    assert window.missing == 3
    assert math.isnan(window.published_uj)
    assert window.energy.value == pytest.approx((97 * 5.0 - 1.0) / 1e6)
    assert Term.COVERAGE in window.energy.budget()


def test_empty_windows_have_no_figures() -> None:
    window = window_of(np.array([math.nan]), (0, 0), (0.0, 0.0), 0)
    assert window.samples == 0
    for value in (window.per_inference_uj, window.per_inference.value, window.throughput):
        assert math.isnan(value)
    assert math.isnan(window.power.value)
    assert math.isnan(window.rate.value)
    assert window.rate.parts == {}
    assert math.isnan(median_of([window]).value)
    assert math.isnan(median_uj([window]))


@pytest.mark.parametrize(("levels", "middle"), [([1, 9, 2], 2), ([1, 9, 2, 4], 3), ([7], 7)])
def test_the_median(levels: list[float], middle: float) -> None:
    windows = [_window(level, meter="lpm01a") for level in levels]
    median = median_of(windows)
    assert median_uj(windows) == pytest.approx(middle * 50)
    assert median.value == pytest.approx(middle * 50e-6)
    assert median.budget()[Term.GAIN] == pytest.approx(0.02 / 1.96 * median.value, rel=1e-4)
    assert (Term.REPEATS in median.budget()) == (len(levels) > 1)


def test_the_median_of_nothing_used() -> None:
    assert median_of([_window(0.0), _window(0.0)]).value == 0


def test_energy_of_an_operation() -> None:
    energy = energy_per_mac(Value(203.368e-6, "J"), 264_192)
    assert energy.unit == "J/MAC"
    assert energy.value == pytest.approx(770e-12, rel=1e-3)


def test_throughput_by_stamps() -> None:
    first, second = throughputs([0, 10, 1_000_010, 5, 5], [50, 60])
    assert first == 50
    assert math.isnan(second)
    assert throughputs([0, (1 << 32) - 10, 999_990], [100]) == (100.0,)
    assert throughputs([0, 1], [100]) == ()
