"""One served request."""

from __future__ import annotations

from typing import Any

import pytest

from joulemark.core.request import Outcome, Request

NS = 10**9


def test_times_are_told_from_when_it_was_sent() -> None:
    one = Request(id="a", planned=NS, sent=2 * NS, first_token=3 * NS, ended=6 * NS)
    assert one.ok
    assert (one.lateness_s, one.ttft_s, one.latency_s) == (1, 1, 4)


def test_what_never_happened_has_no_time() -> None:
    one = Request(id="a", planned=NS, outcome=Outcome.REFUSED, error="no server")
    assert not one.ok
    assert (one.lateness_s, one.ttft_s, one.latency_s) == (None, None, None)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, ""),
        ({"sent": -1}, "no time of this era"),
        ({"ended": 10**30}, "no time of this era"),
        ({"chunks": (5 * NS, 3 * NS), "first_token": 5 * NS}, "not in the order"),
        ({"first_token": 4 * NS}, "not that of its first event"),
        ({"tokens_out": -1}, "a count"),
        ({"running": (1, 10**30)}, "a count"),
        ({"chunks": (), "first_token": None, "ended": None, "sent": None}, ""),
    ],
)
def test_what_cannot_be_is_said(changes: dict[str, Any], said: str) -> None:
    whole: dict[str, Any] = {
        "sent": 2 * NS,
        "first_token": 3 * NS,
        "chunks": (3 * NS, 5 * NS),
        "ended": 6 * NS,
    }
    fault = Request(id="a", planned=NS, **(whole | changes)).fault
    assert (said in fault) if said else not fault
