"""What the machine did beside using energy."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from joulemark.accounting.context import (
    MACHINE,
    WORKLOAD,
    busy_share,
    clock_step,
    context,
    led_through,
    other_load,
)
from joulemark.core.caution import Caution, Code
from joulemark.core.channel import Channel, Domain, Quantity
from joulemark.core.trace import Trace
from joulemark.core.window import PAUSES, Window

from .build import T0, power, trace, window

WINDOWS = [window("train", 10, 20), window("train", 30, 35)]


def host(name: str, quantity: Quantity, unit: str = "1", scale: float = 1.0) -> Channel:
    return Channel(
        name=name,
        meter="host",
        part="host",
        domain=Domain.HOST,
        quantity=quantity,
        unit=unit,
        scale=scale,
    )


def threads(name: str, busy: float, start: float = 0, stop: float = 100) -> Trace:
    """A counter of processor time that grows by ``busy`` seconds a second."""
    seconds = np.arange(start, stop + 0.5, 0.5)
    return trace(host(name, Quantity.CPU_TIME, "ms", 1e-3), seconds, 1000 * busy * seconds)


@pytest.mark.parametrize(
    "quantity",
    [Quantity.UTILISATION, Quantity.MEMORY, Quantity.FREQUENCY, Quantity.TEMPERATURE],
)
def test_states_are_averaged_over_the_windows_in_si(quantity: Quantity) -> None:
    seconds = np.arange(50)
    values = np.where((seconds >= 10) & (seconds <= 20), 2.0, 99.0)
    values[30:36] = 5.0
    values[12] = np.nan
    seen = context(WINDOWS, [trace(host("gpu/x", quantity, scale=0.01), seconds, values)])
    assert seen == {"gpu/x": pytest.approx(0.01 * (10 * 2 + 6 * 5) / 16)}


def test_processor_time_becomes_busy_threads() -> None:
    assert context(WINDOWS, [threads(MACHINE, 3.5)]) == {MACHINE: pytest.approx(3.5)}


def test_processor_time_counts_where_it_was_read() -> None:
    """A trace that begins in the middle of a window still gives its rate."""
    assert context(WINDOWS, [threads(MACHINE, 3.5, start=18)]) == {MACHINE: pytest.approx(3.5)}
    assert context(WINDOWS, [threads(MACHINE, 3.5, stop=11)]) == {MACHINE: pytest.approx(3.5)}


def test_failed_reads_of_processor_time_are_bridged() -> None:
    whole = threads(MACHINE, 2.0)
    torn = whole.value.copy()
    torn[15:25] = np.nan
    assert context(WINDOWS, [Trace(whole.channel, whole.time, torn)]) == {
        MACHINE: pytest.approx(2.0)
    }


def test_nanoseconds_of_2026_lose_nothing() -> None:
    channel = host(MACHINE, Quantity.CPU_TIME, "ns", 1e-9)
    seen = Trace.of(channel, [T0, T0 + 1000], [0, 1000])
    windows = [Window(phase="p", start=T0 + 100, stop=T0 + 200)]
    assert context(windows, [seen]) == {MACHINE: pytest.approx(1.0, rel=1e-12)}


@pytest.mark.parametrize(
    "samples",
    [
        trace(host("a", Quantity.UTILISATION), [], []),
        trace(host("a", Quantity.UTILISATION), [1, 25, 90], [1, 1, 1]),
        trace(host("a", Quantity.UTILISATION), [12], [np.nan]),
        trace(host("a", Quantity.CPU_TIME), [], []),
        trace(host("a", Quantity.CPU_TIME), [12], [1]),
        trace(host("a", Quantity.CPU_TIME), [40, 50], [1, 2]),
        trace(host("a", Quantity.CPU_TIME), [10, 20], [np.nan, np.nan]),
        trace(host("a", Quantity.FLAGS), [12, 13], [1, 2]),
        trace(host("a", Quantity.CLOCK_OFFSET), [12, 13], [1, 2]),
        trace(power(), [12, 13], [1, 2]),
    ],
)
def test_what_was_not_seen_is_not_shown(samples: Trace) -> None:
    assert context(WINDOWS, [samples]) == {}


def test_an_open_window_has_no_context() -> None:
    states = trace(host("a", Quantity.UTILISATION), np.arange(50) + 0.5, np.ones(50))
    assert context([window("train", 10, None)], [states, threads(MACHINE, 1.0)]) == {}


@pytest.mark.parametrize(
    ("machine", "workload", "warned"), [(2.0, 1.99, False), (2.5, 2.0, True), (1.0, 1.2, False)]
)
def test_other_programs_are_told_of(machine: float, workload: float, warned: bool) -> None:
    found = other_load(WINDOWS, [threads(MACHINE, machine), threads(WORKLOAD, workload)])
    expected = Caution(Code.OTHER_LOAD, "0.50 hardware threads on average")
    assert found == (expected if warned else None)


def test_without_both_counters_nothing_is_said() -> None:
    assert other_load(WINDOWS, [threads(MACHINE, 5.0)]) is None
    assert other_load(WINDOWS, [threads(WORKLOAD, 5.0)]) is None
    assert other_load(WINDOWS, []) is None


@pytest.mark.parametrize(
    ("offsets", "seen"),
    [
        ([0, 0, 0, 0, 0, 0], None),
        ([0, 400_000, 800_000, 1_200_000, 1_600_000, 2_000_000], None),  # slewing
        ([0, 0, 3_600_000_000_000, 3_600_000_000_000, 0, 0], "by 3600 s"),
        ([0, 0, -20_000_000, -20_000_000, -20_000_000, -20_000_000], "by -0.0200 s"),
        ([0, 50_000_000, 50_000_000, 50_000_000, 50_000_000, 50_000_000], None),  # before
        ([0, math.inf, math.inf, math.nan, -math.inf, 0], None),  # no readings
    ],
)
def test_a_clock_that_is_set_during_a_window(offsets: list[float], seen: str | None) -> None:
    offset = trace(host("host/clock", Quantity.CLOCK_OFFSET, "ns"), [0, 5, 12, 15, 25, 28], offsets)
    expected = None if seen is None else Caution(Code.CLOCK_STEP, seen)
    assert clock_step(WINDOWS, [threads(MACHINE, 1.0), offset]) == expected


def gpu(name: str, part: str = "part", **more: Any) -> Channel:
    return replace(
        power(name=name, part=part, unit="%", scale=0.01, **more), quantity=Quantity.UTILISATION
    )


def test_how_busy_a_part_was_is_told_by_its_own_utilisation() -> None:
    """The reading of the first second is of the time before; memory is less busy than the rest."""
    moments = [9.5, 10.5, 11.5, 12.5, 13.5]
    traces = [
        trace(power(), moments, [300] * 5),
        trace(gpu("memory"), moments, [1, 5, 10, 20, 30]),
        trace(gpu("compute"), moments, [0, 30, 40, 50, 60]),
        trace(gpu("other", "another"), moments, [100] * 5),
        trace(gpu("elsewhere", node="n2"), moments, [100] * 5),
    ]
    assert busy_share(window("run", 10, 14), power(), traces) == pytest.approx(0.5)
    assert busy_share(window("run", 10, 11), power(), traces) is None
    assert busy_share(window("run", 10, 14), power(), traces[:1]) is None


def test_delays_of_seven_eighths_of_a_period_lead_through_it() -> None:
    shifted = replace(window("run", 0, 10), facts={PAUSES: 0.0875})
    assert led_through(shifted, power(update_s=0.1))
    assert not led_through(replace(shifted, facts={PAUSES: 0.05}), power(update_s=0.1))
    assert not led_through(shifted, power(update_s=None))
    assert not led_through(window("run", 0, 10), power(update_s=0.1))
