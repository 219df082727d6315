"""What the scripted server spends: its truth adds up, and its counter follows it."""

from __future__ import annotations

import http.client
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.virtual.serving.test_serving import Counting, Loop

from joulemark.core.errors import UsageError
from joulemark.virtual.serving.engine import Engine
from joulemark.virtual.serving.instrument import Serving
from joulemark.virtual.serving.script import Script
from joulemark.virtual.serving.spending import UPDATE_S, Costs, Spending
from joulemark.virtual.serving.stream import Truth

COSTS = Costs(base_w=100.0, prompt_j=0.02, token_j=0.25)


class Asked(Counting):
    """A request with a prompt of known length."""

    def __init__(self, loop: Loop, tokens: int, prompt: int, prefill_s: float = 0.0) -> None:
        super().__init__(loop, tokens, prefill_s)
        self.truth = Truth(0, tokens_in=prompt)

    def token(self) -> bool:
        self.truth.tokens_out += 1
        return super().token()


def told(spending: Spending) -> Any:
    return json.loads(spending.truth())


@given(
    st.lists(st.tuples(st.integers(1, 9), st.integers(0, 50), st.floats(0, 0.3)), min_size=1),
    st.integers(0, 3),
)
def test_all_that_is_spent_is_somebodys(asked: list[tuple[int, int, float]], slots: int) -> None:
    loop = Loop()
    spending = Spending(COSTS, 0.0)
    engine = Engine(Script(step_s=0.03, slots=slots), loop, spending)  # type: ignore[arg-type]
    ones = [Asked(loop, *one) for one in asked]
    for one in ones:
        engine.add(one)
    loop.run()
    spending.advance(loop.now + 1.0)
    joules = sum(one.truth.joules for one in ones)
    truth = told(spending)
    after = 100.0 * 1.0  # a second in which nobody was served
    assert truth["joules"][-1] == pytest.approx(joules + after, abs=1.5)  # the last knot is before
    work = sum(0.25 * one.truth.tokens_out + 0.02 * one.truth.tokens_in for one in ones)
    assert joules == pytest.approx(work + 100.0 * loop.now, rel=1e-9, abs=1e-6)


def test_energy_lies_where_the_work_was() -> None:
    loop = Loop()
    spending = Spending(Costs(prompt_j=1.0, token_j=3.0), 0.0)
    engine = Engine(Script(step_s=1.0), loop, spending)  # type: ignore[arg-type]
    engine.add(Asked(loop, 2, 7, prefill_s=2.0))
    loop.run()
    spending.advance(4.0)
    truth = told(spending)
    at = dict(zip((t / 1e9 for t in truth["time"]), truth["joules"], strict=True))
    assert at[1.0] == pytest.approx(5.0)  # half of the prompt and of its first token
    assert at[2.0] == pytest.approx(10.0)
    assert at[2.5] == pytest.approx(11.5)
    assert at[3.0] == at[4.0] == pytest.approx(13.0)


def test_the_counter_moves_at_its_updates() -> None:
    spending = Spending(Costs(base_w=100.0), 5.0)
    shown = []
    for i in range(25):
        spending.advance(5.0 + 0.01 * i + 0.005)
        shown.append(round(spending.shown, 6))
    assert shown == [0.0] * 10 + [10.0] * 10 + [20.0] * 5


def test_power_that_wanders_is_the_same_for_a_seed_and_means_nothing() -> None:
    ones = [Spending(Costs(base_w=100.0, noise_w=5.0, seed=seed), 0.0) for seed in (1, 1, 2)]
    for one in ones:
        one.advance(200.0)
    first, same, other = (one.shown for one in ones)
    assert first == same != other
    # its mean over a time T has the standard deviation noise_w · sqrt(2 noise_s / T)
    assert abs(first / 200.0 - 100.0) < 4 * 5.0 * math.sqrt(2 * 0.5 / 200.0)


def test_a_request_that_is_dropped_keeps_what_was_spent() -> None:
    loop = Loop()
    spending = Spending(COSTS, 0.0)
    engine = Engine(Script(step_s=1.0, slots=2), loop, spending)  # type: ignore[arg-type]
    one = Asked(loop, 3, 10)
    engine.add(one)
    spending.advance(0.5)
    loop.now = 0.5
    engine.drop(one)
    engine.drop(one)
    assert one.truth.joules == pytest.approx(50.0 + 0.2)


def test_what_it_says_over_http() -> None:
    made = Serving(first=0.0, step=0.0, base_w=50.0).start()
    talk = http.client.HTTPConnection(*made.server.address)
    try:

        def said(path: str) -> Any:
            talk.request("GET", path)
            answer = talk.getresponse()
            return answer.status, json.loads(answer.read())

        status, counter = said("/energy")
        assert status == 200
        assert counter["update_s"] == UPDATE_S
        assert "joulemark virtual serving; " in counter["about"]
        assert said("/energy/truth")[1]["costs"]["base_w"] == 50.0
        assert any("--meter virtual:url=" in line for line in made.says)
    finally:
        talk.close()
        made.close()


def test_without_costs_there_is_no_counter() -> None:
    made = Serving().start()
    talk = http.client.HTTPConnection(*made.server.address)
    try:
        talk.request("GET", "/energy")
        answer = talk.getresponse()
        answer.read()
        assert answer.status == 404
        assert not any("virtual:url" in line for line in made.says)
    finally:
        talk.close()
        made.close()


@pytest.mark.parametrize(
    "made", [Serving(base_w=-1.0), Serving(token_j=math.inf), Serving(base_w=1.0, noise_s=0.0)]
)
def test_costs_that_make_no_sense(made: Serving) -> None:
    with pytest.raises(UsageError):
        made.start()
