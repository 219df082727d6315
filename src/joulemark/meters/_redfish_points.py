"""Numbers in Redfish resources: where they stand, what is said of them, and how they are read.

Schemas of DMTF's bundle DSP8010 2025.4: an *excerpt* (``Sensor.v1_12_0.SensorPowerExcerpt``) holds
a ``Reading`` and names the ``Sensor`` that it is of in ``DataSourceUri``; the sensor may say its
``ReadingAccuracy`` (absolute), its ``Accuracy`` (percent, deprecated in v1_8_0), its
``SensingInterval`` (ISO 8601) and its ``ReadingRangeMax``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

from joulemark.core.channel import Accuracy
from joulemark.core.errors import JoulemarkError, MeterError
from joulemark.core.record import record
from joulemark.meters._https import SilentError
from joulemark.meters._redfish import Redfish, safe
from joulemark.meters._remote import BusyError

_SECONDS = re.compile(r"P(?:T(?:(\d{1,4})H)?(?:(\d{1,4})M)?(?:(\d{1,6}(?:\.\d{1,6})?)S)?)")
BOUND_W = 200_000.0
"""More than one chassis or rack draws."""
WORST = 50.0
"""An accuracy of more percent than this is none."""


@record(frozen=True, slots=True)
class Point:
    """One number of a resource.

    Attributes:
        path: of the resource.
        keys: of the objects and, as numbers, places in arrays that lead to it.
        most: no number above it, in its own unit, can be true.
    """

    path: str
    keys: tuple[str | int, ...]
    most: float = math.inf

    def __str__(self) -> str:
        """Return it as people write it: path and keys."""
        return f"{self.path} {'.'.join(map(str, self.keys))}"

    def within(self, resource: Any) -> object:
        """Return what stands there; None for nothing."""
        found = resource
        for key in self.keys:
            if isinstance(key, int):
                found = found[key] if isinstance(found, list) and key < len(found) else None
            else:
                found = found.get(key) if isinstance(found, dict) else None
        return found

    def value(self, resource: Any) -> float | None:
        """Return the number; None for null or nothing, or what is no number that can be true."""
        number = finite(self.within(resource))
        return number if number is not None and 0 <= number <= self.most else None


@record(frozen=True, slots=True)
class Described:
    """What a service says of a sensor.

    Attributes:
        accuracy: in W or as a share; None where it says nothing.
        update_s: time between two readings of the sensor; None where it says nothing.
        most_w: largest reading that it can give, W; None where it says nothing.
    """

    accuracy: Accuracy | None = None
    update_s: float | None = None
    most_w: float | None = None


class Asker:
    """Reads points; a resource that holds several is asked for once.

    Args:
        service: whom to ask.
        points: what to read.

    Attributes:
        failures: what was wrong with single resources or numbers.
    """

    def __init__(self, service: Redfish, points: Sequence[Point]) -> None:
        """Keep both."""
        self._service = service
        self._points = tuple(points)
        self.failures: list[MeterError] = []

    def ask(self) -> list[float | None]:
        """Return the numbers now; None for those that are not there.

        Raises:
            JoulemarkError: if no resource could be read.
        """
        resources: dict[str, object] = {}
        errors: list[JoulemarkError] = []
        for path in dict.fromkeys(point.path for point in self._points):
            try:
                resources[path] = self._service.get(path)
            except (SilentError, BusyError):  # the next would wait as long
                raise
            except JoulemarkError as error:
                errors.append(error)
        if errors and not resources:
            raise errors[0]
        self.failures += [_as_failure(error) for error in errors]
        values = [
            point.value(resources[point.path]) if point.path in resources else None
            for point in self._points
        ]
        for point, value in zip(self._points, values, strict=True):
            if value is None and point.path in resources:
                self.failures.append(self._no_number(point, resources[point.path]))
        return values

    def _no_number(self, point: Point, resource: object) -> MeterError:
        name = str(point).rpartition(" ")[2]
        what = f"{name} is {point.within(resource)!r:.40}, not a reading"
        return MeterError(what, where=self._service.way.origin + point.path)


def finite(value: object) -> float | None:
    """Return a JSON number as a float; None for anything else, and for what is too large."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def described(service: Redfish, excerpt: object) -> Described:
    """Return what the sensor behind an excerpt says of itself; nothing where there is none."""
    path = excerpt.get("DataSourceUri") if isinstance(excerpt, dict) else None
    if not isinstance(path, str) or not safe(path):
        return Described()
    try:
        sensor = service.get(path)
    except JoulemarkError:
        return Described()
    return Described(
        accuracy=_accuracy(sensor, path),
        update_s=seconds(sensor.get("SensingInterval")),
        most_w=finite(sensor.get("ReadingRangeMax")),
    )


def _accuracy(sensor: dict[str, Any], path: str) -> Accuracy | None:
    absolute, percent = finite(sensor.get("ReadingAccuracy")), finite(sensor.get("Accuracy"))
    if absolute is not None and 0 < absolute < BOUND_W:
        return Accuracy(offset_w=absolute, source=f"ReadingAccuracy of {path}, by the service")
    if percent is not None and 0 < percent <= WORST:
        return Accuracy(gain=percent / 100, source=f"Accuracy of {path}, by the service")
    return None


def seconds(text: object) -> float | None:
    """Return an ISO 8601 duration of hours, minutes and seconds; None for anything else.

    >>> seconds("PT0.25S")
    0.25
    """
    match = _SECONDS.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return None
    hours, minutes, rest = (float(part or 0) for part in match.groups())
    whole = 3600 * hours + 60 * minutes + rest
    return whole if whole > 0 else None


def _as_failure(error: JoulemarkError) -> MeterError:
    return error if isinstance(error, MeterError) else MeterError(error.what, where=error.where)
