"""Figures of latency, on requests whose times are plain."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.core.request import Outcome, Request
from joulemark.loads.serving.latency import Target, distances, latency_of, per_request

MS = 10**6
BEGUN = 1_790_000_000 * 10**9  # far from 1970, where float64 has no ns


def answered(at: int, first: int, step: int, tokens: int, **more: object) -> Request:
    sent = BEGUN + at * MS
    chunks = tuple(sent + (first + step * i) * MS for i in range(tokens))
    times = {"planned": sent - MS, "sent": sent, "first_token": chunks[0], "chunks": chunks}
    given = {"ended": chunks[-1], "tokens_out": tokens, "tokens_in": 10, **times, **more}
    return Request(id=str(at), **given)  # type: ignore[arg-type]


def test_figures_of_two_requests_and_one_that_failed() -> None:
    failed = Request(id="f", planned=BEGUN, sent=BEGUN, ended=BEGUN, outcome=Outcome.DROPPED)
    found = latency_of([answered(0, 100, 20, 6), answered(100, 300, 40, 6), failed])
    assert (found.requests, found.completed) == (3, 2)
    assert found.duration_s == pytest.approx(0.6)
    assert found.spreads["ttft"].mean == pytest.approx(0.2)
    assert found.spreads["tpot"].percentiles[50.0] == pytest.approx(0.03)
    assert found.spreads["itl"].count == 10
    assert found.spreads["itl"].mean == pytest.approx(0.03)
    assert found.spreads["latency"].most == pytest.approx(0.5)
    assert found.spreads["lateness"].mean == pytest.approx(0.001)
    assert (found.tokens_in, found.tokens_out) == (20, 12)
    assert found.output_rate == pytest.approx(20)
    assert found.total_rate == pytest.approx(32 / 0.6)
    assert found.good is None


def test_goodput_keeps_all_bounds() -> None:
    ones = [answered(0, 100, 20, 6), answered(0, 300, 40, 6), answered(0, 100, 0, 1)]
    assert latency_of(ones, Target()).good == 3
    assert latency_of(ones, Target(ttft_s=0.2)).good == 2
    found = latency_of(ones, Target(ttft_s=0.2, tpot_s=0.01))
    assert found.good == 1
    assert found.goodput == pytest.approx(1 / 0.5)
    assert latency_of(ones, Target(latency_s=0.25)).good == 2


def test_nothing_gives_no_figures() -> None:
    found = latency_of([], Target())
    assert (found.completed, found.request_rate, found.good, found.spreads) == (0, 0.0, 0, {})


@given(st.lists(st.lists(st.integers(0, 10**12), max_size=6), max_size=6))
def test_distances_never_cross_requests(stamps: list[list[int]]) -> None:
    ones = [Request(id="", planned=0, chunks=tuple(sorted(part))) for part in stamps]
    expected = [gap for one in ones for gap in np.diff(one.chunks) / 1e9]
    assert distances(ones).tolist() == pytest.approx(expected)


def test_times_that_are_not_there_are_no_numbers() -> None:
    times = per_request([Request(id="", planned=0), answered(0, 5, 5, 1)])
    assert np.isnan(times["ttft"]).tolist() == [True, False]
    assert np.isnan(times["tpot"]).tolist() == [True, True]
