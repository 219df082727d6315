"""Settings of the virtual Redfish services, from which ``joulemark virtual`` makes its flags."""

from __future__ import annotations

import secrets
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from joulemark.core.errors import UsageError
from joulemark.virtual.faults import Faults, faults
from joulemark.virtual.instruments import setting
from joulemark.virtual.redfish.certificate import self_signed
from joulemark.virtual.redfish.chassis import Chassis, node
from joulemark.virtual.redfish.equipment import Outlet, strip
from joulemark.virtual.redfish.resources import Gauge, Resources, manager
from joulemark.virtual.redfish.server import Server, since_start
from joulemark.virtual.redfish.service import Service
from joulemark.virtual.redfish.wrongs import WRONGS, wrongs
from joulemark.virtual.watts import Wave, wave

USER = "joulemark"
FAULT = "what is wrong with it, may be repeated; see docs/meters-bmc.md"


@dataclass(frozen=True, slots=True)
class Served:
    """A service that answers.

    Attributes:
        server: its sockets.
        service: who answers.
        says: for people.
        cafile: its certificate, to be trusted.
    """

    server: Server
    service: Service
    says: Sequence[str]
    cafile: Path
    own_cafile: bool

    def close(self) -> None:
        """Answer no more; a second call does nothing."""
        self.server.close()
        if self.own_cafile:
            self.cafile.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class RedfishBmc:
    """A baseboard controller that speaks Redfish over HTTPS."""

    watts: str = setting("350W", "power of the node: 350W, or 200W..600W/20s for a square wave")
    update: float = setting(1.0, "time between two values of its sensor, s")
    accuracy: float = setting(0.0, "what its sensor says of its accuracy, percent; 0 for nothing")
    old: bool = setting(default=False, text="whether it has Power, but no EnvironmentMetrics")
    energy: bool = setting(default=True, text="whether it has an energy counter")
    board: str = setting("", "power of a second chassis, of accelerators within the node")
    fault: tuple[str, ...] = setting((), FAULT)
    user: str = setting(USER, "the only account")
    password: str = setting("", "its password; empty for one made at the start")
    session_timeout: float = setting(1800.0, "a session is forgotten after so long, s")
    cafile: str = setting("", "file that its certificate is written to; empty for a new one")
    host: str = setting("127.0.0.1", "address to listen at")
    port: int = setting(0, "TCP port; 0 for any that is free")

    def start(self) -> Served:
        """Begin to answer.

        Raises:
            UsageError: if a setting makes no sense.
            UnavailableError: if its port is taken, or ``cryptography`` is not there.
        """
        ills = faults(_instrument(self.fault))
        gauge = Gauge(wave(self.watts), _positive(self.update), ills)
        chassis = [Chassis("Node", "RackMount", gauge, self.accuracy)]
        if self.board:
            board = Gauge(wave(self.board), self.update, ills)
            chassis.append(Chassis("Accelerators", "Module", board, self.accuracy))
        resources = {
            **node(chassis, environment=not self.old, energy=self.energy and not self.old),
            **manager("BMC", time.time, ills),
        }
        return _serve(self, resources, ills, "redfish")


@dataclass(frozen=True, slots=True, kw_only=True)
class RedfishPdu:
    """A rack power strip that speaks Redfish over HTTPS."""

    outlet: tuple[str, ...] = setting((), "power of an outlet, as of a node; may be repeated")
    update: float = setting(1.0, "time between two values of its sensors, s")
    energy: bool = setting(default=True, text="whether it has energy counters")
    fault: tuple[str, ...] = setting((), FAULT)
    user: str = setting(USER, "the only account")
    password: str = setting("", "its password; empty for one made at the start")
    session_timeout: float = setting(1800.0, "a session is forgotten after so long, s")
    cafile: str = setting("", "file that its certificate is written to; empty for a new one")
    host: str = setting("127.0.0.1", "address to listen at")
    port: int = setting(0, "TCP port; 0 for any that is free")

    def start(self) -> Served:
        """Begin to answer.

        Raises:
            UsageError: if a setting makes no sense.
            UnavailableError: if its port is taken, or ``cryptography`` is not there.
        """
        ills = faults(_instrument(self.fault))
        outlets = [
            Outlet(str(i), f"virtual-{i}", Gauge(truth, _positive(self.update), ills))
            for i, truth in enumerate(outlet_waves(self.outlet), 1)
        ]
        resources = {**strip(outlets, energy=self.energy), **manager("BMC", time.time, ills)}
        return _serve(self, resources, ills, "pdu")


def outlet_waves(told: Sequence[str]) -> list[Wave]:
    """Return the power of each outlet; of two if none is told.

    Raises:
        UsageError: if one is not written as a power.
    """
    return [wave(text) for text in told or ("300W", "150W")]


def _instrument(told: Sequence[str]) -> list[str]:
    return [text for text in told if text.partition(":")[0] not in WRONGS]


def _positive(seconds: float) -> float:
    if not 0.001 <= seconds <= 3600:
        raise UsageError(f"update is {seconds!r}", remedy="choose from 0.001 s to 3600 s")
    return seconds


def _serve(
    asked: RedfishBmc | RedfishPdu, resources: Resources, ills: Faults, meter: str
) -> Served:
    password = asked.password or secrets.token_urlsafe(9)
    service = Service(
        resources,
        user=asked.user,
        password=password,
        elapsed=since_start(),
        utc=time.time,
        faults=ills,
        wrong=wrongs([text for text in asked.fault if text.partition(":")[0] in WRONGS]),
        session_timeout_s=asked.session_timeout,
    )
    certificate = self_signed(asked.host, "localhost")
    server = Server(service, certificate, asked.host, asked.port)
    cafile = Path(asked.cafile) if asked.cafile else _new_file(server.port)
    certificate.hand_out(cafile)
    kind = "PDU" if meter == "pdu" else "BMC"
    more = ',speak=redfish,outlets=["1"]' if meter == "pdu" else ""
    told = f"{meter}:host={asked.host},port={server.port},cafile={cafile}{more}"
    says = (
        f"https://{asked.host}:{server.port}/redfish/v1/  certificate {cafile}",
        f"export JOULEMARK_{kind}_USER={asked.user} JOULEMARK_{kind}_PASSWORD={password}",
        f"joulemark run --meter '{told}' -- sleep 10",
    )
    return Served(server, service, says, cafile, not asked.cafile)


def _new_file(port: int) -> Path:
    return Path(tempfile.gettempdir()) / f"joulemark-virtual-{port}.pem"
