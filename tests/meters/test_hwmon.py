"""hwmon sensors on trees of files as Linux shows them on real machines."""

from __future__ import annotations

import errno
import json
import re
from pathlib import Path

import pytest
from tests.meters.trees import (
    Faults,
    HwmonTree,
    Ticks,
    jetson_orin_nx,
    open_descriptors,
    put,
)

from joulemark.core.channel import Domain, Quantity
from joulemark.core.errors import (
    MeterError,
    MeterLostError,
    PermissionNeededError,
    UnavailableError,
    UsageError,
)
from joulemark.meters import hwmon as module
from joulemark.meters.hwmon import Hwmon, hwmon

I2C = "platform/bus@0/c240000.i2c/i2c-1/1-00"


def opened(tree: HwmonTree, faults: Faults | None = None, clock: Ticks | None = None) -> Hwmon:
    meter = Hwmon(tree.root, files=faults.files if faults else None)
    meter.open(clock or Ticks())
    return meter


def parts(meter: Hwmon) -> dict[str, str | None]:
    return {channel.part: channel.parent for channel in meter.channels}


def values(meter: Hwmon) -> dict[str, float]:
    return {meter.channels[index].name: value for _, value, index in meter.read().rows()}


# -------------------------------------------------------------------- boards


def test_rails_of_a_jetson_lie_in_the_module_input(tmp_path: Path) -> None:
    meter = opened(jetson_orin_nx(tmp_path))
    assert parts(meter) == {
        "rail-VDD_IN": None,
        "rail-VDD_CPU_GPU_CV": "rail-VDD_IN",
        "rail-VDD_SOC": "rail-VDD_IN",
    }
    assert values(meter) == {
        "hwmon/rail-VDD_IN/power": 19_000 * 520,  # mV times mA is µW
        "hwmon/rail-VDD_CPU_GPU_CV/power": 19_000 * 120,
        "hwmon/rail-VDD_SOC/power": 18_992 * 80,
    }
    assert meter.missing == []
    assert meter.facts["chips"] == ["ina3221 1-0040"]
    meter.close()


def test_a_product_says_how_it_came_about_and_how_good_it_is(tmp_path: Path) -> None:
    meter = opened(jetson_orin_nx(tmp_path))
    total, rail = meter.channels[:2]
    assert total.domain is Domain.BOARD
    assert rail.domain is Domain.RAIL
    assert total.quantity is Quantity.POWER
    assert (total.unit, total.scale) == ("µW", 1e-6)
    assert "read back to back" in total.note
    assert "ina3221 1-0040 VDD_IN" in total.note
    assert "in1_input × " in total.source
    assert total.source.endswith("curr1_input")
    assert total.update_s == 0.005
    assert total.accuracy.gain == 0.015
    assert total.accuracy.offset_w == pytest.approx(19 * 80e-6 / 5e-3)  # 80 µV at 5 mΩ and 19 V
    assert total.resolution == pytest.approx(19 * 40e-6 / 5e-3 * 1e6)  # one 40 µV step
    assert "INA3221" in total.accuracy.source
    meter.close()


def test_agx_orin_has_no_single_input(tmp_path: Path) -> None:
    tree = HwmonTree(tmp_path)
    first = {"in1": "VDD_GPU_SOC", "in2": "VDD_CPU_CV", "in3": "VIN_SYS_5V0"}
    second = {"in1": "NC", "in2": "VDDQ_VDD2_1V8AO", "in3": "NC"}
    for address, labels in (("41", second), ("40", first)):
        files: dict[str, object] = {}
        for line, label in labels.items():
            files |= {f"{line}_label": label, f"{line}_input": 5000, f"{line}_enable": 1}
            files[f"curr{line[2:]}_input"] = 100
        tree.chip("ina3221", I2C + address, files)
    meter = opened(tree)
    assert parts(meter) == {
        "rail-VDD_GPU_SOC": None,
        "rail-VDD_CPU_CV": None,
        "rail-VIN_SYS_5V0": None,
        "rail-VDDQ_VDD2_1V8AO": "rail-VIN_SYS_5V0",
    }
    assert meter.channels[0].accuracy.offset_w == 0  # no shunt resistor is stated
    meter.close()


def test_two_chips_of_one_name_are_told_apart_by_their_device(tmp_path: Path) -> None:
    tree = HwmonTree(tmp_path)
    for address in ("45", "44"):
        tree.chip("ina226", I2C + address, {"power1_input": 1_250_000, "in1_input": 12_000})
    meter = opened(tree)
    assert parts(meter) == {"rail-ina226-0-1": None, "rail-ina226-1-1": None}
    assert [channel.note.split(";")[0] for channel in meter.channels] == [
        "ina226 1-0044",
        "ina226 1-0045",
    ]
    meter.close()


def test_a_computed_power_is_preferred_to_a_product(tmp_path: Path) -> None:
    tree = HwmonTree(tmp_path)
    files = {"in1_input": 12_000, "curr1_input": 100, "power1_input": 1_234_000}
    tree.chip("ina219", I2C + "40", files)
    assert values(opened(tree)) == {"hwmon/rail-ina219-0-1/power": 1_234_000}


def test_rails_of_one_label_stay_two(tmp_path: Path) -> None:
    tree = HwmonTree(tmp_path)
    files = {"in1_label": "VDD", "in1_input": 5000, "curr1_input": 100}
    tree.chip("ina3221", I2C + "40", files)
    tree.chip("ina3221", I2C + "41", files)
    meter = opened(tree)
    assert list(parts(meter)) == ["rail-VDD", "rail-VDD-ina3221-1-1"]
    meter.close()


def test_a_channel_that_is_switched_off_is_listed(tmp_path: Path) -> None:
    tree = jetson_orin_nx(tmp_path)
    put(tree.root / "hwmon0", {"in2_enable": 0})
    meter = opened(tree)
    assert list(parts(meter)) == ["rail-VDD_IN", "rail-VDD_SOC"]
    assert "switched off" in str(meter.missing[0])
    assert "tee" in meter.missing[0].remedy
    meter.close()


# -------------------------------------------------------------------- servers


def test_an_acpi_power_meter_is_the_server(tmp_path: Path) -> None:
    tree = HwmonTree(tmp_path)
    tree.chip(
        "power_meter",
        "LNXSYSTM:00/LNXSYBUS:00/ACPI000D:00",
        {
            "power1_average": 312_000_000,
            "power1_average_interval": 1000,
            "power1_accuracy": "95.0%",
            "power1_is_battery": 0,
            "power1_oem_info": "",
            "power1_cap_max": 800_000_000,
        },
        legacy=True,
    )
    meter = opened(tree)
    (channel,) = meter.channels
    assert (channel.name, channel.part) == ("hwmon/node/power_average", "node")
    assert channel.domain is Domain.NODE
    assert channel.window_s == 1.0
    assert channel.accuracy.gain == pytest.approx(0.05)
    assert "95.0%" in channel.accuracy.source
    assert channel.max_power_w == pytest.approx(2400)
    assert values(meter) == {"hwmon/node/power_average": 312_000_000}
    meter.close()


def test_a_grace_hopper_module_holds_its_parts(tmp_path: Path) -> None:
    tree = HwmonTree(tmp_path)
    for place, what in enumerate(("Module", "Grace", "CPU", "SysIO")):
        tree.chip(
            "power_meter",
            f"LNXSYSTM:00/ACPI000D:0{place}",
            {"power1_average": 10**8, "power1_oem_info": f"{what} Power Socket 0"},
            legacy=True,
        )
    meter = opened(tree)
    assert parts(meter) == {
        "module-0": None,
        "package-0": "module-0",
        "core-0": "package-0",
        "uncore-0": "package-0",
    }
    assert Domain.GPU in meter.channels[0].covers
    assert meter.channels[0].accuracy.source == "assumed, the firmware states none"
    meter.close()


def test_other_firmware_of_grace_names_its_sensors_otherwise(tmp_path: Path) -> None:
    tree = HwmonTree(tmp_path)
    for place, what in enumerate(
        (
            "Module Power Socket 1",
            "Grace Power Socket 1",
            "CPU Rail Input Power Socket 1",
            "SOC Rail Power in uW Socket 1",
            "DRAM Power Socket 1",
            "GPU Power Socket 1",
        )
    ):
        values = {"power1_average": 10**8, "power1_oem_info": what}
        tree.chip("power_meter", f"LNXSYSTM:00/ACPI000D:0{place}", values, legacy=True)
    meter = opened(tree)
    assert parts(meter) == {
        "module-1": None,
        "package-1": "module-1",
        "core-1": "package-1",
        "uncore-1": "package-1",
        "dram-1": "package-1",
        "gpu-acpi-1": "module-1",
    }
    meter.close()


def test_a_mac_reports_its_total_and_rails_that_are_not_added(tmp_path: Path) -> None:
    tree = HwmonTree(tmp_path)
    labels = {"power1_label": "Total System Power", "power2_label": "3.8 V Rail Power"}
    watts = {"power1_input": 13_000_000, "power2_input": 9_000_000}
    tree.chip("macsmc_hwmon", "platform/smc", {**labels, **watts})
    meter = opened(tree)
    assert parts(meter) == {"node": None, "macsmc-3.8_V_Rail_Power": "node"}
    assert meter.channels[0].domain is Domain.NODE
    meter.close()


def test_two_meters_of_one_server_are_two_views_of_one_part(tmp_path: Path) -> None:
    tree = HwmonTree(tmp_path)
    for place in (0, 1):
        tree.chip("power_meter", f"ACPI000D:0{place}", {"power1_average": 10**8})
    meter = opened(tree)
    assert [channel.part for channel in meter.channels] == ["node", "node"]
    assert len({channel.name for channel in meter.channels}) == 2
    meter.close()


def amd_energy(base: Path, cores: int = 8, sockets: int = 2) -> HwmonTree:
    tree = HwmonTree(base)
    files: dict[str, object] = {}
    for core in range(cores):
        files |= {
            f"energy{core + 1}_label": f"Ecore{core:03}",
            f"energy{core + 1}_input": 10**9 + core,
        }
    for socket in range(sockets):
        index = cores + socket + 1
        files |= {
            f"energy{index}_label": f"Esocket{socket}",
            f"energy{index}_input": 10**11 + socket,
        }
    tree.chip("amd_energy", "platform/amd_energy.0", files)
    return tree


def test_amd_energy_counts_sockets_and_their_cores(tmp_path: Path) -> None:
    meter = opened(amd_energy(tmp_path))
    assert list(parts(meter).items())[:2] == [("package-0", None), ("package-1", None)]
    assert parts(meter)["cpu-core-3"] == "package-0"
    assert parts(meter)["cpu-core-4"] == "package-1"
    assert parts(meter)["cpu-core-0"] == "package-0"
    socket = meter.channels[0]
    assert socket.quantity is Quantity.ENERGY
    assert (socket.unit, socket.wrap, socket.update_s) == ("µJ", None, 0.001)
    meter.close()


def test_single_cores_are_asked_seldom_and_never_at_edges(tmp_path: Path) -> None:
    clock = Ticks()
    meter = opened(amd_energy(tmp_path), clock=clock)
    assert len(values(meter)) == 10
    assert len(values(meter)) == 2
    assert len(meter.read_edges().rows()) == 2
    clock.wait(1.0)
    assert len(values(meter)) == 10
    meter.close()


def test_root_only_sensors_come_with_the_remedy(tmp_path: Path) -> None:
    faults = Faults()
    faults.refused = {"_input"}
    tree = amd_energy(tmp_path)
    with pytest.raises(PermissionNeededError) as caught:
        opened(tree, faults)
    message = str(caught.value)
    assert f"sudo chmod a+r {tree.root}/hwmon0/energy*_input" in message
    assert 'ATTR{name}=="amd_energy"' in message
    assert "10 sensors" in message


def test_what_may_be_read_is_read_and_the_rest_is_listed(tmp_path: Path) -> None:
    faults = Faults()
    faults.refused = {"energy9_input"}
    meter = opened(amd_energy(tmp_path), faults)
    assert "package-0" not in parts(meter)
    assert parts(meter)["cpu-core-0"] is None  # its parent is not read
    assert len(meter.missing) == 1
    meter.close()


def test_power_supplies_have_an_input_and_an_output(tmp_path: Path) -> None:
    tree = HwmonTree(tmp_path)
    for address in ("58", "59"):
        tree.chip(
            "dps1900",
            I2C + address,
            {
                "power1_label": "pin",
                "power1_input": 300_000_000,
                "power2_label": "pout1",
                "power2_input": 280_000_000,
            },
        )
    meter = opened(tree)
    assert parts(meter) == {
        "psu-0-input": None,
        "psu-0": "psu-0-input",
        "psu-1-input": None,
        "psu-1": "psu-1-input",
    }
    assert meter.channels[0].domain is Domain.WALL
    meter.close()


# -------------------------------------------------------------------- cards, desktops, laptops


def test_a_graphics_card_and_integrated_graphics_differ(tmp_path: Path) -> None:
    tree = HwmonTree(tmp_path)
    card = {"power1_average": 31_000_000, "power1_label": "PPT", "power1_cap": 203_000_000}
    tree.chip("amdgpu", "pci0000:00/0000:03:00.0", {**card, "power1_cap_max": 233_000_000})
    tree.chip("amdgpu", "pci0000:00/0000:7c:00.0", {"power1_input": 11_000_000})
    meter = opened(tree)
    assert [(c.part, c.domain) for c in meter.channels] == [
        ("gpu-hwmon-0", Domain.GPU),
        ("package-1", Domain.PACKAGE),
    ]
    assert meter.channels[0].max_power_w == pytest.approx(699)
    assert "whole processor" in meter.channels[1].note
    meter.close()


def test_a_card_that_another_meter_reads_is_left_out(tmp_path: Path) -> None:
    tree = HwmonTree(tmp_path)
    for slot in ("0000:03:00.0", "0000:83:00.0"):
        watts = {"power1_average": 90_000_000, "power1_cap": 300_000_000}
        tree.chip("amdgpu", f"pci0000:00/{slot}", watts)
    meter = Hwmon(tree.root, without=["0000:03:00.0"])
    meter.open(Ticks())
    assert ["0000:83:00.0" in channel.note for channel in meter.channels] == [True]
    meter.close()


def test_a_card_with_two_readings_is_one_part(tmp_path: Path) -> None:
    tree = HwmonTree(tmp_path)
    files = {"power1_average": 31_000_000, "power1_input": 32_000_000, "power1_cap": 203_000_000}
    tree.chip("amdgpu", "pci0000:00/0000:03:00.0", files)
    meter = opened(tree)
    assert [channel.name for channel in meter.channels] == [
        "hwmon/gpu-hwmon-0/power_average",
        "hwmon/gpu-hwmon-0/power",
    ]
    meter.close()


def test_an_intel_card_counts_card_and_package(tmp_path: Path) -> None:
    tree = HwmonTree(tmp_path)
    files = {
        "energy1_label": "card",
        "energy1_input": 9_000_000,
        "energy2_label": "pkg",
        "energy2_input": 7_000_000,
        "power1_rated_max": 150_000_000,
    }
    tree.chip("xe", "pci0000:00/0000:03:00.0", files)
    tree.chip("i915_gt0", "pci0000:00/0000:04:00.0", {"energy1_input": 5})
    meter = opened(tree)
    assert parts(meter) == {"gpu-hwmon-0": None, "gpu-hwmon-0-package": "gpu-hwmon-0"}
    assert meter.channels[0].max_power_w == pytest.approx(450)
    assert "tile" in str(meter.missing[0])
    meter.close()


def test_a_battery_is_no_meter(tmp_path: Path) -> None:
    tree = HwmonTree(tmp_path)
    tree.chip("BAT0", "ACPI0003:00/power_supply/BAT0", {"power1_input": 7_000_000})
    with pytest.raises(UnavailableError, match="battery"):
        opened(tree)


def test_an_unknown_chip_is_a_rail_and_says_so(tmp_path: Path) -> None:
    tree = HwmonTree(tmp_path)
    label = "Vcore ../../x\x07 " + "y" * 5000
    tree.chip("newchip", "platform/n.0", {"power3_input": 5_000_000, "power3_label": label})
    meter = opened(tree)
    (channel,) = meter.channels
    assert re.fullmatch(r"newchip-0-Vcore_[A-Za-z0-9_.]*x_y*", channel.part)
    assert len(channel.part) < 70
    assert channel.domain is Domain.RAIL
    assert "unknown chip" in channel.note
    assert channel.max_power_w is None
    meter.close()


def test_every_row_of_the_table_takes_any_sensor(tmp_path: Path) -> None:
    table = Path(module.__file__).parent / "data" / "hwmon_chips.json"
    rows = json.loads(table.read_text())["chips"]
    names = {
        "amdgpu", "i915", "xe", "nouveau", "ina3221", "ina238", "power_meter", "fam15h_power",
        "zenpower", "amd_energy", "corsairpsu", "crps", "macsmc_hwmon", "amd_hsmp_hwmon",
        "scmi_sensors", "anything",
    }  # fmt: skip
    with_sensors = [row for row in rows if "sensors" in row]
    assert all(any(re.fullmatch(row["names"], name) for name in names) for row in with_sensors)
    tree = HwmonTree(tmp_path)
    for name in names:
        tree.chip(name, f"platform/{name}", {"power1_input": 5, "power1_label": "odd one"})
    meter = opened(tree)
    assert len(meter.channels) == len(names)
    meter.close()


# -------------------------------------------------------------------- faults


@pytest.mark.parametrize("code", [errno.ENODATA, errno.EAGAIN, errno.EIO])
def test_one_sensor_that_fails_does_not_take_the_others(tmp_path: Path, code: int) -> None:
    faults = Faults()
    meter = opened(jetson_orin_nx(tmp_path), faults)
    faults.errors["curr1_input"] = code
    assert set(values(meter)) == {
        "hwmon/rail-VDD_CPU_GPU_CV/power",
        "hwmon/rail-VDD_SOC/power",
    }
    assert [type(error) for error in meter.failures] == [MeterError]
    assert "curr1_input" in str(meter.failures[0])
    faults.errors.clear()
    assert len(values(meter)) == 3
    meter.close()


def test_when_the_driver_goes_the_meter_is_lost(tmp_path: Path) -> None:
    faults = Faults()
    meter = opened(jetson_orin_nx(tmp_path), faults)
    faults.errors["_input"] = errno.ENODEV
    with pytest.raises(MeterLostError):
        meter.read()
    meter.close()


def test_power_meters_have_no_edges(tmp_path: Path) -> None:
    meter = opened(jetson_orin_nx(tmp_path))
    assert meter.read_edges().rows() == []
    meter.close()


def test_a_negative_reading_is_kept_as_it_is(tmp_path: Path) -> None:
    tree = jetson_orin_nx(tmp_path)
    meter = opened(tree)
    put(tree.root / "hwmon0", {"curr3_input": -8})
    assert values(meter)["hwmon/rail-VDD_SOC/power"] == -8 * 18_992
    meter.close()


def test_a_file_that_cannot_be_opened_is_listed(tmp_path: Path) -> None:
    tree = jetson_orin_nx(tmp_path)
    path = tree.root / "hwmon0" / "curr3_input"
    path.unlink()
    path.symlink_to("nowhere")
    meter = opened(tree)
    assert list(parts(meter)) == ["rail-VDD_IN", "rail-VDD_CPU_GPU_CV"]
    assert "No such file" in str(meter.missing[0])
    meter.close()


def test_files_are_closed(tmp_path: Path) -> None:
    before = open_descriptors()
    meter = opened(jetson_orin_nx(tmp_path))
    assert open_descriptors() == before + 6
    meter.close()
    meter.close()
    assert open_descriptors() == before


# -------------------------------------------------------------------- nothing to read


def test_nothing_to_read_says_why(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="no hwmon tree"):
        Hwmon(tmp_path / "none").open(Ticks())
    tree = HwmonTree(tmp_path)
    with pytest.raises(UnavailableError, match="virtual machines"):
        opened(tree)
    tree.chip("k10temp", "pci0000:00/0000:00:18.3", {"temp1_input": 45_000})
    tree.chip("nct6775", "platform/nct6775.656", {"in1_input": 1000, "fan1_input": 900})
    with pytest.raises(UnavailableError, match=r"none of the chips measures power \(k10temp, nct"):
        opened(tree)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"path": "/sys"}, "no setting 'path'"),
        ({"root": None}, "root is None"),
        ({"slow_s": -1}, "slow_s is -1"),
        ({"slow_s": "1"}, "slow_s is '1'"),
        ({"slow_s": True}, "slow_s is True"),
        ({"slow_s": float("nan")}, "slow_s is nan"),
    ],
)
def test_settings_that_make_no_sense(settings: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        hwmon(settings)


def test_the_factory_takes_a_root(tmp_path: Path) -> None:
    meter = hwmon({"root": str(jetson_orin_nx(tmp_path).root), "slow_s": 2})
    meter.open(Ticks())
    assert len(meter.channels) == 3
    meter.close()
    assert hwmon({}).root == "/sys/class/hwmon"
