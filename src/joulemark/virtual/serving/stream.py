"""One answer of the scripted server: its tokens, its truth, and what goes wrong with it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field

from joulemark.virtual.serving import wire
from joulemark.virtual.serving.script import Script
from joulemark.virtual.serving.wire import Asked

EVENTS = "text/event-stream"
_HALFWAY = {
    "bad-chunk": b"xyz\r\n\r\n",
    "bad-event": b'15\r\ndata: {"choices":[{\n\n\r\n',
    "error-event": b'38\r\ndata: {"error":{"message":"out of memory","code":500}}\n\n\r\n',
}
_HUGE = 32 << 20


@dataclass(slots=True)
class Truth:
    """What was really done for a request; times are ns of the monotonic clock.

    Attributes:
        arrived: when the question was whole.
        first: when the first token was written; 0 before.
        last: when the last was.
        tokens_in: tokens of the prompt.
        images: pictures in it.
        videos: films in it.
        tokens_out: tokens written.
        whole: whether the answer was written to its end.
        joules: what was spent for it: prompt, tokens, and of base power an equal share with all
            that were served beside it; 0 before its end, or where nothing costs energy.
        asked: last word of the prompt, by which a client finds its own; only where it is asked for.
        times: when each token was written, likewise.
    """

    arrived: int
    first: int = 0
    last: int = 0
    tokens_in: int = 0
    images: int = 0
    videos: int = 0
    tokens_out: int = 0
    whole: bool = False
    joules: float = 0.0
    asked: str = ""
    times: list[int] = field(default_factory=list)


class Answering:
    """Writes one answer, token by token.

    Args:
        question: what was asked.
        name: id of the answer.
        script: how long it is.
        wrong: what is wrong with it.
        transport: where to.
        ended: called when all is written.
    """

    def __init__(
        self,
        question: Asked,
        name: str,
        script: Script,
        wrong: frozenset[str],
        transport: asyncio.Transport,
        ended: Callable[[Answering], None],
    ) -> None:
        """Write nothing yet."""
        images, videos = question.images, question.videos
        self.truth = Truth(
            time.monotonic_ns(),
            tokens_in=script.tokens_in(question.prompt, images, videos),
            images=images,
            videos=videos,
        )
        self.prefill_s = script.prefill_s(self.truth.tokens_in)
        self._question = question
        self._name = name
        self._wrong = wrong
        self._transport = transport
        self._ended = ended
        self._reasoning = script.reasoning
        self._times = script.times
        if script.times:
            self.truth.asked = (question.prompt[-64:].split() or [""])[-1]
        self._total = script.tokens_out(
            question.prompt, question.most, ignore_eos=question.ignore_eos
        )
        self._streams = question.stream and "unstreamed" not in wrong
        self._chunk = wire.chunk(wire.event(name, question, field=self._field(), text=wire.WORD))
        self._thought = wire.chunk(
            wire.event(name, question, field="reasoning_content", text=wire.WORD)
        )

    def begin(self) -> None:
        """Write the head of a stream, and the event that tells the role."""
        if self._streams:
            self._transport.write(wire.head(200, EVENTS))
            if self._question.chat:
                role = b'"delta":{"role":"assistant","content":""}'
                told = wire.event(self._name, self._question).replace(b'"delta":{}', role)
                self._transport.write(wire.chunk(told))

    def token(self) -> bool:
        """Write the next token; return whether more are to come."""
        truth = self.truth
        if self._transport.is_closing():
            return False
        if self._wrong and truth.tokens_out >= self._total // 2 and self._goes_wrong():
            return False
        truth.tokens_out += 1
        if self._streams:
            self._write(truth.tokens_out)
        truth.last = time.monotonic_ns()
        if self._times:
            truth.times.append(truth.last)
        truth.first = truth.first or truth.last
        if truth.tokens_out < self._total:
            return True
        self._finish()
        return False

    def _write(self, number: int) -> None:
        chunk = self._thought if number <= self._reasoning else self._chunk
        if "pairs" not in self._wrong or number % 2 == 0 or number == self._total:
            self._transport.write(chunk)

    def _goes_wrong(self) -> bool:
        """Do what the fault does halfway; return whether the answer ends here."""
        if "stalls" in self._wrong:
            return True
        if "drops" in self._wrong:
            self._transport.close()
            return True
        if "cut" in self._wrong:
            self._transport.write(wire.END)
            self._ended(self)
            return True
        if "huge" in self._wrong:
            self._transport.write(b"%x\r\n: %s" % (_HUGE, b"x" * (_HUGE - 2)))
            return True
        for name, data in _HALFWAY.items():
            if name in self._wrong:
                self._transport.write(data)
                return True
        return False

    def _finish(self) -> None:
        self.truth.whole = True
        finish = "length" if self.truth.tokens_out == self._question.most else "stop"
        if self._streams:
            self._transport.write(self._last_events(finish))
        else:
            self._transport.write(self._at_once(finish))
        if "no-end" not in self._wrong:
            self._ended(self)
        if "closes" in self._wrong:
            self._transport.close()

    def _last_events(self, finish: str) -> bytes:
        last = [wire.chunk(wire.event(self._name, self._question, finish=finish))]
        if self._question.usage and "no-usage" not in self._wrong:
            last.append(wire.chunk(wire.counted(self._name, self._question, self._usage())))
        if "no-done" not in self._wrong:
            last.append(wire.chunk(b"[DONE]"))
        return b"".join(last) + (b"" if "no-end" in self._wrong else wire.END)

    def _at_once(self, finish: str) -> bytes:
        thought = min(self._reasoning, self._total)
        said = {self._field(): wire.WORD * (self._total - thought)}
        if thought:
            said["reasoning_content"] = wire.WORD * thought
        usage = None if "no-usage" in self._wrong else self._usage()
        return wire.answered(self._name, self._question, said, finish, usage)

    def _field(self) -> str:
        return "refusal" if "refusal" in self._wrong else "content"

    def _usage(self) -> object:
        out = self.truth.tokens_out + (3 if "wrong-usage" in self._wrong else 0)
        usage: dict[str, object] = {
            "prompt_tokens": self.truth.tokens_in,
            "completion_tokens": "many" if "odd-usage" in self._wrong else out,
            "total_tokens": self.truth.tokens_in + out,
        }
        if self._reasoning:
            reasoning = min(self._reasoning, self._total)
            usage["completion_tokens_details"] = {"reasoning_tokens": reasoning}
        return usage


def told(truths: list[Truth]) -> bytes:
    """Return an answer that tells the truth of all requests, as JSON."""
    return wire.whole(200, [asdict(one) for one in truths])
