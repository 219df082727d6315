"""RAPL: the energy counters of Intel and AMD processors, through Linux's powercap tree.

One directory per zone (``intel-rapl:0``, ``intel-rapl:0:1`` …; AMD processors use the same names),
with ``name``, ``energy_uj`` and ``max_energy_range_uj`` in it. Format: Linux,
``Documentation/power/powercap``; domains: Intel SDM volume 3, "Platform Specific Power Management".

What becomes a channel, and what does not:

- Every package, and every die of a package, is a part of its own: ``package-0``,
  ``package-0-die-1``; its zones are ``core-0``, ``uncore-0``, ``dram-0``, likewise with the die.
- ``core`` and ``uncore`` lie inside their package. ``dram`` does not: sysfs shows the zone below
  the package, but Intel's package counter leaves the memory out. ``psys`` holds them all.
- ``intel-rapl-mmio`` (and any other ``intel-rapl-*``) shows zones of the same processor a second
  time; such a twin is read only where the first cannot be.
- On AMD processors of several dies each die shows the counter of the whole socket. Two counters
  of one socket that stand at the same value are one counter, and are counted once.
- In a virtual machine a counter is what the hypervisor makes of it (QEMU can reckon one from the
  time that its threads ran), so what kind of instrument it is stays unknown.
- A counter that stands at zero has never counted, and is left out (the kernel, too, drops such
  zones).
"""

from __future__ import annotations

import os
import sys

from joulemark.core.channel import Channel, Instrument, Quantity
from joulemark.core.errors import MeterError, PermissionNeededError, UnavailableError
from joulemark.core.scope import ExitStack
from joulemark.meters import _rapl_zones as powercap
from joulemark.meters._files import Files, StrPath
from joulemark.meters._polled import Polled, Sensor, only_known, path_setting
from joulemark.meters._rapl_zones import ACCURACY, BOUND_W, GUEST, NOTES, UPDATE_S, Zone
from joulemark.meters._system import flagged_virtual

TYPE_CHECKING = False
if TYPE_CHECKING:
    from joulemark.core.interfaces import Settings

ROOT = "/sys/class/powercap"
COUNTS = 2**32 - 1
"""The hardware counter has 32 bits; ``max_energy_range_uj`` is the energy of its largest count."""
HEADROOM = 10.0
"""Times the zone's thermal design power, where that is known: short-term limits reach four times
that, and a late update makes a short stretch look hotter than it was."""
SANE_TDP_W = (5.0, 2000.0)
ABOUT_ONE_CPU = 4096
"""Enough of ``/proc/cpuinfo`` for the flags of the first processor."""


class Rapl(Polled):
    """Energy counters of processor packages, their cores, graphics and memory.

    Args:
        root: the powercap directory.
        files: how files are read.
        cpuinfo: where the kernel describes the processor: why there are no counters, or whose.
        platform: ``sys.platform``.
    """

    name = "rapl"

    def __init__(
        self,
        root: StrPath = ROOT,
        *,
        files: Files | None = None,
        cpuinfo: StrPath = "/proc/cpuinfo",
        platform: str = sys.platform,
    ) -> None:
        """Keep the arguments; nothing is touched."""
        super().__init__()
        self.root = os.fspath(root)
        self._files = files or Files()
        self._cpuinfo = cpuinfo
        self._guest = False
        self._platform = platform

    def _find(self, owned: ExitStack) -> list[Sensor]:
        zones, self.missing = powercap.find(self.root, self._files)
        if not zones and not self.missing:
            raise self._nothing()
        opened = self._open_zones(zones, owned)
        if not opened:
            raise self._most_telling()
        opened, counted_by = powercap.without_mirrors(opened)
        self.facts["zones"] = {zone.part: zone.path for zone in opened}
        mirrored = {part: kept for part, kept in counted_by.items() if part != kept}
        if mirrored:
            self.facts["mirrored"] = mirrored
        parts = {zone.part for zone in opened}
        self._guest = flagged_virtual(self._files.text(self._cpuinfo, ABOUT_ONE_CPU))
        return [self._sensor(zone, powercap.parent_of(zone, parts, counted_by)) for zone in opened]

    def _open_zones(self, zones: list[Zone], owned: ExitStack) -> list[Zone]:
        """Open what can be read, one zone for each part; note the rest in ``missing``."""
        opened: dict[str, Zone] = {}
        refused: dict[str, Zone] = {}
        for zone in zones:
            if zone.part in opened:
                self.facts.setdefault("twins", []).append(zone.path)
                continue
            try:
                self._open_zone(zone, owned)
            except PermissionError:
                refused.setdefault(zone.part, zone)
            except OSError as error:
                self._leave_out(zone, error.strerror or "cannot be opened")
            except MeterError as error:
                self._leave_out(zone, error.what)
            else:
                opened[zone.part] = zone
        still = [zone for part, zone in refused.items() if part not in opened]
        if still:
            self.missing.append(self._refusal(still))
        return list(opened.values())

    def _open_zone(self, zone: Zone, owned: ExitStack) -> None:
        zone.counter = self._files.open(f"{zone.path}/energy_uj", owned)
        if zone.read() == 0:
            raise MeterError("the counter stands at zero: the hardware does not feed it")

    def _leave_out(self, zone: Zone, what: str) -> None:
        where = f"{zone.path}/energy_uj"
        self.missing.append(UnavailableError(f"{zone.part}: {what}", where=where))

    def _sensor(self, zone: Zone, parent: str | None) -> Sensor:
        span = max(self._files.number(f"{zone.path}/max_energy_range_uj") or 0, 0)
        unit = span / COUNTS if span else 1.0
        notes, rated = [NOTES.get(zone.domain, ""), zone.note], self._rated_w(zone)
        if self._guest:
            notes.append(GUEST)
        if not span:
            notes.append("its range is unknown: a wrap is taken for a reset")
        channel = Channel(
            name=f"rapl/{zone.part}",
            meter=self.name,
            part=zone.part,
            domain=zone.domain,
            quantity=Quantity.ENERGY,
            unit="µJ",
            scale=1e-6,
            parent=parent,
            wrap=span + unit if span else None,
            resolution=unit,
            accuracy=ACCURACY,
            instrument=Instrument.UNKNOWN if self._guest else Instrument.ON_CHIP,
            update_s=UPDATE_S,
            max_power_w=HEADROOM * rated if rated else BOUND_W[zone.domain],
            rated_w=rated,
            source=f"{zone.path}/energy_uj",
            note="; ".join(note for note in notes if note),
        )
        return Sensor((channel,), zone.opened.value, device=zone.part, file=zone.opened)

    def _rated_w(self, zone: Zone) -> float | None:
        """Return the zone's thermal design power, W; None where the kernel tells no sane one."""
        limit = self._files.number(f"{zone.path}/constraint_0_max_power_uw")
        low, high = SANE_TDP_W
        return limit * 1e-6 if limit is not None and low <= limit * 1e-6 <= high else None

    def _refusal(self, zones: list[Zone]) -> PermissionNeededError:
        parts = ", ".join(zone.part for zone in zones)
        return PermissionNeededError(
            f"only root may read the energy counters of {parts} (since 2020, CVE-2020-8694: they "
            "tell a local attacker what the processor does)",
            where=f"{zones[0].path}/energy_uj",
            remedy="for good: joulemark meters --fix (or, until the next start: sudo chmod a+r "
            f"{self.root}/*/energy_uj); in a container: on its host",
        )

    def _most_telling(self) -> UnavailableError:
        """Return the reason to show when nothing opened: a lacking right, else the first."""
        refusals = [e for e in self.missing if isinstance(e, PermissionNeededError)]
        return (refusals or self.missing)[0]

    def _nothing(self) -> UnavailableError:
        """Return why there is no zone at all."""
        where = self.root
        if self._platform != "linux":
            return UnavailableError("RAPL is read through Linux's powercap tree", where=where)
        if not os.path.isdir(os.path.dirname(self.root)):
            return UnavailableError(
                "the powercap tree is not mounted",
                where=where,
                remedy="in a container: mount /sys, or measure on the host",
            )
        about = self._files.text(self._cpuinfo, 65536)
        if flagged_virtual(about):
            return UnavailableError(
                "a virtual machine is not shown the energy counters of its host",
                where=where,
                remedy="measure on the host",
            )
        if about and "GenuineIntel" not in about and "AMD" not in about:
            return UnavailableError("this processor has no RAPL counters", where=where)
        return UnavailableError(
            "no RAPL zone: the kernel module is not loaded, or the processor is unknown to it",
            where=where,
            remedy="sudo modprobe intel_rapl_msr (for AMD processors, too; Linux 5.8 or later)",
        )


def rapl(settings: Settings) -> Rapl:
    """Make the meter from JSON settings: ``root``, the powercap directory.

    Raises:
        UsageError: for an unknown or senseless setting.
    """
    only_known("rapl", settings, ("root",))
    return Rapl(path_setting("rapl", settings, "root", ROOT))
