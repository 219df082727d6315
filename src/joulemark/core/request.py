"""One served request: when what of it happened, and what it came to.

All times are ns of one clock (of a run: UTC, carried by its monotonic clock). The times of an
answer are those at which its bytes were read from the socket; of an engine in the client's own
process, those at which the engine had each token.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from joulemark.core.clock import NS

MOST_TIME = 1 << 62
"""The last moment of a time, ns: in the year 2116."""
MOST_COUNT = 10**12
"""The most tokens, characters or pictures that a request can have."""


class Counted(StrEnum):
    """Who counted the tokens of a request."""

    USAGE = "usage"
    """The server, in the field ``usage`` of its answer."""
    ENGINE = "engine"
    """The engine, in the client's own process: it handed out the tokens themselves."""
    TOKENIZER = "tokenizer"
    """A tokenizer, from the text."""
    CHUNKS = "chunks"
    """Nobody: events of the stream that carried text stand in; a server may put several tokens
    into one event, or hold a token back until its characters are whole."""
    LENGTH = "length"
    """Nobody: the share of characters stands in."""


class Check(StrEnum):
    """How an answer is held against the right one; ``loads.serving.checking`` says it in full."""

    EXACT = "exact"
    """The whole answer is the right one, but for white space about it."""
    CONTAINS = "contains"
    """The right one stands in it, as words of its own, in capitals or not."""
    NUMBER = "number"
    """The last number in it is the right one."""
    CHOICE = "choice"
    """The letter that it decides for is the right one."""
    REGEX = "regex"
    """An expression of RE2 is found in it."""


class Outcome(StrEnum):
    """How a request ended."""

    OK = "ok"
    REFUSED = "refused"
    """No connection could be made."""
    DROPPED = "dropped"
    """The connection ended before the answer did."""
    STALLED = "stalled"
    """Nothing came for longer than the bound."""
    MALFORMED = "malformed"
    """The answer does not follow the protocol."""
    THROTTLED = "throttled"
    """The server answered 429: too many requests."""
    REJECTED = "rejected"
    """The server answered another 4xx (or 3xx): it will not serve this request."""
    FAILED = "failed"
    """The server answered 5xx, or told of an error within the stream."""
    CANCELLED = "cancelled"
    """The run ended first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What is asked.

    Attributes:
        id: name, unique among the prompts of a run.
        text: plain text; empty where there are messages.
        messages: turns of a chat, as the protocol writes them.
        tokens_out: most tokens that the answer may have; None leaves it to the server.
        tokens_in: tokens of the prompt, where its source says.
        images: pictures in the messages.
        videos: films in the messages.
        answer: the right answer (of ``REGEX``: the expression); None where there is none.
        check: how an answer is held against it; None where there is none.
    """

    id: str
    text: str = ""
    messages: tuple[Mapping[str, object], ...] = ()
    tokens_out: int | None = None
    tokens_in: int | None = None
    images: int = 0
    videos: int = 0
    answer: str | None = None
    check: Check | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request to a server or an engine, as its client saw it.

    Attributes:
        id: name of the request, unique in its run.
        planned: when it was due, ns.
        sent: when its last attempt was handed to the socket, ns; None if it never was.
        first_byte: when the first byte of the answer was read, ns.
        first_token: when the first event with text (of the answer or of reasoning) was read, ns.
            None for answers that do not stream.
        chunks: when each event with text was read, ns; the first is ``first_token``.
        running: tokens out after each of ``chunks``, as the server counted; empty where it did not.
        ended: when the answer was complete, or failed, ns.
        tokens_in: tokens of the prompt.
        counted_in: who counted them; None where nobody did.
        tokens_out: tokens of the answer, those of reasoning included.
        counted_out: who counted them; None where nobody did.
        tokenized_out: what a tokenizer counts in the answer, where one was at hand.
        reasoning_tokens: how many of ``tokens_out`` were reasoning; None where nothing tells.
        counted_reasoning: who counted those: the server, a tokenizer, or the share of events
            (``CHUNKS``) or of characters (``LENGTH``) that were marked as reasoning.
        cached_tokens: how many of ``tokens_in`` the server had at hand, where it says.
        asked_tokens: most tokens that were asked for.
        text_length: characters of the answer, without reasoning.
        reasoning_length: characters of reasoning.
        finish: why the server ended (``stop``, ``length`` …), where it says.
        outcome: how it ended.
        status: HTTP status of the last attempt; None if no answer came.
        error: what went wrong, in words.
        attempts: how often it was sent.
        notes: what the server did wrong without making the answer worthless.
        prompt: id of its prompt.
        images: pictures in it.
        videos: films in it.
        answer: the right answer, of the prompt.
        check: how an answer is held against it.
    """

    id: str
    planned: int
    sent: int | None = None
    first_byte: int | None = None
    first_token: int | None = None
    chunks: tuple[int, ...] = ()
    running: tuple[int, ...] = ()
    ended: int | None = None
    tokens_in: int | None = None
    counted_in: Counted | None = None
    tokens_out: int | None = None
    counted_out: Counted | None = None
    tokenized_out: int | None = None
    reasoning_tokens: int | None = None
    counted_reasoning: Counted | None = None
    cached_tokens: int | None = None
    asked_tokens: int | None = None
    text_length: int = 0
    reasoning_length: int = 0
    finish: str = ""
    outcome: Outcome = Outcome.OK
    status: int | None = None
    error: str = ""
    attempts: int = 1
    notes: tuple[str, ...] = ()
    prompt: str = ""
    images: int = 0
    videos: int = 0
    answer: str | None = None
    check: Check | None = None

    @property
    def ok(self) -> bool:
        """Whether the answer is complete."""
        return self.outcome is Outcome.OK

    @property
    def lateness_s(self) -> float | None:
        """How long after its planned time it was sent, s."""
        return _between(self.planned, self.sent)

    @property
    def ttft_s(self) -> float | None:
        """Time from sending to the first token, s."""
        return _between(self.sent, self.first_token)

    @property
    def latency_s(self) -> float | None:
        """Time from sending to the end of the answer, s; also of one that failed."""
        return _between(self.sent, self.ended)

    @property
    def fault(self) -> str:
        """What of its numbers cannot be, in words; empty where nothing is wrong."""
        given = (self.planned, self.sent, self.first_byte, self.first_token, self.ended)
        times = [*(t for t in given if t is not None), *self.chunks]
        if min(times) < 0 or max(times) > MOST_TIME:
            return "a time is no time of this era"
        if list(self.chunks) != sorted(self.chunks):
            return "its events are not in the order of time"
        if self.chunks and self.first_token != self.chunks[0]:
            return "its first token is not that of its first event"
        counts = (
            *(self.tokens_in, self.tokens_out, self.tokenized_out, self.reasoning_tokens),
            *(self.cached_tokens, self.text_length, self.reasoning_length),
            *(self.images, self.videos, *self.running),
        )
        if not all(n is None or 0 <= n <= MOST_COUNT for n in counts):
            return f"a count is not from 0 to {MOST_COUNT}"
        return ""


def _between(start: int | None, stop: int | None) -> float | None:
    return None if start is None or stop is None else (stop - start) / NS
