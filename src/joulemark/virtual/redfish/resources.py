"""What every virtual Redfish service has: its root, a manager with a clock, sensors.

Schemas (DSP8010 2025.4): ServiceRoot v1_20_0, Manager v1_24_0, Sensor v1_12_0.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from joulemark.virtual.faults import Faults
from joulemark.virtual.sensor import PowerSensor, Reading

ROOT = "/redfish/v1"
KWH = 3.6e6
Json = dict[str, Any]
Resources = Mapping[str, Callable[[float], Json]]
"""By path without a slash at the end: the resource at a moment, s after the start."""


class Truth(Protocol):
    """Power whose energy is known."""

    def __call__(self, moment: float) -> float:
        """Return the power at a moment, W."""
        ...

    def energy(self, start: float, stop: float) -> float:
        """Return the energy between two moments, J."""
        ...


@dataclass(frozen=True, slots=True)
class Shown:
    """What a sensor and an energy counter show.

    Attributes:
        power: of the sensor.
        joules: of the counter.
    """

    power: Reading
    joules: float


class Gauge:
    """The power sensor and the energy counter of one part; may be read from several threads.

    Args:
        truth: what it measures.
        update_s: time between two values.
        faults: what is wrong with it.
    """

    def __init__(self, truth: Truth, update_s: float, faults: Faults) -> None:
        """Begin."""
        self._sensor = PowerSensor(truth, update_s, faults)
        self._truth = truth
        self._lock = threading.Lock()

    @property
    def update_s(self) -> float:
        """Time between two values, s."""
        return self._sensor.update_s

    def at(self, moment: float) -> Shown:
        """Return what is shown at a moment, s after the start."""
        with self._lock:
            reading = self._sensor.at(moment)
        return Shown(reading, self._truth.energy(0.0, reading.moment))


def resource(path: str, schema: str, name: str, /, **members: Any) -> Json:
    """Return a resource: its type, name and address as the specification asks, then its members.

    Args:
        path: its address.
        schema: type and version, ``Chassis.v1_28_0``.
        name: for people.
        members: everything else.
    """
    kind = schema.partition(".")[0]
    own = path.rpartition("/")[2]
    return {
        "@odata.type": f"#{schema}.{kind}",
        "@odata.id": path,
        "Id": own,
        "Name": name,
        **members,
    }


def collection(path: str, kind: str, members: Sequence[str]) -> Json:
    """Return a collection of resources at the given addresses."""
    return {
        "@odata.type": f"#{kind}Collection.{kind}Collection",
        "@odata.id": path,
        "Name": f"{kind} collection",
        "Members": [{"@odata.id": member} for member in members],
        "Members@odata.count": len(members),
    }


def ref(path: str) -> Json:
    """Return a reference."""
    return {"@odata.id": path}


def date_time(moment: float) -> str:
    """Return s since 1970 as a DateTime."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds")


def root(**members: Any) -> Json:
    """Return the service root with what it leads to."""
    found = resource(
        f"{ROOT}/",
        "ServiceRoot.v1_20_0",
        "Root Service",
        RedfishVersion="1.15.0",
        Vendor="joulemark",
        Product="virtual instrument, not hardware",
        SessionService=ref(f"{ROOT}/SessionService"),
        Chassis=ref(f"{ROOT}/Chassis"),
        Managers=ref(f"{ROOT}/Managers"),
        Links={"Sessions": ref(f"{ROOT}/SessionService/Sessions")},
        **members,
    )
    return {**found, "Id": "RootService"}


def manager(name: str, utc: Callable[[], float], faults: Faults) -> Resources:
    """Return the manager with its clock."""
    path = f"{ROOT}/Managers/{name}"

    def one(_: float) -> Json:
        return resource(
            path,
            "Manager.v1_24_0",
            "Manager",
            ManagerType="BMC",
            FirmwareVersion="0.1",
            DateTime=date_time(utc() + faults.clock_offset),
            DateTimeLocalOffset="+00:00",
            DateTimeSource="RTC",
            Status={"State": "Enabled", "Health": "OK"},
        )

    return {
        f"{ROOT}/Managers": lambda _: collection(f"{ROOT}/Managers", "Manager", [path]),
        path: one,
    }


def sensor(
    path: str, name: str, kind: str, unit: str, gauge: Gauge, value: Callable[[Shown], float],
    **members: Any,
) -> Callable[[float], Json]:  # fmt: skip
    """Return a sensor of a gauge."""
    return lambda moment: resource(
        path,
        "Sensor.v1_12_0",
        name,
        ReadingType=kind,
        ReadingUnits=unit,
        Reading=value(gauge.at(moment)),
        SensingInterval=f"PT{gauge.update_s:g}S",
        Status={"State": "Enabled", "Health": "OK"},
        **members,
    )


def watts(shown: Shown) -> float:
    """Return the power that is told, W: whole watts, as most controllers do."""
    return round(shown.power.watts)


def kwh(shown: Shown) -> float:
    """Return the energy that is told, kWh."""
    return round(shown.joules / KWH, 6)
