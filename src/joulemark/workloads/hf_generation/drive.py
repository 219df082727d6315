"""Drives one load into the engine: hands in what is due, keeps what comes."""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from joulemark.core.clock import NS, Clock
from joulemark.core.request import Outcome
from joulemark.workloads.hf_generation.answer import Answer
from joulemark.workloads.hf_generation.engine import Manager, Output
from joulemark.workloads.openai.client import Keep, Load
from joulemark.workloads.openai.lag import Lag

LEAD_S = 0.05
"""A load begins so long after it is started, so that the first request is not late."""
LONGEST_WAIT_S = 0.5
"""The engine is looked after at least that often."""
ENDED = "the run ended first"

Decode = Callable[[Sequence[int]], str]
"""Turns tokens into text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the engine takes, and what its client puts up with.

    Attributes:
        tokens: most tokens of a request, prompt and answer.
        answer: tokens of an answer where the prompt does not say.
        silence_s: without a token for so long the engine counts as stalled, s.
    """

    tokens: int
    answer: int
    silence_s: float


class Drive:
    """One load. The caller's thread hands in and keeps; the engine computes in its own.

    Args:
        manager: the engine, running.
        load: what is asked and when.
        ids: tokens of each prompt.
        keep: called with every request and text, also those that failed.
        limits: what the engine takes.
        shift: what turns the monotonic clock into the run's, ns.
        decode: turns answers into text; None leaves them tokens.
        name: goes before the numbers of requests, where one engine serves several loads.
        clock: monotonic, ns.
        engine_clock: that of the engine's times, ns.
    """

    def __init__(
        self,
        manager: Manager,
        load: Load,
        ids: Sequence[list[int]],
        keep: Keep,
        limits: Limits,
        *,
        shift: int = 0,
        decode: Decode | None = None,
        name: str = "",
        clock: Clock = time.monotonic_ns,
        engine_clock: Clock = time.perf_counter_ns,
    ) -> None:
        """Begin with nothing sent."""
        self.spans: list[tuple[int, int]] = []
        """When each request was taken into a batch and when it left, ns, as the engine says."""
        self._manager = manager
        self._load = load
        self._ids = ids
        self._keep = keep
        self._limits = limits
        self._shift = shift
        self._decode = decode
        self._name = name
        self._clock = clock
        self._from_engine = clock() - engine_clock()
        self._live: dict[str, Answer] = {}
        self._next = 0
        self._begin = 0
        self._heard = 0
        self._late = array("d")
        self._events = 0

    def run(self) -> Lag:
        """Send everything; return how late the client was.

        An exception, such as that of Ctrl-C, cancels what is under way; what came is kept before
        it is raised again.
        """
        wall, used = self._clock(), time.thread_time()
        self._begin = self._load.start or wall + round(LEAD_S * NS)
        lasting = self._load.lasting_s
        end = None if lasting is None else self._begin + round(lasting * NS)
        try:
            while self._live or self._next < len(self._load.prompts):
                now = self._clock()
                if end is not None and now >= end:
                    break
                self._send_due(now)
                self._listen(end)
        finally:
            self._cut(Outcome.CANCELLED, ENDED)
            self._leave(Outcome.CANCELLED, ENDED)
        wall, used = self._clock() - wall, time.thread_time() - used
        return self._lag(wall, used)

    def _send_due(self, now: int) -> None:
        load = self._load
        while self._next < len(load.prompts):
            due = self._due(self._next)
            full = load.concurrency is not None and len(self._live) >= load.concurrency
            if full or due > now:
                return
            self._send(self._answer(self._next, due if load.concurrency is None else max(due, now)))
            now = self._clock()

    def _send(self, answer: Answer) -> None:
        self._next += 1
        need = len(answer.ids) + answer.most
        if not answer.ids or need > self._limits.tokens:
            text = f"{need} tokens are asked for; a request holds {self._limits.tokens} at most"
            self._end(answer, Outcome.REJECTED, text if answer.ids else "the prompt has no token")
            return
        name = f"{self._name}{answer.number}"
        if not self._live:
            self._heard = self._clock()
        self._live[name] = answer
        answer.sent = self._clock()
        taken = self._manager.add_request(
            answer.ids,
            request_id=name,
            max_new_tokens=answer.most,
            streaming=True,
            record_timestamps=True,
        )
        if taken is None:
            del self._live[name]
            answer.sent = None
            self._end(answer, Outcome.REFUSED, "the engine takes nothing more")
        elif self._load.concurrency is None:
            self._late.append((answer.sent - answer.planned) / NS)

    def _listen(self, end: int | None) -> None:
        """Wait for what comes next, as long as nothing else is to be done."""
        output = self._manager.get_result(timeout=self._patience_s(end))
        now = self._clock()
        if output is not None:
            self._heard = now
            self._take(output, now)
        elif not self._manager.is_running():
            self._cut(Outcome.DROPPED, "the engine's loop ended")
            self._leave(Outcome.REFUSED, "the engine's loop has ended")
        elif self._live and now - self._heard > self._limits.silence_s * NS:
            text = f"no token came for {self._limits.silence_s:g} s"
            self._cut(Outcome.STALLED, text)
            self._leave(Outcome.CANCELLED, f"not sent: {text}")

    def _take(self, output: Output, now: int) -> None:
        answer = self._live.get(output.request_id)
        if answer is None:
            return  # of a request that was cancelled
        before = len(answer.stamps)
        answer.take(output, now, self._from_engine)
        self._events += len(answer.stamps) - before
        if not output.is_finished():
            return
        del self._live[output.request_id]
        self._late.append(max(now - answer.ended, 0) / NS)
        if answer.taken:
            self.spans.append((answer.taken, answer.ended))
        if output.error is None:
            self._end(answer, Outcome.OK, "")
        else:
            self._end(answer, Outcome.FAILED, output.error)

    def _end(self, answer: Answer, outcome: Outcome, error: str) -> None:
        text = self._decode(answer.tokens) if self._decode and answer.tokens else ""
        now, shift = self._clock(), self._shift
        self._keep(answer.request(outcome, error, now=now, shift=shift, text=text), text)

    def _cut(self, outcome: Outcome, error: str) -> None:
        """End what is under way."""
        while self._live:
            name, answer = self._live.popitem()
            self._manager.cancel_request(name)
            self._end(answer, outcome, error)

    def _leave(self, outcome: Outcome, error: str) -> None:
        """Say of what was never sent why."""
        while self._next < len(self._load.prompts):
            answer = self._answer(self._next, self._due(self._next))
            self._next += 1
            self._end(answer, outcome, error)

    def _answer(self, place: int, planned: int) -> Answer:
        prompt = self._load.prompts[place]
        return Answer(
            number=self._load.first + place * self._load.stride,
            prompt=prompt,
            ids=self._ids[place],
            most=prompt.tokens_out or self._limits.answer,
            planned=planned,
        )

    def _due(self, place: int) -> int:
        return self._begin + round(self._load.due_s[place] * NS)

    def _patience_s(self, end: int | None) -> float:
        """Return how long to wait for the engine, s."""
        load, until = self._load, [] if end is None else [end]
        full = load.concurrency is not None and len(self._live) >= load.concurrency
        if self._next < len(load.prompts) and not full:
            until.append(self._due(self._next))
        left = min(until, default=self._clock() + NS) - self._clock()
        return min(max(left / NS, 0.0), LONGEST_WAIT_S, self._limits.silence_s)

    def _lag(self, wall: int, used: float) -> Lag:
        late = sorted(self._late)
        middle, high, most = (
            late[int(share * (len(late) - 1))] if late else 0.0 for share in (0.5, 0.99, 1.0)
        )
        busy = used * NS / max(wall, 1)
        return Lag(len(late), middle, high, most, busy, self._events, self._events, 0)
