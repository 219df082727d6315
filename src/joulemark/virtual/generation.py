"""A server of generated text whose energy is known: prompts, tokens and time cost what is stated.

A schedule, not a process: it computes when an engine that batches continuously would have read
and answered each request, and what that took. It stands for nobody's hardware. It shares no code
with :mod:`joulemark.accounting`, so that the one can prove the other.
"""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from joulemark.core.channel import SOFTWARE, Channel, Domain, Provenance, Quantity
from joulemark.core.clock import NS
from joulemark.core.request import Counted, Request
from joulemark.core.trace import Trace

Floats = NDArray[np.float64]


class Arrivals(StrEnum):
    """How requests come."""

    CLOSED = "closed"
    POISSON = "poisson"
    GAMMA = "gamma"
    CONSTANT = "constant"
    RAMP = "ramp"
    SATURATION = "saturation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """The truth about a server.

    Attributes:
        base_w: power of time alone, W.
        prompt_j: energy of a prompt token, J.
        token_j: energy of a generated token, J.
        batch: most requests that run at once.
        step_s: shortest time of a step of the engine, s.
        per_token_s: what each running request adds to it, s.
        per_prompt_token_s: what each token of a prompt adds to it, s.
        noise_w: standard deviation of a power that nothing explains and that wanders, W.
        noise_s: how long it takes to wander, s.
    """

    base_w: float = 120.0
    prompt_j: float = 0.02
    token_j: float = 0.25
    batch: int = 16
    step_s: float = 0.015
    per_token_s: float = 0.0005
    per_prompt_token_s: float = 0.00005
    noise_w: float = 3.0
    noise_s: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What is asked of it.

    Attributes:
        arrivals: how requests come.
        count: how many.
        rate: mean rate of arrivals of their own, 1/s.
        concurrency: of the closed loop.
        mean_in: mean tokens of a prompt (log-normal).
        mean_out: mean tokens of an answer (geometric).
    """

    arrivals: Arrivals
    count: int = 300
    rate: float = 2.5
    concurrency: int = 12
    mean_in: float = 400.0
    mean_out: float = 100.0


@dataclass(frozen=True, slots=True, eq=False)
class Served:
    """A run and the truth about it.

    Attributes:
        requests: as a client would have seen them.
        counter: an energy counter, as a meter would have read it.
        time: knots of the true energy, ns.
        joules: true energy up to each knot.
        spent: true energy of each request, J: its tokens, and of the power of time an equal share
            with all that ran in the same step.
    """

    requests: tuple[Request, ...]
    counter: Trace
    time: NDArray[np.int64]
    joules: Floats
    spent: Floats

    def energy(self, start: int, stop: int) -> float:
        """Return the true energy between two moments, J."""
        before, after = np.interp([start, stop], self.time, self.joules)
        return float(after - before)


BURSTINESS = 0.3
"""Shape of gamma arrivals: the variance of their distances is more than three times Poisson's."""
READ_S = 0.1
"""The counter is read so often."""


def serve(server: Server, load: Load, seed: int) -> Served:
    """Return one run; the same for the same seed."""
    rng = np.random.default_rng(seed)
    planned = _planned(load, rng)
    spread = 0.8
    tokens_in = rng.lognormal(np.log(load.mean_in) - spread**2 / 2, spread, load.count)
    prompts = np.clip(np.rint(tokens_in), 1, 8192).astype(int)
    outputs = rng.geometric(1 / load.mean_out, load.count)
    engine = _Engine(server, prompts, outputs)
    engine.run(planned, load.concurrency if load.arrivals is Arrivals.CLOSED else None)
    return engine.served(rng)


def _planned(load: Load, rng: np.random.Generator) -> Floats:
    mean, count = 1 / load.rate, load.count
    match load.arrivals:
        case Arrivals.POISSON:
            return np.cumsum(rng.exponential(mean, count))
        case Arrivals.GAMMA:
            return np.cumsum(rng.gamma(BURSTINESS, mean / BURSTINESS, count))
        case Arrivals.CONSTANT:
            return np.asarray(np.arange(count) * mean)
        case Arrivals.RAMP:  # the rate rises from a quarter of the mean to seven quarters
            place = np.arange(count) / count
            return np.asarray(count * mean * (np.sqrt(1 + 48 * place) - 1) / 6)
        case _:
            return np.zeros(count)


class _Engine:
    """Steps of an engine: each computes the prompts of those it lets in, and a token of each."""

    def __init__(self, server: Server, prompts: NDArray[np.int64], outputs: NDArray[np.int64]):
        self.server, self.prompts, self.outputs = server, prompts, outputs
        count = len(prompts)
        self.sent, self.first = np.zeros(count), np.zeros(count, dtype=int)
        self.time, self.joules, self.each = [0.0], [0.0], [0.0]

    def run(self, planned: Floats, concurrency: int | None) -> None:
        waiting, ends = deque[int](), list[tuple[int, int]]()
        following = 0
        allowed = len(planned) if concurrency is None else concurrency
        while following < len(planned) or waiting or ends:
            now, step = self.time[-1], len(self.time)
            while following < min(len(planned), allowed) and planned[following] <= now:
                late = concurrency is None
                self.sent[following] = planned[following] if late else now
                waiting.append(following)
                following += 1
            room = min(self.server.batch - len(ends), len(waiting))
            let_in = [waiting.popleft() for _ in range(room)]
            for request in let_in:
                self.first[request] = step
                heapq.heappush(ends, (step + int(self.outputs[request]) - 1, request))
            if not ends:
                self._rest(float(planned[following]))
                continue
            self._step(len(ends), int(self.prompts[let_in].sum()))
            while ends and ends[0][0] <= step:
                heapq.heappop(ends)
                allowed += 1

    def _rest(self, until: float) -> None:
        self.joules.append(self.joules[-1] + self.server.base_w * (until - self.time[-1]))
        self.time.append(until)
        self.each.append(self.each[-1])

    def _step(self, running: int, prompt_tokens: int) -> None:
        server = self.server
        lasts = server.step_s + server.per_token_s * running
        lasts += server.per_prompt_token_s * prompt_tokens
        used = server.base_w * lasts + server.token_j * running + server.prompt_j * prompt_tokens
        self.time.append(self.time[-1] + lasts)
        self.each.append(self.each[-1] + server.base_w * lasts / running)
        self.joules.append(self.joules[-1] + used)

    def served(self, rng: np.random.Generator) -> Served:
        time = np.rint(np.array(self.time) * NS).astype(np.int64)
        sent = np.rint(self.sent * NS).astype(np.int64)
        joules = np.array(self.joules) + _wander(self.server, np.diff(self.time), rng)
        requests = []
        for i, (first, out) in enumerate(zip(self.first, self.outputs, strict=True)):
            chunks = tuple(time[first : first + out].tolist())
            requests.append(
                Request(
                    id=str(i),
                    planned=int(sent[i]),
                    sent=int(sent[i]),
                    first_byte=chunks[0],
                    first_token=chunks[0],
                    chunks=chunks,
                    ended=chunks[-1],
                    tokens_in=int(self.prompts[i]),
                    counted_in=Counted.USAGE,
                    tokens_out=int(out),
                    counted_out=Counted.USAGE,
                )
            )
        each = np.array(self.each)
        spent = each[self.first + self.outputs - 1] - each[self.first - 1]
        spent += self.server.prompt_j * self.prompts + self.server.token_j * self.outputs
        return Served(tuple(requests), _counter(time, joules), time, joules, spent)


def _wander(server: Server, seconds: Floats, rng: np.random.Generator) -> Floats:
    """Return the energy of a power that wanders about zero, J, up to each knot."""
    watts, series = 0.0, np.zeros(len(seconds) + 1)
    keep = np.exp(-seconds / server.noise_s)
    push = server.noise_w * np.sqrt(1 - keep**2) * rng.standard_normal(len(seconds))
    for i, length in enumerate(seconds):
        watts = keep[i] * watts + push[i]
        series[i + 1] = series[i] + watts * length
    return series


def _counter(time: NDArray[np.int64], joules: Floats) -> Trace:
    channel = Channel(
        name="virtual/server",
        meter="virtual",
        part="server",
        domain=Domain.GPU,
        quantity=Quantity.ENERGY,
        unit="J",
        provenance=Provenance.ESTIMATED,
        resolution=1e-3,
        update_s=0.02,
        note=SOFTWARE,
    )
    update, read = round(0.02 * NS), round(READ_S * NS)
    reads = np.arange(0, int(time[-1]) + read, read, dtype=np.int64) + update // 3
    shown = np.interp(reads // update * update, time, joules)
    return Trace.of(channel, reads, np.floor(shown / 1e-3) * 1e-3)
