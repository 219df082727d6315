"""Warm-up, steady state and drain, by each rule."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from joulemark.accounting.serving_windows import (
    ALL,
    MLENERGY,
    RULES,
    STEADY,
    V2,
    V3,
    Demands,
    Steady,
    Unknown,
    arrival_drift,
    mlenergy_v2,
    mlenergy_v3,
    steady,
    trend,
)
from joulemark.accounting.serving_work import Work, work_of
from joulemark.accounting.supply import Supply
from tests.accounting.serving import constant, counter, ns, request


def closed(lasts: float, *, slots: int = 4, seconds: float = 60) -> Work:
    """Return the work of slots that serve one request after the other, a token each 0.1 s."""
    found = []
    for slot in range(slots):
        start = slot * lasts / slots
        while start < seconds:
            found.append(request(start, np.arange(start + 0.1, start + lasts, 0.1).tolist()))
            start += lasts
    return work_of(found)


def posted(count: int, batch: int, first: float = 0.1) -> Work:
    """Return the work of requests that are all sent at once, served in turns of ten tokens."""
    turns = [i // batch for i in range(count)]
    return work_of([request(0, [t + first, *(t + 0.1 * k for k in range(2, 11))]) for t in turns])


def test_every_rule_has_words() -> None:
    assert set(RULES) == {V2, V3, STEADY, ALL}
    assert set(MLENERGY) == {V2, V3}


def test_v2_ends_when_nobody_waits_any_more() -> None:
    window = mlenergy_v2(posted(40, 4, first=0.02), 4)
    assert isinstance(window, Steady)
    assert (window.start, window.stop) == (0, ns(9.02))


def test_v2_without_saturation_has_no_window() -> None:
    window = mlenergy_v2(closed(2), 4)
    assert isinstance(window, Unknown)
    assert "0.95 of 4" in window.reason


def test_v3_is_from_the_first_batch_to_the_last_but_one() -> None:
    window = mlenergy_v3(posted(120, 4), 4)
    assert isinstance(window, Steady)
    assert window.start == ns(0.1), "first token of the fourth"
    assert window.stop == ns(29), "the 115th has ended"
    assert window.remarks == ()


def test_v3_says_what_its_authors_call_unstable() -> None:
    window = mlenergy_v3(posted(13, 4), 4)
    assert isinstance(window, Steady)
    assert [remark.split(";")[0] for remark in window.remarks] == ["1.9 s"]
    loose = mlenergy_v3(closed(2, slots=2), 4)
    assert isinstance(loose, Steady)
    assert "0.85 of 4" in loose.remarks[0]


@pytest.mark.parametrize(("count", "batch"), [(5, 4), (3, 8), (4, 0), (0, 1)])
def test_v3_of_too_few_requests(count: int, batch: int) -> None:
    assert isinstance(mlenergy_v3(posted(count, max(batch, 1)), batch), Unknown)


def test_v3_where_most_end_before_a_batch_has_begun() -> None:
    window = mlenergy_v3(closed(2, slots=1), 20)
    assert isinstance(window, Unknown)
    assert "before 20 had begun" in window.reason


def test_a_closed_loop_is_steady_between_warm_up_and_drain() -> None:
    window = steady(closed(2), constant(100, 70), target=4)
    assert isinstance(window, Steady)
    assert window.rule == STEADY
    assert ns(3) < window.start < ns(4), "one latency after four were there"
    assert ns(59) < window.stop < ns(62)
    assert set(window.drift) == {"tokens per second", "power"}


def test_saturation_looks_at_what_runs() -> None:
    window = steady(posted(120, 4), constant(100, 40), target=4, running=True)
    assert isinstance(window, Steady)
    assert isinstance(steady(posted(120, 4), constant(100, 40), target=5, running=True), Unknown)


def warming(seconds: float, until: float) -> Supply:
    times = np.arange(0, seconds, 0.1)
    power = 100 + 100 * np.minimum(times / until, 1)
    return counter(times.tolist(), np.cumsum(power * 0.1).tolist())


def test_a_part_without_a_trend_is_found() -> None:
    window = steady(closed(2), warming(70, 25), target=4)
    assert isinstance(window, Steady)
    assert window.start > ns(14)


REASONS: list[tuple[str, Callable[[], Steady | Unknown]]] = [
    ("no request was answered", lambda: mlenergy_v2(work_of([]), 4)),
    ("no request was answered", lambda: steady(work_of([]), constant(9, 9), target=4)),
    ("at most 4 requests", lambda: steady(closed(2), constant(9, 70), target=9)),
    ("0.3 requests on average", lambda: steady(gap(), constant(9, 70), target=4)),
    ("longer than it takes", lambda: steady(posted(4, 4), constant(9, 70), target=4)),
    ("only 4", lambda: steady(closed(2, seconds=8), constant(9, 70), target=4)),
    ("sensor updates", lambda: steady(closed(2), constant(9, 70, every=5), target=4)),
    ("power drift by +", lambda: steady(closed(2), warming(70, 70), target=4)),
    (
        "and only",
        lambda: steady(
            closed(2), warming(70, 70), target=4, demands=Demands(seconds=50, updates=1)
        ),
    ),
    ("before the first answers", lambda: steady(posted(4, 4), constant(9, 70), target=None)),
    ("per second drift by +", lambda: steady(ramp(), constant(9, 70), target=None)),
]


def gap() -> Work:
    return work_of([*closed(2, seconds=5).requests, *(request(t, [62]) for t in (59, 59, 59, 59))])


def ramp() -> Work:
    times = 60 * np.sqrt(np.arange(200) / 200)
    return work_of([request(t, [t + 0.5, t + 1]) for t in times])


@pytest.mark.parametrize(("said", "found"), REASONS, ids=[said for said, _ in REASONS])
def test_no_window_has_a_reason(said: str, found: Callable[[], Steady | Unknown]) -> None:
    window = found()
    assert isinstance(window, Unknown)
    assert said in window.reason


def test_arrivals_of_their_own() -> None:
    work = work_of([request(t / 5, [t / 5 + 0.5, t / 5 + 1]) for t in range(300)])
    window = steady(work, constant(100, 70), target=None)
    assert isinstance(window, Steady)
    assert (window.start, window.stop) == (ns(1), ns(59.8))
    assert "requests in flight" in window.drift


def test_poisson_arrivals_seldom_seem_to_drift() -> None:
    rng = np.random.default_rng(1)
    found = [
        arrival_drift(np.cumsum(rng.exponential(1e9, 300)).astype(np.int64)) for _ in range(400)
    ]
    assert sum(drift != 0 for drift in found) <= 8


def test_trends() -> None:
    assert trend(np.full(12, 5.0)) == (0.0, 0.0)
    assert trend(np.zeros(12)) == (0.0, 0.0)
    drift, beyond = trend(np.linspace(95, 105, 12))
    assert drift == pytest.approx(0.1 * 12 / 11)
    assert beyond == np.inf
    rng = np.random.default_rng(2)
    false = sum(trend(100 + rng.standard_normal(12))[1] > 1.5 for _ in range(1000))
    assert false <= 25


def test_a_request_that_ended_before_it_was_sent_makes_no_window() -> None:
    work = work_of([request(5.0, [1.0, 2.0], ended=2.0)])
    found = steady(work, constant(100.0, 10.0), target=None)
    assert isinstance(found, Unknown)
    assert "arrivals end before" in found.reason
