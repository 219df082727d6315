"""What virtual instruments share: power in a few letters, faults by name, a sensor with a pace."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.core.errors import UsageError
from joulemark.virtual.faults import Faults, faults
from joulemark.virtual.sensor import MOST_TICKS, PowerSensor
from joulemark.virtual.watts import Wave, wave

# ------------------------------------------------------------------------------ power


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("350", Wave(350, 350)),
        ("1.2kW", Wave(1200, 1200)),
        ("200..600/20s", Wave(200, 600, 20)),
        ("0W..1kW/2min", Wave(0, 1000, 120)),
    ],
)
def test_power_is_told_in_a_few_letters(text: str, told: Wave) -> None:
    assert wave(text) == told


@pytest.mark.parametrize("text", ["", "much", "-1", "1..2", "1/2", "1..2/0", "1..-2/3", "1..2/x"])
def test_what_is_no_power_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        wave(text)


@given(st.floats(0, 1e3), st.floats(0, 1e3), st.floats(0.1, 10), st.floats(0, 20), st.floats(0, 20))
def test_energy_of_a_wave_is_its_area(
    low: float, high: float, period: float, start: float, lasting: float
) -> None:
    told = Wave(low, high, period)
    edges = [start, start + lasting]
    first, last = math.ceil(2 * start / period), math.floor(2 * (start + lasting) / period)
    edges[1:1] = [n * period / 2 for n in range(first, last + 1)]
    edges = sorted(min(max(edge, start), start + lasting) for edge in edges)
    area = sum(told((a + b) / 2) * (b - a) for a, b in pairwise(edges))
    assert told.energy(start, start + lasting) == pytest.approx(area, rel=1e-6, abs=1e-6)


# ----------------------------------------------------------------------------- faults


def test_faults_are_written_by_name() -> None:
    found = faults(["stalls:after=5,lasting=2,every=10", "clock", "drops:share=0.5"])
    assert found == Faults(5, 2, 10, clock_offset=18000, drops_share=0.5)
    assert faults([]) == Faults()


@pytest.mark.parametrize(
    "text",
    [
        "lies",
        "clock:ahead=3",
        "clock:offset=x",
        "clock:offset=1e300",
        "frozen:after=-1",
        "drops:share=1",
        "stalls:lasting=5,every=5",
        "",
    ],
)
def test_senseless_faults_are_refused(text: str) -> None:
    with pytest.raises(UsageError):
        faults([text])


def test_stalls_come_again() -> None:
    found = faults(["stalls:after=5,lasting=2,every=10"])
    stalled = [moment for moment in range(30) if found.stalled_since(moment) is not None]
    assert stalled == [5, 6, 15, 16, 25, 26]
    assert found.stalled_since(16.5) == 15
    once = faults(["stalls:after=5,lasting=2"])
    assert [m for m in range(60) if once.stalled_since(m) is not None] == [5, 6]


def test_requests_are_lost_at_even_distances() -> None:
    lost = [faults(["drops:share=0.25"]).dropped(count) for count in range(1, 1001)]
    assert sum(lost) == pytest.approx(250, abs=3)
    assert not any(Faults().dropped(count) for count in range(1000))


# ----------------------------------------------------------------------------- sensor


def test_a_sensor_shows_its_last_tick_and_what_was() -> None:
    sensor = PowerSensor(lambda moment: 100 + 10 * moment)
    first = sensor.at(0.9)
    assert (first.watts, first.low, first.high, first.mean, first.moment) == (100, 100, 100, 100, 0)
    third = sensor.at(2.5)
    assert (third.watts, third.low, third.high, third.mean, third.moment) == (120, 100, 120, 110, 2)
    assert sensor.at(2.9) == third


def test_a_coarse_a_frozen_and_a_stalled_sensor_hold_their_value() -> None:
    def watts(moment: float) -> float:
        return moment

    assert PowerSensor(watts, faults=faults(["coarse:every=10"])).at(39).watts == 30
    assert PowerSensor(watts, faults=faults(["frozen:after=7"])).at(39).watts == 7
    stalled = PowerSensor(watts, faults=faults(["stalls:after=5,lasting=10"]))
    assert [stalled.at(moment).watts for moment in (4, 5, 14.5, 15)] == [4, 5, 5, 15]


def test_a_long_rest_costs_little() -> None:
    sensor = PowerSensor(lambda moment: 1.0)
    assert sensor.at(1e12).moment == 1e12
    assert MOST_TICKS <= 1_000_000
