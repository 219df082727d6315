"""Batteries, on trees as the kernel writes them."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from tests.meters.trees import Faults, Supplies, Ticks, laptop_on_battery, open_descriptors

from joulemark.core.channel import Domain, Instrument, Quantity
from joulemark.core.errors import MeterError, UnavailableError
from joulemark.meters.power_supply import PowerSupply, power_supply


def opened(tree: Supplies, faults: Faults | None = None) -> PowerSupply:
    meter = PowerSupply(tree.root, files=(faults or Faults()).files)
    meter.open(Ticks())
    return meter


def value(meter: PowerSupply) -> float:
    ((_, raw, _),) = meter.read().rows()
    return raw * meter.channels[0].scale


def test_on_battery_its_power_is_the_whole_machine(tmp_path: Path) -> None:
    meter = opened(laptop_on_battery(tmp_path))
    (channel,) = meter.channels
    assert (channel.part, channel.domain, channel.parent) == ("node", Domain.NODE, None)
    assert channel.instrument is Instrument.PLATFORM
    assert "only valid on battery" in channel.note
    assert value(meter) == pytest.approx(11.532)
    assert meter.facts["batteries"] == {"BAT0": "DELL 7VTMN"}
    meter.close()


@pytest.mark.parametrize("current", [1_515_000, -1_515_000])
def test_voltage_times_current_stands_in_whatever_its_sign(tmp_path: Path, current: int) -> None:
    tree = Supplies(tmp_path)
    amperes = {"status": "Discharging", "current_now": current, "voltage_now": 7_600_000}
    tree.add("macsmc-battery", "Battery", **amperes)
    meter = opened(tree)
    assert value(meter) == pytest.approx(1.515 * 7.6)
    assert "current_now" in meter.channels[0].source
    meter.close()


def test_energy_that_is_left_is_counted_where_nothing_tells_power(tmp_path: Path) -> None:
    tree = Supplies(tmp_path)
    energy = {"energy_now": 40_000_000, "energy_full": 50_000_000}
    tree.add("BAT0", "Battery", status="Discharging", **energy)
    meter = opened(tree)
    (channel,) = meter.channels
    assert channel.quantity is Quantity.ENERGY
    assert channel.resolution * channel.scale == pytest.approx(36)
    before = value(meter)
    tree.add("BAT0", "Battery", energy_now=39_990_000)
    assert value(meter) - before == pytest.approx(36)
    meter.close()


def test_several_batteries_are_added_by_their_direction(tmp_path: Path) -> None:
    tree = laptop_on_battery(tmp_path)
    tree.add("BAT1", "Battery", status="Charging", power_now=1_500_000)
    tree.add("BAT2", "Battery", status="Not charging", power_now=9_000)
    tree.add("BAT3", "Battery", status="Discharging", power_now=0, present=0)
    meter = opened(tree)
    assert value(meter) == pytest.approx(11.532 - 1.5)
    meter.close()


def test_a_battery_without_power_beside_one_with_it_is_listed(tmp_path: Path) -> None:
    tree = laptop_on_battery(tmp_path)
    tree.add("BAT1", "Battery", status="Discharging", energy_now=1000)
    tree.add("BAT2", "Battery", status="Discharging", capacity=77)
    meter = opened(tree)
    assert value(meter) == pytest.approx(11.532)
    assert {Path(each.where).name for each in meter.missing} == {"BAT1", "BAT2"}
    meter.close()


@pytest.mark.parametrize(
    ("adapter", "status", "reason"),
    [
        (1, "Charging", r"runs on mains \(AC\)"),
        (1, "Discharging", r"runs on mains \(AC\)"),  # a weak adapter that the battery helps
        (0, "Not charging", r"no battery is discharging \(Not charging\)"),
        (0, "Full", r"no battery is discharging \(Full\)"),
        (0, "", r"no battery is discharging \(unknown\)"),
    ],
)
def test_on_mains_there_is_a_reason_and_no_number(
    tmp_path: Path, adapter: int, status: str, reason: str
) -> None:
    tree = laptop_on_battery(tmp_path)
    tree.add("AC", "Mains", online=adapter)
    tree.add("BAT0", "Battery", status=status)
    with pytest.raises(UnavailableError, match=reason) as caught:
        opened(tree)
    assert caught.value.remedy == "pull the plug to use it"


def test_readings_end_while_a_cable_is_in(tmp_path: Path) -> None:
    tree = laptop_on_battery(tmp_path)
    meter = opened(tree)
    tree.add("AC", "Mains", online=1)
    for _ in range(2):
        with pytest.raises(MeterError, match="runs on mains"):
            meter.read()
    tree.add("AC", "Mains", online=0)
    assert value(meter) == pytest.approx(11.532)
    meter.close()


def test_a_charger_on_usb_counts_as_mains(tmp_path: Path) -> None:
    tree = laptop_on_battery(tmp_path)
    tree.add("ucsi-source-psy-USBC000:001", "USB", online=1)
    with pytest.raises(UnavailableError, match="runs on mains"):
        opened(tree)


def test_mice_and_uninterruptible_supplies_are_no_batteries_of_the_machine(tmp_path: Path) -> None:
    tree = Supplies(tmp_path)
    tree.add("hidpp_battery_0", "Battery", scope="Device", status="Discharging", power_now=1)
    tree.add("ups", "UPS", status="Discharging", power_now=10**8)
    tree.add("AC", "Mains", online=0)
    with pytest.raises(UnavailableError, match="has no battery"):
        opened(tree)


def test_a_battery_that_tells_nothing_is_an_answer(tmp_path: Path) -> None:
    tree = Supplies(tmp_path)
    tree.add("BAT0", "Battery", status="Discharging", capacity=55)
    with pytest.raises(UnavailableError, match="neither power, current nor energy"):
        opened(tree)


def test_a_reading_that_fails_is_an_error_and_the_next_one_counts(tmp_path: Path) -> None:
    faults = Faults()
    meter = opened(laptop_on_battery(tmp_path), faults)
    faults.errors["power_now"] = errno.ENODATA
    with pytest.raises(MeterError, match="No data"):
        meter.read()
    faults.errors.clear()
    assert value(meter) == pytest.approx(11.532)
    meter.close()


def test_files_are_closed(tmp_path: Path) -> None:
    before = open_descriptors()
    meter = opened(laptop_on_battery(tmp_path))
    assert open_descriptors() > before
    meter.close()
    assert open_descriptors() == before


def test_the_factory_takes_a_root(tmp_path: Path) -> None:
    assert power_supply({"root": str(tmp_path)}).root == str(tmp_path)
