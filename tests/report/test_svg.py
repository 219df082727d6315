from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.report import svg


def test_a_scale_is_a_straight_line() -> None:
    scale = svg.Scale(0.0, 10.0, 100.0, 0.0)
    assert [scale(0.0), scale(5.0), scale(10.0)] == [100.0, 50.0, 0.0]
    assert scale.all(np.array([0.0, 10.0])).tolist() == [100.0, 0.0]
    flat = svg.Scale(3.0, 3.0, 0.0, 10.0)
    assert flat(3.0) == 5.0
    assert flat.all(np.array([3.0])).tolist() == [5.0]


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(2, 9))
def test_ticks_are_round_and_inside(low: float, length: float, count: int) -> None:
    found = svg.ticks(low, low + length, count)
    step = svg.nice_step(length, count)
    assert 1 <= len(found) <= 2 * count + 2 or length < step
    for tick in found:
        assert low - 1e-6 * step <= tick <= low + length + 1e-6 * step
    assert f"{step:e}"[0] in "125"


def test_no_ticks_where_there_is_no_length() -> None:
    assert svg.ticks(1.0, 1.0) == []
    assert svg.ticks(0.0, float("nan")) == []


@given(st.floats(1e-9, 1e9))
def test_an_axis_ends_on_a_tick_above_the_value(value: float) -> None:
    end = svg.round_up(value)
    assert value <= end * (1 + 1e-9)
    assert end <= 2.6 * value


def test_round_up_of_nothing() -> None:
    assert svg.round_up(0.0) == 1.0
    assert svg.round_up(float("inf")) == 1.0


def test_labels_have_the_decimals_they_need() -> None:
    assert [text for _, text in svg.labelled([12.34, 12.36, 12.38])] == ["12.34", "12.36", "12.38"]
    assert [text for _, text in svg.labelled([0.0, 200.0])] == ["0", "200"]
    assert [text for _, text in svg.labelled([-5.0, 0.0, 5.0])] == ["−5", "0", "5"]
    assert [text for _, text in svg.labelled([0.25, 1.25])] == ["0.2", "1.2"]
    assert svg.labelled([]) == []
    assert svg.labelled([0.0]) == [(0.0, "0")]


@given(st.floats(0.001, 1e7))
def test_time_ticks(seconds: float) -> None:
    found = svg.time_ticks(seconds)
    times = [t for t, _ in found]
    assert times[0] == 0
    assert times == sorted(times)
    assert times[-1] <= seconds * (1 + 1e-9)
    assert 2 <= len(found) <= 18
    assert len({text for _, text in found}) == len(found)


@pytest.mark.parametrize(
    ("seconds", "last"),
    [(3.0, "3 s"), (45.0, "40 s"), (100.0, "1:30"), (252.0, "4 min"), (4000.0, "1:00 h"),
     (10 * 3600.0, "10 h"), (30 * 86400.0, "28 d"), (0.5, "0.5 s")],
)  # fmt: skip
def test_time_labels(seconds: float, last: str) -> None:
    assert svg.time_ticks(seconds)[-1][1] == last


def test_no_time_no_ticks() -> None:
    assert svg.time_ticks(0.0) == []
    assert svg.time_ticks(float("inf")) == []


def test_few_points_stay_as_they_are() -> None:
    time, value = np.arange(10.0), np.arange(10.0)
    assert svg.decimate(time, value, 5)[0] is time


def test_a_million_samples_keep_every_peak() -> None:
    rng = np.random.default_rng(1)
    time, value = np.linspace(0, 1000, 1_000_000), rng.normal(100, 1, 1_000_000)
    value[123_456], value[777_777] = 900.0, -50.0
    few_time, few = svg.decimate(time, value, 1000)
    assert len(few) <= 6000
    assert few.max() == 900.0
    assert few.min() == -50.0
    assert few_time[few.argmax()] == time[123_456]
    assert few_time[0] == time[0]
    assert few_time[-1] == time[-1]
    assert (np.diff(few_time) >= 0).all()
    assert len(svg.path(few_time, few)) < 120_000


@given(
    st.lists(st.one_of(st.floats(-1e3, 1e3), st.just(float("nan"))), min_size=1, max_size=300),
    st.integers(1, 20),
)
def test_each_column_keeps_its_extremes(values: list[float], bins: int) -> None:
    value = np.array(values)
    time = np.arange(len(value), dtype=float)
    few_time, few = svg.decimate(time, value, bins)
    if len(value) <= 4 * bins:
        assert len(few) == len(value)
        return
    assert len(few) <= 6 * bins
    edges = np.linspace(0, len(value) - 1, bins + 1)
    for low, high in itertools.pairwise(edges):
        last = high == edges[-1]
        inside = (time >= low) & ((time < high) | last)
        kept = (few_time >= low) & ((few_time < high) | last)
        if np.isfinite(value[inside]).any():
            assert np.nanmax(few[kept]) == np.nanmax(value[inside])
            assert np.nanmin(few[kept]) == np.nanmin(value[inside])


def test_samples_at_one_time_are_bounded_too() -> None:
    time, value = np.zeros(1000), np.arange(1000.0)
    _, few = svg.decimate(time, value, 10)
    assert len(few) <= 60
    assert few.max() == 999.0


def test_a_path_breaks_where_nothing_is_known() -> None:
    nan = float("nan")
    x = np.array([0.0, 1.0, 2.0, 3.0, 4.0])
    assert svg.path(x, np.array([0.0, 1.5, nan, 3.0, nan])) == "M0 0L1 1.5M3 3h0"
    assert svg.path(x, np.full(5, nan)) == ""
    assert svg.number(-0.001) == "0"
    assert svg.number(12.5) == "12.5"


def test_steps_hold_their_level() -> None:
    time, value = svg.steps(np.array([0.0, 1.0, 3.0]), np.array([5.0, 7.0]))
    assert time.tolist() == [0.0, 1.0, 1.0, 3.0]
    assert value.tolist() == [5.0, 5.0, 7.0, 7.0]
