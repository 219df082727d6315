"""What can be wrong with the scripted server, by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from joulemark.core.errors import UsageError

WRONGS: Mapping[str, str] = {
    "hangs-up": "it closes the connection instead of answering",
    "stalls": "it says nothing more after half of the answer",
    "drops": "it closes the connection after half of the answer",
    "bad-chunk": "after half of the answer the size of an HTTP chunk is no number",
    "bad-event": "after half of the answer an event is no JSON",
    "error-event": "after half of the answer it tells of an error, in the stream",
    "huge": "after half of the answer a line of 32 MiB comes",
    "cut": "the stream ends properly after half of the answer, without reason or [DONE]",
    "no-done": "the stream ends without [DONE]",
    "no-end": "the HTTP body does not end after [DONE]",
    "no-usage": "it does not count tokens",
    "wrong-usage": "it counts three tokens too many",
    "odd-usage": "its count of tokens is a text",
    "throttles": "it answers 429 with Retry-After: 0",
    "fails": "it answers 503",
    "rejects": "it answers 422",
    "strict": "it answers 422 to whoever asks for counts in a stream, naming the field",
    "closes": "it closes the connection after each answer, without saying so before",
    "unstreamed": "it never streams",
    "pairs": "it puts two tokens into one event",
    "refusal": "its model refuses to answer",
    "dies": "it stops listening and closes every connection",
}


class Wrongs:
    """Which requests something is wrong with.

    Args:
        told: ``NAME`` or ``NAME:N``; the latter hits requests N, 2N, 3N …, counted from 1.

    Raises:
        UsageError: if nothing is called so.
    """

    def __init__(self, told: Sequence[str]) -> None:
        """Take the names apart."""
        self._every: list[tuple[str, int]] = []
        for text in told:
            name, colon, number = text.partition(":")
            every = int(number) if number.isascii() and number.isdigit() and len(number) < 9 else 0
            if name not in WRONGS or (colon and not every):
                remedy = f"choose from {', '.join(WRONGS)}; NAME:N hits every Nth request"
                raise UsageError(f"nothing wrong is called {text!r}", remedy=remedy)
            self._every.append((name, every or 1))

    def of(self, number: int) -> frozenset[str]:
        """Return what is wrong with a request, counted from 1."""
        return frozenset(name for name, every in self._every if number % every == 0)
