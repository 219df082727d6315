"""hwmon: power, energy and current sensors that Linux drivers show under ``/sys/class/hwmon``.

Format: Linux, ``Documentation/ABI/testing/sysfs-class-hwmon``. Read are ``powerN_input`` and
``powerN_average`` (µW), ``energyN_input`` (µJ, a counter that drivers keep in 64 bits), and for
chips that monitor a supply line without computing its power (INA3221 on Jetson boards)
``inN_input`` (mV) times ``currN_input`` (mA), read back to back. Which part of the machine a sensor
belongs to is taken from ``data/hwmon_chips.json``; a sensor of a chip that is not listed there is a
rail, and its note says so. Voltages and temperatures alone are no meter.
"""

from __future__ import annotations

import os

from joulemark.core.channel import Accuracy, Channel, Domain, Instrument, Quantity
from joulemark.core.errors import UnavailableError
from joulemark.core.record import record, replace
from joulemark.core.scope import ExitStack
from joulemark.meters._files import Files, StrPath, entries
from joulemark.meters._polled import (
    Polled,
    Sensor,
    Values,
    names_setting,
    only_known,
    path_setting,
    seconds_setting,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from joulemark.core.interfaces import Settings
    from joulemark.meters._hwmon_chips import Chip, Place

ROOT = "/sys/class/hwmon"
MAX_SENSORS = 1024
HEADROOM = 3.0
"""Times the highest power that a chip states for a sensor: more cannot be true."""

_LIMITS = ("rated_max", "cap_max", "max")


@record(frozen=True, slots=True)
class _Found:
    """One sensor of one chip, before it is opened."""

    chip: Chip
    kind: str
    index: int
    suffix: str
    label: str
    place: Place

    @property
    def paths(self) -> list[Path]:
        """Files whose product is the value."""
        stems = ["in", "curr"] if self.kind == "pair" else [self.kind]
        return [self.chip.directory / f"{stem}{self.index}_{self.suffix}" for stem in stems]

    @property
    def aspect(self) -> str:
        """Last word of the channel's name."""
        if self.kind == "energy":
            return "energy"
        return "power_average" if self.suffix == "average" else "power"


class Hwmon(Polled):
    """Power and energy sensors of boards, rails, graphics cards and power supplies.

    Args:
        root: the hwmon directory.
        without: devices (``0000:03:00.0``) that another meter reads already.
        slow_s: least time between two reads of the slow sensors (single cores), s.
        files: how files are read.
    """

    name = "hwmon"

    def __init__(
        self,
        root: StrPath = ROOT,
        *,
        without: Collection[str] = (),
        slow_s: float = 1.0,
        files: Files | None = None,
    ) -> None:
        """Keep the arguments; nothing is touched."""
        super().__init__(slow_s=slow_s)
        self.root = os.fspath(root)
        self._without = frozenset(without)
        self._files = files or Files()

    def _find(self, owned: ExitStack) -> list[Sensor]:
        all_chips = [chip for chip in self._chips() if chip.device not in self._without]
        found = [each for chip in all_chips for each in self._sensors_of(chip)][:MAX_SENSORS]
        if not found and not self.missing:
            raise self._nothing(all_chips)
        opened: list[tuple[_Found, Channel, Callable[[], Values]]] = []
        refused: dict[str, list[Path]] = {}
        for each in found:
            try:
                query = _query(each, self._files, owned)
            except PermissionError:
                refused.setdefault(each.chip.name, []).append(each.paths[0])
            except OSError as error:
                what = error.strerror or "cannot be opened"
                self.missing.append(UnavailableError(what, where=str(each.paths[0])))
            else:
                taken = {channel.name for _, channel, _ in opened}
                opened.append((each, self._channel(each, taken), query))
        for name, paths in refused.items():
            from joulemark.meters._hwmon_chips import refusal

            self.missing.append(refusal(name, paths))
        if not opened:
            raise self.missing[-1]
        self.facts["chips"] = sorted({f"{each.chip.name} {each.chip.device}" for each in found})
        parts = {channel.part for _, channel, _ in opened}
        return [_sensor(each, channel, query, parts) for each, channel, query in opened]

    def _chips(self) -> list[Chip]:
        """Return all chips; what is known of chips is only looked up where there are some."""
        if not entries(self.root):
            return []
        from joulemark.meters._hwmon_chips import chips

        return chips(self.root, self._files)

    def _sensors_of(self, chip: Chip) -> list[_Found]:
        """Return the sensors of one chip that are connected and switched on."""
        listed = chip.sensors()
        if listed and "skip" in chip.row:
            self.missing.append(
                UnavailableError(str(chip.row["skip"]), where=f"{chip.directory} ({chip.name})")
            )
            return []
        labels = [chip.label(kind, index, self._files) for kind, index, _ in listed]
        found = []
        for (kind, index, suffix), label in zip(listed, labels, strict=True):
            each = _Found(chip, kind, index, suffix, label, chip.place(label, index, labels))
            if label != "NC" and not self._switched_off(each):
                found.append(each)
        return found

    def _switched_off(self, each: _Found) -> bool:
        for path in each.paths:
            switch = path.with_name(f"{path.name.rpartition('_')[0]}_enable")
            if self._files.number(switch) == 0:
                self.missing.append(
                    UnavailableError(
                        "the sensor is switched off",
                        where=str(path),
                        remedy=f"echo 1 | sudo tee {switch}",
                    )
                )
                return True
        return False

    def _channel(self, each: _Found, taken: set[str]) -> Channel:
        chip = each.chip
        part, name = _named(each, taken)
        counter, rated = each.kind == "energy", self._rated_w(each)
        interval = self._number(each, "average_interval") if each.suffix == "average" else None
        update = self._files.number(chip.directory / "update_interval")
        return Channel(
            name=name,
            meter=self.name,
            part=part,
            domain=each.place.domain,
            quantity=Quantity.ENERGY if counter else Quantity.POWER,
            unit="µJ" if counter else "µW",
            scale=1e-6,
            resolution=self._resolution(each),
            accuracy=self._accuracy(each),
            instrument=Instrument.PLATFORM,
            update_s=update * 1e-3 if update else chip.row.get("update_s"),
            window_s=interval * 1e-3 if interval else None,
            max_power_w=rated * HEADROOM if rated else None,
            rated_w=rated,
            covers=each.place.covers,
            source=" × ".join(str(path) for path in each.paths),
            note="; ".join(note for note in self._notes(each) if note),
        )

    def _notes(self, each: _Found) -> list[str]:
        called = f"{each.chip.name} {each.chip.device} {each.label}".strip()
        product = "voltage times current, read back to back" if each.kind == "pair" else ""
        return [called, product, each.place.note]

    def _number(self, each: _Found, end: str) -> int | None:
        """Return an attribute of a sensor's power (``power1_max``); None if it has none."""
        return self._files.number(each.chip.directory / f"power{each.index}_{end}")

    def _rated_w(self, each: _Found) -> float | None:
        limits = (self._number(each, end) for end in _LIMITS)
        limit = next((limit for limit in limits if limit and limit > 0), None)
        return limit * 1e-6 if limit else None

    def _resolution(self, each: _Found) -> float:
        """Return the step of a sensor in its unit: what a step of the shunt voltage comes to."""
        watts = self._at_shunt(each, each.chip.row.get("shunt_lsb_uv", 0))
        return max(watts * 1e6, 1.0)

    def _accuracy(self, each: _Found) -> Accuracy:
        accuracy = each.chip.accuracy
        if offset := self._at_shunt(each, each.chip.row.get("shunt_offset_uv", 0)):
            accuracy = replace(accuracy, offset_w=offset)
        path = each.chip.directory / f"power{each.index}_accuracy"
        stated = self._files.line(path)
        percent = stated.removesuffix("%").strip()
        if stated.endswith("%") and percent.replace(".", "", 1).isdecimal():
            gain = 1 - float(percent) / 100
            if 0 < gain <= 0.2:
                accuracy = Accuracy(gain=gain, source=f"stated by the firmware ({stated})")
        return accuracy

    def _at_shunt(self, each: _Found, microvolts: float) -> float:
        """Return the power, W, that a voltage at the shunt stands for at the line's voltage now."""
        if each.kind != "pair":
            return 0.0
        millivolts = self._files.number(each.paths[0]) or 0
        microohms = self._files.number(each.chip.directory / f"shunt{each.index}_resistor") or 0
        return abs(millivolts) * 1e-3 * microvolts / microohms if microohms > 0 else 0.0

    def _nothing(self, all_chips: list[Chip]) -> UnavailableError:
        where = self.root
        if not os.path.isdir(where):
            return UnavailableError(
                "there is no hwmon tree",
                where=where,
                remedy="hwmon is Linux's; in a container: mount /sys, or measure on the host",
            )
        if not all_chips:
            return UnavailableError(
                "no chip has a driver (as in most virtual machines)", where=where
            )
        names = ", ".join(sorted({chip.name for chip in all_chips}))
        return UnavailableError(f"none of the chips measures power ({names})", where=where)


def hwmon(settings: Settings) -> Hwmon:
    """Make the meter from JSON settings.

    Settings: ``root``, the hwmon directory; ``without``, devices that are left out; ``slow_s``.

    Raises:
        UsageError: for an unknown or senseless setting.
    """
    only_known("hwmon", settings, ("root", "without", "slow_s"))
    return Hwmon(
        path_setting("hwmon", settings, "root", ROOT),
        without=names_setting("hwmon", settings, "without"),
        slow_s=seconds_setting("hwmon", settings, "slow_s", 1.0),
    )


def _query(each: _Found, files: Files, owned: ExitStack) -> Callable[[], Values]:
    opened = [files.open(path, owned) for path in each.paths]
    if len(opened) == 1:
        return lambda: (float(opened[0].read()),)
    volts, amperes = opened
    return lambda: (float(volts.read() * amperes.read()),)


def _named(each: _Found, taken: set[str]) -> tuple[str, str]:
    """Return part and channel name of a sensor.

    Two rails of one label are two rails. Two sensors of one processor, card or server are two views
    of one part, of which only one is counted.
    """
    part = each.place.part
    name = f"hwmon/{part}/{each.aspect}"
    if name not in taken:
        return part, name
    from joulemark.meters._hwmon_chips import plain

    suffix = f"-{plain(each.chip.name)}-{each.chip.n}-{each.index}"
    if each.place.domain is Domain.RAIL:
        return part + suffix, f"hwmon/{part}{suffix}/{each.aspect}"
    return part, name + suffix


def _sensor(each: _Found, channel: Channel, query: Callable[[], Values], parts: set[str]) -> Sensor:
    """Make a sensor; its channel gets the nearest of its possible parents that is read, too."""
    parent = next((name for name in each.place.parents if name in parts), None)
    device = f"{each.chip.directory} {each.kind}{each.index}"
    return Sensor((replace(channel, parent=parent),), query, device, each.place.slow)
