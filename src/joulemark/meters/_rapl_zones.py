"""RAPL's zones: which there are in the powercap tree, what each counts, and which lie in which.

The rules are told at the head of :mod:`joulemark.meters.rapl`.
"""

from __future__ import annotations

from os.path import basename, dirname

from joulemark.core.channel import Accuracy, Domain
from joulemark.core.errors import MeterError, UnavailableError
from joulemark.core.record import record
from joulemark.meters._files import Files, NumberFile, entries

MAX_ZONES = 512
MIRROR_UJ = 500_000
"""Two dies that mirror one counter may be an update or two apart: 0.5 J is 1 ms at 500 W."""

UPDATE_S = 0.001
"""Both makers state about 1 ms (Intel SDM; Linux, ``hwmon/amd_energy``)."""
ACCURACY = Accuracy(gain=0.05, source="assumed ±5 % for RAPL that measures (Haswell-EP and later)")
BOUND_W = {
    Domain.PSYS: 5000.0,
    Domain.PACKAGE: 2000.0,
    Domain.CORE: 2000.0,
    Domain.UNCORE: 1000.0,
    Domain.DRAM: 1000.0,
}
"""More than any such part draws; only to tell a wrap from a counter that was reset."""
NOTES = {
    Domain.PSYS: "what it covers depends on how the board's maker wired it",
    Domain.CORE: "on AMD processors the counter of one core only",
}
GUEST = "a virtual machine: its hypervisor passes this counter on, or only reckons it"

MAX_NUMERAL = 6
"""Digits of a number in a name."""

_INTERFACE = "intel-rapl"
_INNER = {"core": Domain.CORE, "uncore": Domain.UNCORE, "dram": Domain.DRAM}


@record(slots=True)
class Zone:
    """One powercap zone.

    Attributes:
        path: its directory.
        part: what it counts, named once per machine.
        domain: the kind of that.
        socket: number of the processor package.
        die: ``-die-N`` where packages have several, else empty.
        counter: its open counter.
        note: what a reader of its numbers must know.
    """

    path: str
    part: str
    domain: Domain
    socket: str
    die: str
    counter: NumberFile | None = None
    note: str = ""

    @property
    def package(self) -> str:
        """Name of the package part that the zone belongs to."""
        return f"package-{self.socket}{self.die}"

    @property
    def opened(self) -> NumberFile:
        """Its open counter.

        Raises:
            MeterError: if it is not open.
        """
        if self.counter is None:
            raise MeterError("the zone is not open", where=self.path)
        return self.counter

    def read(self) -> int:
        """Return the counter, µJ.

        Raises:
            MeterError: if it cannot be read.
        """
        return self.opened.read()


def find(root: str, files: Files) -> tuple[list[Zone], list[UnavailableError]]:
    """Return all zones of known name, those of the first interface before their twins.

    Returns:
        the zones, and a reason for each directory that is none.
    """
    zones: list[Zone] = []
    strange: list[UnavailableError] = []
    for path in _directories(root):
        name, folder = files.line(f"{path}/name"), dirname(path)
        above = files.line(f"{folder}/{basename(path).rpartition(':')[0]}/name")
        if not above:
            above = files.line(f"{folder}/name")
        zone = _identify(path, name, above)
        if zone is None:
            strange.append(_strange(path, name))
        else:
            zones.append(zone)
    return zones, strange


def _directories(root: str) -> list[str]:
    """Return the zones below a root, flat (``/sys/class``) or nested (``/sys/devices``) alike."""
    found: dict[str, str] = {}
    waiting = [root]
    while waiting and len(found) < MAX_ZONES:
        directory = waiting.pop(0)
        for name in entries(directory):
            if _is_entry(name) and name not in found:
                found[name] = f"{directory}/{name}"
                waiting.append(found[name])
    return sorted((path for name, path in found.items() if ":" in name), key=_order)


def _is_entry(name: str) -> bool:
    """Whether a name is that of an interface (intel-rapl, intel-rapl-mmio) or of a zone in it."""
    interface, *numbers = name.split(":")
    kind = interface.removeprefix(_INTERFACE)
    plain = not kind or (kind[0] == "-" and kind[1:].isalnum())
    known = plain and interface.startswith(_INTERFACE)
    return known and all(_is_numeral(number) for number in numbers)


def _is_numeral(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= MAX_NUMERAL


def _order(path: str) -> tuple[bool, str, list[int]]:
    interface, *numbers = basename(path).split(":")
    return interface != _INTERFACE, interface, [int(number) for number in numbers]


def _identify(path: str, name: str, above: str) -> Zone | None:
    """Return what a zone counts, from its own name and that of the zone that it is nested in."""
    if own := _package(name):
        return Zone(path, name, Domain.PACKAGE, *own)
    kind, dash, socket = name.partition("-")
    if kind == "psys" and (_is_numeral(socket) or not dash):
        return Zone(path, name, Domain.PSYS, socket or "0", "")
    package = _package(above)
    if package is None or name not in _INNER:
        return None
    socket, die = package
    return Zone(path, f"{name}-{socket}{die}", _INNER[name], socket, die)


def _package(name: str) -> tuple[str, str] | None:
    """Return socket and die (``-die-1``, or empty) of a package's name; None for other names."""
    kind, _, rest = name.partition("-")
    socket, dash, die = rest.partition("-die-")
    if kind != "package" or not _is_numeral(socket) or (dash and not _is_numeral(die)):
        return None
    return socket, dash + die


def _strange(path: str, name: str) -> UnavailableError:
    if name:
        return UnavailableError(f"a zone named {name!r} is not known", where=path)
    return UnavailableError(
        "the zone cannot be entered",
        where=path,
        remedy="where a container hides it, start that with --security-opt "
        "systempaths=unconfined, or measure on the host",
    )


def parent_of(zone: Zone, parts: set[str], counted_by: dict[str, str]) -> str | None:
    """Return the part that contains a zone: its package, else the platform, else none.

    Args:
        zone: the zone.
        parts: the parts that are read.
        counted_by: for each package, the package that counts for it.
    """
    if zone.domain is Domain.PSYS:
        return None
    outer = [f"psys-{zone.socket}", "psys"]
    if zone.domain in (Domain.CORE, Domain.UNCORE):
        outer.insert(0, counted_by.get(zone.package, zone.package))
    return next((part for part in outer if part in parts), None)


def without_mirrors(zones: list[Zone]) -> tuple[list[Zone], dict[str, str]]:
    """Drop package zones that show the counter of another die of their socket once more.

    Returns:
        the zones that remain, and for each part the part that counts for it.
    """
    kept: list[Zone] = []
    counted_by: dict[str, str] = {}
    for zone in zones:
        packages = [other for other in kept if other.domain is zone.domain is Domain.PACKAGE]
        same = [other for other in packages if other.socket == zone.socket and mirrors(other, zone)]
        if same:
            same[0].note = "every die shows the counter of the whole socket; it is counted once"
            counted_by[zone.part] = same[0].part
        else:
            kept.append(zone)
            counted_by[zone.part] = zone.part
    return kept, counted_by


def mirrors(first: Zone, second: Zone) -> bool:
    """Whether two counters are one: the second, read between two reads of the first, lies between.

    Counters that have run since boot and are not the same one differ by far more than the slack;
    that two unrelated ones meet has a chance of about 1 in 60 000.
    """
    try:
        before, between, after = first.read(), second.read(), first.read()
    except MeterError:
        return False
    return before - MIRROR_UJ <= between <= after + MIRROR_UJ
