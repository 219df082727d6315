"""When tokens come: each request its own way, or in steps that all requests under way share."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Protocol

from joulemark.virtual.serving.script import Script
from joulemark.virtual.serving.spending import Spending
from joulemark.virtual.serving.stream import Truth


class Stream(Protocol):
    """A request as the engine sees it."""

    prefill_s: float
    truth: Truth

    def token(self) -> bool:
        """Send the next token; return whether more are to come."""
        ...


class Engine:
    """Gives every stream its tokens when they are due.

    Args:
        script: the times.
        loop: the loop to live in.
        spending: adds up what is spent, where that is asked for.

    Attributes:
        running: streams that get tokens.
    """

    def __init__(
        self, script: Script, loop: asyncio.AbstractEventLoop, spending: Spending | None = None
    ) -> None:
        """Begin with no stream."""
        self.running: dict[Stream, None] = {}
        self._waiting: deque[Stream] = deque()
        self._script = script
        self._loop = loop
        self._spending = spending
        self._timer: asyncio.TimerHandle | None = None

    @property
    def waiting(self) -> int:
        """How many streams wait for a slot."""
        return len(self._waiting)

    def add(self, stream: Stream) -> None:
        """Take a new stream."""
        if self._script.slots:
            self._waiting.append(stream)
            if self._timer is None:
                self._admit(self._loop.time())
        else:
            self.running[stream] = None
            due = self._loop.time() + stream.prefill_s
            self._begins([stream], due)
            self._loop.call_at(due, self._alone, stream, due)

    def drop(self, stream: Stream) -> None:
        """Forget a stream whose client is gone."""
        if stream in self.running:
            del self.running[stream]
            self._ends([stream])
        if stream in self._waiting:
            self._waiting.remove(stream)

    def stop(self) -> None:
        """Give no more tokens."""
        self.running.clear()
        self._waiting.clear()
        if self._timer is not None:
            self._timer.cancel()

    def _step_s(self) -> float:
        return self._script.step_s + self._script.step_request_s * len(self.running)

    def _alone(self, stream: Stream, due: float) -> None:
        """One token of a stream that goes its own way; late ones are not made up for."""
        if stream not in self.running:
            return
        if stream.token():
            due = max(due, self._loop.time() - self._step_s()) + self._step_s()
            self._go_on(1, due)
            self._loop.call_at(due, self._alone, stream, due)
        elif stream in self.running:
            del self.running[stream]
            self._ends([stream])

    def _admit(self, now: float) -> None:
        """Let streams in as far as there are slots, and plan the step that follows."""
        extra, before, new = 0.0, len(self.running), list[Stream]()
        while self._waiting and len(self.running) < self._script.slots:
            stream = self._waiting.popleft()
            extra = max(extra, stream.prefill_s)  # prompts of one step are taken together
            self.running[stream] = None
            new.append(stream)
        self._timer = None
        if self.running:
            due = max(now, self._loop.time() - self._step_s()) + self._step_s() + extra
            self._begins(new, due)
            self._go_on(before, due)
            self._timer = self._loop.call_at(due, self._step, due)

    def _step(self, due: float) -> None:
        before = self.running
        self.running = dict.fromkeys([one for one in before if one.token()])
        self._ends([one for one in before if one not in self.running])
        self._admit(due)

    def _begins(self, streams: Sequence[Stream], due: float) -> None:
        if self._spending is not None:
            for stream in streams:
                self._spending.begins(stream, self._loop.time(), due)

    def _go_on(self, count: int, due: float) -> None:
        if self._spending is not None and count:
            self._spending.goes_on(self._loop.time(), due, count)

    def _ends(self, streams: Sequence[Stream]) -> None:
        if self._spending is not None:
            for stream in streams:
                self._spending.ends(stream, self._loop.time())
