"""AMD GPUs, through the real binding on a compiled stand-in and through its double in Python."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.meters.amd_stub import RESOLUTION_UJ, StandIn, Stub, binding
from tests.meters.trees import Ticks

from joulemark.core.channel import Channel, Domain, Instrument, Quantity
from joulemark.core.errors import (
    MeterError,
    MeterLostError,
    MissingExtraError,
    PermissionNeededError,
    UnavailableError,
    UsageError,
)
from joulemark.meters.amdsmi import Amdsmi, amdsmi

Open = Callable[[], Amdsmi]


@pytest.fixture(params=["double", "binding"])
def library(request: pytest.FixtureRequest, amd: Stub, amd_compiled_in: Path) -> Any:
    return StandIn(amd) if request.param == "double" else binding(amd, amd_compiled_in)


@pytest.fixture
def make(library: Any, amd: Stub, tmp_path: Path) -> Open:
    def opened() -> Amdsmi:
        meter = Amdsmi(library=library, driver=tmp_path, wait=amd.wait, monotonic=amd.monotonic)
        meter.open(Ticks())
        return meter

    return opened


def named(meter: Amdsmi, name: str) -> Channel:
    return next(channel for channel in meter.channels if channel.name == f"amdsmi/{name}")


def names(meter: Amdsmi, part: str) -> set[str]:
    ours = [channel for channel in meter.channels if channel.part == part]
    return {channel.name.rpartition("/")[2] for channel in ours}


def values(meter: Amdsmi) -> dict[str, float]:
    rows = meter.read().rows()
    return {meter.channels[i].name.removeprefix("amdsmi/"): value for _, value, i in rows}


def reasons(meter: Amdsmi) -> list[str]:
    return [each.what for each in meter.missing]


# -------------------------------------------------------------------- what is read


def test_a_board_gives_energy_power_and_state(make: Open, amd: Stub) -> None:
    amd.boards(2)
    meter = make()
    energy = named(meter, "gpu-amd-1/energy")
    assert (energy.part, energy.domain, energy.parent) == ("gpu-amd-1", Domain.GPU, None)
    assert energy.instrument is Instrument.ON_CHIP
    assert energy.scale == pytest.approx(RESOLUTION_UJ * 1e-6, rel=1e-6)
    assert energy.wrap == 2**64
    assert (energy.rated_w, energy.max_power_w) == (750, 1500)
    assert "MI300X" in energy.note
    assert names(meter, "gpu-amd-0") == {
        "energy",
        "power",  # an MI300X has no average
        "utilisation",
        "memory_utilisation",
        "memory",
        "graphics_clock",
        "memory_clock",
        "temperature",
        "throttled",
    }
    seen = values(meter)
    assert seen["gpu-amd-0/power"] == 140
    assert seen["gpu-amd-0/memory"] == 20_480
    assert seen["gpu-amd-0/temperature"] == 47
    assert seen["gpu-amd-0/throttled"] == 0
    assert [named(meter, f"gpu-amd-{n}/energy").source for n in (0, 1)] == [
        "amdsmi_get_energy_count 0000:0c:00.0",
        "amdsmi_get_energy_count 0000:1c:00.0",
    ]
    assert meter.facts["boards"][0]["name"] == "AMD Instinct MI300X"
    meter.close()


def test_the_counter_counts_what_the_board_draws(make: Open, amd: Stub) -> None:
    amd.boards(1)
    meter = make()
    before = values(meter)["gpu-amd-0/energy"]
    amd.wait(10)
    counts = values(meter)["gpu-amd-0/energy"] - before
    assert counts * named(meter, "gpu-amd-0/energy").scale == pytest.approx(1400)
    ((_, _, index),) = meter.read_edges().rows()
    assert meter.channels[index].quantity is Quantity.ENERGY
    meter.close()


def test_a_board_may_give_average_power_only(make: Open, amd: Stub) -> None:
    amd.boards(1, power=None, power_average=41, name="AMD Instinct MI210", hotspot=None, edge=39)
    meter = make()
    assert {"energy", "power_average", "temperature"} <= names(meter, "gpu-amd-0")
    assert "power" not in names(meter, "gpu-amd-0")
    assert values(meter)["gpu-amd-0/temperature"] == 39
    meter.close()


def test_power_in_microwatts_is_told_from_power_in_watts(make: Open, amd: Stub) -> None:
    amd.boards(1, power=140_000_000, rate=140)
    meter = make()
    power = named(meter, "gpu-amd-0/power")
    assert (power.unit, power.scale) == ("µW", 1e-6)
    assert names(meter, "gpu-amd-0") >= {"energy"}
    meter.close()


def test_limits_in_watts_are_limits(make: Open, amd: Stub) -> None:
    amd.boards(1, max_power_cap=None, power_cap=300)
    meter = make()
    assert named(meter, "gpu-amd-0/power").rated_w == 300
    meter.close()


# -------------------------------------------------------------------- what is not believed


@pytest.mark.parametrize(
    ("rate", "reason"),
    [
        (1e-9, "it stands still"),
        (1.4, "it ran at 1.4 W while the board drew 140 W"),
        (140_000, "it ran at 1.4e+05 W while the board drew 140 W"),
    ],
)
def test_a_counter_that_cannot_be_true_is_refused(
    make: Open, amd: Stub, rate: float, reason: str
) -> None:
    amd.boards(1, rate=rate)
    meter = make()
    assert reasons(meter) == [f"its energy counter is not used: {reason}"]
    assert "energy" not in names(meter, "gpu-amd-0")
    assert "power" in names(meter, "gpu-amd-0")
    meter.close()


def test_a_counter_without_power_to_compare_is_believed_within_reason(
    make: Open, amd: Stub
) -> None:
    amd.boards(1, power_info=None, rate=200)
    meter = make()
    assert "energy" in names(meter, "gpu-amd-0")
    assert [what[:8] for what in reasons(meter)] == ["no power"]
    meter.close()
    amd.boards(1, power_info=None, rate=50_000)
    with pytest.raises(UnavailableError):
        make()


def test_the_second_die_of_a_board_is_left_out(make: Open, amd: Stub) -> None:
    amd.boards(2, power=None, power_average=89)
    amd.board(1, power_average=0, rate=1e-9)
    meter = make()
    assert {channel.part for channel in meter.channels} == {"gpu-amd-0"}
    assert any("two dies (MI250)" in what for what in reasons(meter))
    assert [board["address"] for board in meter.facts["boards"]] == ["0000:0c:00.0"]
    meter.close()


def test_partitions_of_a_board_are_read_once(make: Open, amd: Stub) -> None:
    amd.boards(4)
    for index in (1, 2):
        amd.board(index, slot=0x0C, function=index, energy=None, power_info=None)
    meter = make()
    assert {channel.part for channel in meter.channels} == {"gpu-amd-0", "gpu-amd-1"}
    assert "3 partitions together" in named(meter, "gpu-amd-0/energy").note
    assert "partitions" not in named(meter, "gpu-amd-1/energy").note
    meter.close()


def test_a_counter_without_a_resolution_is_refused(make: Open, amd: Stub) -> None:
    amd.boards(1, resolution=None)
    meter = make()
    assert any("its resolution is 0" in what for what in reasons(meter))
    meter.close()


# -------------------------------------------------------------------- what fails


def test_a_board_that_does_not_answer_does_not_cost_the_others(make: Open, amd: Stub) -> None:
    amd.boards(2)
    amd.board(0, error=31)
    meter = make()
    assert reasons(meter) == ["a board does not answer: AMDSMI_STATUS_NOT_FOUND"]
    assert {channel.part for channel in meter.channels} == {"gpu-amd-0"}
    meter.close()
    amd.board(1, error=31)
    with pytest.raises(UnavailableError, match="does not answer"):
        make()


def test_a_board_that_goes_is_lost_and_one_error_is_not(make: Open, amd: Stub) -> None:
    amd.boards(1)
    meter = make()
    amd.board(0, power=None)
    values(meter)
    assert [type(error) for error in meter.failures] == [MeterError]
    assert "no power but" in meter.failures[0].what
    amd.board(0, error=31)
    with pytest.raises(MeterLostError, match="NOT_FOUND"):
        meter.read()
    meter.close()


def test_a_missing_right_comes_with_the_remedy(make: Open, amd: Stub) -> None:
    amd.set(init="!10")
    with pytest.raises(PermissionNeededError, match="may not use") as caught:
        make()
    assert "usermod -aG video,render" in caught.value.remedy
    assert "--device /dev/kfd" in caught.value.remedy


@pytest.mark.parametrize("key", ["init", "sockets"])
def test_a_library_that_does_not_start_says_what(make: Open, amd: Stub, key: str) -> None:
    amd.set(**{key: "!34"})
    with pytest.raises(UnavailableError, match="DRIVER_NOT_LOADED"):
        make()


def test_closing_survives_a_library_that_is_gone(make: Open, amd: Stub) -> None:
    amd.boards(1)
    meter = make()
    amd.set(shutdown="!34")
    meter.close()


# -------------------------------------------------------------------- where there is none


def test_without_the_driver_nothing_is_imported(tmp_path: Path) -> None:
    def load(name: str) -> Any:
        raise AssertionError(name)

    with pytest.raises(UnavailableError, match="driver amdgpu is not loaded"):
        Amdsmi(driver=tmp_path / "none", load=load).open(Ticks())


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (ModuleNotFoundError("amdsmi"), MissingExtraError, "joulemark.amd."),
        (KeyError("libamd_smi.so"), UnavailableError, "/opt/rocm/share/amd_smi"),
        (AttributeError("undefined symbol"), UnavailableError, "undefined symbol"),
        (OSError("cannot open"), UnavailableError, "cannot open"),
    ],
)
def test_a_binding_that_does_not_load_is_an_answer(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    error: Exception,
    kind: type[UnavailableError],
    message: str,
) -> None:
    def load(name: str) -> Any:
        print("Unable to find libamd_smi.so library")  # noqa: T201 (as the binding does)
        raise error

    with pytest.raises(kind, match=message):
        Amdsmi(driver=tmp_path, load=load).open(Ticks())
    assert capsys.readouterr().out == ""


def test_a_binding_of_an_older_release_lacks_calls(tmp_path: Path, amd: Stub) -> None:
    class Old(StandIn):
        amdsmi_get_gpu_activity: Any = None
        AmdSmiClkType: Any = None

        def amdsmi_get_energy_count(self, handle: int) -> dict[str, object]:
            new = super().amdsmi_get_energy_count(handle)
            return {"power": new["energy_accumulator"], "counter_resolution": RESOLUTION_UJ}

    amd.boards(1)
    meter = Amdsmi(library=Old(amd), driver=tmp_path, wait=amd.wait, monotonic=amd.monotonic)
    meter.open(Ticks())
    assert {"energy", "power"} <= names(meter, "gpu-amd-0")
    lacking = ["no utilisation", "no clock", "no memory clock"]
    assert reasons(meter) == [f"{each}: the binding does not have it" for each in lacking]
    meter.close()


def test_settings() -> None:
    assert amdsmi({"slow_s": 2}).name == "amdsmi"
    with pytest.raises(UsageError):
        amdsmi({"slow_s": "soon"})
