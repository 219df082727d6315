"""Readings of others' logs, held to the edges of windows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from joulemark.accounting.held import held
from joulemark.core.channel import Quantity
from joulemark.core.clock import NS
from joulemark.core.trace import Trace
from joulemark.core.window import Window
from tests.accounting.tables import channel

RUN = (Window(phase="run", start=10 * NS, stop=20 * NS),)


def power(*pairs: tuple[float, float]) -> Trace:
    times, values = zip(*pairs, strict=True) if pairs else ((), ())
    of = replace(channel(), quantity=Quantity.POWER, unit="W")
    return Trace.of(of, np.array(times) * NS, np.array(values))


def test_the_first_and_the_last_reading_are_held() -> None:
    found = held(power((12, 5.0), (18, 7.0)), RUN)
    assert (found.time / NS).tolist() == [10, 12, 18, 20]
    assert found.value.tolist() == [5, 5, 7, 7]


def test_what_reaches_over_the_windows_stays_as_it_is() -> None:
    found = held(power((5, 1.0), (12, 5.0), (25, 7.0)), RUN)
    assert (found.time / NS).tolist() == [5, 12, 25]


def test_ends_that_are_no_readings_are_not_held() -> None:
    found = held(power((11, 0.0), (12, 5.0), (18, 7.0), (19, np.nan)), RUN)
    assert (found.time / NS).tolist() == [10, 12, 18, 20]


@pytest.mark.parametrize(
    "trace", [power((1, 5.0), (12, 7.0)), power((11, 0.0), (19, 0.0)), power()]
)
def test_what_lies_over_less_than_half_is_not_held(trace: Trace) -> None:
    assert held(trace, RUN) is trace


def test_what_is_no_power_is_not_held() -> None:
    trace = power((12, 5.0), (18, 7.0))
    counter = replace(trace, channel=replace(trace.channel, quantity=Quantity.INTERVAL))
    assert held(counter, RUN) is counter


def test_open_windows_do_not_count() -> None:
    trace = power((12, 5.0), (18, 7.0))
    assert held(trace, (Window(phase="run", start=0),)) is trace
