"""What the scripted server answers: how many tokens, and how long each takes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

MOST_TOKENS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """Times and lengths, all of them known beforehand.

    A prompt has as many tokens as words, and so many more for each picture and film. Its first
    token comes ``first_s`` and ``prompt_token_s`` for each of those after it was admitted; each
    further one ``step_s`` later, and ``step_request_s`` more for each request that is being
    answered at that time.

    Attributes:
        first_s: time to the first token of an empty prompt, s.
        prompt_token_s: more time for each token of the prompt, s.
        step_s: time of a further token, s.
        step_request_s: more time of it for each request under way, s.
        least: least tokens of an answer.
        most: most tokens of an answer; which number between, the prompt and the seed decide.
        reasoning: how many of them are reasoning.
        slots: so many requests are answered at one time, in steps that all share; the others wait.
            0: each goes its own way.
        seed: seed of the lengths.
        image_tokens: tokens of a picture, whatever its size.
        video_tokens: tokens of a film, whatever its length.
        times: whether the truth keeps when each token was written, and the last word of each
            prompt.
    """

    first_s: float = 0.05
    prompt_token_s: float = 0.0
    step_s: float = 0.01
    step_request_s: float = 0.0
    least: int = 16
    most: int = 64
    reasoning: int = 0
    slots: int = 0
    seed: int = 0
    image_tokens: int = 256
    video_tokens: int = 1024
    times: bool = False

    def tokens_in(self, prompt: str, images: int = 0, videos: int = 0) -> int:
        """Return the tokens of a prompt: its words, and those of pictures and films in it."""
        return len(prompt.split()) + self.image_tokens * images + self.video_tokens * videos

    def tokens_out(self, prompt: str, asked: int | None, *, ignore_eos: bool = False) -> int:
        """Return the tokens of the answer to a prompt.

        Args:
            prompt: the prompt.
            asked: most tokens that were asked for.
            ignore_eos: whether the answer goes on to that.
        """
        if asked is not None and ignore_eos:
            return min(asked, MOST_TOKENS)
        digest = hashlib.sha256(f"{self.seed}\0{prompt}".encode("utf-8", "replace")).digest()
        own = self.least + int.from_bytes(digest[:8], "big") % (self.most - self.least + 1)
        return own if asked is None else min(own, asked)

    def prefill_s(self, tokens_in: int) -> float:
        """Return the time from admission to the first token of so long a prompt, s."""
        return self.first_s + self.prompt_token_s * tokens_in
