"""One connection: a question out, its answer in, with the time of every read."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import cast

from joulemark.core.request import Outcome
from joulemark.workloads.openai.answer import Answer, Failure
from joulemark.workloads.openai.http import ProtocolError, Reader
from joulemark.workloads.openai.lag import LagMeter

BUFFER = 64 * 1024


class Connection(asyncio.BufferedProtocol):
    """One connection, one question at a time.

    Args:
        shared: memory that all connections of a loop read into, one after the other.
        meter: what counts reads.
        gone: called with this connection when it is lost.

    Attributes:
        last: when something was last read, or sent, ns of the monotonic clock.
        reused: whether it has answered before.
    """

    def __init__(
        self, shared: memoryview, meter: LagMeter, gone: Callable[[Connection], None]
    ) -> None:
        """Begin unconnected."""
        self.last = 0
        self.reused = False
        self._shared = shared
        self._meter = meter
        self._gone = gone
        self._reader = Reader()
        self._answer: Answer | None = None
        self._ended: asyncio.Future[None] | None = None
        self._transport: asyncio.Transport | None = None
        self._lost = asyncio.get_running_loop().create_future()

    async def ask(self, question: bytes, answer: Answer) -> None:
        """Send a question; return when its answer is complete.

        Raises:
            Failure: if it did not become so; the answer holds what came.
        """
        if self._transport is None or self._transport.is_closing():
            raise Failure(Outcome.DROPPED, "the connection was closed")
        self._reader.begin()
        self._answer = answer
        self._ended = asyncio.get_running_loop().create_future()
        answer.sent = self.last = time.monotonic_ns()
        self._transport.write(question)
        try:
            await self._ended
        finally:
            self._answer = None
            self.reused = True
            if not self.usable:
                self.close()

    @property
    def usable(self) -> bool:
        """Whether another question may be sent."""
        open_still = self._transport is not None and not self._transport.is_closing()
        whole = self._reader.done and self._reader.keep and not self._reader.surplus
        return open_still and self._answer is None and (whole or not self.reused)

    @property
    def fields(self) -> dict[str, str]:
        """The fields of the last head."""
        return dict(self._reader.fields)

    def silent(self, error: str) -> None:
        """End the question that is under way, if one is, since its server says nothing more."""
        answer = self._answer
        if answer is not None and answer.finished:
            answer.notes["the answer has an end, its HTTP body has none"] = None
            self._end(None)
            self.close()
        elif answer is not None:
            self.fail(Outcome.STALLED, error)

    def fail(self, outcome: Outcome, error: str) -> None:
        """End the question that is under way, and the connection."""
        self._end(Failure(outcome, error))
        self.close()

    def close(self) -> None:
        """Close at once; a second call does nothing."""
        if self._transport is not None:
            self._transport.abort()

    async def closed(self) -> None:
        """Return when nothing of it is left."""
        if self._transport is not None:
            await self._lost

    # ------------------------------------------------------------------ what asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Return where to read to; it is emptied before anything else reads."""
        return self._shared

    def buffer_updated(self, nbytes: int) -> None:
        """Take what was read."""
        now = time.monotonic_ns()
        answer = self._answer
        if answer is None:
            self.close()  # nothing was asked
            return
        self.last = now
        self._meter.reads += 1
        if answer.first_byte is None:
            answer.first_byte = now
        try:
            self._take(answer, bytes(self._shared[:nbytes]), now)
        except ProtocolError as error:
            self.fail(Outcome.MALFORMED, str(error))
        except Failure as failure:
            self._end(failure)
            if not self._reader.done:
                self.close()

    def eof_received(self) -> bool:
        """Let the transport close."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Take the end: of an answer that lasts as long as its connection, or too early."""
        answer = self._answer
        if answer is not None:
            self._end(self._left(answer, exc))
        if not self._lost.done():
            self._lost.set_result(None)
        self._gone(self)

    def _left(self, answer: Answer, exc: Exception | None) -> Failure | None:
        """Return what the end of the connection makes of the answer."""
        if not self._reader.end():
            reason = f": {exc}" if exc else ""
            return Failure(Outcome.DROPPED, f"the server closed the connection{reason}")
        try:
            answer.complete(time.monotonic_ns())
        except ProtocolError as error:
            return Failure(Outcome.MALFORMED, str(error))
        except Failure as failure:
            return failure
        return None

    def _take(self, answer: Answer, data: bytes, now: int) -> None:
        reader = self._reader
        pieces = reader.feed(data)
        if reader.status and not answer.status:
            answer.head(reader.status, reader.fields.get("content-type", ""))
        events = 0
        for piece in pieces:
            events += answer.body(piece, now)
        if events:
            self._meter.events += events
            self._meter.joined += events - 1
        if reader.wrong is not None:
            raise reader.wrong
        if reader.done:
            answer.complete(now)
            self._end(None)

    def _end(self, failure: Failure | None) -> None:
        if self._ended is None or self._ended.done():
            return
        self._answer = None
        if failure is None:
            self._ended.set_result(None)
        else:
            self._ended.set_exception(failure)
