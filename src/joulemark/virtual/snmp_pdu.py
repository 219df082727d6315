"""A rack power strip that speaks SNMP v2c and v3, by ``pysnmp``'s agent in a thread of its own.

It serves one of the tables that :mod:`joulemark.meters._snmp_strip` knows, under the OIDs of the
texts that are named there.
"""

from __future__ import annotations

import asyncio
import bisect
import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from joulemark.core.errors import MissingExtraError, UnavailableError, UsageError
from joulemark.meters._snmp import end_loop
from joulemark.virtual.faults import Faults, faults
from joulemark.virtual.instruments import setting
from joulemark.virtual.redfish.instruments import outlet_waves
from joulemark.virtual.redfish.resources import Gauge
from joulemark.virtual.redfish.server import since_start
from joulemark.virtual.snmp_tables import SYSTEM, TABLES, Objects, Oid, fixed

USER = "joulemark"
READY_S = 10.0


class Served:
    """An agent that answers in a thread of its own.

    Args:
        objects: what it holds.
        identity: its sysObjectID.
        host: address to listen at.
        port: UDP port; 0 for any that is free.
        community: of v2c.
        user: of v3.
        passphrase: of v3, for authentication (SHA) and privacy (AES).
        ills: what is wrong with it.

    Attributes:
        port: the port that it listens at.
        says: for people.
        asked: objects that were asked for so far.
    """

    def __init__(
        self,
        objects: Objects,
        identity: Oid,
        *,
        host: str,
        port: int,
        community: str,
        user: str,
        passphrase: str,
        ills: Faults,
    ) -> None:
        """Begin to answer.

        Raises:
            MissingExtraError: if ``pysnmp`` is not installed.
            UnavailableError: if the port is taken.
        """
        self.port = port
        self.says: Sequence[str] = ()
        self.asked = 0
        self._objects = objects
        self._identity = identity
        self._host = host
        self._secrets = (community, user, passphrase)
        self._ills = ills
        self._elapsed = since_start()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._failed: list[Exception] = []
        self._thread = threading.Thread(target=self._run, name="virtual-pdu", daemon=True)
        self._thread.start()
        self._ready.wait(READY_S)
        for error in self._failed:
            self._thread.join()
            raise error

    def close(self) -> None:
        """Answer no more; a second call does nothing."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        engine = None
        try:
            engine = self._loop.run_until_complete(self._begin())
            self._ready.set()
            self._loop.run_forever()
        except ImportError:
            self._failed.append(MissingExtraError("a virtual power strip", "pysnmp", "bmc"))
        except Exception as error:  # noqa: BLE001 # it is raised in the thread that started us
            where = f"{self._host}:{self.port}"
            self._failed.append(UnavailableError(f"it cannot listen: {error}", where=where))
        finally:
            if engine is not None:
                engine.close_dispatcher()
            end_loop(self._loop)
            self._ready.set()

    async def _begin(self) -> Any:
        from pysnmp.carrier.asyncio.dgram import udp
        from pysnmp.entity import config, engine
        from pysnmp.entity.rfc3413 import cmdrsp, context

        community, user, passphrase = self._secrets
        made = engine.SnmpEngine()
        transport = udp.UdpTransport()
        transport.open_server_mode((self._host, self.port))
        config.add_transport(made, udp.DOMAIN_NAME, transport)
        await transport._lport  # noqa: SLF001 # when it is bound
        self.port = transport.transport.get_extra_info("sockname")[1]
        config.add_v1_system(made, "area", community)
        config.add_v3_user(
            made, user, config.USM_AUTH_HMAC96_SHA, passphrase, config.USM_PRIV_CFB128_AES,
            passphrase,
        )  # fmt: skip
        everything = (1, 3, 6)
        config.add_vacm_user(made, 2, "area", "noAuthNoPriv", everything, ())
        config.add_vacm_user(made, 3, user, "authPriv", everything, ())
        served = context.SnmpContext(made)
        served.unregister_context_name(b"")
        served.register_context_name(b"", self._instrumentation())
        for responder in (cmdrsp.GetCommandResponder, cmdrsp.NextCommandResponder,
                          cmdrsp.BulkCommandResponder):  # fmt: skip
            responder(made, served)
        return made

    def _instrumentation(self) -> Any:
        """Return what pysnmp asks for the values of objects."""
        from pysnmp.proto.rfc1902 import Gauge32, ObjectIdentifier, OctetString
        from pysnmp.proto.rfc1905 import EndOfMibView, NoSuchObject
        from pysnmp.smi import error, instrum

        objects: dict[Oid, Callable[[float], Any]] = dict(self._objects)
        objects[(*SYSTEM, 1, 0)] = fixed("joulemark virtual strip, not hardware")
        objects[(*SYSTEM, 2, 0)] = lambda _: ObjectIdentifier(self._identity)
        order = sorted(objects)
        outer = self

        def value(oid: Oid) -> Any:
            found = objects[oid](outer.moment())
            kinds = {int: Gauge32, str: OctetString}
            return kinds[type(found)](found) if type(found) in kinds else found

        class Values(instrum.AbstractMibInstrumController):  # type: ignore[misc]
            def read_variables(self, *wanted: Any, **_: Any) -> list[Any]:
                outer.heard(len(wanted))
                return [
                    (name, value(tuple(name)) if tuple(name) in objects else NoSuchObject(""))
                    for name, _ in wanted
                ]

            def read_next_variables(self, *wanted: Any, **_: Any) -> list[Any]:
                outer.heard(len(wanted))
                found = []
                for name, _ in wanted:
                    place = bisect.bisect_right(order, tuple(name))
                    if place < len(order):
                        found.append((ObjectIdentifier(order[place]), value(order[place])))
                    else:
                        found.append((name, EndOfMibView("")))
                return found

            def write_variables(self, *_: Any, **__: Any) -> list[Any]:
                raise error.NotWritableError

        return Values()

    def moment(self) -> float:
        """Return the time since the start, s."""
        return float(self._elapsed())

    def heard(self, count: int) -> None:
        """Note that objects were asked for; while it stalls, nothing is answered.

        Raises:
            Exception: if it stalls: the library then sends nothing.
        """
        self.asked += count
        if self._ills.stalled_since(self.moment()) is not None or self._ills.dropped(self.asked):
            from pysnmp.error import PySnmpError

            raise PySnmpError("stalls")


@dataclass(frozen=True, slots=True, kw_only=True)
class SnmpPdu:
    """A rack power strip that speaks SNMP v2c and v3."""

    outlet: tuple[str, ...] = setting((), "power of an outlet, as of a node; may be repeated")
    mib: str = setting("raritan", "whose tables it has: raritan, apc or entity-sensor")
    update: float = setting(1.0, "time between two values of its sensors, s")
    fault: tuple[str, ...] = setting((), "what is wrong with it, may be repeated")
    community: str = setting("", "community of v2c; empty for one made at the start")
    user: str = setting(USER, "name of v3")
    passphrase: str = setting("", "passphrase of v3; empty for one made at the start")
    host: str = setting("127.0.0.1", "address to listen at")
    port: int = setting(0, "UDP port; 0 for any that is free")

    def start(self) -> Served:
        """Begin to answer.

        Raises:
            UsageError: if a setting makes no sense.
            UnavailableError: if its port is taken, or ``pysnmp`` is not there.
        """
        if self.mib not in TABLES:
            raise UsageError(f"no tables {self.mib!r}", remedy=f"choose from {', '.join(TABLES)}")
        ills = faults(self.fault)
        gauges = [Gauge(truth, self.update, ills) for truth in outlet_waves(self.outlet)]
        tables, identity = TABLES[self.mib]
        community = self.community or secrets.token_urlsafe(9)
        passphrase = self.passphrase or secrets.token_urlsafe(12)
        served = Served(
            tables(gauges), identity, host=self.host, port=self.port, community=community,
            user=self.user, passphrase=passphrase, ills=ills,
        )  # fmt: skip
        at = f"pdu:host={self.host},port={served.port}"
        name = f"export JOULEMARK_PDU_USER={self.user} JOULEMARK_PDU_PASSWORD={passphrase}"
        run = f'joulemark run --meter \'{at},outlets=["1"]'
        served.says = (
            f"snmp://{self.host}:{served.port}, {self.mib}",
            f"snmpwalk -v2c -c {community} {self.host}:{served.port} 1.3.6.1",
            f"export JOULEMARK_PDU_PASSWORD={community}; {run}' -- sleep 10",
            f"{name}; {run},version=3' -- sleep 10",
        )
        return served
