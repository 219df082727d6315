"""Which meters a measurement uses."""

from __future__ import annotations

import os

from joulemark.core.channel import Domain, Provenance
from joulemark.core.errors import PermissionNeededError, UnavailableError
from joulemark.core.record import field, record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any, TypeAlias

    from joulemark.core.channel import Channel
    from joulemark.meters.sampling import Opened

Spec: TypeAlias = "dict[str, Any]"
"""JSON settings of a meter, or its name and settings: ``{"name": …, "settings": {…}}``."""
Open: TypeAlias = "Callable[[str, Spec], Opened]"
"""Opens a meter, given its name and settings, where it will be sampled."""

AUTO: Mapping[str, Spec] = {
    "rapl": {},
    "rapl-perf": {},
    "nvml": {},
    "amdsmi": {},
    "hwmon": {},
    "jetson": {},
    "power-supply": {},
}
"""Sensors that are looked for where no meter is named, in this order, with their settings."""
SIGNS: Mapping[str, str] = {
    "rapl-perf": "/sys/bus/event_source/devices/power",
    "amdsmi": "/sys/module/amdgpu",
    "jetson": "/sys/bus/i2c/drivers/ina3221x",
    "power-supply": "/sys/class/power_supply",
}
"""Where such a directory is missing or empty there is no such sensor; so much can be told without
loading its meter."""
_PROCESSOR = {Domain.PACKAGE, Domain.PSYS, Domain.NODE, Domain.WALL, Domain.BOARD}
_MEMORY = {Domain.DRAM, Domain.PSYS, Domain.NODE, Domain.WALL, Domain.BOARD}


@record(slots=True)
class Plan:
    """The meters of a measurement.

    Attributes:
        specs: meters that were opened, by name.
        channels: what they read.
        edge_specs: those of them whose counters are read at each edge of a window, too.
        unavailable: what was looked for and why it cannot be used.
    """

    specs: list[Spec] = field(default_factory=list)
    channels: list[Channel] = field(default_factory=list)
    edge_specs: list[Spec] = field(default_factory=list)
    unavailable: list[tuple[str, UnavailableError]] = field(default_factory=list)

    def gpus(self) -> tuple[str, ...]:
        """Return the boards by what their makers call them, which begins a channel's note."""
        boards = {c.part: c.note.partition(";")[0] for c in self.channels if c.domain is Domain.GPU}
        return tuple(boards[part] or part for part in sorted(boards))

    def add(self, name: str, settings: Spec, open_meter: Open) -> None:
        """Open a meter and take it into the plan.

        An estimate is not read at edges: what it knows of processes that have ended since it last
        looked differs from one reader to the next, and its interval is wide anyway.

        Raises:
            UnavailableError: if it has nothing to read.
        """
        opened = open_meter(name, settings)
        if not opened.channels:
            raise opened.missing[0]
        spec = {"name": name, "settings": settings}
        self.specs.append(spec)
        self.channels += opened.channels
        self.unavailable += [(name, missing) for missing in opened.missing]
        if opened.edges and _measured(opened.channels):
            self.edge_specs.append(spec)


def plan(
    named: Sequence[tuple[str, Spec]] | None,
    open_meter: Open,
    process: Spec,
    *,
    origin_ns: int,
    sensors: Mapping[str, Spec] = AUTO,
    signs: Mapping[str, str] = SIGNS,
) -> Plan:
    """Return the meters to use: those named, or the best that this machine has.

    Without names, every sensor that can be read is used, and a model stands in for the processor
    and the memory only where no sensor covers them. The host's own state is always recorded.

    Args:
        named: names and settings, or None to look for sensors.
        open_meter: opens a meter where it will be sampled.
        process: settings that say whose processor time counts (``root_pid`` …).
        origin_ns: where estimates count from, ns.
        sensors: what is looked for where no meter is named.
        signs: directories without which a sensor that has no settings is not there.

    Raises:
        UnavailableError: if a named meter, or none at all, has anything to read.
    """
    chosen = Plan()
    if named is None:
        there = _with_signs(chosen, sensors, signs)
        _look_around(chosen, open_meter, {**process, "origin_ns": origin_ns}, there)
    else:
        for name, settings in named:
            more = {**process, "origin_ns": origin_ns} if name == "estimate" else {}
            chosen.add(name, {**more, **settings}, open_meter)
    if all(spec["name"] != "host" for spec in chosen.specs):
        _try(chosen, "host", process, open_meter)
    if not any(channel.carries_energy for channel in chosen.channels):
        raise _nothing(chosen)
    return chosen


def _with_signs(
    chosen: Plan, sensors: Mapping[str, Spec], signs: Mapping[str, str]
) -> dict[str, Spec]:
    """Return the sensors of which there is a sign, or which need none; note the others."""
    there = {}
    for name, settings in sensors.items():
        sign = "/" if settings else signs.get(name, "/")
        if _holds_anything(sign):
            there[name] = settings
        else:
            what, remedy = "there is no such thing here", "joulemark meters says more"
            missing = UnavailableError(what, where=sign, remedy=remedy)
            chosen.unavailable.append((name, missing))
    return there


def _holds_anything(directory: str) -> bool:
    try:
        return bool(os.listdir(directory))
    except OSError:
        return False


def _look_around(chosen: Plan, open_meter: Open, model: Spec, sensors: Mapping[str, Spec]) -> None:
    for name, settings in sensors.items():
        if name != "rapl-perf" or _rapl_is_lacking(chosen):
            _try(chosen, name, {**settings, **_without(chosen, name)}, open_meter)
    missing = missing_parts(chosen.channels)
    if missing:
        _try(chosen, "estimate", {**model, "parts": missing}, open_meter)


def _without(chosen: Plan, name: str) -> Spec:
    """Return the setting that keeps a meter from what another one reads already."""
    if name == "rapl-perf":
        return {"without": sorted({channel.part for channel in chosen.channels})}
    read = {c.source.rpartition(" ")[2] for c in chosen.channels if c.meter == "amdsmi"}
    return {"without": sorted(read)} if name == "hwmon" and read else {}


def _rapl_is_lacking(chosen: Plan) -> bool:
    """Whether powercap's counters, or some of them, cannot be read: perf events may show them."""
    refused = any(
        name == "rapl" and isinstance(error, PermissionNeededError)
        for name, error in chosen.unavailable
    )
    return refused or all(spec["name"] != "rapl" for spec in chosen.specs)


def _try(chosen: Plan, name: str, settings: Spec, open_meter: Open) -> None:
    try:
        chosen.add(name, settings, open_meter)
    except UnavailableError as error:
        chosen.unavailable.append((name, error))


def _measured(channels: Iterable[Channel]) -> bool:
    return any(c.provenance is Provenance.MEASURED and c.carries_energy for c in channels)


def missing_parts(channels: Iterable[Channel]) -> list[str]:
    """Return which of ``cpu`` and ``dram`` no sensor covers."""
    seen = {
        domain
        for channel in channels
        if channel.provenance is Provenance.MEASURED and channel.carries_energy
        for domain in (channel.domain, *channel.covers)
    }
    return [name for name, held in (("cpu", _PROCESSOR), ("dram", _MEMORY)) if not seen & held]


def _nothing(chosen: Plan) -> UnavailableError:
    reasons = "; ".join(f"{name}: {error}" for name, error in chosen.unavailable)
    return UnavailableError(
        f"nothing on this machine gives energy ({reasons})", remedy="see `joulemark meters`"
    )
