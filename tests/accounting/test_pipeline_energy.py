"""Energy of images and videos: whole calls, cut calls, gaps, calls beside each other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.accounting.pipeline_energy import Call, Made, made_in
from joulemark.accounting.serving_energy import definition
from joulemark.accounting.serving_windows import Unknown
from joulemark.accounting.supply import Supply
from joulemark.core.trace import Trace
from joulemark.core.value import Term
from tests.accounting.serving import CHANNEL, constant, ns


def call(begun: float, ended: float, made: float = 4) -> Call:
    return Call(ns(begun), ns(ended), made)


def told(calls: list[Call], supply: Supply, start: float, stop: float) -> Made:
    found = made_in(calls, supply, ns(start), ns(stop))
    assert isinstance(found, Made)
    return found


def test_back_to_back_calls_are_the_window_by_its_images() -> None:
    found = told([call(t, t + 2) for t in range(10, 50, 2)], constant(300, 100), 10, 50)
    assert found.per.value == pytest.approx(300 * 2 / 4)
    assert found.per.unit == "J/image"
    assert found.name == "energy-per-image/1"
    assert (found.made, found.calls, found.cut) == (80, 20, 0)
    assert found.energy.value == pytest.approx(300 * 40)
    assert found.between == pytest.approx(0, abs=1e-6)
    assert "the share of their time" in definition(found.name).text


def test_a_call_that_is_cut_counts_by_its_share() -> None:
    found = told([call(0, 4), call(4, 8), call(8, 12)], constant(300, 100), 3, 10)
    assert found.made == pytest.approx(1 + 4 + 2)
    assert found.cut == 2
    assert found.per.value == pytest.approx(300)
    whole = told([call(0, 40, 10)], constant(300, 100), 10, 20)
    assert whole.made == pytest.approx(2.5)
    assert Term.WORK not in whole.per.budget()


def test_time_between_calls_is_nobodys() -> None:
    time = np.arange(0, ns(30), ns(0.1))
    watts = np.where((time // ns(1)) % 3 < 2, 300.0, 50.0)
    joules = np.append(0, np.cumsum(watts[:-1] * 0.1))
    supply = Supply.of([Trace.of(CHANNEL, time, joules)])
    found = told([call(t, t + 2) for t in range(0, 30, 3)], supply, 0, 29)
    assert found.per.value == pytest.approx(600 / 4, rel=1e-3)
    assert found.between == pytest.approx(9 * 50, rel=1e-2)
    assert found.energy.value + found.between == pytest.approx(joules[290], rel=1e-6)


def test_calls_beside_each_other_share_their_time() -> None:
    found = told([call(0, 6, 2), call(4, 10, 2), call(5, 8, 1)], constant(300, 100), 0, 20)
    assert found.made == pytest.approx(5)
    assert found.energy.value == pytest.approx(3000)
    assert found.between == pytest.approx(3000)


def test_failed_calls_cost() -> None:
    found = told([call(0, 5, 0), call(5, 10, 4)], constant(300, 100), 0, 10)
    assert found.per.value == pytest.approx(3000 / 4)
    assert found.per.budget()[Term.WORK] > 0


def test_nothing_to_divide_by() -> None:
    supply = constant(300, 100)
    none = made_in([call(0, 5)], supply, ns(5), ns(20))
    assert none == Unknown("no call of the pipeline lies in the window")
    empty = made_in([call(0, 5, 0)], supply, 0, ns(20), kind="video")
    assert empty == Unknown("the calls made no video")


def test_a_meter_that_saw_no_energy() -> None:
    found = told([call(0, 5), call(5, 9)], constant(0, 100), 0, 10)
    assert found.per.value == 0


@given(
    st.lists(
        st.tuples(st.floats(0, 50), st.floats(0.1, 20), st.integers(1, 8)), min_size=1, max_size=12
    ),
    st.floats(1, 69),
)
def test_adjacent_windows_add_up(asked: list[tuple[float, float, int]], middle: float) -> None:
    calls = [call(begun, begun + length, made) for begun, length, made in asked]
    supply = constant(300, 100)
    parts = [
        made_in(calls, supply, ns(start), ns(stop)) for start, stop in ((0, middle), (middle, 80))
    ]
    whole = told(calls, supply, 0, 80)
    there = [part for part in parts if isinstance(part, Made)]
    assert sum(part.made for part in there) == pytest.approx(whole.made)
    assert sum(part.energy.value for part in there) == pytest.approx(whole.energy.value, rel=1e-6)
