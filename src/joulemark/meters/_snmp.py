"""SNMP v2c and v3 by ``pysnmp``: numbers and texts of one agent, each request within a bound.

v2c sends its community in the clear and proves nothing; v3 (RFC 3414) does both with
authentication and privacy. The library is imported when a client is made.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from joulemark.core.errors import (
    MeterError,
    MissingExtraError,
)
from joulemark.core.record import record
from joulemark.meters._https import SilentError

Value = int | str | None
"""A number, a text, or nothing there."""

AT_ONCE = 20
"""Objects of one request: an answer must fit into one datagram."""
MOST = 4096
"""Objects of one walk."""
RETRIES = 1
AUTHENTICATION: Mapping[str, str] = {
    "MD5": "usmHMACMD5AuthProtocol",
    "SHA": "usmHMACSHAAuthProtocol",
    "SHA256": "usmHMAC192SHA256AuthProtocol",
    "SHA512": "usmHMAC384SHA512AuthProtocol",
}
PRIVACY: Mapping[str, str] = {
    "none": "usmNoPrivProtocol",
    "DES": "usmDESPrivProtocol",
    "AES": "usmAesCfb128Protocol",
    "AES256": "usmAesCfb256Protocol",
}


@record(frozen=True, slots=True)
class Access:
    """How we are let in; the secrets do not show.

    Attributes:
        version: ``2c`` or ``3``.
        user: of v3.
        secret: returns community (2c) or authentication passphrase (3), and privacy passphrase.
        authentication: a key of :data:`AUTHENTICATION`.
        privacy: a key of :data:`PRIVACY`.
    """

    version: str
    user: str
    secret: Callable[[], tuple[str, str]]
    authentication: str = "SHA"
    privacy: str = "AES"


class Snmp:
    """A client of one agent.

    Args:
        host: name or address.
        port: UDP port.
        access: how we are let in.
        timeout_s: longest time for an answer, one retry included.
        load: imports a module by name.
    """

    def __init__(
        self,
        host: str,
        port: int,
        access: Access,
        *,
        timeout_s: float,
        load: Callable[[str], Any] = importlib.import_module,
    ) -> None:
        """Make it; nothing is sent.

        Raises:
            MissingExtraError: if ``pysnmp`` is not installed.
        """
        self.where = f"snmp://{host}" if port == 161 else f"snmp://{host}:{port}"
        try:
            self._api = load("pysnmp.hlapi.v3arch.asyncio")
        except ImportError:
            raise MissingExtraError("SNMP", "pysnmp", "bmc") from None
        self._at = (host, port)
        self._timeout_s = timeout_s
        self._access = access
        self._loop = asyncio.new_event_loop()
        self._engine = self._api.SnmpEngine()
        self._who = self._credentials()
        self._target: Any = None

    def get(self, objects: Sequence[str]) -> dict[str, Value]:
        """Return the values of objects, by their OIDs.

        Raises:
            MeterError: if the agent does not answer, or refuses.
        """
        found: dict[str, Value] = {}
        for first in range(0, len(objects), AT_ONCE):
            wanted = objects[first : first + AT_ONCE]
            found.update(self._run(self._get(wanted)))
        return found

    def walk(self, column: str) -> dict[str, Value]:
        """Return all values below an OID, by what follows it (``1.7``).

        Raises:
            MeterError: if the agent does not answer, or does not come to an end.
        """
        return self._run(self._walk(column))

    def close(self) -> None:
        """Close its socket; a second call does nothing."""
        if not self._loop.is_closed():
            self._engine.close_dispatcher()
            end_loop(self._loop)

    def _credentials(self) -> Any:
        api, access = self._api, self._access
        secret, privacy = access.secret()
        if access.version == "2c":
            return api.CommunityData(secret, mpModel=1)
        protocol = getattr(api, PRIVACY[access.privacy])
        return api.UsmUserData(
            access.user,
            authKey=secret,
            privKey=None if access.privacy == "none" else privacy,
            authProtocol=getattr(api, AUTHENTICATION[access.authentication]),
            privProtocol=protocol,
        )

    def _run(self, question: Any) -> dict[str, Value]:
        try:
            return dict(self._loop.run_until_complete(question))
        except MeterError:
            raise
        except Exception as error:  # noqa: BLE001 # whatever the library makes of what it receives
            raise MeterError(f"SNMP failed: {type(error).__name__}", where=self.where) from None

    async def _reach(self) -> Any:
        if self._target is None:
            kind = (
                self._api.Udp6TransportTarget
                if ":" in self._at[0]
                else self._api.UdpTransportTarget
            )
            each_s = self._timeout_s / (1 + RETRIES)
            self._target = await kind.create(self._at, timeout=each_s, retries=RETRIES)
        return self._target

    async def _get(self, objects: Sequence[str]) -> dict[str, Value]:
        answer = await self._ask(self._api.get_cmd, (), objects)
        return {name: value for name, value in answer if name in objects}

    async def _walk(self, column: str) -> dict[str, Value]:
        found: dict[str, Value] = {}
        below, last = f"{column}.", column
        while len(found) < MOST:
            answer = await self._ask(self._api.bulk_cmd, (0, AT_ONCE), [last])
            fresh = [(n, v) for n, v in answer if n.startswith(below) and v is not None]
            if not fresh or _key(fresh[0][0]) <= _key(last):
                return found
            found.update((name[len(below) :], value) for name, value in fresh)
            last = fresh[-1][0]
            if len(fresh) < len(answer):
                return found
        raise MeterError(f"a table of more than {MOST} rows", where=self.where)

    async def _ask(
        self, command: Any, numbers: tuple[int, ...], objects: Sequence[str]
    ) -> list[tuple[str, Value]]:
        api = self._api
        asked = [api.ObjectType(api.ObjectIdentity(each)) for each in objects]
        wrong, status, _, rows = await command(
            self._engine, self._who, await self._reach(), api.ContextData(), *numbers, *asked,
            lookupMib=False,
        )  # fmt: skip
        if wrong is not None:
            raise self._refused(str(wrong))
        if status:
            raise MeterError(f"it answers with error {int(status)}", where=self.where)
        return [(str(name), _plain(value)) for name, value in rows]

    def _refused(self, said: str) -> MeterError:
        if "timeout" in said.lower() or "No SNMP response" in said:
            return SilentError(
                f"no answer within {self._timeout_s:g} s", where=self.where,
                remedy="a wrong community is not answered either",
            )  # fmt: skip
        return MeterError(f"it refuses: {said[:80]}", where=self.where)


def end_loop(loop: asyncio.AbstractEventLoop) -> None:
    """Let what the library left in a loop end, transports and timers, and close the loop."""
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()


def _key(name: str) -> tuple[int, ...]:
    return tuple(int(part) for part in name.split("."))


def _plain(value: Any) -> Value:
    """Return a value of SNMP as a number or a text; None where there is none."""
    if type(value).__name__ in ("NoSuchObject", "NoSuchInstance", "EndOfMibView", "Null"):
        return None
    if hasattr(value, "asOctets"):
        return str(value.asOctets(), "utf-8", "replace")[:255]
    try:
        return int(value)
    except (TypeError, ValueError):
        return str(value)[:255]
