"""Stand-ins for AMD's library: one compiled, driven by the real binding, and one in Python.

The real binding (``amdsmi``) is not always installed. :class:`StandIn` has the names and the
answers of the binding's release 7.0.2, so that the meter is tested either way; where the binding is
installed the same tests run through it as well, which shows that the two agree.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from enum import IntEnum
from pathlib import Path
from typing import Any

import pytest

SOURCE = Path(__file__).with_name("amd_stub.c")
LIBRARY = "libamd_smi.so"
RESOLUTION_UJ = 15.259
NOT_SUPPORTED = 2

MI300X: dict[str, object] = {
    "name": "AMD Instinct MI300X",
    "slot": 0x0C,
    "power_cap": 750_000_000,
    "max_power_cap": 750_000_000,
    "energy": 1_234_567_890_123,
    "resolution": RESOLUTION_UJ,
    "power_info": 1,
    "power": 140,
    "utilisation": 12,
    "memory_utilisation": 3,
    "memory": 20_480,
    "graphics_clock": 2100,
    "memory_clock": 1300,
    "hotspot": 47,
    "throttled": 0,
}
"""A board as the stand-in's file describes it: no average power, as on the real one."""


class Stub:
    """What both stand-ins answer."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.values: dict[str, object] = {}
        self.now = 1_000_000_000
        self.set(count=0)

    def set(self, **values: object) -> None:
        """Change answers; None takes one away (then it is not supported)."""
        self.values |= values
        self._write()

    def board(self, index: int, **values: object) -> None:
        """Change answers of a board."""
        self.values |= {f"{index}.{name}": value for name, value in values.items()}
        self._write()

    def boards(self, count: int, **more: object) -> None:
        """Make several boards of one kind, in slots of their own."""
        for index in range(count):
            self.board(index, **{**MI300X, "slot": 0x0C + 0x10 * index, **more})
        self.set(count=count)

    def wait(self, seconds: float) -> None:
        """Let time pass: each counter runs at the board's ``rate``, W, else at its power."""
        self.now += round(seconds * 1e9)
        for index in range(int(str(self.values["count"]))):
            get = functools.partial(self.get, index)
            energy, rate = get("energy"), get("rate") or get("power") or get("power_average")
            if energy is not None:
                counts = float(rate or 0) * seconds * 1e6 / RESOLUTION_UJ
                self.values[f"{index}.energy"] = int(energy) + round(counts)
        self._write()

    def get(self, index: int, name: str) -> Any:
        """Return one answer of a board."""
        return self.values.get(f"{index}.{name}")

    def monotonic(self) -> int:
        """Return the time, ns."""
        return self.now

    def _write(self) -> None:
        lines = [f"{key} {value}\n" for key, value in self.values.items() if value is not None]
        self.state.write_text("".join(lines))


# -------------------------------------------------------------------- the real binding


def binding(stub: Stub, folder: Path) -> Any:
    """Return ``amdsmi``, loaded on the compiled stand-in; skip if it is not installed."""
    found = importlib.util.find_spec("amdsmi")
    if found is None or found.origin is None:
        pytest.skip("amdsmi is not installed (extra amd)")
    wrapper = Path(found.origin).with_name("amdsmi_wrapper.py")
    home = _compiled(folder, wrapper)
    before = os.environ.get("ROCM_HOME")
    os.environ["ROCM_HOME"] = str(home)  # where the binding looks first
    try:
        module = importlib.import_module("amdsmi")
    finally:
        if before is None:
            del os.environ["ROCM_HOME"]
        else:
            os.environ["ROCM_HOME"] = before
        for name in [name for name in sys.modules if name.partition(".")[0] == "amdsmi"]:
            del sys.modules[name]  # the next test loads it afresh
    inner: Any = module.amdsmi_interface.amdsmi_wrapper
    inner._libraries[LIBRARY].amd_stub_state(str(stub.state).encode())
    metrics = inner.amdsmi_gpu_metrics_t
    offset = metrics.indep_throttle_status.offset
    stub.set(
        metrics_size=inner.ctypes.sizeof(metrics),
        metrics_offset=offset,
    )
    return module


@functools.cache
def _compiled(folder: Path, wrapper: Path) -> Path:
    """Build the library with every function that the binding wants to find."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        pytest.skip(f"no C compiler to build the stand-in for {LIBRARY}")
    source = SOURCE.read_text()
    wanted = set(re.findall(r"_libraries\['libamd_smi.so'\]\.(\w+)", wrapper.read_text()))
    ours = set(re.findall(r"^\w+ \*?(\w+)\(", source, re.MULTILINE))
    others = "".join(
        f"int {n}(void) {{ return {NOT_SUPPORTED}; }}\n" for n in sorted(wanted - ours)
    )
    (folder / "lib").mkdir()
    made = folder / "amd_stub_whole.c"
    made.write_text(source + others)
    target = folder / "lib" / LIBRARY
    subprocess.run([compiler, "-shared", "-fPIC", "-o", target, made], check=True, timeout=60)
    return folder


# -------------------------------------------------------------------- the same in Python

STATUSES = {
    2: "AMDSMI_STATUS_NOT_SUPPORTED - Feature not supported",
    10: "AMDSMI_STATUS_NO_PERM - Permission Denied",
    31: "AMDSMI_STATUS_NOT_FOUND - Device Not found",
    34: "AMDSMI_STATUS_DRIVER_NOT_LOADED - Driver not loaded",
}


class SmiError(Exception):
    """Base of the binding's errors."""


class LibraryError(SmiError):
    """What the library answered."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        unknown = "AMDSMI_STATUS_UNKNOWN_ERROR - An unknown error occurred"
        self.err_info = STATUSES.get(code, unknown)


class ClockType(IntEnum):
    GFX = 0
    MEM = 4


class TemperatureType(IntEnum):
    EDGE = 0
    HOTSPOT = 1


class TemperatureMetric(IntEnum):
    CURRENT = 0


class StandIn:
    """The binding's names; handles are the numbers of boards."""

    __version__ = "7.0.2"
    AmdSmiException = SmiError
    AmdSmiLibraryException = LibraryError
    AmdSmiClkType = ClockType
    AmdSmiTemperatureType = TemperatureType
    AmdSmiTemperatureMetric = TemperatureMetric

    def __init__(self, stub: Stub) -> None:
        self.stub = stub

    def _text(self, key: str) -> str:
        value = self.stub.values.get(key)
        text = f"!{NOT_SUPPORTED}" if value is None else str(value)
        if text.startswith("!"):
            raise LibraryError(int(text[1:]))
        return text

    def _alone(self, key: str) -> None:
        if self.stub.values.get(key) is not None:
            self._text(key)

    def _of(self, handle: int, name: str) -> str:
        error = self.stub.get(handle, "error")
        if error is not None:
            raise LibraryError(int(error))
        return self._text(f"{handle}.{name}")

    def _or(self, handle: int, name: str, default: object) -> object:
        try:
            return int(self._of(handle, name))
        except LibraryError:
            return default

    def amdsmi_init(self) -> None:
        self._alone("init")

    def amdsmi_shut_down(self) -> None:
        self._alone("shutdown")

    def amdsmi_get_processor_handles(self) -> list[int]:
        self._alone("sockets")
        return list(range(int(self._text("count"))))

    def amdsmi_get_gpu_device_bdf(self, handle: int) -> str:
        slot = int(self._of(handle, "slot"))
        function = self._or(handle, "function", 0)
        return f"0000:{slot:02x}:00.{function}"

    def amdsmi_get_gpu_asic_info(self, handle: int) -> dict[str, object]:
        return {"market_name": self._of(handle, "name"), "vendor_name": "N/A"}

    def amdsmi_get_power_cap_info(self, handle: int) -> dict[str, object]:
        cap = int(self._of(handle, "power_cap"))
        return {"power_cap": cap, "max_power_cap": self._or(handle, "max_power_cap", 0)}

    def amdsmi_get_energy_count(self, handle: int) -> dict[str, object]:
        return {
            "energy_accumulator": int(self._of(handle, "energy")),
            "counter_resolution": float(str(self.stub.get(handle, "resolution") or 0)),
            "timestamp": 0,
        }

    def amdsmi_get_power_info(self, handle: int) -> dict[str, object]:
        self._of(handle, "power_info")
        return {
            "current_socket_power": self._or(handle, "power", "N/A"),
            "average_socket_power": self._or(handle, "power_average", "N/A"),
            "gfx_voltage": 0,
        }

    def amdsmi_get_gpu_activity(self, handle: int) -> dict[str, object]:
        busy = int(self._of(handle, "utilisation"))
        memory = self._or(handle, "memory_utilisation", "N/A")
        return {"gfx_activity": busy, "umc_activity": memory, "mm_activity": 0}

    def amdsmi_get_gpu_vram_usage(self, handle: int) -> dict[str, object]:
        return {"vram_total": 196_608, "vram_used": int(self._of(handle, "memory"))}

    def amdsmi_get_clock_info(self, handle: int, kind: ClockType) -> dict[str, object]:
        name = "memory_clock" if kind is ClockType.MEM else "graphics_clock"
        return {"clk": int(self._of(handle, name)), "min_clk": 0, "max_clk": 0}

    def amdsmi_get_temp_metric(
        self, handle: int, place: TemperatureType, metric: TemperatureMetric
    ) -> int:
        name = "hotspot" if place is TemperatureType.HOTSPOT else "edge"
        return int(self._of(handle, name))

    def amdsmi_get_gpu_metrics_info(self, handle: int) -> dict[str, object]:
        throttled = bool(int(self._of(handle, "throttled")))
        return {"throttle_status": "N/A", "indep_throttle_status": throttled}
