"""The client: sends what is due, keeps what comes, says what happened to every request."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from joulemark.core.clock import NS
from joulemark.core.request import Outcome, Prompt, Request
from joulemark.workloads.openai.answer import Answer, Failure
from joulemark.workloads.openai.lag import Lag, LagMeter
from joulemark.workloads.openai.made import End, Maker, Tokenizer
from joulemark.workloads.openai.pool import Pool
from joulemark.workloads.openai.questions import questions
from joulemark.workloads.openai.target import Target
from joulemark.workloads.openai.waiting import pause_s

Keep = Callable[[Request, str], None]
"""What is called with every request when it has ended, and the text of its answer."""
LEAD_S = 0.05
"""A load begins so long after it is started, so that the first request is not late."""
ENDED = "the run ended first"
CLOSED = "the server closed a kept connection without an answer; sent again over a new one"
TOGETHER = 64
"""After so many requests sent without a pause, answers are read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What is asked and when.

    Attributes:
        prompts: one a request.
        due_s: when each is due, s from the start, sorted.
        concurrency: at most so many are under way together.
        start: start, ns of the monotonic clock; None for as soon as possible.
        lasting_s: what is not complete so long after the start is cancelled; None for no bound.
        first: number of the first request; workers count in one row.
        stride: distance of numbers.
    """

    prompts: Sequence[Prompt]
    due_s: Sequence[float]
    concurrency: int | None = None
    start: int | None = None
    lasting_s: float | None = None
    first: int = 0
    stride: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What the client puts up with.

    Attributes:
        connect_s: most time for a connection, s.
        silence_s: most time without a byte while an answer is due, s.
        retries: how often a request is sent again after 429 or 5xx; a load test wants 0.
        most_wait_s: most that ``Retry-After`` is obeyed, s.
        refusals: after so many refused connections in a row nothing more is sent.
    """

    connect_s: float = 10.0
    silence_s: float = 120.0
    retries: int = 0
    most_wait_s: float = 60.0
    refusals: int = 100


class Client:
    """Drives one load in one event loop.

    Args:
        target: whom to ask.
        keep: called with every request and text, also those that failed.
        bounds: what it puts up with.
        shift: what turns the monotonic clock into the run's, ns.
        tokenizer: counts tokens where the server does not.
    """

    def __init__(
        self,
        target: Target,
        keep: Keep,
        bounds: Bounds | None = None,
        *,
        shift: int = 0,
        tokenizer: Tokenizer | None = None,
    ) -> None:
        """Begin with nothing sent."""
        self._target = target
        self._keep = keep
        self._bounds = bounds or Bounds()
        asked_usage = target.usage or not target.stream
        self._maker = Maker(shift, tokenizer, asked_usage)
        self._meter = LagMeter()
        self._refused = 0
        self._stop = ""
        self._kept: set[int] = set()
        self._prepared: list[bytes] = []

    def prepare(self, load: Load) -> None:
        """Write all questions of a load that is driven next, so that it may begin at once.

        Raises:
            UsageError: if the target or a prompt makes no sense.
        """
        self._prepared = questions(self._target, load.prompts)

    async def drive(self, load: Load) -> Lag:
        """Send everything; return how late the client was itself.

        Cancelling keeps what has come, and says of the rest that it was cancelled.

        Raises:
            UsageError: if the target or a prompt makes no sense; nothing was sent then.
        """
        asked, self._prepared = self._prepared or questions(self._target, load.prompts), []
        pool = Pool(self._target, self._meter, self._bounds.connect_s)
        if load.concurrency is not None:
            await pool.warm(min(load.concurrency, len(load.prompts)))
        self._meter.start()
        watch = asyncio.create_task(self._watch(pool))
        try:
            async with asyncio.timeout_at(_deadline(load)):
                await self._send(load, pool, asked)
        except TimeoutError:
            pass  # each request says that it was cancelled
        finally:
            lag = self._meter.stop()
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)
            await pool.close()
        return lag

    async def _send(self, load: Load, pool: Pool, asked: Sequence[bytes]) -> None:
        loop = asyncio.get_running_loop()
        begin = load.start or time.monotonic_ns() + round(LEAD_S * NS)
        slots = asyncio.Semaphore(load.concurrency or len(load.prompts) or 1)
        tasks: set[asyncio.Task[None]] = set()
        try:
            for i, prompt in enumerate(load.prompts):
                due = begin + round(load.due_s[i] * NS)
                await _until(loop, due)
                await slots.acquire()
                if self._stop:
                    break
                planned = due if load.concurrency is None else max(due, time.monotonic_ns())
                name = load.first + i * load.stride
                task = loop.create_task(self._one(name, prompt, asked[i], planned, pool))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
                task.add_done_callback(lambda _: slots.release())
                if i % TOGETHER == TOGETHER - 1:
                    await asyncio.sleep(0)
            while tasks:
                await asyncio.wait(tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._unsent(load, begin)

    async def _one(
        self, name: int, prompt: Prompt, question: bytes, planned: int, pool: Pool
    ) -> None:
        """Ask one prompt, keep what came of it."""
        attempts, answer = 0, Answer()
        outcome, error = Outcome.CANCELLED, ENDED
        try:
            while True:
                attempts, answer = attempts + 1, Answer()
                failure, fields = await self._attempt(question, answer, pool)
                outcome, error = (failure.outcome, failure.error) if failure else (Outcome.OK, "")
                if not self._again(outcome, attempts):
                    break
                await asyncio.sleep(pause_s(fields, attempts, self._bounds.most_wait_s))
        finally:
            ended = answer.ended or time.monotonic_ns()
            end = End(planned, ended, outcome, error, attempts)
            request = self._maker.request(str(name), prompt, answer, end)
            self._kept.add(name)
            self._keep(request, "".join(answer.text))

    async def _attempt(
        self, question: bytes, answer: Answer, pool: Pool
    ) -> tuple[Failure | None, dict[str, str]]:
        """Send once, or twice where a kept connection turns out to be closed; say what failed."""
        fresh = False
        while True:
            try:
                one = await pool.take(fresh=fresh)
            except Failure as failure:
                self._count_refused(failure)
                return failure, {}
            self._refused = 0
            reused = one.reused
            try:
                await one.ask(question, answer)
            except asyncio.CancelledError:
                one.close()
                raise
            except Failure as failure:
                if reused and failure.outcome is Outcome.DROPPED and answer.first_byte is None:
                    fresh = True
                    answer.notes[CLOSED] = None
                    continue
                return failure, one.fields
            finally:
                pool.give(one)
            return None, {}

    def _again(self, outcome: Outcome, attempts: int) -> bool:
        passing = outcome in (Outcome.THROTTLED, Outcome.FAILED)
        return passing and attempts <= self._bounds.retries

    def _count_refused(self, failure: Failure) -> None:
        self._refused += 1
        if self._refused >= self._bounds.refusals:
            self._stop = f"{self._refused} connections in a row were refused: {failure.error}"

    def _unsent(self, load: Load, begin: int) -> None:
        """Say of what was never sent why."""
        for i, prompt in enumerate(load.prompts):
            name = load.first + i * load.stride
            if name in self._kept:
                continue
            request = Request(
                id=str(name),
                planned=begin + round(load.due_s[i] * NS) + self._maker.shift,
                outcome=Outcome.CANCELLED,
                error=self._stop or ENDED,
                attempts=0,
                asked_tokens=prompt.tokens_out,
                prompt=prompt.id,
            )
            self._keep(request, "")

    async def _watch(self, pool: Pool) -> None:
        """End questions whose server is silent for too long."""
        silence = self._bounds.silence_s
        while True:
            await asyncio.sleep(min(silence / 4, 1.0))
            oldest = time.monotonic_ns() - round(silence * NS)
            for one in list(pool.live):
                if one.last and one.last < oldest:
                    one.silent(f"nothing came for {silence:g} s")


async def _until(loop: asyncio.AbstractEventLoop, due: int) -> None:
    """Wait until a time of the monotonic clock, ns; asyncio counts by the same clock."""
    left = due / NS - loop.time()
    if left > 0:
        await asyncio.sleep(left)


def _deadline(load: Load) -> float | None:
    if load.lasting_s is None:
        return None
    begin = time.monotonic() if load.start is None else load.start / NS
    return begin + load.lasting_s
