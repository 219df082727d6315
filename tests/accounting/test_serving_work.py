"""The work of requests over time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.accounting.serving_work import PIECES, Steps, work_of
from joulemark.core.clock import NS
from joulemark.core.request import Outcome, Request
from tests.accounting.serving import ns, request


def edges(*seconds: float) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array([ns(t) for t in seconds], dtype=np.int64)


def test_a_step_function_and_its_area() -> None:
    steps = Steps.of(edges(3, 1, 5), np.array([2.0, 1.0, -3.0]))
    assert steps.at(edges(0, 1, 2, 3, 4, 5, 9)).tolist() == [0, 1, 1, 3, 3, 0, 0]
    assert steps.integral(edges(0, 1, 2, 4, 5, 9)).tolist() == [0, 0, 1, 5, 8, 8]


def test_a_step_function_of_nothing() -> None:
    steps = Steps.of(edges(), np.array([]))
    assert steps.at(edges(1)).tolist() == [0]
    assert steps.integral(edges(1)).tolist() == [0]


def test_tokens_count_when_their_event_was_read() -> None:
    work = work_of([request(0, [2, 3, 4, 5], tokens_in=100)])
    counts = work.between(edges(0, 2, 3.5, 6))
    assert counts.tokens_out.tolist() == [1, 1, 2]
    assert counts.tokens_in.tolist() == [100, 0, 0]
    assert counts.requests.tolist() == [0.25, 0.25, 0.5]
    assert counts.seconds.tolist() == [2, 1.5, 2.5]
    assert counts.in_flight.tolist() == [1, 1, pytest.approx(1.5 / 2.5)]


def test_work_fills_the_time_before_its_event() -> None:
    work = work_of([request(0, [2, 3, 4], tokens_in=100, cached=40)])
    counts = work.between(edges(0, 1, 2.5, 4))
    assert counts.prefill == pytest.approx([30, 30, 0])
    assert counts.decode == pytest.approx([0.5, 1, 1.5])
    assert counts.resident == pytest.approx([0, 0.5 * 101, 0.5 * 101 + 102])


def test_a_prompt_is_computed_after_the_last_event_of_anybody() -> None:
    waits = request(2.5, [4, 5])
    work = work_of([request(0, [2, 3, 4, 5]), waits])
    assert work.prompts.begin.tolist() == [0, ns(3)]
    assert work.served.at(edges(1, 3.5)).tolist() == [1, 2]
    assert work.in_flight.at(edges(0, 2.5)).tolist() == [1, 2]


def test_running_counts_of_the_server_win() -> None:
    work = work_of([request(0, [1, 2, 3], running=(2, 2, 5), tokens_out=5)])
    assert work.outputs.tokens.tolist() == [2, 0, 3]


@pytest.mark.parametrize("running", [(3, 2, 5), (0, 0, 0), (1, 5)])
def test_running_counts_that_cannot_be_are_spread_evenly(running: tuple[int, ...]) -> None:
    work = work_of([request(0, [1, 2, 3], running=running, tokens_out=6)])
    assert work.outputs.tokens.tolist() == [2, 2, 2]


def test_events_stand_in_for_tokens_nobody_counted() -> None:
    uncounted = Request(id="a", planned=0, sent=0, first_token=ns(1), chunks=(ns(1), ns(2)))
    work = work_of([uncounted, request(0, [1], tokens_in=None)])
    assert work.tokens_out.tolist() == [2, 1]
    assert work.uncounted == 2
    assert work.ended.tolist() == [ns(2), ns(1)], "without an end the last event is it"


def test_an_answer_that_did_not_stream() -> None:
    work = work_of([request(1, [], ended=3, tokens_out=40)])
    assert len(work.outputs.end) == PIECES
    assert work.tokens_out.tolist() == [pytest.approx(40)]
    assert work.between(edges(1, 2, 3)).tokens_out == pytest.approx([20, 20])


def test_what_nothing_came_of_is_left_out() -> None:
    refused = request(0, [], ended=1, outcome=Outcome.REFUSED)
    never = Request(id="b", planned=0)
    dropped = request(0, [1, 2], outcome=Outcome.DROPPED)
    work = work_of([refused, never, dropped])
    assert work.requests == (dropped,)
    empty = work_of([])
    assert empty.between(edges(0, 1)).tokens_out.tolist() == [0]
    assert empty.between(edges(0, 1)).resident.tolist() == [0]


def test_events_read_together_take_a_moment_each() -> None:
    work = work_of([request(0, [1, 1, 1])])
    assert (work.outputs.end > work.outputs.begin).all()
    assert work.between(edges(0, 2)).decode == pytest.approx([3])


served = st.lists(
    st.tuples(
        st.integers(0, 50 * NS),
        st.integers(1, 5000),
        st.lists(st.integers(1, NS), min_size=1, max_size=20),
    ),
    min_size=1,
    max_size=12,
)


def requests_of(drawn: list[tuple[int, int, list[int]]]) -> list[Request]:
    found = []
    for i, (sent, prompt, gaps) in enumerate(drawn):
        times = tuple((sent + np.cumsum(gaps)).tolist())
        found.append(
            Request(
                id=str(i),
                planned=sent,
                sent=sent,
                first_token=times[0],
                chunks=times,
                ended=times[-1],
                tokens_in=prompt,
                tokens_out=3 * len(times),
            )
        )
    return found


@given(served, st.integers(1, 100 * NS))
def test_adjacent_windows_add_up(drawn: list[tuple[int, int, list[int]]], cut: int) -> None:
    work = work_of(requests_of(drawn))
    end = int(work.ended.max()) + cut + 1
    for split in ([-NS, cut, end], [-NS, cut // 2 - 1, cut, end]):
        counts = work.between(np.array(split, dtype=np.int64))
        assert counts.tokens_out.sum() == pytest.approx(3 * sum(len(d[2]) for d in drawn))
        assert counts.requests.sum() == pytest.approx(len(drawn))
        assert counts.tokens_in.sum() == sum(d[1] for d in drawn)
        assert counts.prefill.sum() == pytest.approx(sum(d[1] for d in drawn), rel=1e-6)
        assert counts.decode.sum() == pytest.approx(counts.tokens_out.sum(), rel=1e-6)
