"""The real meters on virtual hardware.

Each function returns a :data:`joulemark.virtual.sampling.Machine`: RAPL and hwmon get a tree of
files, laid out as the kernel lays it out, in which some numbers are virtual; NVML gets a library
that answers as NVIDIA's binding does; recordings are written as CSV and played by the replay meter.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from joulemark.core.interfaces import Meter
from joulemark.meters._files import Files
from joulemark.meters.hwmon import Hwmon
from joulemark.meters.rapl import Rapl
from joulemark.meters.replay import Replay
from joulemark.virtual.hardware import Reading, UnreadableError
from joulemark.virtual.sampling import Machine, VirtualClock

RANGE_UJ = 262_143_328_850
"""``max_energy_range_uj`` where the energy unit is 2⁻¹⁴ J (Intel packages)."""
UNIT_J = RANGE_UJ / (2**32 - 1) * 1e-6
"""The step of such a counter."""
WRAP_J = UNIT_J * 2**32
TDP_W = 150.0
FILE_S = 4e-6
"""Time that reading a file of the kernel takes, s."""
VOLTS = 5.0
SHUNT_OHM = 0.005


def _tree(root: Path, files: Mapping[str, object]) -> None:
    """Write files below a root, unless they are there."""
    for name, content in files.items():
        path = root / name
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{content}\n", encoding="utf-8")


def _files(live: Mapping[str, Callable[[float], int]], clock: VirtualClock) -> Files:
    """Return files of which those in ``live`` hold what virtual hardware shows."""
    open_now: dict[int, Callable[[float], int]] = {}

    def opener(path: str, flags: int) -> int:
        descriptor = os.open(path, flags)
        open_now.pop(descriptor, None)
        if path in live:
            open_now[descriptor] = live[path]
        return descriptor

    def pread(descriptor: int, length: int, offset: int) -> bytes:
        reading = open_now.get(descriptor)
        if reading is None:
            return os.pread(descriptor, length, offset)
        clock.spend(FILE_S)
        try:
            return b"%d\n" % reading(clock.seconds)
        except UnreadableError:
            raise OSError(5, "Input/output error") from None

    return Files(opener, pread)


def rapl(folder: Path, package: Reading, dram: Reading | None = None) -> Machine:
    """Return a processor package and its memory behind powercap files.

    Args:
        folder: where the tree is, or goes.
        package: counter of the package, J.
        dram: counter of the memory, J; None for a machine without one.
    """
    root = folder / ("powercap-dram" if dram else "powercap")
    zone = {"max_energy_range_uj": RANGE_UJ, "energy_uj": 1}
    tree: dict[str, object] = {f"intel-rapl:0/{name}": value for name, value in zone.items()}
    tree |= {"intel-rapl:0/name": "package-0"}
    tree |= {"intel-rapl:0/constraint_0_max_power_uw": round(TDP_W * 1e6)}
    counters = {"intel-rapl:0": package}
    if dram is not None:
        tree |= {f"intel-rapl:0:0/{name}": value for name, value in zone.items()}
        tree |= {"intel-rapl:0:0/name": "dram"}
        counters["intel-rapl:0:0"] = dram
    _tree(root, tree)
    live = {str(root / name / "energy_uj"): _scaled(at, 1e6) for name, at in counters.items()}
    return lambda clock: Rapl(root, files=_files(live, clock))


def ina3221(folder: Path, watts: Reading) -> Machine:
    """Return the input rail of a small board behind an INA3221: 5 V, 5 mΩ, steps of 40 µV."""
    root = folder / "hwmon-ina3221"
    step_ma = 40e-6 / SHUNT_OHM * 1e3
    tree = {"name": "ina3221", "in1_label": "VDD_IN", "in1_input": round(VOLTS * 1e3)}
    tree |= {"curr1_input": 0, "shunt1_resistor": round(SHUNT_OHM * 1e6)}
    _tree(root / "hwmon0", tree)

    def milliamperes(moment: float) -> int:
        return round(round(watts(moment) / VOLTS * 1e3 / step_ma) * step_ma)

    live = {str(root / "hwmon0" / "curr1_input"): milliamperes}
    return lambda clock: Hwmon(root, files=_files(live, clock))


def power_meter(folder: Path, watts: Reading, interval_s: float) -> Machine:
    """Return a server's ACPI power meter, which averages over an interval that it states."""
    root = folder / f"hwmon-acpi-{round(interval_s * 1e3)}"
    tree = {"name": "power_meter", "power1_average": 0}
    tree |= {"power1_average_interval": round(interval_s * 1e3)}
    _tree(root / "hwmon0", tree)
    live = {str(root / "hwmon0" / "power1_average"): _scaled(watts, 1e6)}
    return lambda clock: Hwmon(root, files=_files(live, clock))


def _scaled(reading: Reading, factor: float) -> Callable[[float], int]:
    return lambda moment: round(reading(moment) * factor)


def replayed(path: Path, column: str, rows: Sequence[tuple[float, float]]) -> Machine:
    """Return the meter that plays a recording; its first row is the beginning of virtual time.

    Args:
        path: the CSV file to write.
        column: its column, as the replay meter wants it (``wall:wall:power``).
        rows: times (s) and values.
    """
    lines = [f"time_s,{column}", *(f"{moment:.9f},{value:.9f}" for moment, value in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def machine(clock: VirtualClock) -> Meter:
        return Replay(path)

    return machine
