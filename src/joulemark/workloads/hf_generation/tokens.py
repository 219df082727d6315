"""Prompts as tokens, made before a load begins."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any, Protocol

from joulemark.core.errors import UsageError
from joulemark.core.request import Prompt


class Tokenizer(Protocol):
    """What is used of a tokenizer of transformers."""

    chat_template: Any

    def encode(self, text: str, *, add_special_tokens: bool) -> list[int]:
        """Return the tokens of a text."""
        ...

    def decode(self, token_ids: Any, *, skip_special_tokens: bool) -> str:
        """Return the text of tokens."""
        ...

    def apply_chat_template(
        self, conversation: Any, *, tokenize: bool, add_generation_prompt: bool
    ) -> Any:
        """Return the text that a chat becomes."""
        ...


def encoded(prompts: Sequence[Prompt], tokenizer: Tokenizer | None, words: int) -> list[list[int]]:
    """Return the tokens of each prompt.

    Without a tokenizer each word is one token, the same word always the same.

    Args:
        prompts: what is asked.
        tokenizer: of the model; None if it has none.
        words: tokens that the model knows.

    Raises:
        UsageError: if a chat cannot be written as text.
    """
    if tokenizer is None:
        return [[zlib.crc32(word.encode()) % words for word in _plain(p).split()] for p in prompts]
    return [_ids(prompt, tokenizer) for prompt in prompts]


def _ids(prompt: Prompt, tokenizer: Tokenizer) -> list[int]:
    plain = _plain(prompt)
    if not prompt.messages or not tokenizer.chat_template:
        return list(tokenizer.encode(plain, add_special_tokens=True))
    turns = [dict(one) for one in prompt.messages]
    text = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    return list(tokenizer.encode(text, add_special_tokens=False))  # the template has written them


def _plain(prompt: Prompt) -> str:
    """Return the text, or the turns of a chat one after the other."""
    parts = [prompt.text] if not prompt.messages else []
    for message in prompt.messages:
        content = message.get("content")
        if not isinstance(content, str):
            raise UsageError(
                "a turn holds something other than text",
                where=f"prompt {prompt.id}",
                remedy="the in-process engine takes text only",
            )
        parts.append(content)
    return "\n".join(parts)
