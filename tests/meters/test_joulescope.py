"""The Joulescopes: packets of their driver become rows and falls; what fails is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyjoulescope_driver
import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.core.clock import NS
from joulemark.core.errors import (
    MeterError,
    MeterLostError,
    MissingExtraError,
    UnavailableError,
    UsageError,
)
from joulemark.core.interfaces import EnergyMonitor
from joulemark.meters._joulescope_stream import Falls, PowerMeans
from joulemark.meters._periods import Periods
from joulemark.meters.joulescope import Joulescope, joulescope

USED = ("close", "device_paths", "finalize", "open", "publish", "subscribe", "unsubscribe")
"""The methods of the real driver that are used; the stand-in has these and no others."""


def packet(first: int, data: Any, *, rate: int = 2_000_000, step: int = 2) -> dict[str, Any]:
    return {
        "sample_id": first,
        "utc": 0,
        "field_id": 3,
        "index": 0,
        "sample_rate": rate,
        "decimate_factor": step,
        "time_map": {"offset_time": 0, "offset_counter": 0, "counter_rate": float(rate)},
        "data": np.asarray(data),
    }


def watts(first: int, values: Any) -> dict[str, Any]:
    return packet(first, np.asarray(values, dtype=np.float32))


def bits(first: int, levels: list[bool]) -> dict[str, Any]:
    return packet(first, np.packbits(np.asarray(levels, dtype=np.uint8), bitorder="little"))


class Driver:
    """Stands in for the driver: remembers what is published, and hands packets on."""

    paths: tuple[str, ...] = ("u/js220/001234",)
    answers = True
    busy = False
    refuses = False

    def __init__(self) -> None:
        self.published: list[tuple[str, Any]] = []
        self.subscribed: dict[str, Callable[[str, Any], None]] = {}
        self.calls: list[str] = []
        self.first = watts(1000, [0.5] * 1000)

    def device_paths(self) -> list[str]:
        return list(self.paths)

    def open(self, path: str, mode: str) -> None:
        if self.busy:
            raise RuntimeError("jsdrv_open failed 21 IN_USE")
        self.calls.append(f"open {path} {mode}")

    def close(self, path: str) -> None:
        self.calls.append(f"close {path}")

    def finalize(self) -> None:
        self.calls.append("finalize")

    def publish(self, topic: str, value: Any) -> None:
        if self.refuses:
            raise TimeoutError("jsdrv_publish timed out")
        self.published.append((topic, value))
        if topic.endswith("s/p/ctrl") and value and self.answers:
            self.send("s/p/!data", self.first)

    def subscribe(self, topic: str, flags: str, function: Callable[[str, Any], None]) -> None:
        assert flags == "pub"
        self.subscribed[topic] = function

    def unsubscribe(self, topic: str, function: Callable[[str, Any], None]) -> None:
        self.subscribed.pop(topic, None)

    def send(self, topic: str, value: Any) -> None:
        whole = topic if topic.startswith("@") else f"{self.paths[0]}/{topic}"
        if whole in self.subscribed:
            self.subscribed[whole](whole, value)


class Library:
    __version__ = "2.2.12"

    def __init__(self, *, taken: bool = False, **facts: Any) -> None:
        self.driver = Driver()
        self.taken = taken
        for name, value in facts.items():
            setattr(self.driver, name, value)

    def Driver(self) -> Driver:  # noqa: N802 # as it is called there
        if self.taken:
            raise RuntimeError("jsdrv_initialize failed 21 IN_USE")
        return self.driver


def opened(library: Library, **settings: Any) -> Joulescope:
    meter = Joulescope(library=library, first_s=0, **settings)
    meter.open(lambda: 10 * NS)
    return meter


# -------------------------------------------------------------------------- the real one


def test_the_real_driver_has_what_is_used() -> None:
    for name in USED:
        assert callable(getattr(pyjoulescope_driver.Driver, name))
        assert callable(getattr(Driver, name))


# -------------------------------------------------------------------------------- traces


def test_a_trace_from_start_to_stop() -> None:
    library = Library()
    driver = library.driver
    meter = opened(library, gpi=2)
    monitor: EnergyMonitor = meter
    assert driver.published == [
        ("u/js220/001234/s/i/range/mode", "auto"),
        ("u/js220/001234/s/v/range/mode", "auto"),
        ("u/js220/001234/h/fs", 1_000_000),
    ]
    assert not monitor.feeds
    meter.power_on(3.0)
    begun = meter.start()
    assert begun == 10 * NS - NS // 1000
    driver.send("s/gpi/2/!data", bits(1000, [True] * 1600))
    driver.send("s/gpi/2/!data", bits(1000 + 3200, [False] * 800))
    driver.send("s/p/!data", watts(1000 + 2000, [2.0] * 1500))
    rows = meter.read().rows()
    meter.stop()
    rows += meter.read().rows()
    assert rows == [(begun + NS // 1000, 0.5, 0), (begun + NS // 500, 2.0, 0)]
    assert meter.take_edges() == [begun + round(3200 / 2e6 * NS)]
    assert (meter.lost, meter.facts["samples_lost"], meter.failures) == (0, 0, [])
    meter.close()
    assert driver.calls[-2:] == ["close u/js220/001234", "finalize"]
    assert driver.subscribed == {}


def test_what_did_not_arrive_is_counted_and_leaves_a_hole() -> None:
    library = Library()
    meter = opened(library)
    begun = meter.start()
    library.driver.send("s/p/!data", watts(1000 + 2 * 3400, [1.0] * 1600))
    rows = meter.read().rows()
    assert [(time - begun) * 1000 // NS for time, _, _ in rows] == [1, 4, 5]
    assert (meter.lost, meter.facts["samples_lost"]) == (2, 2400)


def test_values_that_are_none_do_not_count() -> None:
    made = PowerMeans(watts(0, []), 1000)
    ((number, mean),) = made.take(watts(0, [1.0, np.nan, 3.0] * 400))
    assert number == 0
    assert mean == pytest.approx(2.0, rel=1e-2)
    assert made.lost == 400
    assert made.take(watts(0, [7.0] * 100)) == []  # they were there before


@given(st.lists(st.integers(1, 400), min_size=1, max_size=20), st.integers(1, 50))
def test_periods_hold_the_mean_of_their_samples(sizes: list[int], length: int) -> None:
    values = np.arange(sum(sizes), dtype=np.float64) ** 1.5
    made, found, place = Periods(length), [], 0
    for size in sizes:
        numbers = np.arange(place, place + size)
        found += made.take(numbers, values[place : place + size], place + size)
        place += size
    whole = place // length
    assert [number for number, _ in found] == list(range(whole))
    means = values[: whole * length].reshape(whole, length).mean(axis=1)
    assert [mean for _, mean in found] == pytest.approx(means.tolist())


def test_a_hole_of_years_costs_no_memory() -> None:
    made = Periods(10)
    assert made.take(np.arange(10), np.ones(10), 10) == [(0, 1.0)]
    far = 10**15
    assert made.take(far + np.arange(10), np.ones(10), far + 10) == [(far // 10, 1.0)]


@given(st.lists(st.booleans(), min_size=40, max_size=400), st.lists(st.integers(1, 4), max_size=20))
def test_falls_are_found_wherever_packets_end(levels: list[bool], eights: list[int]) -> None:
    made, place = Falls(0), 0
    for size in eights:
        part = levels[place : place + 8 * size]
        if len(part) == 8 * size:
            made.take(bits(2 * place, part))
            place += 8 * size
    made.take(bits(2 * place, [True] * 8))
    seen = [*levels[:place], True]
    truth = [k for k in range(1, len(seen)) if seen[k - 1] and not seen[k]]
    assert [round(at * 1e6) for at in made.found(last=True)] == truth


# ----------------------------------------------------------------------- what goes wrong


@pytest.mark.parametrize(
    ("facts", "device", "said"),
    [
        ({"paths": ()}, "", "no Joulescope is connected"),
        ({"paths": ("u/js900/1",)}, "", "no Joulescope is connected"),
        ({"paths": ("u/js220/1", "u/js110/2")}, "", "several are connected"),
        ({}, "77", "none is called '77'"),
        ({"busy": True}, "", "IN_USE"),
        ({"taken": True}, "", "driver does not start"),
    ],
)
def test_what_cannot_be_used_is_told(facts: dict[str, Any], device: str, said: str) -> None:
    library = Library(**facts)
    meter = Joulescope(device, library=library)
    with pytest.raises(UnavailableError, match=said) as caught:
        meter.open(lambda: 0)
    assert caught.value.remedy
    assert library.taken or library.driver.calls[-1] == "finalize"


def test_one_of_several_is_chosen_by_its_number() -> None:
    library = Library(paths=("u/js110/0002", "u/js220/0001"))
    meter = opened(library, device="0002", gpi=3)
    assert meter.facts["model"] == "JS110"
    assert library.driver.published[0] == ("u/js110/0002/s/i/range/select", "auto")
    assert "JS110 has no input 3" in str(meter.missing[0])
    meter.start()
    assert not any("gpi" in topic for topic in library.driver.subscribed)


def test_unplugged_while_it_measures() -> None:
    library = Library()
    meter = opened(library)
    meter.start()
    library.driver.send("@/!remove", "u/js110/another")
    assert len(meter.read().rows()) == 1
    library.driver.send("s/p/!data", watts(3000, [1.0] * 1000))
    library.driver.send("@/!remove", "u/js220/001234")
    assert len(meter.read().rows()) == 1
    with pytest.raises(MeterLostError, match="unplugged"):
        meter.read()
    meter.close()


def test_one_that_falls_silent_is_taken_for_gone() -> None:
    library, now = Library(), [0]
    meter = Joulescope(library=library)
    meter.open(lambda: now[0])
    meter.start()
    now[0] += 4 * NS
    assert len(meter.read().rows()) == 1
    now[0] += 5 * NS
    assert not meter.read()
    now[0] += 1
    with pytest.raises(MeterLostError, match="no samples for 5 s"):
        meter.read()


def test_silence_is_told() -> None:
    library = Library(answers=False)
    meter = opened(library)
    with pytest.raises(MeterError, match="no samples arrive"):
        meter.start()
    assert library.driver.subscribed == {}


def test_a_driver_that_refuses_is_told() -> None:
    library = Library()
    meter = opened(library)

    library.driver.refuses = True
    with pytest.raises(MeterError, match="does not stream"):
        meter.start()


def test_without_its_package_the_extra_is_named() -> None:
    def missing(name: str) -> Any:
        raise ImportError(name)

    with pytest.raises(MissingExtraError, match=r"joulemark\[boards\]"):
        Joulescope(load=missing).open(lambda: 0)


def test_settings() -> None:
    meter = joulescope({"device": 1234, "rate": 500, "gpi": 7})
    assert (meter.device, meter.rate_hz) == ("1234", 500)


@pytest.mark.parametrize(
    "settings", [{"rate": 3}, {"gpi": 4}, {"gpi": True}, {"device": [1]}, {"port": "x"}]
)
def test_senseless_settings_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        joulescope(settings)
