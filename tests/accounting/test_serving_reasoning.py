"""Reasoning and answers apart: what each is of a window adds up to the whole."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.accounting.serving_energy import PER_OUTPUT, account
from joulemark.accounting.serving_reasoning import Reasoning, reasoning
from joulemark.accounting.serving_split import split
from joulemark.accounting.serving_windows import STEADY, Steady, Unknown
from joulemark.accounting.serving_words import (
    ANSWER_DECODE,
    ANSWER_TOKENS,
    PER_ANSWER,
    REASONING_DECODE,
    REASONING_SHARE,
    REASONING_TOKENS,
    REST_DECODE,
)
from joulemark.accounting.serving_work import work_of
from joulemark.core.request import Counted, Request
from tests.accounting.serving import constant, ns, request


def window(start: float, stop: float) -> Steady:
    return Steady(rule=STEADY, start=ns(start), stop=ns(stop), drift={})


def thinking(sent: float, tokens: int | None, by: Counted = Counted.USAGE, **more: Any) -> Request:
    chunks = [sent + 0.25, sent + 0.5, sent + 0.75, sent + 1]
    made = request(sent, chunks, **more)
    counted = None if tokens is None else by
    return replace(made, reasoning_tokens=tokens, counted_reasoning=counted)


def test_reasoning_is_the_first_tokens() -> None:
    work = work_of([thinking(t, 3) for t in range(100)])
    got = reasoning(work, constant(120, 110), window(10, 90))
    assert isinstance(got, Reasoning)
    assert (got.reasoning_tokens, got.answer_tokens) == (240, 80)
    assert got.counted == (Counted.USAGE,)
    assert got.untold == 0
    values = {name: value.value for name, value in got.figures.items()}
    joules = 120 * 80
    assert values == pytest.approx(
        {
            REASONING_SHARE: 0.75,
            REASONING_TOKENS: 0.75 * joules,
            ANSWER_TOKENS: 0.25 * joules,
            PER_ANSWER: 120,
        }
    )
    assert "not split" in got.why_no_decode
    # a window that ends after the second event of a request holds more of its reasoning
    half = reasoning(work, constant(120, 110), window(10, 10.5))
    assert isinstance(half, Reasoning)
    assert (half.reasoning_tokens, half.answer_tokens) == (2, 0)
    assert PER_ANSWER not in half.figures


def test_nothing_tells() -> None:
    work = work_of([thinking(t, None) for t in range(20)])
    got = reasoning(work, constant(120, 110), window(1, 9))
    assert isinstance(got, Unknown)
    assert "tells reasoning from answers" in got.reason
    told = work_of([thinking(t, 1) for t in range(20)])
    got = reasoning(told, constant(120, 110), window(50, 60))
    assert isinstance(got, Unknown)
    assert "no token" in got.reason


def test_estimates_are_named_and_what_is_untold_is_an_answer() -> None:
    some = [thinking(t, 2, Counted.CHUNKS) for t in range(0, 20, 2)]
    work = work_of([*some, *(thinking(t, None) for t in range(1, 20, 2))])
    got = reasoning(work, constant(120, 110), window(2, 18))
    assert isinstance(got, Reasoning)
    assert got.counted == (Counted.CHUNKS,)
    assert got.untold == 10
    assert (got.reasoning_tokens, got.answer_tokens) == (16, 48)


def test_a_server_that_counts_more_reasoning_than_tokens() -> None:
    work = work_of([thinking(t, 99, tokens_out=4) for t in range(20)])
    got = reasoning(work, constant(120, 110), window(2, 18))
    assert isinstance(got, Reasoning)
    assert got.answer_tokens == 0


def varied(shares: list[float]) -> list[Request]:
    """Requests of various lengths, so that energy can be split."""
    found, rng = [], np.random.default_rng(0)
    for i, share in enumerate(shares * 12):
        sent, count = i * 0.7, int(rng.integers(3, 30))
        chunks = [sent + 0.2 + 0.05 * k for k in range(count)]
        made = request(sent, chunks, tokens_in=int(rng.integers(5, 200)))
        told = round(share * count)
        found.append(replace(made, reasoning_tokens=told, counted_reasoning=Counted.USAGE))
    return found


@given(st.lists(st.floats(0, 1), min_size=4, max_size=6))
def test_shares_add_up_to_the_whole(shares: list[float]) -> None:
    work, supply = work_of(varied(shares)), constant(200, 70)
    parts = split(work, supply, ns(0), ns(30))
    place = window(5.013, 25.207)
    got = reasoning(work, supply, place, parts)
    assert isinstance(got, Reasoning)
    assert got.why_no_decode == ""
    whole = account(work, supply, place)
    joules, figures = whole.energy.joules.value, got.figures
    by_tokens = figures[REASONING_TOKENS].value + figures[ANSWER_TOKENS].value
    by_decode = sum(figures[n].value for n in (REASONING_DECODE, ANSWER_DECODE, REST_DECODE))
    assert by_tokens == pytest.approx(joules)
    assert by_decode == pytest.approx(joules)
    total = got.reasoning_tokens + got.answer_tokens
    assert total * whole.figures[PER_OUTPUT].value == pytest.approx(joules)
    assert 0 <= figures[REASONING_SHARE].value <= 1
    # windows beside each other hold what the whole holds
    first, second = (
        reasoning(work, supply, window(*edges)) for edges in ((5.013, 15.1), (15.1, 25.207))
    )
    assert isinstance(first, Reasoning)
    assert isinstance(second, Reasoning)
    assert first.reasoning_tokens + second.reasoning_tokens == pytest.approx(got.reasoning_tokens)


def test_without_a_decode_factor_the_reason_is_told() -> None:
    work, supply = work_of([thinking(t, 3) for t in range(100)]), constant(120, 110)
    got = reasoning(work, supply, window(10, 90), Unknown("too few parts"))
    assert isinstance(got, Reasoning)
    assert got.why_no_decode == "too few parts"
    parts = split(work_of(varied([0.5] * 4)), constant(200, 70), ns(0), ns(30))
    assert not isinstance(parts, Unknown)
    together = replace(parts, inseparable=("prefill", "decode"))
    got = reasoning(work, supply, window(10, 90), together)
    assert isinstance(got, Reasoning)
    assert "prefill, decode cannot be told apart" in got.why_no_decode
    assert REASONING_DECODE not in got.figures
