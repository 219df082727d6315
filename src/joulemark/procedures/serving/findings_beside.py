"""What a server's own numbers and the state of the machine say against a load."""

from __future__ import annotations

from collections.abc import Iterator

from joulemark.accounting.serving_counters import ServerCounters
from joulemark.accounting.serving_names import GENERATED, PREEMPTED
from joulemark.core.finding import Finding, Severity
from joulemark.core.request import Counted
from joulemark.procedures.serving.aside import Aside
from joulemark.procedures.serving.repeat import Repeat

APART = 0.01
"""Counts of tokens that differ by more are told."""


def beside(repeat: Repeat, aside: Aside) -> Iterator[Finding]:
    """Return what the server's counters and the machine say of a load."""
    if isinstance(aside.whole, ServerCounters):
        yield from _tokens(repeat, aside.whole)
        if aside.whole.restarts:
            yield _finding("server-restarted", Severity.WARNING, aside.whole.remarks[-1])
    if isinstance(aside.server, ServerCounters):
        yield from _server(aside.server)
    for one in aside.held:
        severity = Severity.NOTE if one.usual else Severity.WARNING
        text = f"clocks of {one.part} were held down by {one.reason} in {one.share:.0%} of readings"
        yield _finding("throttled", severity, text)


def _tokens(repeat: Repeat, told: ServerCounters) -> Iterator[Finding]:
    """Compare tokens of the whole load; of requests that did not end nobody knows all tokens."""
    server, requests = told.counts.get(GENERATED), repeat.requests
    if server is None or told.restarts or not all(one.ok for one in requests):
        return
    client = sum(one.tokens_out or 0 for one in requests)
    if abs(server - client) <= APART * max(server, client):
        return
    own = all(one.counted_out is Counted.USAGE for one in requests)
    why = "does somebody else ask it, too?" if own and server > client else "one of them errs"
    text = (
        f"the server generated {server:.0f} tokens during the load by its own counters,"
        f" the client counts {client}: {why}"
    )
    yield _finding("server-tokens", Severity.WARNING, text)


def _server(told: ServerCounters) -> Iterator[Finding]:
    preempted = told.counts.get(PREEMPTED, 0.0)
    if preempted >= 0.5:
        text = (
            f"the server put {preempted:.0f} requests back to wait (preemption): its cache is too"
            " small for this load, and some work was done twice"
        )
        yield _finding("preempted", Severity.WARNING, text)
    for remark in told.remarks:
        if "began anew" not in remark:
            yield _finding("server-metrics", Severity.NOTE, f"the server's metrics: {remark}")


def _finding(rule: str, severity: Severity, text: str) -> Finding:
    return Finding(rule=rule, severity=severity, message=text)
