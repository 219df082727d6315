"""Where the work on a prompt is placed, when tokens of one step are read one after another."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from joulemark.accounting.serving_work import work_of
from tests.accounting.serving import ns, request


def test_tokens_of_one_step_that_are_read_apart_are_one_step() -> None:
    """Steps of 0.1 s; the newcomer's first token is the last or the first that is read of its."""
    for shift in (0.002, -0.002):
        running = request(0.0, [0.1, 0.2, 0.3, 0.4, 0.5])
        new = request(0.25, [0.3 + shift, 0.4 + shift])
        work = work_of([running, new])
        assert work.prompts.begin[1] == ns(0.25)  # within the step: since it was sent
        waiting = request(0.15, [0.3 + shift, 0.4 + shift])
        assert work_of([running, waiting]).prompts.begin[1] == ns(0.2)


def test_what_takes_several_steps_of_others_was_computed_beside_them() -> None:
    running = request(0.0, np.arange(0.1, 2.0, 0.1).tolist())
    beside = request(0.45, [1.3, 1.4])
    assert work_of([running, beside]).prompts.begin[1] == ns(0.45)


def test_what_waits_for_a_place_was_not() -> None:
    """Two run at once; the third waits until one ends, then its prompt is computed in a step."""
    both = [request(0.0, [0.1, 0.2, 0.3, 0.4]), request(0.01, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6])]
    third = request(0.02, [0.5, 0.6])
    assert work_of([*both, third]).prompts.begin[2] == ns(0.4)


def test_first_tokens_of_one_step_began_together() -> None:
    both = [request(0.0, [0.5, 0.6, 0.7]), request(0.0, [0.501, 0.601, 0.701])]
    assert work_of(both).prompts.begin.tolist() == [0, 0]


def test_a_long_step_does_not_hide_the_one_before() -> None:
    """The nearest event shows a step of 1 s; the request's own next step is of 0.1 s."""
    running = request(0.0, [0.1, 0.2, 1.2, 1.3])
    new = request(0.15, [1.201, 1.301])
    assert work_of([running, new]).prompts.begin[1] == ns(0.2)


def test_answers_of_a_single_token_are_placed_after_the_event_before() -> None:
    alone = [request(t, [t + 0.4]) for t in (0.0, 0.1, 0.3)]
    assert work_of(alone).prompts.begin.tolist() == [ns(0.0), ns(0.4), ns(0.5)]


@given(
    st.lists(
        st.tuples(st.floats(0, 5), st.lists(st.floats(0.001, 1), min_size=1, max_size=5)),
        min_size=1,
        max_size=8,
    )
)
def test_it_began_after_it_was_sent_and_before_its_first_token(
    asked: list[tuple[float, list[float]]],
) -> None:
    work = work_of([request(sent, (sent + np.cumsum(gaps)).tolist()) for sent, gaps in asked])
    assert (work.prompts.begin >= np.minimum(work.sent, work.first - 1000)).all()
    assert (work.prompts.begin < work.first).all()
