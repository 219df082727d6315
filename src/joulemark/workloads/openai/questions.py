"""The bytes of all questions, made before a load begins: pictures and films are large."""

from __future__ import annotations

from collections.abc import Sequence

from joulemark.core.errors import UsageError
from joulemark.core.request import Prompt
from joulemark.workloads.openai.target import Target

MOST_BYTES = 2 << 30
"""The questions of one process are kept in memory, and are no more than this together."""

_Asked = tuple[int, int, int | None]


def questions(target: Target, prompts: Sequence[Prompt]) -> list[bytes]:
    """Return the bytes of each question; a prompt that comes again is written once.

    Raises:
        UsageError: if the target or a prompt makes no sense, or all are too large together.
    """
    head, made, size = target.head(), dict[_Asked, bytes](), 0
    for prompt in prompts:
        if _asked(prompt) not in made:
            question = made[_asked(prompt)] = target.question(prompt, head)
            size += len(question)
            if size > MOST_BYTES:
                raise UsageError(
                    f"the questions are larger than {MOST_BYTES >> 30} GiB together",
                    remedy="ask fewer different prompts, or smaller pictures and films",
                )
    return [made[_asked(prompt)] for prompt in prompts]


def _asked(prompt: Prompt) -> _Asked:
    """Return what tells one question from another, as long as all prompts live."""
    return id(prompt.messages), id(prompt.text), prompt.tokens_out


def different(prompts: Sequence[Prompt]) -> tuple[list[Prompt], list[int]]:
    """Return each prompt once, and the place of each of ``prompts`` among them."""
    first: dict[int, int] = {}
    for prompt in prompts:
        first.setdefault(id(prompt), len(first))
    once = {id(prompt): prompt for prompt in prompts}
    return [once[key] for key in first], [first[id(prompt)] for prompt in prompts]
