"""The work that requests brought to a server, over time.

A token counts when its event was read. Where the work itself must be placed (to explain energy by
it), a token's work fills the time since the event before it of the same request, and the work of a
prompt the time since the step began that its first token came from, or since it was sent if that
was later (:mod:`joulemark.accounting.serving_placed`): an engine that batches continuously computes
both within that time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from joulemark.accounting.serving_placed import begun_of
from joulemark.core.clock import NS
from joulemark.core.request import Request

Floats = NDArray[np.float64]
Times = NDArray[np.int64]
Ints = NDArray[np.int64]

SHORTEST_NS = 1_000
"""Work takes at least this long; events that were read together are of one moment."""
PIECES = 20
"""An answer that did not stream is taken to come in as many equal pieces, evenly spread."""


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """A step function of time, zero before its first knot.

    Attributes:
        time: knots, int64 ns, strictly increasing, shape (n,).
        level: from each knot on, shape (n,).
        area: integral up to each knot, level times s, shape (n,).
    """

    time: Times
    level: Floats
    area: Floats

    @classmethod
    def of(cls, moments: Times, changes: Floats) -> Steps:
        """Return the function that changes by ``changes`` at ``moments``, in any order."""
        time, place = np.unique(moments, return_inverse=True)
        return cls.levels(time, np.cumsum(np.bincount(place, changes, len(time))))

    @classmethod
    def levels(cls, time: Times, level: Floats) -> Steps:
        """Return the function that has ``level`` from each of ``time`` on."""
        gained = level[:-1] * np.diff(time) / NS
        return cls(time, level, np.cumsum(np.append(0.0, gained))[: len(time)])

    def at(self, moments: Times) -> Floats:
        """Return the level at each moment, shape of ``moments``."""
        place = np.searchsorted(self.time, moments, "right")
        return np.append(0.0, self.level)[place]

    def integral(self, moments: Times) -> Floats:
        """Return the integral up to each moment, level times s, shape of ``moments``."""
        place = np.searchsorted(self.time, moments, "right") - 1
        known = np.maximum(place, 0)
        if len(self.time) == 0:
            return np.zeros(len(moments))
        beyond = self.level[known] * (moments - self.time[known]) / NS
        return np.where(place < 0, 0.0, self.area[known] + beyond)


@dataclass(frozen=True, slots=True, eq=False)
class Spans:
    """Pieces of work, each evenly spread over a stretch of time.

    Attributes:
        begin: ns, shape (n,).
        end: ns, shape (n,); also when it counts.
        tokens: shape (n,).
        owner: place of its request in ``Work.requests``, shape (n,).
    """

    begin: Times
    end: Times
    tokens: Floats
    owner: Ints

    def rate(self) -> Steps:
        """Return tokens per second over time."""
        rate = self.tokens * NS / (self.end - self.begin)
        return Steps.of(np.append(self.begin, self.end), np.append(rate, -rate))

    def counted(self, edges: Times, weights: Floats) -> Floats:
        """Return the sum of ``weights`` of what counts after each edge up to the next."""
        place = np.searchsorted(edges, self.end, "left") - 1
        inside = (place >= 0) & (place < len(edges) - 1)
        return _sums(place[inside], weights[inside], len(edges) - 1)


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """What was done in each of several adjacent stretches of time, shape (n,) each.

    Attributes:
        edges: of the stretches, ns, shape (n + 1,).
        tokens_in: tokens of prompts whose first token came.
        tokens_out: tokens that came.
        requests: each by the share of its tokens that came.
        prefill: tokens of prompts that were computed, those the server had at hand left out.
        decode: tokens that were computed.
        resident: tokens in the cache of the requests that run, token·s.
        in_flight: mean number of requests that were sent and had not ended.
        images: pictures in prompts whose first token came.
        videos: films in such prompts.
    """

    edges: Times
    tokens_in: Floats
    tokens_out: Floats
    requests: Floats
    prefill: Floats
    decode: Floats
    resident: Floats
    in_flight: Floats
    images: Floats
    videos: Floats

    @property
    def seconds(self) -> Floats:
        """Length of each stretch, s, shape (n,)."""
        return np.diff(self.edges) / NS


@dataclass(frozen=True, eq=False)
class Work:
    """Requests that were sent and answered, at least in part.

    Attributes:
        requests: in the order of their sending.
        sent: ns, shape (n,).
        first: when the first token was read, ns, shape (n,).
        ended: ns, shape (n,).
        prompts: of each request its prompt, without what the server had at hand.
        outputs: tokens by the event that brought them.
        uncounted: requests of whose prompt or answer nobody counted the tokens.
    """

    requests: tuple[Request, ...]
    sent: Times
    first: Times
    ended: Times
    prompts: Spans
    outputs: Spans
    uncounted: int

    @cached_property
    def tokens_in(self) -> Floats:
        """Tokens of each prompt, shape (n,)."""
        return np.array([float(r.tokens_in or 0) for r in self.requests])

    @cached_property
    def tokens_out(self) -> Floats:
        """Tokens of each answer, shape (n,)."""
        return _sums(self.outputs.owner, self.outputs.tokens, len(self.requests))

    @cached_property
    def in_flight(self) -> Steps:
        """How many requests were sent and had not ended, over time."""
        return _present(self.sent, self.ended)

    @cached_property
    def served(self) -> Steps:
        """How many requests had the work on their prompt begun and had not ended."""
        return _present(self.prompts.begin, self.ended)

    @cached_property
    def resident(self) -> Steps:
        """How many tokens of prompts and answers running requests had, over time."""
        total = self.tokens_in + self.tokens_out
        moments = np.concatenate([self.first, self.outputs.end, self.ended])
        return Steps.of(moments, np.concatenate([self.tokens_in, self.outputs.tokens, -total]))

    @cached_property
    def prefill(self) -> Steps:
        """Prompt tokens computed per second, over time."""
        return self.prompts.rate()

    @cached_property
    def decode(self) -> Steps:
        """Tokens generated per second, over time."""
        return self.outputs.rate()

    def shares(self) -> Floats:
        """Return of each piece of output its share of its answer, shape of ``outputs``."""
        return self.outputs.tokens / self.tokens_out[self.outputs.owner]

    def between(self, edges: Times) -> Counts:
        """Return what was done between each edge and the next.

        Args:
            edges: ns, increasing, shape (n + 1,).
        """
        return Counts(
            edges=edges,
            tokens_in=self.prompts.counted(edges, self.tokens_in),
            tokens_out=self.outputs.counted(edges, self.outputs.tokens),
            requests=self.outputs.counted(edges, self.shares()),
            prefill=np.diff(self.prefill.integral(edges)),
            decode=np.diff(self.decode.integral(edges)),
            resident=np.diff(self.resident.integral(edges)),
            in_flight=np.diff(self.in_flight.integral(edges)) * NS / np.diff(edges),
            images=self.prompts.counted(edges, _each(r.images for r in self.requests)),
            videos=self.prompts.counted(edges, _each(r.videos for r in self.requests)),
        )


def _each(counts: Iterable[int]) -> Floats:
    return np.array([float(count) for count in counts])


def _sums(place: Ints, weights: Floats, count: int) -> Floats:
    return np.asarray(np.bincount(place, weights, count), dtype=np.float64)


def _present(begin: Times, end: Times) -> Steps:
    ones = np.ones(len(begin))
    return Steps.of(np.append(begin, end), np.append(ones, -ones))


def work_of(requests: Sequence[Request]) -> Work:
    """Return the work of those requests that an answer came to, be it in part.

    Args:
        requests: of one run, in any order.
    """
    served = sorted((r for r in requests if _answered(r)), key=lambda r: r.sent or 0)
    pieces = [_pieces(r) for r in served]
    ends = np.array([t for times, _ in pieces for t in times], dtype=np.int64)
    tokens = np.array([n for _, counts in pieces for n in counts])
    lengths = np.array([len(times) for times, _ in pieces], dtype=np.int64)
    owner = np.repeat(np.arange(len(served)), lengths)
    sent = np.array([r.sent for r in served], dtype=np.int64)
    streamed = np.array([r.first_token is not None for r in served], dtype=bool)
    first = np.array([times[0] for times, _ in pieces], dtype=np.int64)
    last = np.array([times[-1] for times, _ in pieces], dtype=np.int64)
    ended = np.maximum(np.array([r.ended or 0 for r in served], dtype=np.int64), last)
    placed = begun_of(first, sent, ended, ends, owner)
    begun = np.minimum(np.where(streamed, placed, sent), first - SHORTEST_NS)
    opens = np.append(True, np.diff(owner) > 0)[: len(owner)]
    before = np.append(0, ends[:-1])[: len(ends)]
    begins = np.minimum(np.where(opens, begun[owner], before), ends - SHORTEST_NS)
    computed = [max((r.tokens_in or 0) - (r.cached_tokens or 0), 0) for r in served]
    return Work(
        requests=tuple(served),
        sent=sent,
        first=first,
        ended=ended,
        prompts=Spans(begun, first, np.array(computed, dtype=float), np.arange(len(served))),
        outputs=Spans(begins, ends, tokens, owner),
        uncounted=sum(r.tokens_in is None or r.tokens_out is None for r in served),
    )


def even_edges(start: int, stop: int, count: int) -> Times:
    """Return the edges of so many equal parts of a stretch, ns; its ends exactly as they are.

    Floats of this size tell 256 ns apart at best, and an answer may end at the very last moment.
    """
    return start + np.round(np.linspace(0.0, float(stop - start), count + 1)).astype(np.int64)


def _answered(request: Request) -> bool:
    whole = request.ok and request.ended is not None and request.tokens_out
    return request.sent is not None and bool(request.chunks or whole)


def _pieces(request: Request) -> tuple[Sequence[int], Floats]:
    """Return when tokens of an answer came, and how many each time."""
    if not request.chunks:
        sent, ended = request.sent or 0, request.ended or 0
        times = [sent + (ended - sent) * (i + 1) // PIECES for i in range(PIECES)]
        return times, np.full(PIECES, (request.tokens_out or 0) / PIECES)
    count = len(request.chunks)
    if len(request.running) == count:
        steps = np.diff(np.append(0, request.running)).astype(float)
        if (steps >= 0).all() and steps.any():
            return request.chunks, steps
    return request.chunks, np.full(count, (request.tokens_out or count) / count)
