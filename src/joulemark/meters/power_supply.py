"""Batteries: what a laptop draws while it runs on them, through Linux's power supply class.

While every outside supply is off and a battery is discharging, what the batteries give is what the
whole machine draws, screen and all: the part ``node``. On mains it is not: then nothing is read,
and the reason is said. A reading is checked for that each time, so that from the moment a cable is
put in there are no readings, and coverage falls.

Read is, of what a battery has, the first of ``power_now`` (µW), ``current_now`` (µA) times
``voltage_now`` (µV), and ``energy_now`` (µWh, a coarse counter). Drivers do not agree on the sign
of power and current, so ``status`` tells the direction. Several batteries are added up. Batteries
of mice and headsets (``scope`` Device) and uninterruptible supplies are left out.
Format: Linux, ``Documentation/ABI/testing/sysfs-class-power``. It has not met hardware.
"""

from __future__ import annotations

import os

from joulemark.core.channel import Accuracy, Channel, Domain, Instrument, Quantity
from joulemark.core.errors import MeterError, UnavailableError
from joulemark.core.record import record
from joulemark.meters._files import Files, NumberFile, StrPath, entries
from joulemark.meters._polled import Polled, Sensor, only_known, path_setting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from joulemark.core.interfaces import Settings
    from joulemark.core.scope import ExitStack
    from joulemark.meters._polled import Values

ROOT = "/sys/class/power_supply"
MAX_SUPPLIES = 64
PART = "node"
ACCURACY = Accuracy(
    gain=0.05,
    offset_w=0.5,
    source="assumed ±(5 % + 0.5 W): makers of fuel gauges state their charge, not their power",
)
UPDATE_S = 1.0
"""The kernel asks an ACPI battery at most once a second; its firmware may answer with news only
every 30 s."""
BOUND_W = 1000.0
STEP_UW = 10_000.0
STEP_UWH = 10_000.0
"""ACPI firmware counts in mW and mWh, many in steps of 10."""
NOTE = (
    "all that the machine drew from its batteries, screen included; only valid on battery; "
    "some firmware has news only every 1 to 30 s"
)

_PEERS = ("UPS",)
"""Supplies that are neither the machine's battery nor its mains adapter."""
_INTO = {"Discharging": 1.0, "Charging": -1.0}
"""What a battery's power adds to the machine's."""
_WAYS = {"µW": ("power_now",), "µA × µV": ("current_now", "voltage_now"), "µWh": ("energy_now",)}
"""How a battery may be read, the best first, and in which files."""


@record(frozen=True, slots=True)
class Battery:
    """One battery of the machine.

    Attributes:
        path: its directory.
        way: how it is read.
        opened: the files.
    """

    path: str
    way: str
    opened: tuple[NumberFile, ...]

    def value(self) -> float:
        """Return power, µW, or the energy that is left, µWh; never negative.

        Raises:
            MeterError: if it cannot be read.
        """
        first, *second = (abs(file.read()) for file in self.opened)
        return first * second[0] * 1e-6 if second else float(first)


class PowerSupply(Polled):
    """Power that a machine draws from its batteries.

    Args:
        root: the directory of the power supply class.
        files: how files are read.
    """

    name = "power-supply"

    def __init__(self, root: StrPath = ROOT, *, files: Files | None = None) -> None:
        """Keep the arguments; nothing is touched."""
        super().__init__()
        self.root = os.fspath(root)
        self._files = files or Files()
        self._adapters: list[str] = []

    def _find(self, owned: ExitStack) -> list[Sensor]:
        paths = self._supplies()
        if not paths:
            raise UnavailableError("this machine has no battery", where=self.root)
        batteries = [battery for path in paths if (battery := self._battery(path, owned))]
        if not batteries:
            raise self.missing[-1]
        if reason := self._unfit(paths):
            raise UnavailableError(reason, where=self.root, remedy="pull the plug to use it")
        batteries = self._of_one_way(batteries)
        self.facts["batteries"] = {
            _name(each.path): self._files.line(f"{each.path}/model_name") for each in batteries
        }
        counts = batteries[0].way == "µWh"
        full = sum(self._full(each) for each in batteries) if counts else 0.0
        channel = _channel(batteries, counts=counts)
        limit = full if counts else None
        return [Sensor((channel,), lambda: self._ask(batteries, paths, limit), device=PART)]

    def _supplies(self) -> list[str]:
        """Return the machine's own batteries; note its adapters."""
        self._adapters = []
        batteries = []
        for name in entries(self.root)[:MAX_SUPPLIES]:
            path = f"{self.root}/{name}"
            kind = self._files.line(f"{path}/type")
            if self._files.line(f"{path}/scope") == "Device" or kind in _PEERS:
                continue
            if kind != "Battery":
                self._adapters.append(path)
            elif self._files.number(f"{path}/present") != 0:
                batteries.append(path)
        return batteries

    def _battery(self, path: str, owned: ExitStack) -> Battery | None:
        """Open the best that a battery has; if it has nothing, note that and return nothing."""
        for way, names in _WAYS.items():
            try:
                opened = tuple(self._files.open(f"{path}/{name}", owned) for name in names)
                battery = Battery(path, way, opened)
                battery.value()
            except (OSError, MeterError):
                continue
            return battery
        self.missing.append(
            UnavailableError("the battery tells neither power, current nor energy", where=path)
        )
        return None

    def _of_one_way(self, batteries: list[Battery]) -> list[Battery]:
        """Leave out batteries that only tell their energy where others tell power."""
        powered = [battery for battery in batteries if battery.way != "µWh"]
        for battery in batteries:
            if powered and battery not in powered:
                left_out = "its power is unknown and not in the sum of the others"
                self.missing.append(UnavailableError(left_out, where=battery.path))
        return powered or batteries

    def _full(self, battery: Battery) -> float:
        """Return what a full battery would tell, µWh, so that what was used can be counted."""
        full = self._files.number(f"{battery.path}/energy_full_design") or 0
        return float(max(full, self._files.number(f"{battery.path}/energy_full") or 0))

    def _unfit(self, batteries: list[str]) -> str:
        """Return why the batteries do not carry the whole machine now; empty if they do."""
        for adapter in self._adapters:
            if (self._files.number(f"{adapter}/online") or 0) > 0:
                return (
                    f"the machine runs on mains ({_name(adapter)}): what its battery gives or "
                    "takes is not what it draws"
                )
        states = [self._files.line(f"{path}/status") for path in batteries]
        if "Discharging" in states:
            return ""
        told = ", ".join(state or "unknown" for state in states)
        return f"no battery is discharging ({told}), so it says nothing of the machine"

    def _ask(self, batteries: list[Battery], paths: list[str], full: float | None) -> Values:
        """Return power, or with ``full`` the energy used since all were full.

        Raises:
            MeterError: if the machine runs on mains now.
        """
        if reason := self._unfit(paths):
            raise MeterError(reason, where=self.root)
        if full is not None:
            return (full - sum(battery.value() for battery in batteries),)
        return (sum(self._sign(each) * each.value() for each in batteries),)

    def _sign(self, battery: Battery) -> float:
        return _INTO.get(self._files.line(f"{battery.path}/status"), 0.0)


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _channel(batteries: list[Battery], *, counts: bool) -> Channel:
    return Channel(
        name=f"power-supply/{PART}/{'energy' if counts else 'power'}",
        meter="power-supply",
        part=PART,
        domain=Domain.NODE,
        quantity=Quantity.ENERGY if counts else Quantity.POWER,
        unit="µWh" if counts else "µW",
        scale=3.6e-3 if counts else 1e-6,
        resolution=STEP_UWH if counts else STEP_UW,
        accuracy=ACCURACY,
        instrument=Instrument.PLATFORM,
        update_s=UPDATE_S,
        max_power_w=BOUND_W,
        source=" + ".join(str(file.path) for each in batteries for file in each.opened),
        note=NOTE,
    )


def power_supply(settings: Settings) -> PowerSupply:
    """Make the meter from JSON settings: ``root``, the directory of the power supply class.

    Raises:
        UsageError: for an unknown or senseless setting.
    """
    only_known("power-supply", settings, ("root",))
    return PowerSupply(path_setting("power-supply", settings, "root", ROOT))
