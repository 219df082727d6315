"""One request under way, and the record that it becomes."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

from joulemark.core.clock import NS
from joulemark.core.request import Counted, Outcome, Prompt, Request
from joulemark.workloads.hf_generation.engine import Output

SET_BACK = "the engine set it back and computed its tokens again (its cache was full)"


@dataclass(slots=True, kw_only=True)
class Answer:
    """A request and what came for it; times are ns of the monotonic clock.

    Attributes:
        number: of the request in the load.
        prompt: what was asked.
        ids: its tokens.
        most: most tokens of the answer.
        planned: when it was due.
        sent: when it was handed to the engine; None if it never was.
        stamps: when each token was there.
        tokens: the tokens.
        taken: when it was taken into a batch, as the engine says.
        ended: when it ended; 0 while it has not.
        set_back: whether the engine threw away what it had computed, and began again.
    """

    number: int
    prompt: Prompt
    ids: list[int]
    most: int
    planned: int
    sent: int | None = None
    stamps: array[int] = field(default_factory=lambda: array("q"))
    tokens: Sequence[int] = ()
    taken: int = 0
    ended: int = 0
    set_back: bool = False

    def take(self, output: Output, now: int, shift: int) -> None:
        """Keep what the engine handed out.

        Args:
            output: all so far.
            now: ns; the time of tokens that the engine gave none.
            shift: what turns ``time.perf_counter`` into the monotonic clock, ns.
        """
        marks = output.timestamps or ()
        count = len(output.generated_tokens)
        unmarked = max(count - len(marks), 0)
        self.set_back = self.set_back or 0 < unmarked < count
        for i in range(len(self.stamps), count):
            mark = marks[i - unmarked] if i >= unmarked else None
            self.stamps.append(now if mark is None else round(mark * NS) + shift)
        self.tokens = output.generated_tokens
        begun, ended = output.lifespan
        if begun > 0 and not self.taken:
            self.taken = round(begun * NS) + shift
        if output.is_finished():
            self.ended = round(ended * NS) + shift if ended > 0 else now

    def request(
        self, outcome: Outcome, error: str, *, now: int, shift: int, text: str = ""
    ) -> Request:
        """Return the record.

        Args:
            outcome: how it ended.
            error: what went wrong.
            now: when it ended, if the engine does not say, ns of the monotonic clock.
            shift: what turns the monotonic clock into the run's, ns.
            text: the answer, where it was turned into text.
        """
        sent = self.sent is not None
        chunks = tuple(stamp + shift for stamp in self.stamps)
        count = len(chunks)
        whole = outcome is Outcome.OK
        return Request(
            id=str(self.number),
            planned=self.planned + shift,
            sent=None if self.sent is None else self.sent + shift,
            first_byte=chunks[0] if chunks else None,
            first_token=chunks[0] if chunks else None,
            chunks=chunks,
            running=tuple(range(1, count + 1)),
            ended=(self.ended or now) + shift if sent else None,
            tokens_in=len(self.ids),
            counted_in=Counted.ENGINE,
            tokens_out=count if sent else None,
            counted_out=Counted.ENGINE if sent else None,
            asked_tokens=self.most,
            text_length=len(text),
            finish=("length" if count >= self.most else "stop") if whole else "",
            outcome=outcome,
            error=error,
            attempts=1 if sent else 0,
            notes=(SET_BACK,) if self.set_back else (),
            prompt=self.prompt.id,
            answer=self.prompt.answer,
            check=self.prompt.check,
        )
