"""Rails of older Jetson boards, on trees as their kernel writes them."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from tests.meters.trees import Faults, JetsonTree, Ticks, jetson_tx2, open_descriptors

from joulemark.core.channel import Domain, Instrument
from joulemark.core.errors import UnavailableError
from joulemark.meters.jetson import Jetson, jetson


def opened(tree: JetsonTree, faults: Faults | None = None) -> Jetson:
    meter = Jetson(tree.root, files=(faults or Faults()).files)
    meter.open(Ticks())
    return meter


def parts(meter: Jetson) -> dict[str, str | None]:
    return {channel.part: channel.parent for channel in meter.channels}


def test_rails_lie_in_the_module_and_the_module_in_its_carrier(tmp_path: Path) -> None:
    meter = opened(jetson_tx2(tmp_path))
    module, carrier = "rail-VDD_IN", "rail-VDD_MUX"
    assert parts(meter) == {
        "rail-VDD_MUX": None,
        "rail-VDD_IN": carrier,
        "rail-VDD_5V0_IO_SYS": carrier,
        "rail-VDD_3V3_SYS": carrier,
        "rail-VDD_SYS_GPU": module,
        "rail-VDD_SYS_CPU": module,
        "rail-VDD_SYS_SOC": module,
        "rail-VDD_SYS_DDR": module,
        "rail-VDD_4V0_WIFI": module,
    }
    by_part = {channel.part: channel for channel in meter.channels}
    assert by_part[module].domain is Domain.BOARD
    assert by_part[module].instrument is Instrument.PLATFORM
    assert by_part["rail-VDD_SYS_DDR"].covers == (Domain.DRAM,)
    watts = {
        meter.channels[i].part: value * meter.channels[i].scale
        for _, value, i in meter.read().rows()
    }
    assert watts[carrier] == pytest.approx(3.946)
    assert watts["rail-VDD_SYS_GPU"] == pytest.approx(0.152)
    meter.close()


def test_a_nano_has_rails_of_its_own_names(tmp_path: Path) -> None:
    tree = JetsonTree(tmp_path)
    tree.chip("6-0040", {"POM_5V_IN": 1_935, "POM_5V_GPU": 40, "POM_5V_CPU": 442})
    meter = opened(tree)
    inside = "rail-POM_5V_IN"
    assert parts(meter) == {inside: None, "rail-POM_5V_GPU": inside, "rail-POM_5V_CPU": inside}
    meter.close()


def test_an_agx_xavier_has_no_single_input(tmp_path: Path) -> None:
    tree = JetsonTree(tmp_path)
    tree.chip("1-0040", {"GPU": 0, "CPU": 310, "SOC": 930})
    tree.chip("1-0041", {"CV": 0, "VDDRQ": 155, "SYS5V": 1_630})
    meter = opened(tree)
    assert set(parts(meter).values()) == {None}
    covered = {domain for channel in meter.channels for domain in channel.covers}
    assert covered == {Domain.GPU, Domain.PACKAGE, Domain.CORE, Domain.DRAM}
    meter.close()


def test_lines_that_lead_nowhere_and_files_that_fail_are_left_out(tmp_path: Path) -> None:
    tree = JetsonTree(tmp_path)
    tree.chip("1-0040", {"VDD_IN": 2_000, "NC": 0, "VDD_SOC": "none"})
    tree.chip("1-0041", {"VDD_CPU_GPU_CV": 300})
    faults = Faults()
    faults.refused = {"1-0041/iio:device1/in_power0_input"}
    meter = opened(tree, faults)
    assert set(parts(meter)) == {"rail-VDD_IN"}
    assert sorted(each.what for each in meter.missing) == [
        "Permission denied",
        "no number but b'none\\n'",
    ]
    faults.errors["in_power0_input"] = errno.EIO
    with pytest.raises(Exception, match="Input/output"):
        meter.read()
    meter.close()


def test_nothing_to_read_says_why(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="no Jetson board"):
        Jetson(tmp_path / "none").open(Ticks())
    tree = JetsonTree(tmp_path)
    with pytest.raises(UnavailableError, match="no rail is connected"):
        opened(tree)
    tree.chip("1-0040", {"VDD_IN": "broken"})
    with pytest.raises(UnavailableError, match="no number"):
        opened(tree)


def test_files_are_closed(tmp_path: Path) -> None:
    before = open_descriptors()
    meter = opened(jetson_tx2(tmp_path))
    assert open_descriptors() == before + 9
    meter.close()
    assert open_descriptors() == before


def test_the_factory_takes_a_root(tmp_path: Path) -> None:
    assert jetson({"root": str(tmp_path)}).root == tmp_path
