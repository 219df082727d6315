"""Wait before a point: some time, and until the machine is cool where it has sensors."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from joulemark.core.errors import UnavailableError
from joulemark.meters._files import Files
from joulemark.tune.sweep_plan import CoolDown

SENSORS = ("sys/class/thermal/thermal_zone*/temp", "sys/class/hwmon/hwmon*/temp*_input")
LOOK_S = 1.0
_LOWEST_C, _HIGHEST_C = -50.0, 150.0
"""Sensors that are not connected show something beyond."""


def warmest_c(root: str = "/") -> float | None:
    """Return the highest temperature that the kernel shows, °C; None if it shows none."""
    files = Files()
    paths = [path for pattern in SENSORS for path in Path(root).glob(pattern)]
    told = [files.number(path) for path in paths]
    degrees = [number / 1000 for number in told if number is not None]
    return max((one for one in degrees if _LOWEST_C < one < _HIGHEST_C), default=None)


def cool_down(
    asked: CoolDown,
    *,
    warmest: Callable[[], float | None] = warmest_c,
    clock: Callable[[], float] = time.monotonic,
    wait: Callable[[float], None] = time.sleep,
) -> float | None:
    """Wait as a sweep asks for, and return the temperature then, °C; None if not looked at.

    A machine that stays warm is waited for no longer than was said; its temperature tells.

    Raises:
        UnavailableError: if a temperature is asked for and there is no sensor.
    """
    begun = clock()
    if asked.seconds > 0:
        wait(asked.seconds)
    if asked.below_c is None:
        return None
    while True:
        now = warmest()
        if now is None:
            remedy = "leave below_c out and give a time"
            raise UnavailableError("no sensor of temperature", where="cool_down", remedy=remedy)
        if now < asked.below_c or clock() - begun >= asked.at_most_s:
            return now
        wait(LOOK_S)
