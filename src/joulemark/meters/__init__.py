"""Sources of samples, the loop that reads them, and the spool that keeps what they gave.

One file per meter; ``sampler`` is the only sampling loop, ``sampling`` starts and stops it,
``spool`` is the file between them and the store. Meters do not know each other. Nothing here
imports NumPy: it all runs while something is being measured.
"""

from __future__ import annotations

from joulemark.core.registry import Registry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

METERS = Registry(
    "meter",
    "joulemark.meters",
    {
        "rapl": "joulemark.meters.rapl:rapl",
        "rapl-perf": "joulemark.meters.rapl_perf:rapl_perf",
        "nvml": "joulemark.meters.nvml:nvml",
        "amdsmi": "joulemark.meters.amdsmi:amdsmi",
        "hwmon": "joulemark.meters.hwmon:hwmon",
        "jetson": "joulemark.meters.jetson:jetson",
        "power-supply": "joulemark.meters.power_supply:power_supply",
        "redfish": "joulemark.meters.redfish:redfish",
        "ipmi": "joulemark.meters.ipmi:ipmi",
        "pdu": "joulemark.meters.pdu:pdu",
        "estimate": "joulemark.meters.estimate:estimate",
        "host": "joulemark.meters.host:host",
        "replay": "joulemark.meters.replay:replay",
        "virtual": "joulemark.meters.virtual:virtual",
        "joulescope": "joulemark.meters.joulescope:joulescope",
        "lpm01a": "joulemark.meters.lpm01a:lpm01a",
        "ppk2": "joulemark.meters.ppk2:ppk2",
    },
)
"""Every factory takes one mapping of JSON settings and returns a meter that is not open yet."""

MAX_SPEC = 65536
"""Longest ``name:key=value`` text, characters."""


def parse_spec(spec: str) -> tuple[str, dict[str, Any]]:
    """Return name and settings of a meter written as ``name:key=value,key=value``.

    A value is JSON where it reads as JSON (so ``[…]`` and ``"…"`` may hold commas), else the text
    up to the next comma.

    >>> parse_spec("rapl:root=/x,period=3")
    ('rapl', {'root': '/x', 'period': 3})

    Raises:
        UsageError: if it is not written so, or names a setting twice.
    """
    from joulemark.meters import _spec

    return _spec.parse(spec)
