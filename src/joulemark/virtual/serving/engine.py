"""When tokens come: each request its own way, or in steps that all requests under way share."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Protocol

from joulemark.virtual.serving.script import Script


class Stream(Protocol):
    """A request as the engine sees it."""

    prefill_s: float

    def token(self) -> bool:
        """Send the next token; return whether more are to come."""
        ...


class Engine:
    """Gives every stream its tokens when they are due.

    Args:
        script: the times.
        loop: the loop to live in.

    Attributes:
        running: streams that get tokens.
    """

    def __init__(self, script: Script, loop: asyncio.AbstractEventLoop) -> None:
        """Begin with no stream."""
        self.running: dict[Stream, None] = {}
        self._waiting: deque[Stream] = deque()
        self._script = script
        self._loop = loop
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
            self._loop.call_at(due, self._alone, stream, due)

    def drop(self, stream: Stream) -> None:
        """Forget a stream whose client is gone."""
        self.running.pop(stream, None)
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
            self._loop.call_at(due, self._alone, stream, due)
        else:
            self.running.pop(stream, None)

    def _admit(self, now: float) -> None:
        """Let streams in as far as there are slots, and plan the step that follows."""
        extra = 0.0
        while self._waiting and len(self.running) < self._script.slots:
            stream = self._waiting.popleft()
            extra = max(extra, stream.prefill_s)  # prompts of one step are taken together
            self.running[stream] = None
        self._timer = None
        if self.running:
            due = max(now, self._loop.time() - self._step_s()) + self._step_s() + extra
            self._timer = self._loop.call_at(due, self._step, due)

    def _step(self, due: float) -> None:
        self.running = dict.fromkeys([one for one in self.running if one.token()])
        self._admit(due)
