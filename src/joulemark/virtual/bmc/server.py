"""A socket and a thread for a virtual controller."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable

from joulemark.core.errors import UnavailableError
from joulemark.virtual.bmc.frames import LONGEST

Handle = Callable[[bytes], bytes | None]
_NOBODY = b""
"""A datagram without bytes, which ends the thread when it comes from ourselves."""


class UdpServer:
    """Answers datagrams in a thread until it is closed.

    Args:
        handle: gives the answer to a packet, or None.
        host: address of this machine.
        port: UDP port; 0 for any that is free.
        think_s: time that an answer takes; real controllers take milliseconds.

    Attributes:
        host: where it answers.
        port: there.

    Raises:
        UnavailableError: if the address is not of this machine, or the port is taken.
    """

    def __init__(
        self, handle: Handle, host: str = "127.0.0.1", port: int = 0, think_s: float = 0.005
    ) -> None:
        """Begin to answer."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        try:
            self._socket.bind((host, port))
        except (OSError, OverflowError) as error:
            self._socket.close()
            what = getattr(error, "strerror", None) or str(error)
            raise UnavailableError(what, where=f"{host} port {port}") from None
        self.host, self.port = self._socket.getsockname()[:2]
        self._handle = handle
        self._think_s = think_s
        self._closing = False
        self._thread = threading.Thread(target=self._serve, name="virtual-bmc", daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while not self._closing:
            try:
                packet, peer = self._socket.recvfrom(LONGEST + 1)
                reply = self._handle(packet)
                if reply is not None:
                    time.sleep(self._think_s)
                    self._socket.sendto(reply, peer)
            except OSError:  # a peer that is gone (ICMP), or our own socket, closed
                continue

    def close(self) -> None:
        """Answer no more; a second call does nothing."""
        if self._closing:
            return
        self._closing = True
        with socket.socket(self._socket.family, socket.SOCK_DGRAM) as bell:
            bell.sendto(_NOBODY, self._socket.getsockname()[:2])
        self._thread.join()
        self._socket.close()
