"""Power strips over Redfish: ``PowerEquipment/RackPDUs/{id}/Outlets/{n}``.

Schemas of DSP8010 2025.4: PowerEquipment v1_2_3, PowerDistribution v1_6_0 and Outlet v1_4_4 with
the excerpts ``PowerWatts`` and ``EnergykWh``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from joulemark.core.errors import UnavailableError
from joulemark.meters._redfish import Redfish, link
from joulemark.meters._redfish_chassis import KWH
from joulemark.meters._redfish_points import BOUND_W, Asker, Point, described
from joulemark.meters._strips import Drawn, Outlet, Strip

STEP_KWH = 1e-6
"""Steps of a counter are found by watching; this is only what is called a step before."""


class RedfishStrip(Strip):
    """A strip that is asked over Redfish.

    Args:
        service: it, not begun.
        proven: whether TLS is verified.
        which: the ``Id`` of the strip; empty for the only one.
    """

    way = "Redfish"

    def __init__(self, service: Redfish, *, proven: bool, which: str = "") -> None:
        """Keep the arguments; nothing is asked."""
        super().__init__()
        self.where = service.way.origin
        self.proven = proven
        self.step_j = STEP_KWH * KWH
        self._service = service
        self._which = which
        self._points: dict[str, tuple[Point, Point | None]] = {}

    def begin(self) -> None:
        """Log in and find the outlets; see :class:`joulemark.meters._strips.Strip`.

        Raises:
            UnavailableError: if no outlet tells its power, or several strips may be meant.
            MeterError: if it does not answer.
        """
        self._service.begin()
        strip = self._service.get(self._path())
        words = (strip.get("Manufacturer"), strip.get("Model"))
        self.model = " ".join(word for word in words if isinstance(word, str))[:80]
        outlets = link(strip.get("Outlets"))
        found = []
        for path in self._service.members(outlets) if outlets else []:
            outlet = self._outlet(path, self._service.get(path))
            if outlet is not None:
                found.append(outlet)
        if not found:
            raise UnavailableError("no outlet tells its power", where=self.where + self._path())
        self.outlets = found

    def _path(self) -> str:
        equipment = link(self._service.root.get("PowerEquipment"))
        listed = link(self._service.get(equipment).get("RackPDUs")) if equipment else ""
        strips = {path.rstrip("/").rpartition("/")[2]: path for path in self._members(listed)}
        if not strips:
            raise UnavailableError("this service has no RackPDUs", where=self.where)
        chosen = self._which or (next(iter(strips)) if len(strips) == 1 else "")
        if chosen not in strips:
            raise UnavailableError(
                f"it has the power strips {', '.join(strips):.200}",
                where=self.where,
                remedy="say which one: strip=NAME",
            )
        return strips[chosen]

    def _members(self, path: str) -> list[str]:
        return self._service.members(path) if path else []

    def _outlet(self, path: str, resource: dict[str, Any]) -> Outlet | None:
        power = Point(path, ("PowerWatts", "Reading"), BOUND_W)
        energy = Point(path, ("EnergykWh", "Reading"))
        if power.value(resource) is None:
            return None
        counts = energy.value(resource) is not None
        name = str(resource.get("Id") or path.rpartition("/")[2])[:40]
        label = next(
            (x for x in map(resource.get, ("UserLabel", "Name")) if isinstance(x, str)), ""
        )
        self._points[name] = power, energy if counts else None
        about = described(self._service, resource["PowerWatts"])
        return Outlet(name, label[:80], about.accuracy, counts=counts, update_s=about.update_s)

    def ask(self, names: Sequence[str]) -> Mapping[str, Drawn]:
        """Return what outlets draw; see :class:`joulemark.meters._strips.Strip`.

        Raises:
            MeterError: if it does not answer.
        """
        points = [self._points[name] for name in names]
        flat = [point for pair in points for point in pair if point is not None]
        asker = Asker(self._service, flat)
        asker.failures = self.failures
        told = dict(zip(flat, asker.ask(), strict=True))
        return {
            name: (told[power], None if energy is None else _joules(told[energy]))
            for name, (power, energy) in zip(names, points, strict=True)
        }

    def interrupt(self) -> None:
        """End a question that another thread is waiting for."""
        self._service.interrupt()

    def close(self) -> None:
        """End the session."""
        self._service.close()


def _joules(kwh: float | None) -> float | None:
    return None if kwh is None else kwh * KWH
