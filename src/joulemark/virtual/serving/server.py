"""The sockets of the scripted server: HTTP/1.1 with kept connections, in a thread of its own."""

from __future__ import annotations

import asyncio
import re
import ssl
import threading
from collections.abc import Sequence
from typing import cast

from joulemark.core.errors import UnavailableError
from joulemark.virtual.serving import wire
from joulemark.virtual.serving.engine import Engine
from joulemark.virtual.serving.script import Script
from joulemark.virtual.serving.spending import UPDATE_S, Costs, Spending
from joulemark.virtual.serving.stream import Answering, Truth, told
from joulemark.virtual.serving.wrongs import Wrongs

MOST_HEAD = 64 * 1024
MOST_BODY = 64 << 20
BACKLOG = 4096
READY_S = 10.0
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,12})[ \t]*\r\n", re.IGNORECASE)
_ASKED = ("/v1/chat/completions", "/v1/completions")
_ENERGY = {"/energy": Spending.told, "/energy/truth": Spending.truth}


class ScriptedServer:
    """A server that answers as its script says.

    Args:
        script: what it answers and when.
        wrongs: what is wrong with it.
        host: address to listen at.
        port: TCP port; 0 for any that is free.
        context: of TLS; None for plain HTTP.
        costs: what things cost.

    Attributes:
        truths: what was really done, one for each request.
        spending: what was spent; None where nothing costs energy.
    """

    def __init__(
        self,
        script: Script,
        wrongs: Wrongs,
        host: str = "127.0.0.1",
        port: int = 0,
        context: ssl.SSLContext | None = None,
        costs: Costs | None = None,
    ) -> None:
        """Begin to answer.

        Raises:
            UnavailableError: if the port is taken.
        """
        self.truths: list[Truth] = []
        self.script = script
        self.wrongs = wrongs
        self.context = context
        self.address = (host, port)
        self.live: set[_Talk] = set()
        self.loop = asyncio.new_event_loop()
        spends = costs is not None and costs.any
        self.spending = Spending(costs, self.loop.time()) if costs and spends else None
        self.engine = Engine(script, self.loop, self.spending)
        self._server: asyncio.Server | None = None
        self._failed: list[OSError] = []
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="virtual-serving", daemon=True)
        self._thread.start()
        self._ready.wait(READY_S)
        for error in self._failed:
            self._thread.join()
            reason = error.strerror or error
            raise UnavailableError(f"it cannot listen: {reason}", where=f"{host}:{port}")

    @property
    def url(self) -> str:
        """Where it answers."""
        host, port = self.address
        return f"http{'s' if self.context else ''}://{f'[{host}]' if ':' in host else host}:{port}"

    @property
    def counts(self) -> dict[str, float]:
        """What ``/metrics`` says."""
        return {
            "num_requests_running": len(self.engine.running),
            "num_requests_waiting": self.engine.waiting,
            "prompt_tokens_total": sum(one.tokens_in for one in self.truths),
            "generation_tokens_total": sum(one.tokens_out for one in self.truths),
            "request_success_total": sum(one.whole for one in self.truths),
        }

    def close(self) -> None:
        """Answer no more; a second call does nothing."""
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self.loop.stop)
            self._thread.join()

    def die(self) -> None:
        """Listen no more and close every connection, in the middle of whatever it is."""
        self.engine.stop()
        if self._server is not None:
            self._server.close()
        for one in list(self.live):
            one.transport.abort()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        try:
            self.loop.run_until_complete(self._listen())
            self._spend()
            self._ready.set()
            self.loop.run_forever()
            self.die()
            self.loop.run_until_complete(self._gone())
        except OSError as error:
            self._failed.append(error)
        finally:
            self.loop.close()
            self._ready.set()

    async def _listen(self) -> None:
        host, port = self.address
        self._server = await self.loop.create_server(
            lambda: _Talk(self), host, port, backlog=BACKLOG, ssl=self.context
        )
        self.address = self._server.sockets[0].getsockname()[:2]

    def _spend(self) -> None:
        """Add up what was spent now and then, so that whoever asks need not wait for it."""
        if self.spending is not None:
            self.spending.advance(self.loop.time())
            self.loop.call_later(UPDATE_S, self._spend)

    async def _gone(self) -> None:
        while self.live:
            await asyncio.sleep(0)
        if self._server is not None:
            await self._server.wait_closed()


class _Talk(asyncio.Protocol):
    """One connection."""

    def __init__(self, server: ScriptedServer) -> None:
        self.transport: asyncio.Transport
        self._server = server
        self._buffer = bytearray()
        self._answering: Answering | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self._server.live.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._server.live.discard(self)
        if self._answering is not None:
            self._server.engine.drop(self._answering)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while self._answering is None and not self.transport.is_closing():
            stop = self._buffer.find(b"\r\n\r\n")
            if stop < 0:
                if len(self._buffer) > MOST_HEAD:
                    self._refuse(400, "the head is too long")
                return
            length = _LENGTH.search(self._buffer, 0, stop + 2)
            size = int(length[1]) if length else 0
            if size > MOST_BODY:
                self._refuse(400, "the body is too long")
                return
            if len(self._buffer) < stop + 4 + size:
                return
            head, body = bytes(self._buffer[:stop]), bytes(self._buffer[stop + 4 : stop + 4 + size])
            del self._buffer[: stop + 4 + size]
            self._request(head, body)

    def _request(self, head: bytes, body: bytes) -> None:
        words = head.split(b"\r\n", 1)[0].decode("latin-1").split()
        verb, path = (words[0], words[1].partition("?")[0]) if len(words) == 3 else ("", "")
        if verb == "POST" and path in _ASKED:
            self._answer(path, body)
        elif verb == "GET" and path == "/metrics":
            self.transport.write(wire.metrics(self._server.counts))
        elif verb == "GET" and path == "/truth":
            self.transport.write(told(self._server.truths))
        elif verb == "GET" and path in _ENERGY and self._server.spending is not None:
            self._server.spending.advance(self._server.loop.time())
            self.transport.write(wire.json_body(_ENERGY[path](self._server.spending)))
        elif verb == "GET" and path == "/v1/models":
            models = [{"id": "scripted", "object": "model", "owned_by": "joulemark"}]
            self.transport.write(wire.whole(200, {"object": "list", "data": models}))
        elif verb == "GET" and path == "/health":
            self.transport.write(wire.whole(200, {}))
        else:
            self._refuse(404, "there is no such path")

    def _answer(self, path: str, body: bytes) -> None:
        server = self._server
        try:
            question = wire.asked(path, body)
        except ValueError as error:
            self.transport.write(wire.whole(400, {"error": {"message": str(error)}}))
            return
        number = len(server.truths) + 1
        wrong = server.wrongs.of(number)
        one = Answering(question, f"r{number}", server.script, wrong, self.transport, self._next)
        server.truths.append(one.truth)
        if "strict" in wrong and question.usage:
            self.transport.write(wire.whole(422, wire.STRICT))
        elif not self._refused(wrong):
            self._answering = one
            one.begin()
            server.engine.add(one)

    def _refused(self, wrong: frozenset[str]) -> bool:
        """Answer with an error, or not at all, if that is what is wrong."""
        told = {"throttles": (429, "Retry-After: 0\r\n"), "fails": (503, ""), "rejects": (422, "")}
        for name, (status, more) in told.items():
            if name in wrong:
                error = {"error": {"message": f"scripted fault {name}"}}
                self.transport.write(wire.whole(status, error, more=more))
                return True
        if "dies" in wrong:
            self._server.die()
        elif "hangs-up" in wrong:
            self.transport.close()
        return bool(wrong & {"dies", "hangs-up"})

    def _next(self, _: Answering) -> None:
        self._answering = None
        if self._buffer:
            self._server.loop.call_soon(self.data_received, b"")

    def _refuse(self, status: int, why: str) -> None:
        self.transport.write(wire.whole(status, {"error": {"message": why}}))
        if status != 404:
            self.transport.close()


class Served:
    """A scripted server for people.

    Args:
        server: what answers.
        says: lines for people.
    """

    def __init__(self, server: ScriptedServer, says: Sequence[str]) -> None:
        """Keep both."""
        self.server = server
        self.says = says

    def close(self) -> None:
        """Answer no more; a second call does nothing."""
        self.server.close()
