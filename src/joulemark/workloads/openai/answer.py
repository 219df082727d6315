"""One answer as it comes: text, times of its events, what the server says of tokens."""

from __future__ import annotations

from array import array
from functools import cache
from typing import Any

import msgspec

from joulemark.core.request import Outcome
from joulemark.workloads.openai.events import EventReader
from joulemark.workloads.openai.http import ProtocolError

MOST_BODY = 64 << 20
MOST_TOKENS = 1_000_000_000
_SAID = 300  # characters of a server's error that are kept


class Failure(Exception):  # noqa: N818 # an outcome, not a programming error
    """Why a request came to nothing, or to a part only."""

    def __init__(self, outcome: Outcome, error: str) -> None:
        """Keep both."""
        super().__init__(error)
        self.outcome = outcome
        self.error = error


class _Said(msgspec.Struct):
    """What a server puts into ``delta`` or ``message``; names of reasoning differ by server."""

    content: Any = None
    reasoning_content: Any = None
    reasoning: Any = None
    refusal: Any = None
    tool_calls: Any = None


class _Choice(msgspec.Struct):
    delta: _Said | None = None
    message: _Said | None = None
    text: Any = None
    finish_reason: Any = None


class _Event(msgspec.Struct):
    choices: list[_Choice] | None = None
    usage: Any = None
    error: Any = None


@cache
def _decoder() -> msgspec.json.Decoder[_Event]:
    return msgspec.json.Decoder(_Event)


class Answer:
    """What came so far.

    Attributes:
        sent: when the question was handed to the socket, ns; None before.
        first_byte: when the first byte came, ns; None before.
        ended: when the last event came, or the body was whole, ns; None before.
        chunks: when each event with text came, ns.
        running: tokens out after each of those, as the server counted; -1 where it did not.
        text: pieces of the answer.
        thought: pieces of reasoning.
        thoughts: how many of ``chunks`` brought reasoning and nothing of the answer.
        status: HTTP status; 0 before.
        finish: why the server ended.
        usage: the last that the server said of tokens.
        notes: what it did wrong without making the answer worthless.
    """

    __slots__ = (
        "_body", "_decode", "_events", "_finished", "_held", "_streamed", "chunks", "ended",
        "finish", "first_byte", "notes", "running", "sent", "status", "text", "thought",
        "thoughts", "usage",
    )  # fmt: skip

    def __init__(self) -> None:
        """Begin."""
        self.sent: int | None = None
        self.first_byte: int | None = None
        self.ended: int | None = None
        self.chunks = array("q")
        self.running = array("q")
        self.text: list[str] = []
        self.thought: list[str] = []
        self.thoughts = 0
        self.status = 0
        self.finish = ""
        self.usage: Any = None
        self.notes: dict[str, None] = {}
        self._body: list[bytes] = []
        self._held = 0
        self._events: EventReader | None = None
        self._streamed = False
        self._finished = False
        self._decode = _decoder().decode

    def head(self, status: int, content_type: str) -> None:
        """Take the head of the answer."""
        self.status = status
        if status == 200 and content_type.partition(";")[0].strip().lower() == "text/event-stream":
            self._events = EventReader()
            self._streamed = True

    def body(self, piece: bytes, now: int) -> int:
        """Take a piece of the body; return how many events with text it brought.

        Raises:
            ProtocolError: if it is no answer.
            Failure: if the server says in the stream that it failed.
        """
        if self._events is None:
            self._held += len(piece)
            if self._held > MOST_BODY:
                raise ProtocolError("the answer is larger than 64 MiB")
            self._body.append(piece)
            return 0
        before = len(self.chunks)
        for data in self._events.feed(piece):
            if data == b"[DONE]":
                self._finished, self.ended = True, now
            else:
                self._event(data, now)
        return len(self.chunks) - before

    def complete(self, now: int) -> None:
        """Take the end of the body.

        Raises:
            ProtocolError: if it is no answer.
            Failure: if the server refused or failed, or its stream ends before its answer.
        """
        if self.status != 200:
            self.ended = now
            raise self._refused()
        if self._events is None:
            self.ended = now
            self._event(b"".join(self._body), now)
            self.chunks = array("q")
            self.running = array("q")
        elif not self._finished and not self.finish:
            self.ended = now
            raise Failure(
                Outcome.DROPPED, f"the stream ended without its end after {len(self.chunks)} events"
            )
        elif not self._finished:
            self.notes["the stream has no [DONE]"] = None
        self.ended = now if self.ended is None else self.ended

    @property
    def finished(self) -> bool:
        """Whether the server said that this was all."""
        return self._finished

    @property
    def streamed(self) -> bool:
        """Whether the answer came as events."""
        return self._streamed

    def _event(self, data: bytes, now: int) -> None:
        try:
            event = self._decode(data)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise ProtocolError(f"{_short(data)} is no event of the protocol: {error}") from None
        if event.error:
            raise Failure(Outcome.FAILED, f"the server says: {_message(event.error)}")
        if event.usage is not None:
            self.usage = event.usage
        said, texts, thoughts = False, len(self.text), len(self.thought)
        for choice in event.choices or ():
            if choice.finish_reason is not None:
                self.finish = str(choice.finish_reason)[:_SAID]
            said |= self._choice(choice)
        if said:
            self.chunks.append(now)
            known = count_of(event.usage, "completion_tokens")
            self.running.append(-1 if known is None else known)
            self.thoughts += len(self.text) == texts and len(self.thought) > thoughts

    def _choice(self, choice: _Choice) -> bool:
        """Keep the text of a choice; return whether there was any."""
        told = choice.delta or choice.message
        if told is None:
            return _kept(choice.text, self.text)
        thought = told.reasoning_content if told.reasoning is None else told.reasoning
        said = _kept(told.content, self.text) | _kept(thought, self.thought)
        if told.refusal:
            self.notes["the model refused to answer"] = None
            said |= _kept(told.refusal, self.text)
        return said or bool(told.tool_calls)

    def _refused(self) -> Failure:
        body = b"".join(self._body)
        try:
            said = _message(msgspec.json.decode(body))
        except (msgspec.MsgspecError, ValueError, RecursionError):
            said = _short(body)
        outcome = Outcome.REJECTED
        if self.status == 429:
            outcome = Outcome.THROTTLED
        elif self.status >= 500:
            outcome = Outcome.FAILED
        return Failure(outcome, f"HTTP {self.status}: {said}")


def count_of(usage: object, *path: str) -> int | None:
    """Return a count within ``usage``; None if it is not there or is no count."""
    for name in path:
        usage = usage.get(name) if isinstance(usage, dict) else None
    if isinstance(usage, int) and not isinstance(usage, bool) and 0 <= usage <= MOST_TOKENS:
        return usage
    return None


def _kept(text: object, to: list[str]) -> bool:
    if isinstance(text, str) and text:
        to.append(text)
        return True
    return False


def _message(error: object) -> str:
    """Return the words of an error, whatever its shape."""
    for name in ("error", "message", "detail"):
        if isinstance(error, dict) and error.get(name):
            error = error[name]
    if isinstance(error, list) and error:  # of FastAPI: what is wrong with each field
        error = "; ".join(_fault(one) for one in error[:5])
    return str(error)[:_SAID]


def _fault(one: object) -> str:
    """Return which field of a question is wrong, and how."""
    if not isinstance(one, dict) or "msg" not in one:
        return str(one)
    place = one.get("loc")
    names = [str(name) for name in place if name != "body"] if isinstance(place, list) else []
    return f"{'.'.join(names) or 'question'}: {one['msg']}"


def _short(data: bytes) -> str:
    return repr(data[:80].decode("utf-8", "replace"))
