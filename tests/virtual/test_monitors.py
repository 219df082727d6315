"""Virtual monitors on pseudo-terminals, read by the real drivers through pyserial."""

from __future__ import annotations

import pytest

from joulemark.core.errors import MeterLostError, UnavailableError, UsageError
from joulemark.core.interfaces import EnergyMonitor
from joulemark.meters.lpm01a import lpm01a
from joulemark.virtual.lpm01a import VirtualLpm01a
from joulemark.virtual.monitors import Lpm01aSettings, Pace
from joulemark.virtual.rail import BEGINS_NS, Rail
from joulemark.virtual.terminal import Terminal
from joulemark.virtual.watts import Wave


@pytest.mark.parametrize("form", ["ascii_dec", "bin_hexa"])
def test_a_minute_over_a_pseudo_terminal_is_the_rail_s_minute(form: str) -> None:
    rail = Rail()
    device = VirtualLpm01a(rail)
    terminal = Terminal(device, device.woken)
    meter = lpm01a({"port": terminal.path, "format": form})
    try:
        meter.open(rail.clock)
        meter.power_on(1.8)
        meter.start()
        for n in range(60):
            rail.draw(1e-3 * (1 + n % 7))
            rail.pin(n % 2 == 0)
            rail.advance(1)
        meter.stop()
        rows = meter.read().rows()
    finally:
        meter.close()
        terminal.close()
        terminal.close()
    assert len(rows) == 60_000
    joules = sum(watts for _, watts, _ in rows) / 1000
    assert joules == pytest.approx(rail.joules(BEGINS_NS, rail.clock()), rel=2e-3)
    assert len(meter.take_edges()) == 30
    assert (meter.lost, meter.failures, meter.missing) == (0, [], [])


def test_unplugged_while_it_measures() -> None:
    rail = Rail()
    device = VirtualLpm01a(rail)
    terminal = Terminal(device, device.woken)
    meter = lpm01a({"port": terminal.path})
    try:
        meter.open(rail.clock)
        meter.power_on(1.8)
        meter.start()
        rail.advance(0.5)
        while not meter.read():
            pass
        terminal.unplug()
        with pytest.raises(MeterLostError, match="port is gone"):
            _read_on(meter)
    finally:
        meter.close()


def _read_on(meter: EnergyMonitor) -> None:
    while True:
        meter.read()


def test_a_port_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(UnavailableError, match="no such port") as caught:
        lpm01a({"port": "/dev/there-is-none"}).open(lambda: 0)
    assert caught.value.remedy


def test_the_served_one_answers_and_its_time_passes() -> None:
    served = Lpm01aSettings(watts="5mW").start()
    path = served.says[0].split()[-1]
    meter = lpm01a({"port": path, "volts": 3})
    try:
        meter.open(lambda: 0)
        rows = [row for _ in range(2) for row in _some(meter)]
    finally:
        meter.close()
        served.close()
        served.close()
    assert {round(watts, 6) for _, watts, _ in rows} == {0.005}


def _some(meter: EnergyMonitor) -> list[tuple[int, float, int]]:
    while True:
        if rows := meter.read().rows():
            return rows


def test_an_unknown_fault_is_refused() -> None:
    with pytest.raises(UsageError, match="choose from loses"):
        Lpm01aSettings(fault="hungry").start()


def test_a_pace_draws_the_wave_and_moves_the_pin() -> None:
    now = [0]
    rail = Rail()
    rail.switch(3.0)
    pace = Pace(rail, Wave(1.0, 3.0, 2.0), lambda: now[0])
    pace.close()
    for _ in range(40):
        now[0] += 100_000_000
        pace.tick()
    assert rail.joules(BEGINS_NS, rail.clock()) == pytest.approx(8.0)
    assert [level for _, level in rail.edges(BEGINS_NS, rail.clock() + 1)] == [False, True, False]
