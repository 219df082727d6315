"""What a virtual baseboard controller serves: a node and its chassis.

Schemas (DSP8010 2025.4): ComputerSystem v1_27_0, Chassis v1_28_0, EnvironmentMetrics v1_5_0,
Power v1_7_3, PowerSubsystem v1_1_3, Sensor v1_12_0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from joulemark.virtual.redfish.resources import (
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
    watts,
)

CAPACITY_W = 12_000
INTERVAL_MIN = 1


@dataclass(frozen=True, slots=True)
class Chassis:
    """A chassis with power of its own.

    Attributes:
        name: its ``Id``.
        kind: ``ChassisType``.
        gauge: what it measures.
        accuracy_percent: what its sensor says of itself; 0 for nothing.
    """

    name: str
    kind: str
    gauge: Gauge
    accuracy_percent: float = 0.0

    @property
    def path(self) -> str:
        """Its address."""
        return f"{ROOT}/Chassis/{self.name}"

    def served(self, *, environment: bool, energy: bool) -> Resources:
        """Return everything below it.

        Args:
            environment: whether it has EnvironmentMetrics, which older controllers have not.
            energy: whether it has an energy counter.
        """
        sensors = f"{self.path}/Sensors"
        told = {"Accuracy": self.accuracy_percent} if self.accuracy_percent else {}
        found: dict[str, Callable[[float], Json]] = {
            self.path: lambda _: self._itself(environment=environment),
            f"{self.path}/Power": self._power,
            f"{self.path}/PowerSubsystem": lambda _: resource(
                f"{self.path}/PowerSubsystem", "PowerSubsystem.v1_1_3", "Power Subsystem",
                CapacityWatts=CAPACITY_W,
            ),
        }  # fmt: skip
        if environment:
            power, counter = f"{sensors}/TotalPower", f"{sensors}/TotalEnergy"
            listed = [power, counter] if energy else [power]
            found[f"{self.path}/EnvironmentMetrics"] = lambda m: self._environment(m, energy=energy)
            found[sensors] = lambda _: collection(sensors, "Sensor", listed)
            found[power] = sensor(
                power, "Power of the chassis", "Power", "W", self.gauge, watts,
                ReadingRangeMin=0, ReadingRangeMax=CAPACITY_W, **told,
            )  # fmt: skip
            if energy:
                found[counter] = sensor(
                    counter, "Energy of the chassis", "EnergykWh", "kW.h", self.gauge, kwh
                )
        return found

    def _itself(self, *, environment: bool) -> Json:
        links = {"Power": ref(f"{self.path}/Power")}
        if environment:
            links["EnvironmentMetrics"] = ref(f"{self.path}/EnvironmentMetrics")
            links["Sensors"] = ref(f"{self.path}/Sensors")
        return resource(
            self.path,
            "Chassis.v1_28_0",
            f"Chassis {self.name}",
            ChassisType=self.kind,
            Manufacturer="joulemark",
            Model="virtual node",
            PowerState="On",
            PowerSubsystem=ref(f"{self.path}/PowerSubsystem"),
            Links={"ComputerSystems": [ref(f"{ROOT}/Systems/1")]},
            **links,
        )

    def _environment(self, moment: float, *, energy: bool) -> Json:
        shown, sensors = self.gauge.at(moment), f"{self.path}/Sensors"
        power = {"Reading": watts(shown), "DataSourceUri": f"{sensors}/TotalPower"}
        found = resource(
            f"{self.path}/EnvironmentMetrics",
            "EnvironmentMetrics.v1_5_0",
            "Chassis Environment Metrics",
            PowerWatts=power,
        )
        if energy:
            found["EnergykWh"] = {"Reading": kwh(shown), "DataSourceUri": f"{sensors}/TotalEnergy"}
        return found

    def _power(self, moment: float) -> Json:
        shown, path = self.gauge.at(moment), f"{self.path}/Power"
        control = {
            "@odata.id": f"{path}#/PowerControl/0",
            "MemberId": "0",
            "Name": "System Power Control",
            "PowerConsumedWatts": watts(shown),
            "PowerCapacityWatts": CAPACITY_W,
            "PowerMetrics": {
                "IntervalInMin": INTERVAL_MIN,
                "MinConsumedWatts": round(shown.power.low),
                "MaxConsumedWatts": round(shown.power.high),
                "AverageConsumedWatts": round(shown.power.mean),
            },
        }
        return resource(path, "Power.v1_7_3", "Power", PowerControl=[control])


def node(chassis: Sequence[Chassis], **asked: bool) -> Resources:
    """Return the resources of a node; the first chassis is the one that its system is in.

    Args:
        chassis: at least one.
        asked: see :meth:`Chassis.served`.
    """
    all_chassis, system = f"{ROOT}/Chassis", f"{ROOT}/Systems/1"
    found: dict[str, Callable[[float], Json]] = {
        ROOT: lambda _: root(Systems=ref(f"{ROOT}/Systems")),
        f"{ROOT}/Systems": lambda _: collection(f"{ROOT}/Systems", "ComputerSystem", [system]),
        system: lambda _: resource(
            system, "ComputerSystem.v1_27_0", "System", SystemType="Physical", PowerState="On",
            Links={"Chassis": [ref(chassis[0].path)]},
        ),
        all_chassis: lambda _: collection(all_chassis, "Chassis", [c.path for c in chassis]),
    }  # fmt: skip
    for one in chassis:
        found.update(one.served(**asked))
    return found
