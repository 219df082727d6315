"""One served request."""

from __future__ import annotations

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
