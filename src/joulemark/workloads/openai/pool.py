"""All connections of one client: kept open between questions, watched for silence."""

from __future__ import annotations

import asyncio
import contextlib
import ssl

from joulemark.core.request import Outcome
from joulemark.workloads.openai.answer import Failure
from joulemark.workloads.openai.connection import BUFFER, Connection
from joulemark.workloads.openai.lag import LagMeter
from joulemark.workloads.openai.target import Target

CONNECTING = 128
"""At most so many connections are being made at one time: more would wait in the server's queue
of new ones, and lose a second each where it overflows."""


class Pool:
    """Connections to one server, in one event loop.

    Args:
        target: the server.
        meter: what counts reads.
        connect_s: a connection must be made in so long, s.
    """

    def __init__(self, target: Target, meter: LagMeter, connect_s: float) -> None:
        """Begin with none."""
        self.live: set[Connection] = set()
        self._idle: list[Connection] = []
        self._target = target
        self._context: ssl.SSLContext | None = target.context()
        self._meter = meter
        self._connect_s = connect_s
        self._gate = asyncio.Semaphore(CONNECTING)
        self._shared = memoryview(bytearray(BUFFER))

    async def take(self, *, fresh: bool = False) -> Connection:
        """Return a connection that nobody uses.

        Args:
            fresh: whether it must be a new one.

        Raises:
            Failure: if none can be made.
        """
        while self._idle and not fresh:
            one = self._idle.pop()
            if one.usable:
                return one
        async with self._gate:
            return await self._connected()

    def give(self, one: Connection) -> None:
        """Take a connection back."""
        if one.usable:
            self._idle.append(one)

    async def warm(self, count: int) -> None:
        """Make so many connections beforehand; what fails will fail again when it is needed."""
        made = await asyncio.gather(
            *(self.take(fresh=True) for _ in range(count)), return_exceptions=True
        )
        self._idle.extend(one for one in made if isinstance(one, Connection))

    async def close(self) -> None:
        """Close all of them, and return when they are."""
        self._idle.clear()
        left = list(self.live)
        for one in left:
            one.close()
        await asyncio.gather(*(one.closed() for one in left))

    async def _connected(self) -> Connection:
        loop = asyncio.get_running_loop()
        host, port = self._target.address
        try:
            async with asyncio.timeout(self._connect_s):
                name = host if self._context else None
                _, made = await loop.create_connection(
                    self._made, host, port, ssl=self._context, server_hostname=name
                )
        except TimeoutError:
            raise Failure(
                Outcome.REFUSED, f"{host}:{port} let no connection be made in {self._connect_s:g} s"
            ) from None
        except (OSError, ssl.SSLError, UnicodeError) as error:
            raise Failure(Outcome.REFUSED, f"no connection to {host}:{port}: {error}") from None
        return made

    def _made(self) -> Connection:
        one = Connection(self._shared, self._meter, self._gone)
        self.live.add(one)
        return one

    def _gone(self, one: Connection) -> None:
        self.live.discard(one)
        with contextlib.suppress(ValueError):
            self._idle.remove(one)
