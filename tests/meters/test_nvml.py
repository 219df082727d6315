"""NVML: NVIDIA's own Python binding against a library that these tests compile and script."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.meters.nvml_stub import H100, Stub
from tests.meters.trees import Ticks

from joulemark.core.channel import Channel, Domain, Quantity
from joulemark.core.errors import (
    MeterError,
    MeterLostError,
    MissingExtraError,
    PermissionNeededError,
    UnavailableError,
    UsageError,
)
from joulemark.meters.nvml import Nvml, driver_hinted, nvml


def opened(stub: Stub, clock: Ticks | None = None, **arguments: Any) -> Nvml:
    meter = Nvml(library=stub.binding(), **arguments)
    meter.open(clock or Ticks())
    return meter


def values(meter: Nvml) -> dict[str, float]:
    rows = meter.read().rows()
    return {meter.channels[index].name.removeprefix("nvml/"): value for _, value, index in rows}


def by_name(meter: Nvml) -> dict[str, Channel]:
    return {channel.name.removeprefix("nvml/gpu-0/"): channel for channel in meter.channels}


# -------------------------------------------------------------------- what a board gives


def test_a_hopper_board_gives_everything(stub: Stub) -> None:
    stub.boards(1)
    meter = opened(stub)
    assert values(meter) == {
        "gpu-0/energy": 123_456_789_012,
        "gpu-0/power": 365_500,
        "gpu-0/power_average": 351_000,
        "gpu-0/utilisation": 97,
        "gpu-0/memory_utilisation": 41,
        "gpu-0/memory": 42_949_672_960,
        "gpu-0/sm_clock": 1980,
        "gpu-0/memory_clock": 2619,
        "gpu-0/temperature": 61,
        "gpu-0/throttle_reasons": 4,
    }
    assert meter.missing == []
    assert meter.facts["driver"] == "580.82.07"
    assert meter.facts["nvml"] == "13.580.82"
    assert meter.facts["boards"] == [
        {
            "part": "gpu-0",
            "name": H100["name"],
            "uuid": H100["uuid"],
            "architecture": 9,
            "mig": False,
            "power_limit_max_w": 700.0,
        }
    ]
    meter.close()


def test_channels_say_what_is_known_of_the_sensor(stub: Stub) -> None:
    stub.boards(1)
    meter = opened(stub)
    known = by_name(meter)
    energy, power, average = known["energy"], known["power"], known["power_average"]
    assert meter.channels[0] is energy  # the counter is asked first
    assert energy.domain is Domain.GPU
    assert energy.quantity is Quantity.ENERGY
    assert (energy.unit, energy.scale, energy.wrap, energy.update_s) == ("mJ", 1e-3, None, 0.1)
    assert (energy.accuracy.gain, energy.accuracy.offset_w) == (0.08, 16.0)
    assert energy.max_power_w == 1400
    assert str(H100["uuid"]) in energy.source
    assert str(H100["name"]) in energy.note
    assert (power.unit, power.window_s) == ("mW", 0.025)
    assert average.window_s == 1.0
    assert {channel.parent for channel in meter.channels} == {None}
    units = {name: (channel.unit, channel.scale) for name, channel in known.items()}
    assert units["utilisation"] == ("%", 0.01)
    assert units["memory"] == ("B", 1.0)
    assert units["sm_clock"] == ("MHz", 1e6)
    assert units["temperature"] == ("degC", 1.0)
    assert known["throttle_reasons"].quantity is Quantity.FLAGS
    assert not known["utilisation"].carries_energy
    assert known["utilisation"].accuracy.source == ""
    meter.close()


@pytest.mark.parametrize(
    ("architecture", "name", "power", "usage"),
    [
        (5, "Tesla V100-SXM2-16GB", 0.01, ("power", 0.01)),
        (6, "Quadro RTX 8000", 0.02, ("power", 0.02)),
        (6, "NVIDIA GeForce RTX 2080 Ti", 0.1, ("power", 0.1)),
        (7, "NVIDIA A100-SXM4-80GB", 0.025, ("power", 0.025)),
        (7, "NVIDIA A30", 0.025, ("power", 0.025)),
        (7, "NVIDIA RTX A3000 Laptop GPU", 0.1, ("power_average", 1.0)),
        (8, "NVIDIA GeForce RTX 4090", 0.1, ("power_average", 1.0)),
        (9, "NVIDIA H100 80GB HBM3", 0.025, ("power_average", 1.0)),
        (10, "NVIDIA B200", None, ("power_average", 1.0)),
        (3, "Quadro K620", None, ("power", 0.2)),
    ],
)
def test_windows_by_architecture(
    stub: Stub, architecture: int, name: str, power: float, usage: tuple[str, float]
) -> None:
    stub.boards(1)
    stub.board(0, architecture=architecture, name=name)
    meter = opened(stub)
    assert by_name(meter)["power"].window_s == power
    meter.close()
    stub.board(0, {"field.185": "!2", "field.186": "!2"})  # a driver that knows neither field
    meter = opened(stub)
    kind, window = usage
    channel = by_name(meter)[kind]
    assert (channel.window_s, channel.source.split()[0]) == (window, "nvmlDeviceGetPowerUsage")
    assert {"power", "power_average"} & set(by_name(meter)) == {kind}
    assert values(meter)[f"gpu-0/{kind}"] == 350_000
    meter.close()


def test_one_power_field_alone_is_used(stub: Stub) -> None:
    stub.boards(1)
    stub.board(0, {"field.186": None})
    meter = opened(stub)
    assert "power" not in by_name(meter)
    assert values(meter)["gpu-0/power_average"] == 351_000
    meter.close()


def test_field_values_are_read_by_their_type(stub: Stub) -> None:
    stub.boards(1)
    stub.board(0, field_type=0)  # a double
    meter = opened(stub)
    assert values(meter)["gpu-0/power"] == 365_500
    stub.board(0, field_type=77)
    assert "gpu-0/power" not in values(meter)
    assert "Unknown Error" in str(meter.failures[0])
    meter.close()


def test_what_is_not_supported_is_left_out_and_told(stub: Stub) -> None:
    stub.boards(1)
    gone = {"energy": None, "utilisation": "!3", "event_reasons": None, "temperature_v": "!13"}
    stub.board(0, gone, architecture=4, temperature=70)
    meter = opened(stub)
    assert set(by_name(meter)) == {
        "power", "power_average", "memory", "sm_clock", "memory_clock", "temperature",
    }  # fmt: skip
    assert values(meter)["gpu-0/temperature"] == 70  # by the older call
    told = [str(reason) for reason in meter.missing]
    assert any("no energy counter: Not Supported" in text for text in told)
    assert any("no utilisation: Not Supported" in text for text in told)
    assert any("no throttle reasons" in text for text in told)
    assert len(told) == 3
    assert meter.read_edges().rows() == []  # no counter, nothing to read at edges
    meter.close()


def test_older_names_of_calls_serve(stub: Stub) -> None:
    stub.boards(1)
    stub.board(0, event_reasons=None, throttle_reasons=8)
    binding = stub.binding()
    del binding.nvmlDeviceGetTemperatureV  # bindings before CUDA 12.8 lack it
    stub.board(0, temperature=55)
    meter = Nvml(library=binding)
    meter.open(Ticks())
    assert values(meter)["gpu-0/throttle_reasons"] == 8
    assert values(meter)["gpu-0/energy"] == H100["energy"]
    assert "nvmlDeviceGetTemperature " in by_name(meter)["temperature"].source
    meter.close()
    del binding.nvmlDeviceGetTemperature
    meter.open(Ticks())
    assert "too old" in str(meter.missing[0])
    meter.close()


def test_a_board_without_limits_or_versions_still_counts(stub: Stub) -> None:
    stub.boards(1)
    stub.board(0, limit_mw=None, architecture=None, mig="!3")
    stub.set(driver=None)
    meter = opened(stub)
    assert meter.channels[0].max_power_w == 5000
    assert meter.facts["boards"][0]["power_limit_max_w"] is None
    assert meter.facts["driver"] == ""
    assert "has not been measured" in by_name(meter)["power"].note
    meter.close()


def test_mig_is_said_plainly(stub: Stub) -> None:
    stub.boards(1)
    stub.board(0, mig=1, utilisation="!3")
    meter = opened(stub)
    assert "all of its instances together" in by_name(meter)["energy"].note
    assert "all of its instances together" in by_name(meter)["power"].note
    assert "MIG is on" in str(meter.missing[0])
    assert "nvidia-smi -i 0 -mig 0" in str(meter.missing[0])
    assert meter.facts["boards"][0]["mig"] is True
    meter.close()


# -------------------------------------------------------------------- reading


def test_the_counter_grows_between_reads(stub: Stub) -> None:
    stub.boards(1)
    meter = opened(stub)
    first = meter.read_edges().rows()
    stub.board(0, energy=123_456_859_012)
    second = meter.read_edges().rows()
    assert [row[2] for row in first + second] == [0, 0]
    assert second[0][1] - first[0][1] == 70_000
    assert second[0][0] > first[0][0]
    meter.close()


def test_state_is_asked_at_most_once_a_second(stub: Stub) -> None:
    stub.boards(2)
    clock = Ticks()
    meter = opened(stub, clock)
    assert len(values(meter)) == 20
    clock.wait(0.9)
    assert set(values(meter)) == {
        f"gpu-{n}/{kind}" for n in (0, 1) for kind in ("energy", "power", "power_average")
    }
    clock.wait(0.2)
    assert len(values(meter)) == 20
    meter.close()
    meter = opened(stub, clock, slow_s=0.0)
    assert len(values(meter)) == len(values(meter)) == 20
    meter.close()


def test_all_counters_come_before_anything_slower(stub: Stub) -> None:
    stub.boards(3)
    meter = opened(stub)
    kinds = [channel.quantity for channel in meter.channels]
    assert kinds[:9] == [Quantity.ENERGY] * 3 + [Quantity.POWER] * 6
    indices = [index for _, _, index in meter.read().rows()]
    assert indices == sorted(indices)
    meter.close()


# -------------------------------------------------------------------- faults


def test_a_lost_board_does_not_take_the_other(stub: Stub) -> None:
    stub.boards(2)
    clock = Ticks()
    meter = opened(stub, clock)
    meter.read()
    stub.board(0, error=15)
    clock.wait(2.0)
    assert {name.split("/")[0] for name in values(meter)} == {"gpu-1"}
    assert [type(error) for error in meter.failures] == [MeterLostError]  # once, not per channel
    assert "gpu-0/energy" in str(meter.failures[0])
    assert "GPU is lost" in str(meter.failures[0])
    stub.board(0, error=None)
    clock.wait(2.0)
    assert {name.split("/")[0] for name in values(meter)} == {"gpu-1"}
    assert len(meter.failures) == 1
    meter.close()


def test_when_all_boards_are_lost_the_meter_is(stub: Stub) -> None:
    stub.boards(2)
    meter = opened(stub)
    stub.board(0, error=15)
    stub.board(1, error=16)
    with pytest.raises(MeterLostError, match="gpu-0"):
        meter.read()
    assert len(meter.failures) == 1
    with pytest.raises(MeterLostError):
        meter.read_edges()
    meter.close()


def test_a_query_that_fails_once_costs_only_its_own_row(stub: Stub) -> None:
    stub.boards(1)
    meter = opened(stub)
    stub.board(0, energy="!10")
    assert "gpu-0/energy" not in values(meter)
    assert [str(error) for error in meter.failures] == [
        f"nvml/gpu-0/energy ({H100['name']}): Timeout"
    ]
    with pytest.raises(MeterError, match="Timeout"):
        meter.read_edges()
    stub.board(0, energy=5)
    assert values(meter)["gpu-0/energy"] == 5
    meter.close()


def test_an_error_that_the_binding_does_not_know(stub: Stub) -> None:
    stub.boards(1)
    meter = opened(stub)
    stub.board(0, {"field.186": "!27"})
    assert "gpu-0/power" not in values(meter)
    assert "Not ready" in str(meter.failures[0])
    meter.close()


def test_a_board_that_does_not_answer_is_listed(stub: Stub) -> None:
    stub.boards(2)
    stub.board(0, handle="!4")
    meter = opened(stub)
    assert {channel.part for channel in meter.channels} == {"gpu-1"}
    assert "gpu-0: the board does not answer: Insufficient Permissions" in str(meter.missing[0])
    meter.close()
    with pytest.raises(UnavailableError, match="Insufficient Permissions"):
        opened(stub, devices=[0])
    stub.board(1, handle="!15")
    with pytest.raises(UnavailableError, match="does not answer"):
        opened(stub)


def test_a_board_that_gives_nothing_at_all(stub: Stub) -> None:
    stub.set(count=1)
    stub.board(0, name="NVIDIA Nothing", uuid="GPU-0")
    with pytest.raises(UnavailableError, match="the driver gives no"):
        opened(stub)


def test_a_shutdown_that_fails_is_no_error(stub: Stub) -> None:
    stub.boards(1)
    meter = opened(stub)
    stub.set(shutdown="!1")
    meter.close()
    meter.close()


@pytest.mark.parametrize(
    ("code", "kind", "message"),
    [
        (12, UnavailableError, "no NVIDIA driver is installed"),
        (9, UnavailableError, "sudo modprobe nvidia"),
        (18, UnavailableError, "reboot"),
        (4, PermissionNeededError, "/dev/nvidia"),
        (999, UnavailableError, "Unknown Error"),
    ],
)
def test_a_driver_that_does_not_start(
    stub: Stub, code: int, kind: type[UnavailableError], message: str
) -> None:
    stub.set(init=f"!{code}")
    with pytest.raises(UnavailableError, match=message) as caught:
        opened(stub)
    assert type(caught.value) is kind
    stub.set(init=None, count=f"!{code}")
    with pytest.raises(UnavailableError, match=message):
        opened(stub)


def test_a_driver_without_boards(stub: Stub) -> None:
    with pytest.raises(UnavailableError, match="sees no GPU"):
        opened(stub)


def test_without_the_binding_the_extra_is_named() -> None:
    def absent(name: str) -> Any:
        raise ImportError(name)

    with pytest.raises(MissingExtraError, match=r"joulemark\[nvml\]"):
        Nvml(load=absent, hinted=lambda: True).open(Ticks())


# -------------------------------------------------------------------- which boards


def test_boards_can_be_chosen(stub: Stub) -> None:
    stub.boards(3)
    uuid = "GPU-11111111-aaaa-bbbb-cccc-000000000002"
    meter = opened(stub, devices=[2, 0, uuid])
    parts = [channel.part for channel in meter.channels if channel.quantity is Quantity.ENERGY]
    assert parts == ["gpu-2", "gpu-0"]
    meter.close()
    with pytest.raises(UnavailableError, match=r"no GPU is 3; use 0 \(GPU-1111"):
        opened(stub, devices=[3])


@pytest.mark.parametrize(
    ("settings", "chosen"),
    [
        ({}, None),
        ({"devices": "all"}, None),
        ({"devices": 1}, [1]),
        ({"devices": "GPU-1"}, ["GPU-1"]),
        ({"devices": [0, "GPU-1"]}, [0, "GPU-1"]),
    ],
)
def test_the_factory_takes_boards(settings: dict[str, Any], chosen: object) -> None:
    assert nvml(settings).devices == chosen


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"device": 0}, "no setting 'device'"),
        ({"devices": []}, "devices is empty"),
        ({"devices": [True]}, "devices is"),
        ({"devices": [-1]}, "devices is"),
        ({"devices": None}, "devices is None"),
        ({"devices": [1.5]}, "devices is"),
        ({"devices": ["MIG-5"]}, "name its board"),
        ({"slow_s": -1}, "slow_s is -1"),
    ],
)
def test_settings_that_make_no_sense(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        nvml(settings)


def test_the_whole_way_from_the_factory(stub: Stub) -> None:
    """In a fresh interpreter: import of the binding, search for the library, reading, closing."""
    pytest.importorskip("pynvml")
    stub.boards(2)
    code = (
        "import time\n"
        "from joulemark.meters.nvml import nvml\n"
        "meter = nvml({'devices': [1]})\n"
        "meter.open(time.monotonic_ns)\n"
        "print(len(meter.read().rows()), meter.channels[0].name, meter.facts['driver'])\n"
        "meter.close()\n"
    )
    environment = {
        **os.environ,
        "LD_LIBRARY_PATH": str(stub.path.parent),
        "NVML_STUB_STATE": str(stub.state),
    }
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=environment,
        check=True,
        timeout=60,
    )
    assert done.stdout.split() == ["10", "nvml/gpu-1/energy", "580.82.07"]


# -------------------------------------------------------------------- whether there may be a driver


def test_nothing_is_imported_where_nothing_hints_at_a_driver() -> None:
    def load(name: str) -> Any:
        raise AssertionError(name)

    with pytest.raises(UnavailableError, match="no NVIDIA driver is installed"):
        Nvml(load=load, hinted=lambda: False).open(Ticks())


def test_a_device_or_a_library_hints_at_a_driver(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LD_LIBRARY_PATH", f":{tmp_path}")
    mark, cache = tmp_path / "nvidiactl", tmp_path / "cache"

    def hinted() -> bool:
        return driver_hinted([str(mark)], str(cache))

    assert hinted()  # without a list of libraries only the binding can tell
    cache.write_bytes(b"glibc-ld.so.cache1.1\0libz.so.1\0")
    assert not hinted()
    mark.touch()
    assert hinted()
    mark.unlink()
    cache.write_bytes(b"libz.so.1\0libnvidia-ml.so.1\0")
    assert hinted()
    cache.write_bytes(b"")
    (tmp_path / "libnvidia-ml.so.1").touch()
    assert hinted()
