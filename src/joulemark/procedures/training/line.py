"""An agent's line to whoever gathers: clocks compared while it measures, its run sent at its end.

It is a thread that sleeps nearly all the time. Whatever becomes of the connection, measuring goes
on; it is taken up again when the gatherer comes back.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from joulemark.accounting.clocks import Exchange
from joulemark.core.errors import FormatError, JoulemarkError, UnavailableError, UsageError
from joulemark.core.jsonlight import dumps
from joulemark.procedures.training import delivery
from joulemark.procedures.training.wire import Peer, introduce, stamp_of

QUICK, QUICK_S = 8, 0.02
"""So many exchanges at first and at last, and the time between two of them."""
EVERY_S = 2.0
"""Time between two exchanges afterwards."""
AGAIN_S = 1.0
"""Time between two tries to connect."""
CONNECT_S = 5.0


class Line:
    """The connection of one agent.

    Args:
        address: of the gatherer.
        token: the shared token.
        hello: what the agent says of itself.
        clock: of the run, ns.
        kept: file that every exchange is appended to.
        every_s: time between two exchanges.

    Attributes:
        stop: set once the gatherer says that it is over, or refuses the agent.
        refused: why the gatherer does not want this agent; None if it does.
        exchanges: how many there were.
    """

    def __init__(
        self,
        address: tuple[str, int],
        token: str,
        hello: Mapping[str, Any],
        clock: Callable[[], int],
        kept: Path,
        *,
        every_s: float = EVERY_S,
    ) -> None:
        """Note everything; nothing is opened yet."""
        self.stop = threading.Event()
        self.refused: JoulemarkError | None = None
        self.exchanges = 0
        self._address = address
        self._token = token
        self._hello = dict(hello)
        self._clock = clock
        self._path = kept
        self._every_s = every_s
        self._peer: Peer | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="joulemark-line")

    def start(self) -> None:
        """Begin; returns at once."""
        self._kept = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC)
        self._thread.start()

    def finish(self) -> None:
        """Compare the clocks a last time, and end the thread; the connection stays."""
        self._over.set()
        self._thread.join()
        os.close(self._kept)

    def deliver(self, run: Path, code: int, patience_s: float) -> str:
        """Send a run; return why it did not arrive, empty where it did.

        Args:
            run: its directory, closed.
            code: exit code of what was measured.
            patience_s: how long to try to reach a gatherer that is not there.
        """
        until = time.monotonic() + patience_s
        while self.refused is None:
            try:
                self._peer = self._peer or self._connected()
                return delivery.send(self._peer, run, code)
            except UnavailableError as error:
                self.close()
                if time.monotonic() >= until:
                    return str(error)
                time.sleep(min(AGAIN_S, max(until - time.monotonic(), 0.0)))
            except JoulemarkError as error:
                return str(error)
        return str(self.refused)

    def close(self) -> None:
        """Let go of the connection."""
        peer, self._peer = self._peer, None
        if peer is not None:
            peer.close()

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                self._peer = self._connected()
                self._talk(self._peer)
            except UnavailableError:
                self.close()
                self._over.wait(AGAIN_S)
            except (UsageError, FormatError) as error:
                self.close()
                self.refused = error
                self.stop.set()
                return

    def _connected(self) -> Peer:
        try:
            connection = socket.create_connection(self._address, CONNECT_S)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            peer = Peer(connection, self._clock)
        except OSError as error:
            where = f"{self._address[0]}:{self._address[1]}"
            raise UnavailableError(
                f"no gatherer ({error.strerror or error})", where=where
            ) from None
        try:
            introduce(peer, self._token, self._hello)
        except JoulemarkError:
            peer.close()
            raise
        return peer

    def _talk(self, peer: Peer) -> None:
        """Exchange stamps until it is over: quickly at first and at last."""
        for _ in range(QUICK):
            self._exchange(peer)
            self._over.wait(QUICK_S)
        while not self._over.wait(self._every_s):
            self._exchange(peer)
        for _ in range(QUICK):
            self._exchange(peer)

    def _exchange(self, peer: Peer) -> None:
        sent = self._clock()
        peer.send({"sent": sent})
        answer, came = peer.receive()
        received = stamp_of(answer, "received", peer.name)
        answered = stamp_of(answer, "answered", peer.name)
        stamps = Exchange(sent, received, answered, came)
        os.write(self._kept, dumps(list(stamps)).encode() + b"\n")
        self.exchanges += 1
        if answer.get("stop") is True:
            self.stop.set()
