"""Builders of the file trees that Linux shows, laid out as the kernel lays them out.

Classes are folders of symbolic links into ``/sys/devices``; every value ends with a newline.
"""

from __future__ import annotations

import errno
import itertools
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from joulemark.meters._files import Files

RANGE_61 = 262_143_328_850
"""``max_energy_range_uj`` where the energy unit is 2⁻¹⁴ J (Intel client and server packages)."""
RANGE_15 = 65_532_610_987
"""The same for 2⁻¹⁶ J (server memory, AMD)."""


def put(directory: Path, values: Mapping[str, object]) -> Path:
    """Write one file for each value, ended by a newline as the kernel does."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, value in values.items():
        (directory / name).write_text(f"{value}\n")
    return directory


class Powercap:
    """``/sys/class/powercap`` below a folder."""

    def __init__(self, base: Path) -> None:
        self.devices = base / "sys/devices/virtual/powercap"
        self.root = base / "sys/class/powercap"
        self.root.mkdir(parents=True)

    def zone(
        self,
        number: str,
        name: str,
        energy: object,
        *,
        span: object = RANGE_61,
        tdp_uw: object = None,
    ) -> Path:
        """Add a zone such as ``intel-rapl:0:1``; return its class folder."""
        interface, *numbers = number.split(":")
        parts = [":".join([interface, *numbers[:end]]) for end in range(1, len(numbers) + 1)]
        real = self.devices.joinpath(interface, *parts)
        values = {"name": name, "energy_uj": energy, "max_energy_range_uj": span, "enabled": 0}
        if tdp_uw is not None:
            values |= {
                "constraint_0_name": "long_term",
                "constraint_0_max_power_uw": tdp_uw,
                "constraint_0_power_limit_uw": tdp_uw,
                "constraint_0_time_window_us": 27983872,
            }
        put(real, values)
        for folder, target in ((interface, self.devices / interface), (number, real)):
            if not (self.root / folder).is_symlink():
                (self.root / folder).symlink_to(os.path.relpath(target, self.root))
        return self.root / number


def intel_laptop(base: Path) -> Powercap:
    """A client processor: package, cores, graphics, memory, platform, and the MMIO twins."""
    tree = Powercap(base)
    tree.zone("intel-rapl:0", "package-0", 182_450_122_315, tdp_uw=28_000_000)
    tree.zone("intel-rapl:0:0", "core", 90_450_122_315)
    tree.zone("intel-rapl:0:1", "uncore", 1_450_122_315)
    tree.zone("intel-rapl:0:2", "dram", 8_450_122_315)
    tree.zone("intel-rapl:1", "psys", 250_000_000_000, tdp_uw=0)
    tree.zone("intel-rapl-mmio:0", "package-0", 182_449_000_000, tdp_uw=28_000_000)
    return tree


def intel_server(base: Path) -> Powercap:
    """Two sockets of two dies each, all of them separate counters."""
    tree = Powercap(base)
    for place, (socket, die) in enumerate(itertools.product((0, 1), (0, 1))):
        energy = 10_000_000_000 * (place + 1)
        tree.zone(f"intel-rapl:{place}", f"package-{socket}-die-{die}", energy, tdp_uw=200_000_000)
        tree.zone(f"intel-rapl:{place}:0", "dram", energy // 10, span=RANGE_15)
    return tree


def amd_desktop(base: Path) -> Powercap:
    """An AMD processor: no constraints, finer energy unit, a core zone of one core."""
    tree = Powercap(base)
    tree.zone("intel-rapl:0", "package-0", 31_532_610_987, span=RANGE_15)
    tree.zone("intel-rapl:0:0", "core", 1_532_610_987, span=RANGE_15)
    return tree


class HwmonTree:
    """``/sys/class/hwmon`` below a folder."""

    def __init__(self, base: Path) -> None:
        self.devices = base / "sys/devices"
        self.root = base / "sys/class/hwmon"
        self.root.mkdir(parents=True)
        self.count = 0

    def chip(
        self, name: str, device: str, values: Mapping[str, object], *, legacy: bool = False
    ) -> Path:
        """Add a chip; return its class folder.

        ``legacy`` puts the files into the device's own folder, as drivers did (and the ACPI power
        meter long after the others).
        """
        entry = f"hwmon{self.count}"
        self.count += 1
        real = self.devices / device
        own = real / "hwmon" / entry
        own.mkdir(parents=True)
        put(real if legacy else own, {"name": name, **values})
        (own / "device").symlink_to("../..")
        (self.root / entry).symlink_to(os.path.relpath(own, self.root))
        return self.root / entry


def jetson_orin_nx(base: Path) -> HwmonTree:
    """One INA3221 with the module's input and two rails."""
    tree = HwmonTree(base)
    tree.chip(
        "ina3221",
        "platform/bus@0/c240000.i2c/i2c-1/1-0040",
        {
            "update_interval": 5,
            "samples": 1,
            "in1_label": "VDD_IN",
            "in1_input": 19_000,
            "in1_enable": 1,
            "curr1_input": 520,
            "shunt1_resistor": 5000,
            "in2_label": "VDD_CPU_GPU_CV",
            "in2_input": 19_000,
            "in2_enable": 1,
            "curr2_input": 120,
            "shunt2_resistor": 5000,
            "in3_label": "VDD_SOC",
            "in3_input": 18_992,
            "in3_enable": 1,
            "curr3_input": 80,
            "shunt3_resistor": 5000,
            "in4_input": 2,
            "in5_input": 1,
            "in6_input": 0,
            "in7_input": 3,
            "in7_label": "sum of shunt voltages",
            "curr4_input": 720,
        },
    )
    tree.chip("tmp451", "platform/bus@0/c250000.i2c/i2c-7/7-004c", {"temp1_input": 41_000})
    return tree


class JetsonTree:
    """``/sys/bus/i2c/drivers/ina3221x`` below a folder, as kernel 4.9 shows it."""

    def __init__(self, base: Path) -> None:
        self.root = base / "sys/bus/i2c/drivers/ina3221x"
        self.devices = base / "sys/devices/3160000.i2c/i2c-0"
        self.root.mkdir(parents=True)

    def chip(self, address: str, rails: Mapping[str, object]) -> Path:
        """Add a chip with up to three rails, each with its power in mW."""
        real = self.devices / address
        count = sum(1 for each in self.root.iterdir() if each.is_symlink())
        values: dict[str, object] = {"name": "ina3221x"}
        for line, (label, milliwatts) in enumerate(rails.items()):
            values |= {f"rail_name_{line}": label, f"in_power{line}_input": milliwatts}
            values |= {f"in_current{line}_input": 100, f"in_voltage{line}_input": 19_000}
        directory = put(real / f"iio:device{count}", values)
        (self.root / address).symlink_to(real)
        put(self.root, {"module": ""})
        return directory


def jetson_tx2(base: Path) -> JetsonTree:
    """A TX2 on its developer's board: a chip of the carrier and two of the module."""
    tree = JetsonTree(base)
    tree.chip("0-0040", {"VDD_SYS_GPU": 152, "VDD_SYS_SOC": 381, "VDD_4V0_WIFI": 19})
    tree.chip("0-0041", {"VDD_IN": 2_748, "VDD_SYS_CPU": 381, "VDD_SYS_DDR": 498})
    tree.chip("0-0042", {"VDD_MUX": 3_946, "VDD_5V0_IO_SYS": 1_121, "VDD_3V3_SYS": 203})
    return tree


class PerfTree:
    """``/sys`` with the PMU ``power``, the processors it names, and counters to open.

    ``counts`` holds what the counter of an event and a processor stands at; one read of it shows
    one more count, as hardware that is on never rests, but for the events in ``dead``.
    """

    SCALE = "2.3283064365386962890625e-10"
    PSYS, PACKAGE, CORES, MEMORY, GRAPHICS = 5, 2, 1, 3, 4

    def __init__(self, base: Path, vendor: str = "GenuineIntel", paranoid: int = 0) -> None:
        self.root = base / "sys"
        self.proc = base / "proc"
        self.pmu = self.root / "bus/event_source/devices/power"
        put(self.proc, {"cpuinfo": f"processor\t: 0\nvendor_id\t: {vendor}"})
        put(self.proc / "sys/kernel", {"perf_event_paranoid": paranoid})
        self.counts: dict[tuple[int, int], int] = {}
        self.refusals: dict[int, int] = {}
        self.dead: set[int] = set()
        self._opened: dict[int, tuple[int, int]] = {}

    def add(self, cpus: Mapping[int, tuple[int, int]], **events: int) -> PerfTree:
        """Add the PMU: its processors with their socket and die, and its events by name."""
        mask = ",".join(map(str, cpus))
        put(self.pmu, {"type": 17, "cpumask": mask})
        put(self.pmu / "format", {"event": "config:0-7"})
        for name, config in events.items():
            event = f"energy-{name}"
            values = {event: f"event=0x{config:02x}", f"{event}.scale": self.SCALE}
            put(self.pmu / "events", {**values, f"{event}.unit": "Joules"})
        for cpu, (socket, die) in cpus.items():
            topology = self.root / f"devices/system/cpu/cpu{cpu}/topology"
            put(topology, {"physical_package_id": socket, "die_id": die})
        return self

    def use(self, cpu: int, config: int, joules: float) -> None:
        """Let a counter count on."""
        counts = round(joules * 2**32)
        self.counts[config, cpu] = self.counts.get((config, cpu), 0) + counts

    def opener(self, pmu: int, config: int, cpu: int) -> int:
        """Open a counter as ``perf_event_open`` does."""
        code = self.refusals.get(config, errno.ENODEV if pmu != 17 else 0)
        if code:
            raise OSError(code, os.strerror(code))
        descriptor = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        self._opened[descriptor] = config, cpu
        return descriptor

    def reader(self, descriptor: int, length: int) -> bytes:
        """Read a counter as ``read`` does."""
        place = self._opened[descriptor]
        count = self.counts.get(place, 0)
        if place[0] not in self.dead:
            count = self.counts[place] = count + 1
        return count.to_bytes(length, sys.byteorder)


def perf_laptop(base: Path) -> PerfTree:
    """A client processor with all five events."""
    return PerfTree(base).add({0: (0, 0)}, psys=5, pkg=2, cores=1, ram=3, gpu=4)


class Supplies:
    """``/sys/class/power_supply`` below a folder."""

    def __init__(self, base: Path) -> None:
        self.root = base / "sys/class/power_supply"
        self.root.mkdir(parents=True)

    def add(self, name: str, kind: str, **values: object) -> Path:
        """Add a supply, or change one."""
        return put(self.root / name, {"type": kind, **values})


def laptop_on_battery(base: Path) -> Supplies:
    """A laptop whose adapter is not plugged in, with a mouse beside it."""
    tree = Supplies(base)
    tree.add("AC", "Mains", online=0)
    tree.add(
        "BAT0",
        "Battery",
        status="Discharging",
        present=1,
        model_name="DELL 7VTMN",
        power_now=11_532_000,
        voltage_now=7_615_000,
        energy_now=41_800_000,
        energy_full=50_900_000,
        energy_full_design=53_000_000,
    )
    mouse = {"scope": "Device", "status": "Discharging", "present": 1, "online": 1}
    tree.add("hidpp_battery_0", "Battery", **mouse)
    return tree


class Ticks:
    """A clock that moves on by 1000 ns whenever it is asked, or when told to."""

    def __init__(self, start: int = 1_784_000_000_000_000_000) -> None:
        self.now = start

    def __call__(self) -> int:
        self.now += 1000
        return self.now

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += round(seconds * 1e9)


class Faults:
    """Files that can be refused, taken away or spoilt, by the end of their path."""

    def __init__(self) -> None:
        self.refused: set[str] = set()
        self.errors: dict[str, int] = {}
        self.files = Files(self._open, self._pread)
        self._paths: dict[int, str] = {}

    def _open(self, path: str, flags: int) -> int:
        if self._of(path, self.refused):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        descriptor = os.open(path, flags)
        self._paths[descriptor] = os.path.realpath(path)
        return descriptor

    def _pread(self, descriptor: int, length: int, offset: int) -> bytes:
        end = self._of(self._paths[descriptor], self.errors)
        if end:
            raise OSError(self.errors[end], os.strerror(self.errors[end]))
        return os.pread(descriptor, length, offset)

    @staticmethod
    def _of(path: str, ends: set[str] | dict[str, int]) -> str:
        return next((end for end in ends if path.endswith(end)), "")


def open_descriptors() -> int:
    """Return how many files this process has open."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())
