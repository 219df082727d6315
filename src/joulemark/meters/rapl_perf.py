"""RAPL through perf events: the same counters as in powercap's tree, by another door.

Linux has a PMU ``power`` (``/sys/bus/event_source/devices/power``) with an event for each RAPL
domain, which counts in 64 bits and so never wraps. It is opened once for each die (``cpumask``
names one processor of each). Where only root may read powercap's files, this door may be open:
it wants ``kernel.perf_event_paranoid`` at 0 or less, or the capability CAP_PERFMON, which can be
given to a single container. Format: Linux, ``arch/x86/events/rapl.c``; ``perf_event_open(2)``.

Such a counter starts at zero when it is opened, so two processes do not read the same number. What
is given is therefore the energy since the sample before, and the sampler alone reads it: a window's
edges lie between two samples.

Parts have the names that :mod:`joulemark.meters.rapl` gives them, so that nothing is counted twice.
A virtual machine may show an event behind which nothing counts (Firecracker with ``energy-psys``,
2026-11-26): what always draws power and counts nothing for a tenth of a second is left out.

Tested on trees of files and through the real system call on a clock of the kernel's in place of the
PMU; a PMU that counts it has not met.
"""

from __future__ import annotations

import errno
import os
import time

from joulemark.core.channel import Channel, Domain, Instrument, Quantity
from joulemark.core.errors import MeterError, PermissionNeededError, UnavailableError
from joulemark.core.scope import ExitStack
from joulemark.meters._files import Files, StrPath
from joulemark.meters._perf_event import WIDTH, OpenEvent, Since, numbers, open_event
from joulemark.meters._polled import Polled, Sensor, names_setting, only_known, path_setting
from joulemark.meters._rapl_zones import (
    ACCURACY,
    BOUND_W,
    GUEST,
    NOTES,
    UPDATE_S,
    Zone,
    parent_of,
)
from joulemark.meters._system import flagged_virtual

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from joulemark.core.interfaces import Settings

ROOT = "/sys"
PMU = "bus/event_source/devices/power"
EVENTS = {
    "energy-psys": Domain.PSYS,
    "energy-pkg": Domain.PACKAGE,
    "energy-cores": Domain.CORE,
    "energy-gpu": Domain.UNCORE,
    "energy-ram": Domain.DRAM,
}
"""What the kernel calls the events, outermost first."""
STEP_J = 2.0**-14
"""The hardware counts in steps of 61 µJ or finer; the PMU does not say which."""

NEVER_RESTS = (Domain.PSYS, Domain.PACKAGE, Domain.DRAM)
LOOK_S, LOOKS = 0.01, 10
"""Such a part is looked at so often, at this distance, before it is said to count nothing."""
MAX_TEXT = 48
"""Longest event or scale that is taken for one."""

_REFUSED = (errno.EACCES, errno.EPERM)


class RaplPerf(Polled):
    """Energy of processor packages, their cores, graphics and memory, by perf events.

    Args:
        root: where the sys file system is mounted.
        without: parts that another meter reads already.
        files: how files are read.
        opener: opens a counter.
        reader: reads a counter: file and length to bytes.
        proc: where the proc file system is mounted.
        sleep: waits for so many seconds.
    """

    name = "rapl-perf"

    def __init__(
        self,
        root: StrPath = ROOT,
        *,
        without: Collection[str] = (),
        files: Files | None = None,
        opener: OpenEvent = open_event,
        reader: Callable[[int, int], bytes] = os.read,
        proc: StrPath = "/proc",
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Keep the arguments; nothing is touched."""
        super().__init__()
        self.root = os.fspath(root)
        self._without = frozenset(without)
        self._files = files or Files()
        self._opener = opener
        self._reader = reader
        self._proc = os.fspath(proc)
        self._sleep = sleep

    def _find(self, owned: ExitStack) -> list[Sensor]:
        pmu = f"{self.root}/{PMU}"
        kind = self._files.number(f"{pmu}/type")
        if kind is None:
            raise UnavailableError(
                "the kernel has no PMU 'power'",
                where=pmu,
                remedy="sudo modprobe rapl; virtual machines are not shown it",
            )
        zones = self._zones(pmu)
        wanted = [(zone, cpu) for zone, cpu in zones if zone.part not in self._without]
        if zones and not wanted:
            raise UnavailableError("another meter reads all of it already", where=pmu)
        parts = {zone.part for zone, _ in zones}
        sensors = []
        for zone, cpu in wanted:
            sensor = self._sensor(zone, cpu, kind, parent_of(zone, parts, {}), owned)
            if sensor is not None:
                sensors.append(sensor)
        sensors = self._counting(sensors)
        if not sensors:
            raise self._most_telling(pmu)
        self.facts["counters"] = {zone.part: f"{zone.path} cpu {cpu}" for zone, cpu in wanted}
        return sensors

    def _zones(self, pmu: str) -> list[tuple[Zone, int]]:
        """Return what can be counted, and on which processor."""
        dies = self._dies(numbers(self._files.line(f"{pmu}/cpumask")))
        several = len({socket for socket, _, _ in dies}) < len(dies)
        found: list[tuple[Zone, int]] = []
        for event, domain in EVENTS.items():
            if not self._files.line(f"{pmu}/events/{event}"):
                continue
            for socket, die, cpu in dies:
                suffix = f"-die-{die}" if several else ""
                part = f"{domain.value}-{socket}{suffix}"
                if domain is Domain.PSYS:
                    suffix, part = "", "psys" if socket == "0" else f"psys-{socket}"
                zone = Zone(f"{pmu}/events/{event}", part, domain, socket, suffix)
                if part not in {other.part for other, _ in found}:
                    found.append((zone, cpu))
        return found

    def _dies(self, cpus: list[int]) -> list[tuple[str, str, int]]:
        """Return socket, die and processor of each counter.

        On AMD processors every die shows the counter of its socket: one is enough.
        """
        about = self._files.text(f"{self._proc}/cpuinfo", 65536)
        whole = "AuthenticAMD" in about or "HygonGenuine" in about
        seen: dict[tuple[str, str], int] = {}
        for cpu in cpus:
            topology = f"{self.root}/devices/system/cpu/cpu{cpu}/topology"
            socket = self._files.number(f"{topology}/physical_package_id") or 0
            die = 0 if whole else self._files.number(f"{topology}/die_id") or 0
            seen.setdefault((str(max(socket, 0)), str(max(die, 0))), cpu)
        return [(socket, die, cpu) for (socket, die), cpu in seen.items()]

    def _sensor(
        self, zone: Zone, cpu: int, kind: int, parent: str | None, owned: ExitStack
    ) -> Sensor | None:
        """Open a counter; if it cannot be opened, note why and return nothing."""
        scale = _scale(self._files.line(f"{zone.path}.scale"))
        unit = self._files.line(f"{zone.path}.unit")
        config = _config(self._files.line(zone.path))
        if scale is None or config is None or unit != "Joules":
            self._leave_out(zone, "its description is not understood")
            return None
        try:
            descriptor = self._opener(kind, config, cpu)
        except OSError as error:
            if error.errno in _REFUSED:
                self.missing.append(self._refusal(zone))
            else:
                self._leave_out(zone, error.strerror or "cannot be opened")
            return None
        owned.callback(os.close, descriptor)
        guest = flagged_virtual(self._files.text(f"{self._proc}/cpuinfo", 65536))
        channel = _channel(zone, cpu, scale, parent, guest=guest)
        ask = Since(lambda: self._reader(descriptor, WIDTH), channel.source)
        return Sensor((channel,), ask, device=zone.part)

    def _counting(self, sensors: list[Sensor]) -> list[Sensor]:
        """Return the sensors without those that ought to count and do not, which are noted."""
        silent = [s for s in sensors if s.channels[0].domain in NEVER_RESTS and _still(s)]
        for _ in range(LOOKS):
            if silent:
                self._sleep(LOOK_S)
                silent = [sensor for sensor in silent if _still(sensor)]
        for sensor in silent:
            what = f"{sensor.device}: the event is there, but counts nothing"
            remedy = "in a virtual machine: measure on the host"
            where = sensor.channels[0].source
            self.missing.append(UnavailableError(what, where=where, remedy=remedy))
        return [sensor for sensor in sensors if sensor not in silent]

    def _leave_out(self, zone: Zone, what: str) -> None:
        self.missing.append(UnavailableError(f"{zone.part}: {what}", where=zone.path))

    def _refusal(self, zone: Zone) -> PermissionNeededError:
        level = self._files.line(f"{self._proc}/sys/kernel/perf_event_paranoid") or "unknown"
        return PermissionNeededError(
            f"{zone.part}: this user may not count what the whole machine does "
            f"(kernel.perf_event_paranoid is {level}, 0 or less is needed)",
            where=zone.path,
            remedy="better: joulemark meters --fix, which opens the energy counters alone; else, "
            "until the next reboot: sudo sysctl kernel.perf_event_paranoid=0; for good: echo "
            "'kernel.perf_event_paranoid = 0' | sudo tee /etc/sysctl.d/70-perf-paranoid.conf; "
            "in a container: docker run --cap-add PERFMON",
        )

    def _most_telling(self, pmu: str) -> UnavailableError:
        refusals = [e for e in self.missing if isinstance(e, PermissionNeededError)]
        reasons = refusals or self.missing
        return reasons[0] if reasons else UnavailableError("no event counts energy", where=pmu)


def _config(text: str) -> int | None:
    """Return the number of an event, written ``event=0x02``; None if it is not written so."""
    name, _, number = text.partition("=")
    if name != "event" or len(text) > MAX_TEXT or not number[:1].isdigit():
        return None
    try:
        return int(number, 0)
    except ValueError:
        return None


def _scale(text: str) -> float | None:
    """Return how many joules a count is; None if the text is no positive number."""
    try:
        scale = float(text) if text[:1].isdigit() and len(text) <= MAX_TEXT else 0.0
    except ValueError:
        return None
    return scale if 0 < scale < 1 else None


def _still(sensor: Sensor) -> bool:
    """Whether a counter stands where it stood; one that cannot be read is left to who samples."""
    try:
        return sensor.query() == (0.0,)
    except MeterError:
        return False


def _channel(zone: Zone, cpu: int, scale: float, parent: str | None, *, guest: bool) -> Channel:
    notes = [NOTES.get(zone.domain, ""), GUEST if guest else ""]
    return Channel(
        name=f"rapl-perf/{zone.part}",
        meter="rapl-perf",
        part=zone.part,
        domain=zone.domain,
        quantity=Quantity.INTERVAL,
        unit="counts",
        scale=scale,
        parent=parent,
        resolution=STEP_J / scale,
        accuracy=ACCURACY,
        instrument=Instrument.UNKNOWN if guest else Instrument.ON_CHIP,
        update_s=UPDATE_S,
        max_power_w=BOUND_W[zone.domain],
        source=f"{zone.path} cpu {cpu}",
        note="; ".join(note for note in notes if note),
    )


def rapl_perf(settings: Settings) -> RaplPerf:
    """Make the meter from JSON settings.

    Settings: ``root``, where the sys file system is mounted; ``without``, parts that are left out.

    Raises:
        UsageError: for an unknown or senseless setting.
    """
    only_known("rapl-perf", settings, ("root", "without"))
    return RaplPerf(
        path_setting("rapl-perf", settings, "root", ROOT),
        without=names_setting("rapl-perf", settings, "without"),
    )
