"""Which chassis of a Redfish service is the node, and where its power and energy stand.

A chassis tells its power in ``EnvironmentMetrics`` (``PowerWatts``, ``EnergyJoules``,
``EnergykWh``: schema EnvironmentMetrics.v1_5_0) or, on older controllers, in ``Power``
(``PowerControl[0].PowerConsumedWatts``: Power.v1_7_3, deprecated). The node is the chassis that a
system is in (``ComputerSystem.Links.Chassis``); where that leaves several, one must be named.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from joulemark.core.errors import JoulemarkError, MeterError, UnavailableError
from joulemark.core.record import record
from joulemark.meters._https import SilentError
from joulemark.meters._redfish import Redfish, link, mapping
from joulemark.meters._redfish_points import (
    BOUND_W,
    Described,
    Point,
    described,
    finite,
)
from joulemark.meters._remote import BusyError

KWH = 3.6e6
"""Joules in a kWh."""
_ENVIRONMENT = (("EnergyJoules", "J", 1.0), ("EnergykWh", "kWh", KWH))
"""Energy counters of EnvironmentMetrics, the finer first, with their unit in J."""


@record(frozen=True, slots=True)
class Counter:
    """An energy counter.

    Attributes:
        point: where it stands.
        unit: of its values.
        joules: of one unit.
        about: what is said of it.
    """

    point: Point
    unit: str
    joules: float
    about: Described


@record(frozen=True, slots=True)
class Source:
    """Power and energy of a chassis.

    Attributes:
        chassis: its ``Id``.
        model: maker and model, in their own words.
        power: where its power stands.
        about: what is said of that.
        counter: its energy counter, if it has one.
        rated_w: what it may draw at most, W; None where it does not say.
        way: which schema it was.
    """

    chassis: str
    model: str
    power: Point
    about: Described
    counter: Counter | None
    rated_w: float | None
    way: str


def source(service: Redfish, path: str) -> Source | None:
    """Return where a chassis tells its power; None if it does not.

    Raises:
        MeterError: if the service does not answer.
    """
    chassis = service.get(path)
    name = str(chassis.get("Id") or path.rstrip("/").rpartition("/")[2])
    makers = (chassis.get("Manufacturer"), chassis.get("Model"))
    model = " ".join(word for word in makers if isinstance(word, str))[:80]
    for key, find in (("EnvironmentMetrics", _environment), ("Power", _power_control)):
        where = link(chassis.get(key))
        resource = _optional(service, where) if where else None
        found = find(service, where, resource, name, model) if resource else None
        if found is not None:
            return found
    return None


def _optional(service: Redfish, path: str) -> dict[str, Any] | None:
    """Return a resource; None if it is not there though the chassis has a link to it."""
    try:
        return service.get(path)
    except (SilentError, BusyError):
        raise
    except JoulemarkError:
        return None


def _environment(
    service: Redfish, path: str, metrics: dict[str, Any], name: str, model: str
) -> Source | None:
    power = Point(path, ("PowerWatts", "Reading"), BOUND_W)
    if power.value(metrics) is None:
        return None
    counter = None
    for key, unit, joules in _ENVIRONMENT:
        point = Point(path, (key, "Reading"))
        if point.value(metrics) is not None:
            counter = Counter(point, unit, joules, described(service, metrics[key]))
            break
    about = described(service, metrics["PowerWatts"])
    return Source(name, model, power, about, counter, None, "EnvironmentMetrics")


def _power_control(
    service: Redfish, path: str, power: dict[str, Any], name: str, model: str
) -> Source | None:
    point = Point(path, ("PowerControl", 0, "PowerConsumedWatts"), BOUND_W)
    if point.value(power) is None:
        return None
    capacity = finite(Point(path, ("PowerControl", 0, "PowerCapacityWatts")).within(power))
    rated = capacity if capacity is not None and 0 < capacity < BOUND_W else None
    return Source(name, model, point, Described(), None, rated, "Power")


def node(service: Redfish) -> Source:
    """Return the chassis that is the node.

    Raises:
        UnavailableError: if none tells its power, or several may be meant.
        MeterError: if the service does not answer.
    """
    found = _powered(service, _of_systems(service))
    if not found:
        found = _powered(service, _listed(service))
    if not found:
        raise UnavailableError(
            "no chassis tells its power: neither EnvironmentMetrics.PowerWatts nor "
            "Power.PowerControl has a reading",
            where=service.way.origin,
            remedy="is the host off? some controllers need a licence for it",
        )
    if len(found) > 1:
        names = ", ".join(each.chassis for each in found)
        raise UnavailableError(
            f"several chassis tell their power ({names:.200})",
            where=service.way.origin,
            remedy="say which one is the node: chassis=NAME",
        )
    return found[0]


def named(service: Redfish, name: str) -> Source:
    """Return the chassis of a name.

    Raises:
        UnavailableError: if there is none, or it does not tell its power.
        MeterError: if the service does not answer.
    """
    listed = _listed(service)
    for path in listed:
        if path.rstrip("/").rpartition("/")[2] == name:
            found = source(service, path)
            if found is not None:
                return found
            raise UnavailableError(
                f"the chassis {name:.40} does not tell its power", where=service.way.origin
            )
    there = ", ".join(path.rstrip("/").rpartition("/")[2] for path in listed)
    raise UnavailableError(
        f"no chassis is called {name!r:.40}",
        where=service.way.origin,
        remedy=f"choose from {there:.200}",
    )


def _powered(service: Redfish, paths: list[str]) -> list[Source]:
    return [found for path in paths if (found := source(service, path)) is not None]


def _listed(service: Redfish) -> list[str]:
    return service.members(link(service.root.get("Chassis")) or "/redfish/v1/Chassis")


def _of_systems(service: Redfish) -> list[str]:
    """Return the chassis that systems are in, each once; none where systems cannot be read."""
    try:
        systems = service.members(link(service.root.get("Systems")) or "/redfish/v1/Systems")
        linked: list[str] = []
        for path in systems:
            listed = mapping(service.get(path), "Links").get("Chassis")
            linked += [link(each) for each in listed] if isinstance(listed, list) else []
    except (SilentError, BusyError):
        raise
    except (MeterError, UnavailableError):
        return []
    return list(dict.fromkeys(path for path in linked if path))


def clock_ahead_s(service: Redfish, utc: Callable[[], float]) -> float | None:
    """Return how far the controller's clock is ahead of ours, s; None where it does not tell.

    Args:
        service: whom to ask.
        utc: returns our time, s since 1970.

    Raises:
        MeterError: if the service does not answer.
    """
    try:
        managers = service.members(link(service.root.get("Managers")) or "/redfish/v1/Managers")
        for path in managers:
            manager = service.get(path)
            moment = _moment(manager.get("DateTime"), manager.get("DateTimeLocalOffset"))
            if moment is not None:
                return moment - utc()
    except (SilentError, BusyError):
        raise
    except (MeterError, UnavailableError):
        return None
    return None


def _moment(text: object, offset: object) -> float | None:
    """Return a DateTime as s since 1970; None if it is none, or of an unknown zone."""
    if not isinstance(text, str) or len(text) > 40:
        return None
    from datetime import datetime

    for zone in ("", offset if isinstance(offset, str) and len(offset) < 8 else ""):
        try:
            moment = datetime.fromisoformat(text + zone)
            if moment.tzinfo is not None:
                return moment.timestamp()
        except (ValueError, OverflowError):
            continue
    return None
