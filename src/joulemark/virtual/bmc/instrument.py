"""What ``joulemark virtual ipmi`` starts."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from joulemark.core.errors import UsageError
from joulemark.virtual.bmc.handshake import LONGEST_NAME
from joulemark.virtual.bmc.machine import LONGEST_PASSWORD, VirtualBmc
from joulemark.virtual.bmc.server import UdpServer
from joulemark.virtual.faults import faults
from joulemark.virtual.instruments import setting
from joulemark.virtual.watts import wave


@dataclass(frozen=True, slots=True)
class VirtualIpmi:
    """A baseboard controller: IPMI 2.0 over UDP (cipher suites 3 and 17), power by DCMI."""

    host: str = setting("127.0.0.1", "address to answer at")
    port: int = setting(0, "UDP port; 0 for any that is free, real ones use 623")
    user: str = setting("admin", "name of its only user")
    password: str = setting("virtual", "his password, which is no secret here")
    watts: str = setting("300", "power: 350W, or a square wave: 200W..600W/20s")
    update_s: float = setting(1.0, "time between two values of its sensor")
    dcmi: bool = setting(default=True, text="it has power readings")
    fault: tuple[str, ...] = setting((), "stalls, clock, frozen, coarse, drops[:KEY=VALUE,…]")

    def start(self) -> ServedBmc:
        """Begin to answer.

        Raises:
            UsageError: if a setting makes no sense.
            UnavailableError: if the port is taken.
        """
        if not 0 < len(self.user.encode()) <= LONGEST_NAME:
            raise UsageError(f"a name has 1 to {LONGEST_NAME} bytes", where="user")
        if len(self.password.encode()) > LONGEST_PASSWORD:
            raise UsageError(f"a password has at most {LONGEST_PASSWORD} bytes", where="password")
        if not 1e-3 <= self.update_s <= 3600:
            raise UsageError("choose from 0.001 s to 3600 s", where="update_s")
        bmc = VirtualBmc(
            {self.user: self.password},
            wave(self.watts),
            time.time_ns,
            faults=faults(self.fault),
            update_s=self.update_s,
            dcmi=self.dcmi,
        )
        return ServedBmc(bmc, UdpServer(bmc.handle, self.host, self.port), self)


class ServedBmc:
    """A controller and its socket.

    Args:
        bmc: it.
        server: its socket.
        settings: how it was asked for.
    """

    def __init__(self, bmc: VirtualBmc, server: UdpServer, settings: VirtualIpmi) -> None:
        """Keep them."""
        self.bmc, self.server, self._settings = bmc, server, settings

    @property
    def says(self) -> Sequence[str]:
        """Lines for people."""
        host, port, told = self.server.host, self.server.port, self._settings
        console = f"ipmitool -I lanplus -C 17 -H {host} -p {port} -U {told.user} -P {told.password}"
        variables = f"JOULEMARK_BMC_USER={told.user} JOULEMARK_BMC_PASSWORD={told.password}"
        return (
            f"IPMI 2.0 at {host}, UDP port {port}, user {told.user}, power {told.watts}",
            f"read it: {console} dcmi power reading",
            f"or: {variables} joulemark run --meter ipmi:host={host},port={port} -- COMMAND",
        )

    def close(self) -> None:
        """Answer no more; a second call does nothing."""
        self.server.close()
