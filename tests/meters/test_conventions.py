"""What every meter owes: one row in ``METERS`` puts a new one under all of these tests."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.meters import amd_stub
from tests.meters.nvml_stub import Stub
from tests.meters.trees import (
    HwmonTree,
    JetsonTree,
    PerfTree,
    Powercap,
    Supplies,
    Ticks,
    intel_laptop,
    jetson_orin_nx,
    jetson_tx2,
    laptop_on_battery,
    perf_laptop,
)

from joulemark.core.channel import Channel, Quantity
from joulemark.core.errors import UnavailableError, UsageError
from joulemark.core.interfaces import EdgeMeter
from joulemark.meters import METERS as REGISTRY
from joulemark.meters.amdsmi import Amdsmi
from joulemark.meters.hwmon import Hwmon
from joulemark.meters.jetson import Jetson
from joulemark.meters.nvml import Nvml
from joulemark.meters.power_supply import PowerSupply
from joulemark.meters.rapl import Rapl
from joulemark.meters.rapl_perf import RaplPerf

Make = Callable[[Path, pytest.FixtureRequest], EdgeMeter]


def _nvml(boards: int) -> Make:
    def make(_: Path, request: pytest.FixtureRequest) -> EdgeMeter:
        stub: Stub = request.getfixturevalue("stub")
        stub.boards(boards)
        return Nvml(library=stub.binding())

    return make


def _amdsmi(boards: int) -> Make:
    def make(path: Path, request: pytest.FixtureRequest) -> EdgeMeter:
        stub: amd_stub.Stub = request.getfixturevalue("amd")
        stub.boards(boards)
        return Amdsmi(
            library=amd_stub.StandIn(stub), driver=path, wait=stub.wait, monotonic=stub.monotonic
        )

    return make


def _rapl_perf(path: Path, _: pytest.FixtureRequest) -> EdgeMeter:
    tree = perf_laptop(path)
    return RaplPerf(tree.root, opener=tree.opener, reader=tree.reader, proc=tree.proc)


@dataclass(frozen=True)
class Row:
    """A meter under test.

    Attributes:
        name: its registry name.
        healthy: makes it on a machine that has all of its sensors.
        empty: makes it on a machine that has none.
    """

    name: str
    healthy: Make
    empty: Make


METERS = (
    Row(
        "rapl",
        lambda path, _: Rapl(intel_laptop(path).root),
        lambda path, _: Rapl(Powercap(path).root),
    ),
    Row(
        "hwmon",
        lambda path, _: Hwmon(jetson_orin_nx(path).root),
        lambda path, _: Hwmon(HwmonTree(path).root),
    ),
    Row("nvml", _nvml(2), _nvml(0)),
    Row("amdsmi", _amdsmi(2), _amdsmi(0)),
    Row("rapl-perf", _rapl_perf, lambda path, _: RaplPerf(PerfTree(path).root)),
    Row(
        "jetson",
        lambda path, _: Jetson(jetson_tx2(path).root),
        lambda path, _: Jetson(JetsonTree(path).root),
    ),
    Row(
        "power-supply",
        lambda path, _: PowerSupply(laptop_on_battery(path).root),
        lambda path, _: PowerSupply(Supplies(path).root),
    ),
)


@pytest.fixture(params=METERS, ids=lambda row: row.name)
def row(request: pytest.FixtureRequest) -> Row:
    made: Row = request.param
    return made


@pytest.fixture
def meter(row: Row, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[EdgeMeter]:
    made = row.healthy(tmp_path, request)
    yield made
    made.close()


# -------------------------------------------------------------------- before it is opened


@dataclass
class _Watch:
    """Notes files and folders that are touched while it is on."""

    on: bool = False
    touched: list[str] = field(default_factory=list)

    def hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.on and event in {"open", "os.listdir", "os.scandir", "ctypes.dlopen", "import"}:
            self.touched.append(f"{event} {arguments[:1]}")


@pytest.fixture(scope="session")
def watch() -> _Watch:
    made = _Watch()
    sys.addaudithook(made.hook)  # stays until the interpreter ends, and is off but for a moment
    return made


@contextmanager
def watching(watch: _Watch) -> Iterator[list[str]]:
    watch.touched.clear()
    watch.on = True
    try:
        yield watch.touched
    finally:
        watch.on = False


def test_making_it_touches_nothing(row: Row, watch: _Watch) -> None:
    factory = REGISTRY.load(row.name)
    with watching(watch) as touched:
        made = factory({})
    assert touched == []
    assert isinstance(made, EdgeMeter)
    assert made.name == row.name
    assert list(made.channels) == []
    made.close()  # never opened: nothing to do


def test_an_unknown_setting_is_refused(row: Row) -> None:
    with pytest.raises(UsageError, match="no setting 'nonsense'"):
        REGISTRY.load(row.name)({"nonsense": 1})


def test_its_import_brings_nothing_heavy(row: Row) -> None:
    heavy = "{'numpy', 'rich', 'msgspec', 'duckdb', 'argparse', 'pynvml', 'amdsmi'}"
    module = row.name.replace("-", "_")
    code = f"import sys, joulemark.meters.{module}; print(*sorted({heavy} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == []


# -------------------------------------------------------------------- open


def test_an_empty_machine_is_an_answer(
    row: Row, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    made = row.empty(tmp_path, request)
    for _ in range(2):
        with pytest.raises(UnavailableError) as caught:
            made.open(Ticks())
        assert caught.value.where
        assert caught.value.what
    made.close()
    made.close()


def test_channels_are_named_and_lie_in_each_other_soundly(row: Row, meter: EdgeMeter) -> None:
    meter.open(Ticks())
    channels = list(meter.channels)
    assert channels
    assert len({channel.name for channel in channels}) == len(channels)
    parents: dict[str, str | None] = {}
    for channel in channels:
        assert channel.meter == row.name
        assert channel.name.startswith(f"{row.name}/{channel.part}")
        assert parents.setdefault(channel.part, channel.parent) == channel.parent
    for part in parents:
        seen: list[str | None] = []
        above: str | None = part
        while above is not None:
            assert above in parents
            assert above not in seen
            seen.append(above)
            above = parents[above]


def test_channels_that_carry_energy_say_how_good_they_are(meter: EdgeMeter) -> None:
    meter.open(Ticks())
    carrying = [channel for channel in meter.channels if channel.carries_energy]
    assert carrying
    for channel in carrying:
        assert channel.accuracy.gain > 0
        assert channel.accuracy.source
        assert channel.resolution > 0
        assert channel.source
        assert channel.unit
        assert channel.scale > 0
        assert channel.wrap is None or channel.quantity is Quantity.ENERGY


def test_extras_of_a_meter_have_their_types(meter: EdgeMeter) -> None:
    meter.open(Ticks())
    meter.read()
    assert getattr(meter, "missing", []) == []
    assert getattr(meter, "failures", []) == []
    assert isinstance(getattr(meter, "facts", {}), dict)


# -------------------------------------------------------------------- read and close


def test_rows_belong_to_declared_channels_and_times_rise(meter: EdgeMeter) -> None:
    clock = Ticks()
    meter.open(clock)
    channels: list[Channel] = list(meter.channels)
    last: dict[int, int] = {}
    for _ in range(3):
        clock.wait(1.5)
        opened_at = clock.now
        rows = meter.read().rows()
        assert {index for _, _, index in rows} == set(range(len(channels)))
        for time, value, index in rows:
            assert opened_at < time < clock.now
            assert math.isfinite(value)  # a sensor that gives nothing gives no row
            assert time > last.get(index, 0)
            last[index] = time


def test_edges_hold_the_counters_and_nothing_else(meter: EdgeMeter) -> None:
    meter.open(Ticks())
    indices = [index for _, _, index in meter.read_edges().rows()]
    counters = [
        place for place, channel in enumerate(meter.channels) if channel.quantity is Quantity.ENERGY
    ]
    assert indices == counters


def test_it_closes_twice_and_opens_again(meter: EdgeMeter) -> None:
    meter.open(Ticks())
    first = list(meter.channels)
    meter.read()
    meter.close()
    meter.close()
    meter.open(Ticks())
    assert list(meter.channels) == first
    assert meter.read().rows()
