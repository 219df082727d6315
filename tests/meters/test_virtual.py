"""The meter `virtual`: a counter in software, which every result says it is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from tests.meters.trees import Ticks

from joulemark.core.caution import Code
from joulemark.core.channel import Provenance, Quantity
from joulemark.core.errors import MeterError, UnavailableError, UsageError
from joulemark.meters import METERS
from joulemark.meters.virtual import Virtual
from joulemark.virtual.serving.instrument import Serving
from joulemark.virtual.serving.server import Served


@pytest.fixture
def served() -> Iterator[Served]:
    made = Serving(base_w=100.0).start()
    yield made
    made.close()


def made(served: Served) -> Virtual:
    return Virtual(*served.server.address, background=False)


def test_it_reads_the_counter_and_says_what_it_is(served: Served) -> None:
    meter = made(served)
    meter.open(time.monotonic_ns)
    (channel,) = meter.channels
    assert channel.quantity is Quantity.ENERGY
    assert channel.is_virtual
    assert channel.provenance is Provenance.ESTIMATED
    assert [one.code for one in meter.cautions] == [Code.VIRTUAL]
    rows: list[Any] = []
    until = time.monotonic() + 10.0
    while len(rows) < 2 and time.monotonic() < until:
        rows += meter.read().rows()
    (first, begin, _), (second, end, _) = rows[:2]
    assert (end - begin) / (second - first) * 1e9 == pytest.approx(100.0, rel=0.5)
    meter.close()
    meter.close()
    with pytest.raises(MeterError, match="closed"):
        meter.read()


def test_a_server_that_ends_costs_readings_only(served: Served) -> None:
    meter = made(served)
    meter.open(time.monotonic_ns)
    served.close()
    assert not meter.read().rows()
    assert "no answer" in meter.failures[0].what
    meter.close()


def test_what_is_no_virtual_instrument() -> None:
    without = Serving().start()
    try:
        with pytest.raises(UnavailableError, match="tells of no energy"):
            made(without).open(Ticks())
    finally:
        without.close()
    with pytest.raises(UnavailableError, match="no answer"):
        made(without).open(Ticks())


@pytest.mark.parametrize("url", [5, "", "127.0.0.1:80", "https://x", "http://x:99999", "http://["])
def test_addresses_that_make_no_sense(url: object) -> None:
    with pytest.raises(UsageError, match="url"):
        METERS.load("virtual")({"url": url})


def test_nothing_is_read_unless_an_instrument_is_named() -> None:
    with pytest.raises(UnavailableError, match="no instrument"):
        METERS.load("virtual")({}).open(Ticks())
