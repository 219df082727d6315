"""What is asked: prompts from files of lines, from ShareGPT-like files, or made of words.

A line may name pictures and films, and the right answer; see ``pictures`` and ``checking``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from joulemark.core.errors import FormatError
from joulemark.core.request import Prompt
from joulemark.loads.serving.checking import checked
from joulemark.loads.serving.lengths import MOST, Lengths
from joulemark.loads.serving.pictures import Album, counted, with_parts
from joulemark.loads.serving.text import read_text

Counts = NDArray[np.int64]
MOST_LINE = 64 << 20
_OUT = ("tokens_out", "max_tokens", "output_len", "output_length", "expected_output_len")
_IN = ("tokens_in", "input_len", "input_length", "prompt_len")
_SYLLABLES = (
    "ba",
    "ce",
    "di",
    "fo",
    "gu",
    "ha",
    "je",
    "ki",
    "lo",
    "mu",
    "na",
    "pe",
    "ro",
    "su",
    "ta",
)


def read_prompts(path: Path) -> list[Prompt]:
    """Read prompts: lines of JSON, or one JSON list of ShareGPT-like conversations.

    A line is an object with ``prompt`` (or ``text``), or with ``messages``; most tokens of the
    answer in ``max_tokens`` (or ``output_len`` …). ``images`` and ``videos`` name files in the
    folder of this one, which are put behind the text of the last turn of the user; ``answer`` is
    the right answer, and ``check`` how an answer is held against it (a name of ``Check``). Of a
    conversation the turns before the first answer are asked, as vLLM's and SGLang's benchmarks do.

    Raises:
        FormatError: if the file cannot be read, or is not of that kind; names the line.
    """
    text = read_text(path)
    found = list(_conversations(text, path) if text.lstrip()[:1] == "[" else _lines(text, path))
    if not found:
        raise FormatError("there is no prompt in it", where=str(path))
    return found


def synthetic(
    count: int, tokens_in: Lengths, tokens_out: Lengths | None = None, seed: int = 0
) -> list[Prompt]:
    """Make prompts of made-up words, each different from its first word on.

    A length is counted in words of two syllables; how many tokens that is, is the tokenizer's
    matter, and is known from the server's usage.

    Args:
        count: how many.
        tokens_in: length of a prompt, words.
        tokens_out: most tokens of an answer; None leaves it to the server.
        seed: seed of the random numbers.
    """
    rng = np.random.default_rng(seed)
    words = tokens_in.draw(count, rng)
    outs = None if tokens_out is None else tokens_out.draw(count, rng)
    return of_lengths(words, outs, rng)


def of_lengths(words: Counts, outs: Counts | None, rng: np.random.Generator) -> list[Prompt]:
    """Make prompts of made-up words with given lengths.

    Args:
        words: length of each prompt, words, shape (n,).
        outs: most tokens of each answer, shape (n,); None leaves it to the server.
        rng: of the words.
    """
    return [
        Prompt(
            id=str(i),
            text=_words(int(words[i]), rng),
            tokens_out=None if outs is None else int(outs[i]),
        )
        for i in range(len(words))
    ]


def repeated(prompts: list[Prompt], count: int) -> list[Prompt]:
    """Return ``count`` prompts: the given ones again and again."""
    return list(islice(cycle(prompts), count))


def _words(count: int, rng: np.random.Generator) -> str:
    places = rng.integers(0, len(_SYLLABLES), (count, 2)).tolist()
    return " ".join(_SYLLABLES[a] + _SYLLABLES[b] for a, b in places)


def _lines(text: str, path: Path) -> Iterator[Prompt]:
    album = Album(path.parent)
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        entry = _json(line, where)
        asked = entry.get("prompt", entry.get("text")) if isinstance(entry, dict) else None
        if isinstance(asked, str) and asked:
            prompt = _prompt(entry, str(number), where, text=asked)
        elif isinstance(entry, dict) and "messages" in entry:
            prompt = _prompt(
                entry, str(number), where, messages=_messages(entry["messages"], where)
            )
        else:
            raise FormatError("a line needs 'prompt' or 'messages'", where=where)
        images, videos = counted(prompt.messages, where)
        prompt = replace(prompt, images=images, videos=videos)
        yield checked(with_parts(prompt, album.parts(entry, where)), entry, where)


def _conversations(text: str, path: Path) -> Iterator[Prompt]:
    for number, entry in enumerate(_json(text, str(path))):
        where = f"{path}: entry {number}"
        turns = None
        if isinstance(entry, dict):
            turns = entry.get("conversations", entry.get("conversation"))
        if not isinstance(turns, list):
            raise FormatError("a conversation needs a list 'conversations'", where=where)
        asked = tuple(_asked(turns, where))
        if asked:  # published files hold some that begin with an answer, or are empty
            name = entry.get("id")
            messages = tuple({"role": role, "content": value} for role, value in asked)
            own = f"{number}" if not name else f"{number}/{name}"
            yield _prompt(entry, own, where, messages=messages)


def _asked(turns: list[object], where: str) -> Iterator[tuple[str, str]]:
    roles = {"human": "user", "user": "user", "system": "system"}
    for turn in turns:
        if not isinstance(turn, dict):
            raise FormatError("a turn is no object", where=where)
        said, value = turn.get("from", turn.get("role")), turn.get("value", turn.get("content"))
        role = roles.get(said) if isinstance(said, str) else None
        if role is None or not isinstance(value, str):
            return
        yield role, value
        if role == "user":
            return


def _messages(found: object, where: str) -> tuple[Mapping[str, object], ...]:
    if not isinstance(found, list) or not found:
        raise FormatError("'messages' is no list", where=where)
    for message in found:
        if not isinstance(message, dict) or not isinstance(message.get("role"), str):
            raise FormatError("a message needs a 'role'", where=where)
    return tuple(found)


def _prompt(
    entry: dict[str, object],
    name: str,
    where: str,
    *,
    text: str = "",
    messages: tuple[Mapping[str, object], ...] = (),
) -> Prompt:
    return Prompt(
        id=name,
        text=text,
        messages=messages,
        tokens_out=_first(entry, _OUT, where),
        tokens_in=_first(entry, _IN, where),
    )


def _first(entry: dict[str, object], names: tuple[str, ...], where: str) -> int | None:
    """Return the number under the first of these names that is there."""
    for name in names:
        value = entry.get(name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise FormatError(f"{name!r} is no number", where=where)
        if not (1 <= value <= MOST and value == int(value)):
            said = f"{value!r:.40}"
            raise FormatError(f"{name!r} is {said}, no number from 1 to {MOST}", where=where)
        return int(value)
    return None


def _json(text: str, where: str) -> Any:
    if len(text) > MOST_LINE and "\n" not in text:
        raise FormatError("a line is too long", where=where)
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FormatError(f"it is no JSON: {error}", where=where) from None
