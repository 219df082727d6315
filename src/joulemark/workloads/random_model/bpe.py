"""A byte-level BPE tokenizer, learnt from the documentation of this Python's standard library.

The method is that of GPT-2: text falls into words by a pattern, words into bytes, and the pair
that occurs most often becomes a token, again and again. The text is at hand on every machine; two
machines with the same Python make the same tokenizer.
"""

from __future__ import annotations

import re
import sysconfig
from collections import Counter, defaultdict
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from itertools import pairwise
from pathlib import Path

from joulemark.core.errors import UnavailableError

END = "<|never|>"
"""The token that would end an answer. It is in no text, and the weights never say it."""
_WORDS = re.compile(r"'(?:[sdmt]|ll|ve|re)| ?[^\W\d_]+| ?\d+| ?(?:[^\s\w]|_)+|\s+(?!\S)|\s+")
_DOCUMENTATION = re.compile(r'"""(.*?)"""', re.DOTALL)
_PLAIN = re.compile(rb"[\x20-\x7e\n]+")
Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Tokenizer:
    """Tokens by their number, and how to come to them.

    Attributes:
        tokens: bytes of each token; the last is the end and has none.
        merges: pairs of tokens that become one, the first to be tried first.
    """

    tokens: tuple[bytes, ...]
    merges: tuple[Pair, ...]

    @property
    def end(self) -> int:
        """Number of the token that would end an answer."""
        return len(self.tokens) - 1

    def written(self) -> list[str]:
        """Return how files write the tokens: one visible character a byte."""
        letters = _letters()
        return ["".join(letters[byte] for byte in token) for token in self.tokens[:-1]] + [END]

    def unsaid(self) -> list[int]:
        """Return the tokens that the model must not say: all but printable ASCII and newlines."""
        return [i for i, token in enumerate(self.tokens) if not _PLAIN.fullmatch(token)]


def documentation(folder: Path | None = None) -> str:
    """Return the documentation of the standard library, as far as it is ASCII.

    Args:
        folder: where its modules are; None for that of this Python.

    Raises:
        UnavailableError: if there is none.
    """
    folder = folder or Path(sysconfig.get_paths()["stdlib"])
    texts = []
    for path in sorted(folder.glob("*.py")):
        found = _DOCUMENTATION.findall(path.read_text("utf-8", "replace"))
        texts += [text for text in found if text.isascii()]
    if not texts:
        raise UnavailableError(
            "this Python has no source of its standard library to learn a tokenizer from",
            where=str(folder),
            remedy="name a file of text with --text",
        )
    return "\n".join(texts)


def learn(text: str, size: int) -> Tokenizer:
    """Make a tokenizer of a size.

    Args:
        text: what is learnt from.
        size: tokens, that of the end included.

    Raises:
        UnavailableError: if the text has too little in it.
    """
    tokens = [bytes((byte,)) for byte in range(256)]
    merges: list[Pair] = []
    pairs = _Pairs(Counter(_WORDS.findall(text)))
    while len(tokens) + 1 < size:
        pair = pairs.commonest()
        if pair is None:
            raise UnavailableError(
                f"the text gives {len(tokens)} tokens and {size} are needed",
                remedy="name a longer text with --text, or a smaller --size",
            )
        pairs.join(pair, len(tokens))
        merges.append(pair)
        tokens.append(tokens[pair[0]] + tokens[pair[1]])
    return Tokenizer((*tokens, b""), tuple(merges))


class _Pairs:
    """How often which tokens follow each other."""

    def __init__(self, words: Counter[str]) -> None:
        self._words = [list(word.encode()) for word in words]
        self._times = list(words.values())
        self._counts: defaultdict[Pair, int] = defaultdict(int)
        self._where: defaultdict[Pair, set[int]] = defaultdict(set)
        for i in range(len(self._words)):
            self._count(i, 1)
        self._heap = [(-count, pair) for pair, count in self._counts.items()]
        heapify(self._heap)

    def commonest(self) -> Pair | None:
        """Return the pair that occurs most often (of equals the smallest); None if none twice."""
        while self._heap:
            count, pair = heappop(self._heap)
            if self._counts[pair] == -count:
                return pair if count < -1 else None
        return None

    def join(self, pair: Pair, token: int) -> None:
        """Put a token in the place of a pair."""
        changed: set[Pair] = set()
        for i in list(self._where[pair]):
            changed |= self._count(i, -1)
            self._words[i] = _joined(self._words[i], pair, token)
            changed |= self._count(i, 1)
        for each in changed:
            if self._counts[each] > 1:
                heappush(self._heap, (-self._counts[each], each))

    def _count(self, i: int, sign: int) -> set[Pair]:
        word, times = self._words[i], self._times[i] * sign
        found = set()
        for pair in pairwise(word):
            self._counts[pair] += times
            found.add(pair)
        for pair in found:
            (self._where[pair].add if sign > 0 else self._where[pair].discard)(i)
        return found


def _joined(word: list[int], pair: Pair, token: int) -> list[int]:
    joined: list[int] = []
    for each in word:
        if joined and (joined[-1], each) == pair:
            joined[-1] = token
        else:
            joined.append(each)
    return joined


def _letters() -> list[str]:
    """Return the visible character that stands for each byte in GPT-2's files."""
    plain = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = iter(range(256, 512))
    return [chr(byte if byte in plain else next(others)) for byte in range(256)]
