"""The tables of a virtual power strip that speaks SNMP.

Their OIDs are those of the texts that :mod:`joulemark.meters._snmp_strip` names; they are written
down here once more, so that a slip there would show.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from joulemark.virtual.redfish.resources import Gauge

Oid = tuple[int, ...]
Objects = dict[Oid, Callable[[float], int | str]]
"""What an agent holds: the value at a moment, s after the start."""
RARITAN = (1, 3, 6, 1, 4, 1, 13742, 6)
APC = (1, 3, 6, 1, 4, 1, 318, 1, 1, 26, 9, 4, 3, 1)
SENSORS = (1, 3, 6, 1, 2, 1, 99, 1, 1, 1)
NAMES = (1, 3, 6, 1, 2, 1, 47, 1, 1, 1, 1, 7)
SYSTEM = (1, 3, 6, 1, 2, 1, 1)
ACCURACY = 100
"""Hundredths of a percent."""


def raritan(gauges: Sequence[Gauge]) -> Objects:
    """Return the tables of PDU2-MIB; a strip of number 1."""
    found: Objects = {}
    values, about = (*RARITAN, 5, 4, 3, 1), (*RARITAN, 3, 5, 4, 1)
    for outlet, gauge in enumerate(gauges, 1):
        found[(*RARITAN, 3, 5, 3, 1, 3, 1, outlet)] = fixed(f"virtual-{outlet}")
        for kind, digits, read in ((5, 1, _tenths), (8, 0, _wh)):
            end = (1, outlet, kind)
            found[(*values, 2, *end)] = fixed(1)
            found[(*values, 4, *end)] = _read(gauge, read)
            found[(*about, 7, *end)] = fixed(digits)
            found[(*about, 8, *end)] = fixed(ACCURACY)
    return found


def apc(gauges: Sequence[Gauge]) -> Objects:
    """Return rPDU2OutletMeteredStatusTable of PowerNet-MIB."""
    found: Objects = {}
    for outlet, gauge in enumerate(gauges, 1):
        found[(*APC, 3, outlet)] = fixed(f"virtual-{outlet}")
        found[(*APC, 4, outlet)] = fixed(outlet)
        found[(*APC, 7, outlet)] = _read(gauge, _whole)
        found[(*APC, 11, outlet)] = _read(gauge, _tenth_kwh)
    return found


def entity_sensor(gauges: Sequence[Gauge]) -> Objects:
    """Return entPhySensorTable of RFC 3433, in mW."""
    found: Objects = {}
    for outlet, gauge in enumerate(gauges, 1):
        found[(*NAMES, outlet)] = fixed(f"virtual-{outlet}")
        for column, value in ((1, 6), (2, 8), (3, 0), (5, 1), (8, round(1000 * gauge.update_s))):
            found[(*SENSORS, column, outlet)] = fixed(value)
        found[(*SENSORS, 4, outlet)] = _read(gauge, _milli)
    return found


TABLES = {
    "raritan": (raritan, (1, 3, 6, 1, 4, 1, 13742, 6)),
    "apc": (apc, (1, 3, 6, 1, 4, 1, 318, 1, 3, 4, 6)),
    "entity-sensor": (entity_sensor, (1, 3, 6, 1, 4, 1, 32473, 1)),
}
"""By the name of the setting ``mib``: what makes the tables, and sysObjectID (32473 is the number
for examples, RFC 5612)."""


def fixed(value: int | str) -> Callable[[float], int | str]:
    """Return what always holds one value."""
    return lambda _: value


def _read(gauge: Gauge, read: Callable[[float, float], int]) -> Callable[[float], int | str]:
    def at(moment: float) -> int:
        shown = gauge.at(moment)
        return read(shown.power.watts, shown.joules)

    return at


def _tenths(watts: float, _: float) -> int:
    return round(10 * watts)


def _whole(watts: float, _: float) -> int:
    return round(watts)


def _milli(watts: float, _: float) -> int:
    return round(1000 * watts)


def _wh(_: float, joules: float) -> int:
    return int(joules / 3600)


def _tenth_kwh(_: float, joules: float) -> int:
    return int(joules / 3.6e5)
