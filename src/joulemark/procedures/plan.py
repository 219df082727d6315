"""Which meters a measurement uses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from joulemark.core.channel import Channel, Domain, Provenance
from joulemark.core.clock import Clock
from joulemark.core.errors import PermissionNeededError, UnavailableError
from joulemark.core.interfaces import EdgeMeter, Meter
from joulemark.meters import METERS

Spec = dict[str, Any]
"""JSON settings of a meter, or its name and settings: ``{"name": …, "settings": {…}}``."""

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
_PROCESSOR = {Domain.PACKAGE, Domain.PSYS, Domain.NODE, Domain.WALL, Domain.BOARD}
_MEMORY = {Domain.DRAM, Domain.PSYS, Domain.NODE, Domain.WALL, Domain.BOARD}


@dataclass(slots=True)
class Plan:
    """The meters of a measurement.

    Attributes:
        specs: meters for the sampler, by name.
        meters: the same meters opened in this process, to be read at edges.
        unavailable: what was looked for and why it cannot be used.
    """

    specs: list[Spec] = field(default_factory=list)
    meters: list[Meter] = field(default_factory=list)
    unavailable: list[tuple[str, UnavailableError]] = field(default_factory=list)

    @property
    def channels(self) -> list[Channel]:
        """All channels of the opened meters."""
        return [channel for meter in self.meters for channel in meter.channels]

    def edge_meters(self) -> list[EdgeMeter]:
        """Return the sensors whose counters are cheap enough to be read at each edge.

        An estimate is left to the sampler: what it knows of processes that have ended since it
        last looked differs from one reader to the next, and its interval is wide anyway.
        """
        return [
            meter
            for meter in self.meters
            if isinstance(meter, EdgeMeter)
            and any(
                c.carries_energy and c.provenance is Provenance.MEASURED for c in meter.channels
            )
        ]

    def add(self, name: str, settings: Spec, clock: Clock) -> None:
        """Open a meter and take it into the plan.

        Raises:
            UnavailableError: if it has nothing to read.
        """
        meter: Meter = METERS.load(name)(settings)
        meter.open(clock)
        self.specs.append({"name": name, "settings": settings})
        self.meters.append(meter)
        self.unavailable += [(name, missing) for missing in meter.missing]

    def close(self) -> None:
        """Close all meters."""
        for meter in self.meters:
            meter.close()

    def close_all_but_edges(self) -> None:
        """Close the meters that only the sampler reads; what they can read is known by now."""
        kept = self.edge_meters()
        for meter in self.meters:
            if meter not in kept:
                meter.close()


def plan(
    named: Sequence[tuple[str, Spec]] | None,
    clock: Clock,
    process: Spec,
    *,
    origin_ns: int,
    sensors: Mapping[str, Spec] = AUTO,
) -> Plan:
    """Return the meters to use: those named, or the best that this machine has.

    Without names, every sensor that can be read is used, and a model stands in for the processor
    and the memory only where no sensor covers them. The host's own state is always recorded.

    Args:
        named: names and settings, or None to look for sensors.
        clock: clock of the run.
        process: settings that say whose processor time counts (``root_pid`` …).
        origin_ns: where estimates count from, ns.
        sensors: what is looked for where no meter is named.

    Raises:
        UnavailableError: if a named meter, or none at all, has anything to read.
    """
    chosen = Plan()
    try:
        if named is None:
            _look_around(chosen, clock, {**process, "origin_ns": origin_ns}, sensors)
        else:
            for name, settings in named:
                more = {**process, "origin_ns": origin_ns} if name == "estimate" else {}
                chosen.add(name, {**more, **settings}, clock)
        if all(spec["name"] != "host" for spec in chosen.specs):
            _try(chosen, "host", process, clock)
        if not any(channel.carries_energy for channel in chosen.channels):
            raise _nothing(chosen)
    except UnavailableError:
        chosen.close()
        raise
    return chosen


def _look_around(chosen: Plan, clock: Clock, model: Spec, sensors: Mapping[str, Spec]) -> None:
    for name, settings in sensors.items():
        if name != "rapl-perf" or _rapl_is_lacking(chosen):
            _try(chosen, name, {**settings, **_without(chosen, name)}, clock)
    missing = missing_parts(chosen.channels)
    if missing:
        _try(chosen, "estimate", {**model, "parts": missing}, clock)


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


def _try(chosen: Plan, name: str, settings: Spec, clock: Clock) -> None:
    try:
        chosen.add(name, settings, clock)
    except UnavailableError as error:
        chosen.unavailable.append((name, error))


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
