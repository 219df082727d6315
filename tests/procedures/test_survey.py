"""What ``joulemark meters`` finds."""

from __future__ import annotations

import io
import itertools
import json
from dataclasses import replace
from pathlib import Path

import pytest

from joulemark.core.block import Block
from joulemark.core.channel import Quantity
from joulemark.core.clock import Clock
from joulemark.core.errors import MissingExtraError, PermissionNeededError, UnavailableError
from joulemark.core.interfaces import Meter
from joulemark.procedures.survey import survey
from joulemark.report.meters import meters_json, print_meters
from tests.meters.trees import intel_laptop
from tests.procedures.fakes import Failing, Steady


class Ticking(Steady):
    """A counter that is updated every 10 ms, however often it is read."""

    def read(self) -> Block:
        now = self._clock()
        return Block.of([(now, now // 10_000_000, 0)])


class Giving(Ticking):
    """The energy since the read before, 1 J at a time."""

    def open(self, clock: Clock) -> None:
        super().open(clock)
        self.channels = [replace(self.channels[0], quantity=Quantity.INTERVAL, scale=1.0)]

    def read(self) -> Block:
        return Block.of([(self._clock(), 1.0, 0)])


class Refusing(Steady):
    def __init__(self, error: UnavailableError) -> None:
        super().__init__()
        self.error = error

    def open(self, clock: object) -> None:
        raise self.error


REFUSALS = {
    "denied": PermissionNeededError(
        "may not be read", where="/sys/x", remedy="sudo chmod a+r /sys/x"
    ),
    "extra": MissingExtraError("NVIDIA GPUs", "pynvml", "nvml"),
    "absent": UnavailableError("this machine has none"),
}


def make(name: str) -> Meter:
    if name in REFUSALS:
        return Refusing(REFUSALS[name])
    made = {"ticking": Ticking, "giving": Giving}
    return made.get(name, Failing)()


def test_update_period_and_power_are_measured() -> None:
    clock = itertools.count(0, 1_000_000)
    found = survey(
        ["ticking", "denied", "extra", "absent", "failing"],
        watch_s=0.2,
        monotonic=lambda: next(clock),
        make=make,
        around=set(),
    )
    by_name = {meter.name: meter for meter in found}
    (one,) = by_name["ticking"].channels
    assert one.update_s is not None
    assert abs(one.update_s - 0.01) < 0.003
    assert one.watts is not None
    for name, refusal in REFUSALS.items():
        assert by_name[name].state == name
        assert by_name[name].problems == (refusal,)
    assert by_name["failing"].state == "absent"
    assert "did not answer" in by_name["failing"].problems[0].what

    out = io.StringIO()
    print_meters(found, out)
    text = out.getvalue()
    assert "sudo chmod a+r /sys/x" in text
    assert "joulemark[nvml]" in text
    assert max(map(len, text.splitlines())) <= 80
    assert json.loads(json.dumps(meters_json(found)))[1]["problems"][0]["where"] == "/sys/x"


def test_power_of_interval_energies_is_their_sum_over_time() -> None:
    clock = itertools.count(0, 1_000_000)
    (found,) = survey(["giving"], watch_s=0.2, monotonic=lambda: next(clock), make=make)
    assert found.channels[0].watts == pytest.approx(500)  # 1 J in the time of two looks, 2 ms


def test_where_a_container_hides_a_meter_the_way_to_it_is_told() -> None:
    def nothing(name: str) -> Meter:
        return Refusing(REFUSALS["absent"])

    (rapl, host) = survey(["rapl", "hwmon"], make=nothing, around={"docker"})
    assert [each.where for each in rapl.problems] == ["", "docker"]
    assert "--cap-add PERFMON" in rapl.problems[1].remedy
    assert len(host.problems) == 1
    (ready,) = survey(["ticking"], watch_s=0.01, make=make, around={"docker", "vm"})
    assert ready.problems == ()


def test_this_machine_always_has_an_answer() -> None:
    found = survey(watch_s=0.05)
    assert {"rapl", "nvml", "hwmon", "estimate"} <= {meter.name for meter in found}
    for meter in found:
        assert meter.channels or meter.problems


def test_a_meter_may_be_named_with_its_settings(tmp_path: Path) -> None:
    (found,) = survey([f"rapl:root={intel_laptop(tmp_path).root}"], watch_s=0.01)
    assert found.state == "ready"
    assert found.channels[0].channel.meter == "rapl"
