"""Power strips over SNMP: where makers' tables and the standard one keep an outlet's power.

``raritan``
    PDU2-MIB (LAST-UPDATED 201711130000Z; enterprise 13742): ``measurementsOutletSensorValue``
    .6.5.4.3.1.4.PDU.OUTLET.TYPE with the types activePower(5), W, and activeEnergy(8), Wh, shifted
    by ``outletSensorDecimalDigits`` .6.3.5.4.1.7; ``outletSensorAccuracy`` .6.3.5.4.1.8 in
    hundredths of a percent; ``outletName`` .6.3.5.3.1.3.
``apc``
    PowerNet-MIB (enterprise 318), rPDU2OutletMeteredStatusTable .1.1.26.9.4.3.1: Name 3, Power 7
    (W), Energy 11 (tenths of a kWh). It has no accuracy.
``entity-sensor``
    RFC 3433, entPhySensorTable 1.3.6.1.2.1.99.1.1.1: Type 1 (watts is 6), Scale 2 (units is 9, a
    step is a factor of 1000), Precision 3, Value 4, OperStatus 5 (ok is 1), UpdateRate 8 (ms); the
    name of an entity is entPhysicalName, RFC 6933. It has no energy and no accuracy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from joulemark.core.channel import Accuracy
from joulemark.core.errors import MeterError, UnavailableError
from joulemark.core.record import record
from joulemark.meters._strips import Drawn, Outlet, Strip

TYPE_CHECKING = False
if TYPE_CHECKING:
    from joulemark.meters._snmp import Value

SYS_OBJECT_ID = "1.3.6.1.2.1.1.2.0"
SYS_DESCR = "1.3.6.1.2.1.1.1.0"
RARITAN = "1.3.6.1.4.1.13742"
APC = "1.3.6.1.4.1.318"
SENSORS = "1.3.6.1.2.1.99.1.1.1"
PHYSICAL_NAME = "1.3.6.1.2.1.47.1.1.1.1.7"
MOST_W = 100_000.0
WH, TENTH_KWH = 3600.0, 3.6e5
_POWER, _ENERGY = 5, 8
"""Sensor types of PDU2-MIB: activePower and activeEnergy."""
_WATTS, _UNITS, _OK = 6, 9, 1
"""Type, scale and status of ENTITY-SENSOR-MIB."""


class Agent(Protocol):
    """An agent of SNMP that is asked; see :class:`joulemark.meters._snmp.Snmp`."""

    where: str

    def get(self, objects: Sequence[str]) -> dict[str, Value]:
        """Return the values of objects."""
        ...

    def walk(self, column: str) -> dict[str, Value]:
        """Return all values below an OID."""
        ...

    def close(self) -> None:
        """Close its socket."""
        ...


@record(frozen=True, slots=True)
class Place:
    """Where the numbers of an outlet are.

    Attributes:
        power: OID.
        watts: W of one unit of it.
        energy: OID; empty for none.
        joules: J of one unit of it.
    """

    power: str
    watts: float
    energy: str = ""
    joules: float = 1.0


Found = tuple[Outlet, Place]


class SnmpStrip(Strip):
    """A strip that is asked over SNMP.

    Args:
        agent: it.
        mib: which tables it has; empty to tell by its maker.
        proven: whether the protocol proves who it is.
    """

    way = "SNMP"

    def __init__(self, agent: Agent, mib: str = "", *, proven: bool = False) -> None:
        """Keep the arguments; nothing is asked."""
        super().__init__()
        self.where = agent.where
        self.proven = proven
        self._agent = agent
        self._mib = mib
        self._places: dict[str, Place] = {}

    def begin(self) -> None:
        """Find the outlets; see :class:`joulemark.meters._strips.Strip`.

        Raises:
            UnavailableError: if no outlet tells its power.
            MeterError: if it does not answer.
        """
        told = self._agent.get([SYS_OBJECT_ID, SYS_DESCR])
        self.model = str(told.get(SYS_DESCR) or "")[:80]
        mib = self._mib or _by_maker(str(told.get(SYS_OBJECT_ID) or ""))
        found = TABLES[mib](self._agent)
        if not found:
            raise UnavailableError(
                f"no outlet tells its power in the tables {mib}",
                where=self.where,
                remedy=f"mib= one of {', '.join(TABLES)}; strips that meter only their inlet "
                "cannot be read by outlet",
            )
        self.outlets = [outlet for outlet, _ in found]
        self._places = {outlet.name: place for outlet, place in found}
        self.step_j = max((place.joules for _, place in found if place.energy), default=0.0)
        self.way = f"SNMP, {mib}"

    def ask(self, names: Sequence[str]) -> Mapping[str, Drawn]:
        """Return what outlets draw; see :class:`joulemark.meters._strips.Strip`.

        Raises:
            MeterError: if it does not answer.
        """
        places = [self._places[name] for name in names]
        counters = [place.energy for place in places if place.energy and self.energies]
        wanted = [place.power for place in places] + counters
        told = self._agent.get(wanted)
        return {
            name: (
                self._scaled(told.get(place.power), place.watts, name),
                _number(told.get(place.energy), place.joules),
            )
            for name, place in zip(names, places, strict=True)
        }

    def interrupt(self) -> None:
        """Do nothing: a question ends by itself soon."""

    def close(self) -> None:
        """Let go of it."""
        self._agent.close()

    def _scaled(self, value: Value, factor: float, name: str) -> float | None:
        number = _number(value, factor)
        if number is not None and number <= MOST_W:
            return number
        what = f"outlet {name:.40} tells {value!r:.40} for its power"
        self.failures.append(MeterError(what, where=self.where))
        return None


def _number(value: Value, factor: float) -> float | None:
    return value * factor if isinstance(value, int) and value >= 0 else None


def _by_maker(identity: str) -> str:
    for name, enterprise in (("raritan", RARITAN), ("apc", APC)):
        if identity.startswith(f"{enterprise}."):
            return name
    return "entity-sensor"


def _raritan(agent: Agent) -> list[Found]:
    column, about = f"{RARITAN}.6.5.4.3.1.4", f"{RARITAN}.6.3.5.4.1"
    values = agent.walk(column)
    digits, accuracies = agent.walk(f"{about}.7"), agent.walk(f"{about}.8")
    labels = agent.walk(f"{RARITAN}.6.3.5.3.1.3")
    several = len({index.partition(".")[0] for index in values}) > 1
    found = []
    for index in values:
        outlet, _, kind = index.rpartition(".")
        if kind != str(_POWER) or outlet.count(".") != 1:
            continue
        power, energy = f"{outlet}.{_POWER}", f"{outlet}.{_ENERGY}"
        counts = energy in values
        name = outlet if several else outlet.partition(".")[2]
        place = Place(
            f"{column}.{power}",
            _shift(digits.get(power)),
            f"{column}.{energy}" if counts else "",
            WH * _shift(digits.get(energy)),
        )
        label = str(labels.get(outlet) or "")
        found.append((Outlet(name, label, _percent(accuracies.get(power)), counts=counts), place))
    return found


def _percent(hundredths: Value) -> Accuracy | None:
    if not isinstance(hundredths, int) or not 0 < hundredths <= 2000:
        return None
    return Accuracy(
        gain=hundredths / 10_000, source="outletSensorAccuracy of PDU2-MIB, by the strip"
    )


def _apc(agent: Agent) -> list[Found]:
    table = f"{APC}.1.1.26.9.4.3.1"
    labels, energies = agent.walk(f"{table}.3"), agent.walk(f"{table}.11")
    return [
        (
            Outlet(index, str(labels.get(index) or ""), counts=index in energies),
            Place(
                f"{table}.7.{index}",
                1.0,
                f"{table}.11.{index}" if index in energies else "",
                TENTH_KWH,
            ),
        )
        for index in agent.walk(f"{table}.7")
    ]


def _entity_sensor(agent: Agent) -> list[Found]:
    kinds, states = agent.walk(f"{SENSORS}.1"), agent.walk(f"{SENSORS}.5")
    scales, precisions = agent.walk(f"{SENSORS}.2"), agent.walk(f"{SENSORS}.3")
    rates, labels = agent.walk(f"{SENSORS}.8"), agent.walk(PHYSICAL_NAME)
    found = []
    for index, kind in kinds.items():
        scale = scales.get(index)
        if kind != _WATTS or states.get(index) != _OK or not isinstance(scale, int):
            continue
        factor = 1000.0 ** (scale - _UNITS) * _shift(precisions.get(index))
        rate = rates.get(index)
        update_s = rate / 1000 if isinstance(rate, int) and rate > 0 else None
        outlet = Outlet(index, str(labels.get(index) or ""), update_s=update_s)
        found.append((outlet, Place(f"{SENSORS}.4.{index}", factor)))
    return found


def _shift(digits: Value) -> float:
    """Return what a unit is worth of a number with so many decimals."""
    return 10.0**-digits if isinstance(digits, int) and -9 <= digits <= 9 else 1.0


TABLES = {"raritan": _raritan, "apc": _apc, "entity-sensor": _entity_sensor}
"""How outlets are found, by the name of the setting ``mib``."""
