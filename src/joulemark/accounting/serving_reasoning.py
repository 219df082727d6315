"""Reasoning apart from answers: tokens of each in a window, and the energy that each took.

A request's first tokens are taken to be its reasoning, as many as it has. Two definitions say what
energy reasoning took: by its share of the output tokens, with all that goes along; or by what a
decoded token makes energy rise by. Each leaves an answer's part and, the second, a rest, which add
up to the energy of the window.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from joulemark.accounting.serving_energy import BATCHES, DEFINITIONS, ratio
from joulemark.accounting.serving_split import Split
from joulemark.accounting.serving_windows import Steady, Unknown
from joulemark.accounting.serving_words import (
    ANSWER_DECODE,
    ANSWER_TOKENS,
    PER_ANSWER,
    REASONING_DECODE,
    REASONING_SHARE,
    REASONING_TOKENS,
    REST_DECODE,
)
from joulemark.accounting.serving_work import Floats, Work, even_edges
from joulemark.accounting.supply import Supply
from joulemark.core.request import Counted
from joulemark.core.value import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasoning:
    """Reasoning and answers in a window.

    Attributes:
        reasoning_tokens: output tokens read in it that are reasoning.
        answer_tokens: the others.
        counted: who counted the reasoning of the requests; of any but ``USAGE`` it is an estimate.
        untold: requests of whose reasoning nothing tells; their tokens are answers here.
        figures: by the name of their definition; those by decode factor only with a split.
        why_no_decode: why these are missing; empty where they are not.
    """

    reasoning_tokens: float
    answer_tokens: float
    counted: tuple[Counted, ...]
    untold: int
    figures: Mapping[str, Value]
    why_no_decode: str = ""


def reasoning(
    work: Work, supply: Supply, window: Steady, parts: Split | Unknown | None = None
) -> Reasoning | Unknown:
    """Return what reasoning and answers came to in a window.

    Args:
        work: of the run.
        supply: energy of what served.
        window: the part that counts.
        parts: factors of the load, or why there are none.
    """
    if all(one.reasoning_tokens is None for one in work.requests):
        return Unknown("no server, and no event of a stream, tells reasoning from answers")
    edges = even_edges(window.start, window.stop, BATCHES)
    all_tokens = work.outputs.counted(edges, work.outputs.tokens)
    thought = work.outputs.counted(edges, _thought(work))
    if not all_tokens.sum() > 0:
        return Unknown("no token was read in the window")
    joules = supply.between(window.start, window.stop).joules
    steps = supply.steps(edges)
    figures = _by_tokens(joules, steps, all_tokens, thought)
    why = _why_not(parts)
    if isinstance(parts, Split) and not why:
        figures |= _by_decode(joules, parts.factors["decode"], all_tokens, thought)
    return Reasoning(
        reasoning_tokens=float(thought.sum()),
        answer_tokens=float(all_tokens.sum() - thought.sum()),
        counted=tuple(sorted({r.counted_reasoning for r in work.requests if r.counted_reasoning})),
        untold=sum(r.reasoning_tokens is None for r in work.requests),
        figures=figures,
        why_no_decode=why,
    )


def _thought(work: Work) -> Floats:
    """Return how many tokens of each piece of output are reasoning, shape of ``outputs``."""
    spans = work.outputs
    told = np.array([float(one.reasoning_tokens or 0) for one in work.requests])
    most = np.minimum(told, work.tokens_out)[spans.owner]
    after = np.cumsum(spans.tokens)
    before = after - spans.tokens
    opens = np.append(True, np.diff(spans.owner) > 0)
    begun = before[opens][spans.owner]
    return np.asarray(np.minimum(after - begun, most) - np.minimum(before - begun, most))


def _by_tokens(
    joules: Value, steps: Floats, all_tokens: Floats, thought: Floats
) -> dict[str, Value]:
    answers = all_tokens - thought
    share = float(thought.sum() / all_tokens.sum())
    whole = Value(float(thought.sum()), "1")
    found = {
        REASONING_SHARE: ratio(whole, thought, all_tokens, "1"),
        REASONING_TOKENS: joules.scaled(share, "J"),
        ANSWER_TOKENS: joules - joules.scaled(share, "J"),
    }
    if answers.sum() > 0:
        found[PER_ANSWER] = ratio(joules, steps, answers, DEFINITIONS[PER_ANSWER][0])
    return found


def _why_not(parts: Split | Unknown | None) -> str:
    if parts is None:
        return "energy was not split by prompts and tokens"
    if isinstance(parts, Unknown):
        return parts.reason
    if "decode" in parts.inseparable:
        return f"{', '.join(parts.inseparable)} cannot be told apart"
    return ""


def _by_decode(
    joules: Value, factor: Value, all_tokens: Floats, thought: Floats
) -> dict[str, Value]:
    reasoned = factor.scaled(float(thought.sum()), "J")
    answered = factor.scaled(float(all_tokens.sum() - thought.sum()), "J")
    return {
        REASONING_DECODE: reasoned,
        ANSWER_DECODE: answered,
        REST_DECODE: joules - reasoned - answered,
    }
