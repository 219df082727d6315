"""From an answer to the record of its request; whose count of tokens it keeps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from joulemark.core.request import Counted, Outcome, Prompt, Request
from joulemark.workloads.openai.answer import Answer, count_of

Tokenizer = Callable[[str], int]
"""Returns how many tokens a text is."""
_REASONING = ("completion_tokens_details", "reasoning_tokens")
_CACHED = ("prompt_tokens_details", "cached_tokens")


@dataclass(frozen=True, slots=True)
class End:
    """How a request ended.

    Attributes:
        planned: when it was due, ns of the monotonic clock.
        ended: when it ended, likewise.
        outcome: how.
        error: what went wrong.
        attempts: how often it was sent.
    """

    planned: int
    ended: int
    outcome: Outcome
    error: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes records of requests.

    Attributes:
        shift: what turns the monotonic clock into the run's, ns.
        tokenizer: counts tokens, if there is one.
        asked_usage: whether the server was to count tokens.
    """

    shift: int
    tokenizer: Tokenizer | None
    asked_usage: bool

    def request(self, name: str, prompt: Prompt, answer: Answer, end: End) -> Request:
        """Return the record of a request.

        Tokens are those that the server counted; else a tokenizer's; else events of the stream.

        Args:
            name: its id.
            prompt: what was asked.
            answer: what came.
            end: how it ended.
        """
        text, thought = "".join(answer.text), "".join(answer.thought)
        tokenized = None if self.tokenizer is None else self.tokenizer(thought + text)
        into, counted_in = _tokens_in(prompt, answer, self.tokenizer)
        out, counted_out = _tokens_out(answer, tokenized)
        running, shift = tuple(answer.running), self.shift
        thinking, counted_thinking = _reasoning(answer, out, self.tokenizer)
        return Request(
            id=name,
            planned=end.planned + shift,
            sent=_shifted(answer.sent, shift),
            first_byte=_shifted(answer.first_byte, shift),
            first_token=answer.chunks[0] + shift if answer.chunks else None,
            chunks=tuple(stamp + shift for stamp in answer.chunks),
            running=() if -1 in running else running,
            ended=end.ended + shift,
            tokens_in=into,
            counted_in=counted_in,
            tokens_out=out,
            counted_out=counted_out,
            tokenized_out=tokenized,
            reasoning_tokens=thinking,
            counted_reasoning=counted_thinking,
            cached_tokens=count_of(answer.usage, *_CACHED),
            asked_tokens=prompt.tokens_out,
            text_length=len(text),
            reasoning_length=len(thought),
            finish=answer.finish,
            outcome=end.outcome,
            status=answer.status or None,
            error=end.error,
            attempts=end.attempts,
            notes=self._notes(answer, end),
            prompt=prompt.id,
            images=prompt.images,
            videos=prompt.videos,
            answer=prompt.answer,
            check=prompt.check,
        )

    def _notes(self, answer: Answer, end: End) -> tuple[str, ...]:
        notes = tuple(answer.notes)
        told = count_of(answer.usage, "completion_tokens")
        if end.outcome is not Outcome.OK or not self.asked_usage or told is not None:
            return notes
        return (*notes, "usage is missing" if answer.usage is None else "usage holds no count")


def _tokens_out(answer: Answer, tokenized: int | None) -> tuple[int | None, Counted | None]:
    told = count_of(answer.usage, "completion_tokens")
    if told is not None:
        return told, Counted.USAGE
    if tokenized is not None:
        return tokenized, Counted.TOKENIZER
    return (len(answer.chunks), Counted.CHUNKS) if answer.streamed else (None, None)


def _reasoning(
    answer: Answer, out: int | None, tokenizer: Tokenizer | None
) -> tuple[int | None, Counted | None]:
    """Return how many tokens were reasoning: as told, or by what was marked as such."""
    told = count_of(answer.usage, *_REASONING)
    if told is not None:
        return told, Counted.USAGE
    if not answer.thought or out is None:
        return None, None
    if tokenizer is not None:
        return min(tokenizer("".join(answer.thought)), out), Counted.TOKENIZER
    if answer.chunks:
        return round(out * answer.thoughts / len(answer.chunks)), Counted.CHUNKS
    thought, text = (sum(map(len, said)) for said in (answer.thought, answer.text))
    return round(out * thought / (thought + text)), Counted.LENGTH


def _tokens_in(
    prompt: Prompt, answer: Answer, tokenizer: Tokenizer | None
) -> tuple[int | None, Counted | None]:
    told = count_of(answer.usage, "prompt_tokens")
    if told is not None:
        return told, Counted.USAGE
    if tokenizer is not None and prompt.text:
        return tokenizer(prompt.text), Counted.TOKENIZER
    return None, None


def _shifted(stamp: int | None, shift: int) -> int | None:
    return None if stamp is None else stamp + shift
