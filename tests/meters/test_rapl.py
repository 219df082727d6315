"""RAPL counters on trees of files as Linux shows them on real machines."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.meters.trees import (
    RANGE_15,
    RANGE_61,
    Faults,
    Powercap,
    Ticks,
    amd_desktop,
    intel_laptop,
    intel_server,
    open_descriptors,
    put,
)

from joulemark.core.channel import Domain, Instrument, Provenance, Quantity
from joulemark.core.errors import (
    MeterError,
    MeterLostError,
    PermissionNeededError,
    UnavailableError,
    UsageError,
)
from joulemark.meters.rapl import COUNTS, Rapl, rapl


def opened(tree: Powercap, faults: Faults | None = None) -> Rapl:
    meter = Rapl(tree.root, files=faults.files if faults else None)
    meter.open(Ticks())
    return meter


def parts(meter: Rapl) -> dict[str, str | None]:
    return {channel.part: channel.parent for channel in meter.channels}


def values(meter: Rapl) -> dict[str, float]:
    return {meter.channels[index].part: value for _, value, index in meter.read().rows()}


# -------------------------------------------------------------------- what becomes a channel


def test_a_laptop_has_its_zones_inside_the_platform(tmp_path: Path) -> None:
    meter = opened(intel_laptop(tmp_path))
    assert parts(meter) == {
        "package-0": "psys",
        "core-0": "package-0",
        "uncore-0": "package-0",
        "dram-0": "psys",
        "psys": None,
    }
    assert values(meter)["package-0"] == 182_450_122_315
    assert meter.missing == []
    assert meter.facts["twins"] == [str(tmp_path / "sys/class/powercap/intel-rapl-mmio:0")]
    meter.close()


def test_a_channel_says_all_that_is_known(tmp_path: Path) -> None:
    meter = opened(intel_laptop(tmp_path))
    package = meter.channels[0]
    assert package.name == "rapl/package-0"
    assert package.meter == "rapl"
    assert package.domain is Domain.PACKAGE
    assert package.quantity is Quantity.ENERGY
    assert (package.unit, package.scale) == ("µJ", 1e-6)
    assert package.resolution == pytest.approx(61.035, abs=1e-3)
    assert package.wrap == pytest.approx(RANGE_61 + 61.035, abs=1e-3)
    assert package.provenance is Provenance.MEASURED
    assert package.accuracy.gain == 0.05
    assert package.accuracy.source
    assert package.update_s == 0.001
    assert package.max_power_w == pytest.approx(280)  # ten times the 28 W of its constraint
    assert package.source == str(tmp_path / "sys/class/powercap/intel-rapl:0/energy_uj")
    psys = next(channel for channel in meter.channels if channel.domain is Domain.PSYS)
    assert psys.max_power_w == 5000  # a limit of 0 µW is none
    meter.close()


def test_memory_lies_beside_the_package_not_in_it(tmp_path: Path) -> None:
    tree = Powercap(tmp_path)
    tree.zone("intel-rapl:0", "package-0", 5)
    tree.zone("intel-rapl:0:0", "dram", 7, span=RANGE_15)
    meter = opened(tree)
    assert parts(meter) == {"package-0": None, "dram-0": None}
    meter.close()


def test_sockets_and_dies_stay_apart(tmp_path: Path) -> None:
    meter = opened(intel_server(tmp_path))
    packages = [c.part for c in meter.channels if c.domain is Domain.PACKAGE]
    assert packages == [
        "package-0-die-0",
        "package-0-die-1",
        "package-1-die-0",
        "package-1-die-1",
    ]
    assert {c.part for c in meter.channels if c.domain is Domain.DRAM} == {
        "dram-0-die-0",
        "dram-0-die-1",
        "dram-1-die-0",
        "dram-1-die-1",
    }
    assert "mirrored" not in meter.facts
    assert sum(values(meter)[part] for part in packages) == 100_000_000_000
    meter.close()


def test_dies_that_mirror_one_counter_are_counted_once(tmp_path: Path) -> None:
    tree = Powercap(tmp_path)
    for die in (0, 1):  # as a Threadripper of two dies shows its socket
        energy = 41_532_610_987 + 90_000 * die
        tree.zone(f"intel-rapl:{die}", f"package-0-die-{die}", energy, span=RANGE_15)
        tree.zone(f"intel-rapl:{die}:0", "core", 400_000_000 * (die + 1), span=RANGE_15)
    meter = opened(tree)
    assert parts(meter) == {
        "package-0-die-0": None,
        "core-0-die-0": "package-0-die-0",
        "core-0-die-1": "package-0-die-0",
    }
    assert "whole socket" in meter.channels[0].note
    assert meter.facts["mirrored"] == {"package-0-die-1": "package-0-die-0"}
    meter.close()


def test_a_counter_that_cannot_be_compared_is_kept(tmp_path: Path) -> None:
    tree = Powercap(tmp_path)
    for die in (0, 1):
        tree.zone(f"intel-rapl:{die}", f"package-0-die-{die}", 5)
    faults = Faults()
    second, reads = "intel-rapl:1/energy_uj", 0
    whole = faults.files.pread

    def once(descriptor: int, length: int, offset: int) -> bytes:
        nonlocal reads
        raw = whole(descriptor, length, offset)
        reads += raw == b"5\n"
        if reads == 2:  # both have been tried once; from now on the second fails
            faults.errors[second] = errno.EIO
        return raw

    meter = Rapl(tree.root, files=type(faults.files)(faults.files.opener, once))
    meter.open(Ticks())
    assert len(meter.channels) == 2
    meter.close()


def test_amd_zones_bear_the_same_names(tmp_path: Path) -> None:
    meter = opened(amd_desktop(tmp_path))
    assert parts(meter) == {"package-0": None, "core-0": "package-0"}
    package, core = meter.channels
    assert package.resolution == pytest.approx(15.258, abs=1e-3)
    assert package.max_power_w == 2000  # no constraint to go by
    assert "one core" in core.note
    meter.close()


def test_the_platform_zone_of_each_socket_holds_its_own(tmp_path: Path) -> None:
    tree = Powercap(tmp_path)
    for socket, platform in ((0, "psys"), (1, "psys-1")):
        tree.zone(f"intel-rapl:{2 * socket}", f"package-{socket}", 5 + socket)
        tree.zone(f"intel-rapl:{2 * socket + 1}", platform, 50 + socket, span=4_294_967_295_000_000)
    meter = opened(tree)
    assert parts(meter) == {
        "package-0": "psys",
        "psys": None,
        "package-1": "psys-1",
        "psys-1": None,
    }
    assert meter.channels[1].resolution == 1e6  # this platform counts whole joules
    meter.close()


def test_more_than_ten_zones_keep_their_order(tmp_path: Path) -> None:
    tree = Powercap(tmp_path)
    for socket in range(12):
        tree.zone(f"intel-rapl:{socket}", f"package-{socket}", 10**9 * (socket + 1))
    meter = opened(tree)
    assert [channel.part for channel in meter.channels] == [f"package-{n}" for n in range(12)]
    meter.close()


def test_a_twin_is_read_where_it_is_the_only_one(tmp_path: Path) -> None:
    tree = Powercap(tmp_path)
    tree.zone("intel-rapl-mmio:0", "package-0", 77)
    meter = opened(tree)
    assert "intel-rapl-mmio:0" in meter.channels[0].source
    meter.close()


def test_a_twin_is_read_where_the_first_may_not_be(tmp_path: Path) -> None:
    faults = Faults()
    faults.refused = {"intel-rapl:0/energy_uj"}
    tree = Powercap(tmp_path)
    tree.zone("intel-rapl:0", "package-0", 77)
    tree.zone("intel-rapl-mmio:0", "package-0", 78)
    meter = opened(tree, faults)
    assert values(meter) == {"package-0": 78}
    assert meter.missing == []
    meter.close()


def test_a_root_below_devices_serves_as_well(tmp_path: Path) -> None:
    tree = intel_laptop(tmp_path)
    meter = Rapl(tree.devices)
    meter.open(Ticks())
    assert parts(meter)["dram-0"] == "psys"
    assert len(meter.channels) == 5
    meter.close()


def test_a_counter_at_zero_has_never_counted(tmp_path: Path) -> None:
    tree = Powercap(tmp_path)
    tree.zone("intel-rapl:0", "package-0", 5)
    tree.zone("intel-rapl:1", "psys", 0)
    meter = opened(tree)
    assert parts(meter) == {"package-0": None}
    assert [str(reason.what) for reason in meter.missing] == [
        "psys: the counter stands at zero: the hardware does not feed it"
    ]
    meter.close()


def test_a_zone_of_unknown_name_is_left_out_and_named(tmp_path: Path) -> None:
    tree = Powercap(tmp_path)
    tree.zone("intel-rapl:0", "package-0", 5)
    tree.zone("intel-rapl:0:0", "npu", 5)
    tree.zone("intel-rapl:7:0", "core", 5)  # its package is not there
    meter = opened(tree)
    assert list(parts(meter)) == ["package-0"]
    assert "'npu'" in str(meter.missing[0])
    assert any("'core'" in str(reason) for reason in meter.missing)
    meter.close()


def test_a_limit_that_cannot_be_read_leaves_the_wide_bound(tmp_path: Path) -> None:
    faults = Faults()
    faults.errors["constraint_0_max_power_uw"] = errno.ENODATA
    meter = opened(intel_laptop(tmp_path), faults)
    assert meter.channels[0].max_power_w == 2000
    meter.close()


@pytest.mark.parametrize(
    ("flags", "instrument"),
    [("fpu vme lahf_lm", Instrument.ON_CHIP), ("fpu hypervisor lahf_lm", Instrument.UNKNOWN)],
)
def test_what_reads_a_counter_that_a_hypervisor_shows_is_unknown(
    tmp_path: Path, flags: str, instrument: Instrument
) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(f"processor\t: 0\nvendor_id\t: GenuineIntel\nflags\t\t: {flags}\n" * 99)
    meter = Rapl(intel_laptop(tmp_path).root, cpuinfo=cpuinfo)
    meter.open(Ticks())
    assert {channel.instrument for channel in meter.channels} == {instrument}
    told = "its hypervisor" in meter.channels[0].note
    assert told == (instrument is Instrument.UNKNOWN)
    meter.close()


@pytest.mark.parametrize("span", ["", "soon", -5, 0])
def test_without_a_range_nothing_wraps(tmp_path: Path, span: object) -> None:
    tree = Powercap(tmp_path)
    tree.zone("intel-rapl:0", "package-0", 5, span=span)
    meter = opened(tree)
    assert meter.channels[0].wrap is None
    assert "taken for a reset" in meter.channels[0].note
    meter.close()


@given(
    before=st.integers(0, COUNTS),
    used=st.integers(0, COUNTS),
    unit=st.sampled_from([15_258, 61_035, 1_000_000_000]),
)
def test_the_modulus_undoes_a_wrap_of_the_hardware_counter(
    before: int, used: int, unit: int
) -> None:
    """The kernel shows count times unit (nJ), rounded down to µJ; so does its largest count."""
    span = COUNTS * unit // 1000
    modulus = span + span / COUNTS
    shown = [count * unit // 1000 for count in (before, (before + used) % (COUNTS + 1))]
    assert (shown[1] - shown[0]) % modulus == pytest.approx(used * unit / 1000, abs=2.0) or (
        used < 2 or used > COUNTS - 2  # less than a microjoule may come out as a whole turn
    )


# -------------------------------------------------------------------- reading


def test_rows_are_raw_and_carry_their_own_time(tmp_path: Path) -> None:
    tree = amd_desktop(tmp_path)
    clock = Ticks(0)
    meter = Rapl(tree.root)
    meter.open(clock)
    first = meter.read().rows()
    put(tree.root / "intel-rapl:0", {"energy_uj": 12})  # it wrapped
    second = meter.read().rows()
    assert [value for _, value, _ in first] == [31_532_610_987, 1_532_610_987]
    assert second[0][1] == 12
    times = [time for time, _, _ in first + second]
    assert times == sorted(times)
    assert len(set(times)) == 4
    assert first[0][0] == 1500  # midway between the clock before (1000) and after (2000)
    meter.close()


def test_edges_are_the_counters(tmp_path: Path) -> None:
    meter = opened(intel_laptop(tmp_path))
    assert [row[1:] for row in meter.read_edges().rows()] == [
        row[1:] for row in meter.read().rows()
    ]
    meter.close()


def test_one_zone_that_goes_does_not_take_the_others(tmp_path: Path) -> None:
    faults = Faults()
    meter = opened(intel_laptop(tmp_path), faults)
    faults.errors["intel-rapl:0/energy_uj"] = errno.ENODEV
    assert set(values(meter)) == {"core-0", "uncore-0", "dram-0", "psys"}
    assert [type(error) for error in meter.failures] == [MeterLostError]
    assert "intel-rapl:0/energy_uj" in str(meter.failures[0])
    faults.errors.clear()
    assert "package-0" not in values(meter)  # what is gone is not asked again
    assert len(meter.failures) == 1
    meter.close()


def test_when_all_have_gone_the_meter_is_lost(tmp_path: Path) -> None:
    faults = Faults()
    meter = opened(amd_desktop(tmp_path), faults)
    faults.errors["energy_uj"] = errno.ENODEV
    with pytest.raises(MeterLostError, match="No such device"):
        meter.read()
    assert len(meter.failures) == 1  # the second zone's; the first was raised
    with pytest.raises(MeterLostError, match="every device is gone"):
        meter.read_edges()
    meter.close()


def test_an_open_counter_never_turns_into_another(tmp_path: Path) -> None:
    tree = amd_desktop(tmp_path)
    meter = opened(tree)
    path = tree.root / "intel-rapl:0" / "energy_uj"
    path.unlink()
    path.write_text("1\n")  # as after a reload of the driver; sysfs answers ENODEV to the old one
    assert values(meter)["package-0"] == 31_532_610_987
    meter.close()
    meter.open(Ticks())
    assert values(meter)["package-0"] == 1
    meter.close()


def test_a_read_that_fails_once_may_succeed_later(tmp_path: Path) -> None:
    faults = Faults()
    meter = opened(amd_desktop(tmp_path), faults)
    faults.errors["energy_uj"] = errno.EIO
    with pytest.raises(MeterError, match="Input/output error") as caught:
        meter.read()
    assert not isinstance(caught.value, MeterLostError)
    faults.errors.clear()
    assert len(values(meter)) == 2
    meter.close()


@pytest.mark.parametrize(
    "content", ["", "\n", "unknown\n", "1e9\n", "12 13\n", "٣\n", "9" * 63 + "\n", "7" * 100_000]
)
def test_a_file_that_holds_no_number_is_named(tmp_path: Path, content: str) -> None:
    tree = amd_desktop(tmp_path)
    meter = opened(tree)
    (tree.root / "intel-rapl:0" / "energy_uj").write_text(content)
    assert set(values(meter)) == {"core-0"}
    assert str(tree.root / "intel-rapl:0/energy_uj") in str(meter.failures[0])
    assert len(str(meter.failures[0])) < 400
    meter.close()


def test_garbage_from_the_start_is_left_out(tmp_path: Path) -> None:
    tree = Powercap(tmp_path)
    tree.zone("intel-rapl:0", "package-0", 5)
    tree.zone("intel-rapl:0:0", "core", "x" * 10_000)
    meter = opened(tree)
    assert list(parts(meter)) == ["package-0"]
    assert "no number" in str(meter.missing[0])
    meter.close()


def test_reading_a_closed_meter_is_an_error(tmp_path: Path) -> None:
    meter = opened(amd_desktop(tmp_path))
    meter.close()
    with pytest.raises(MeterError, match="closed"):
        meter.read()


def test_files_are_closed_also_after_a_failed_open(tmp_path: Path) -> None:
    before = open_descriptors()
    meter = opened(intel_laptop(tmp_path / "a"))
    assert open_descriptors() > before
    meter.open(Ticks())  # again, without a close between
    meter.close()
    meter.close()
    assert open_descriptors() == before
    tree = Powercap(tmp_path / "b")
    tree.zone("intel-rapl:0", "package-0", 0)
    with pytest.raises(UnavailableError, match="stands at zero"):
        opened(tree)
    assert open_descriptors() == before


# -------------------------------------------------------------------- what stands in the way


def test_root_only_counters_come_with_the_remedy(tmp_path: Path) -> None:
    faults = Faults()
    faults.refused = {"energy_uj"}
    tree = amd_desktop(tmp_path)
    with pytest.raises(PermissionNeededError) as caught:
        opened(tree, faults)
    message = str(caught.value)
    assert str(tree.root / "intel-rapl:0/energy_uj") in message
    assert "package-0, core-0" in message
    assert f"sudo chmod a+r {tree.root}/*/energy_uj" in message
    assert "joulemark meters --fix" in message


def test_what_may_be_read_is_read_and_the_rest_is_listed(tmp_path: Path) -> None:
    faults = Faults()
    faults.refused = {"intel-rapl:0:2/energy_uj"}
    meter = opened(intel_laptop(tmp_path), faults)
    assert set(values(meter)) == {"package-0", "core-0", "uncore-0", "psys"}
    assert len(meter.missing) == 1
    assert isinstance(meter.missing[0], PermissionNeededError)
    assert "dram-0" in str(meter.missing[0])
    meter.close()


def test_a_zone_without_its_counter_is_listed(tmp_path: Path) -> None:
    tree = intel_laptop(tmp_path)
    (tree.root / "intel-rapl:0:0" / "energy_uj").unlink()
    meter = opened(tree)
    assert "core-0: No such file or directory" in str(meter.missing[0])
    meter.close()


def test_zones_that_a_container_hides(tmp_path: Path) -> None:
    tree = intel_laptop(tmp_path)
    tree.devices.rename(tmp_path / "hidden")
    with pytest.raises(UnavailableError, match="systempaths=unconfined"):
        opened(tree)


@pytest.mark.parametrize(
    ("cpuinfo", "reason"),
    [
        ("vendor_id\t: GenuineIntel\nflags\t\t: fpu hypervisor lahf_lm\n", "virtual machine"),
        ("vendor_id\t: GenuineIntel\nflags\t\t: fpu lahf_lm\n", "modprobe intel_rapl_msr"),
        ("vendor_id\t: AuthenticAMD\nflags\t\t: fpu lahf_lm\n", "modprobe intel_rapl_msr"),
        ("CPU implementer\t: 0x41\n", "no RAPL counters"),
        ("", "modprobe intel_rapl_msr"),
    ],
)
def test_no_zone_at_all(tmp_path: Path, cpuinfo: str, reason: str) -> None:
    tree = Powercap(tmp_path)
    put(tree.root / "dtpm", {"name": "dtpm"})
    about = tmp_path / "cpuinfo"
    about.write_text(cpuinfo)
    with pytest.raises(UnavailableError, match=reason):
        Rapl(tree.root, cpuinfo=about, platform="linux").open(Ticks())


def test_no_tree_at_all(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="not mounted"):
        Rapl(tmp_path / "sys/class/powercap", platform="linux").open(Ticks())
    with pytest.raises(UnavailableError, match="Linux"):
        Rapl(tmp_path / "sys/class/powercap", platform="darwin").open(Ticks())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"path": "/sys"}, "no setting 'path'"),
        ({"root": 3}, "root is 3"),
        ({"root": ""}, "root is ''"),
        ({"root": "a\0b"}, "not a path"),
    ],
)
def test_settings_that_make_no_sense(settings: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        rapl(settings)


def test_the_factory_takes_a_root(tmp_path: Path) -> None:
    tree = amd_desktop(tmp_path)
    meter = rapl({"root": str(tree.root)})
    meter.open(Ticks())
    assert len(meter.channels) == 2
    meter.close()
    assert rapl({}).root == "/sys/class/powercap"
