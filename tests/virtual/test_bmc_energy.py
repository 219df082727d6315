"""The meter on the virtual controller, in virtual time: the interval holds the true energy."""

from __future__ import annotations

import pytest
from tests.virtual.ipmi_console import Console

from joulemark.accounting.curve import curve_of
from joulemark.accounting.integrate import energy_between
from joulemark.core.clock import NS
from joulemark.core.errors import MeterError
from joulemark.core.trace import Trace
from joulemark.meters.ipmi import Ipmi
from joulemark.virtual.bmc.machine import VirtualBmc
from joulemark.virtual.faults import faults
from joulemark.virtual.watts import Wave, wave

START = 1_700_000_000 * NS
ASK_S = 0.004


class Direct:
    """A way that hands packets over without a socket; asking takes time, and so does silence."""

    where = "virtual"
    suite = 17

    def __init__(self, world: World) -> None:
        self._world = world
        self._console = Console(world.bmc).log_in()

    def ask(self, function: int, command: int, data: bytes) -> tuple[int, bytes]:
        try:
            answer = self._console.ask(function, command, data)
        except AssertionError:
            self._world.wait(3.0)
            raise MeterError("no answer", where=self.where) from None
        self._world.wait(ASK_S)
        return answer[0], answer[1:]

    def interrupt(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """Nothing is open."""


class World:
    """A controller, a meter that reads it, and the clock of both."""

    def __init__(self, truth: Wave, *told: str) -> None:
        self.now = START
        self.bmc = VirtualBmc({"admin": "virtual"}, truth, lambda: self.now, faults=faults(told))
        self.meter = Ipmi(
            lambda: Direct(self),
            background=False,
            wait=self.wait,
            monotonic=lambda: self.now / NS,
            utc=lambda: self.now / NS,
        )

    def wait(self, seconds: float) -> None:
        self.now += round(seconds * NS)

    def measured(self, seconds: float) -> tuple[Trace, int, int]:
        """Read at the usual pace; return what came, and a window inside of it."""
        self.meter.open(lambda: self.now)
        rows: list[tuple[int, float, int]] = []
        end = self.now + round(seconds * NS)
        while self.now < end:
            rows += self.meter.read().rows()
            self.wait(0.5)
        trace = Trace.of(self.meter.channels[0], [r[0] for r in rows], [r[1] for r in rows])
        return trace, START + 10 * NS, end - 2 * NS


@pytest.mark.parametrize("told", ["none", "clock:offset=18000", "coarse:every=3"])
@pytest.mark.parametrize("power", ["350", "200..600/40s", "100..1200/60s"])
def test_the_interval_holds_the_truth(power: str, told: str) -> None:
    truth = wave(power)
    world = World(truth, *([] if told == "none" else [told]))
    trace, start, stop = world.measured(180.0)
    energy = energy_between(curve_of(trace), start, stop)
    true_j = truth.energy((start - START) / NS, (stop - START) / NS)
    assert energy.coverage == pytest.approx(1.0)
    assert abs(energy.joules.value - true_j) <= energy.joules.u95
    assert energy.joules.value == pytest.approx(true_j, rel=0.05)


def test_a_stall_costs_coverage_and_makes_nothing_up() -> None:
    world = World(wave("350"), "stalls:after=60,lasting=30")
    trace, start, stop = world.measured(180.0)
    energy = energy_between(curve_of(trace), start, stop)
    assert 0.75 < energy.coverage < 0.85
    covered_s = (stop - start) / NS * energy.coverage
    assert energy.joules.value == pytest.approx(350 * covered_s, rel=0.01)
    inside = (trace.time > START + 60 * NS) & (trace.time < START + 90 * NS)
    assert not inside.any()
    assert {failure.what for failure in world.meter.failures} == {"no answer"}
