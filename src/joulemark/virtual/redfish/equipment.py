"""What a virtual rack power strip serves over Redfish: outlets with power and energy.

Schemas (DSP8010 2025.4): PowerEquipment v1_2_3, PowerDistribution v1_6_0, Outlet v1_4_4,
PowerDistributionMetrics v1_4_0, Sensor v1_12_0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from joulemark.virtual.redfish.resources import (
    KWH,
    ROOT,
    Gauge,
    Json,
    Resources,
    collection,
    kwh,
    ref,
    resource,
    root,
    sensor,
)

RACK_PDUS = f"{ROOT}/PowerEquipment/RackPDUs"
STRIP = f"{RACK_PDUS}/1"
SENSORS = f"{ROOT}/Chassis/PDU/Sensors"
ACCURACY_W = 1.5


@dataclass(frozen=True, slots=True)
class Outlet:
    """An outlet.

    Attributes:
        name: its ``Id``, as people count: ``1``, ``A7``.
        label: what somebody called it.
        gauge: what it measures.
    """

    name: str
    label: str
    gauge: Gauge


def strip(outlets: Sequence[Outlet], *, energy: bool) -> Resources:
    """Return the resources of a power strip.

    Args:
        outlets: what it has.
        energy: whether they have energy counters.
    """
    paths = [f"{STRIP}/Outlets/{outlet.name}" for outlet in outlets]
    found: dict[str, Callable[[float], Json]] = {
        ROOT: lambda _: root(PowerEquipment=ref(f"{ROOT}/PowerEquipment")),
        f"{ROOT}/PowerEquipment": lambda _: resource(
            f"{ROOT}/PowerEquipment", "PowerEquipment.v1_2_3", "Power Equipment",
            RackPDUs=ref(RACK_PDUS),
        ),
        RACK_PDUS: lambda _: collection(RACK_PDUS, "PowerDistribution", [STRIP]),
        STRIP: lambda _: _itself(),
        f"{STRIP}/Outlets": lambda _: collection(f"{STRIP}/Outlets", "Outlet", paths),
        f"{STRIP}/Metrics": lambda moment: _metrics(outlets, moment, energy=energy),
        f"{ROOT}/Chassis": lambda _: collection(
            f"{ROOT}/Chassis", "Chassis", [f"{ROOT}/Chassis/PDU"]
        ),
        f"{ROOT}/Chassis/PDU": lambda _: resource(
            f"{ROOT}/Chassis/PDU", "Chassis.v1_28_0", "PDU", ChassisType="StandAlone",
            Sensors=ref(SENSORS),
        ),
    }  # fmt: skip
    for outlet, path in zip(outlets, paths, strict=True):
        found[path] = _outlet(outlet, path, energy=energy)
        own = f"{SENSORS}/Power{outlet.name}"
        found[own] = sensor(
            own, f"Power of outlet {outlet.name}", "Power", "W", outlet.gauge,
            lambda shown: round(shown.power.watts, 1), ReadingAccuracy=ACCURACY_W,
        )  # fmt: skip
    listed = [f"{SENSORS}/Power{outlet.name}" for outlet in outlets]
    found[SENSORS] = lambda _: collection(SENSORS, "Sensor", listed)
    return found


def _itself() -> Json:
    return resource(
        STRIP,
        "PowerDistribution.v1_6_0",
        "Rack PDU 1",
        EquipmentType="RackPDU",
        Manufacturer="joulemark",
        Model="virtual strip",
        Outlets=ref(f"{STRIP}/Outlets"),
        Metrics=ref(f"{STRIP}/Metrics"),
    )


def _outlet(outlet: Outlet, path: str, *, energy: bool) -> Callable[[float], Json]:
    def one(moment: float) -> Json:
        shown = outlet.gauge.at(moment)
        power = {
            "Reading": round(shown.power.watts, 1),
            "DataSourceUri": f"{SENSORS}/Power{outlet.name}",
        }
        found = resource(
            path, "Outlet.v1_4_4", f"Outlet {outlet.name}", UserLabel=outlet.label,
            PowerState="On", PowerEnabled=True, PhaseWiringType="OnePhase3Wire", VoltageType="AC",
            OutletType="IEC_60320_C13", PowerWatts=power,
        )  # fmt: skip
        if energy:
            found["EnergykWh"] = {"Reading": kwh(shown)}
        return found

    return one


def _metrics(outlets: Sequence[Outlet], moment: float, *, energy: bool) -> Json:
    shown = [outlet.gauge.at(moment) for outlet in outlets]
    found = resource(
        f"{STRIP}/Metrics", "PowerDistributionMetrics.v1_4_0", "Summary Metrics",
        PowerWatts={"Reading": round(sum(each.power.watts for each in shown), 1)},
    )  # fmt: skip
    if energy:
        found["EnergykWh"] = {"Reading": round(sum(each.joules for each in shown) / KWH, 6)}
    return found
