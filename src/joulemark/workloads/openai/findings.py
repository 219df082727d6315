"""What was wrong with a load: of the server, of its counts of tokens, and of the client itself."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from joulemark.core.finding import Finding, Severity
from joulemark.core.request import Counted, Outcome, Request
from joulemark.workloads.openai.lag import Lag

LATE_S = 0.01
"""A client whose loop is later than this in one of a hundred samples spoils latencies."""
BUSY = 0.8
"""A client that uses more of a core than this cannot be trusted to keep up."""
JOINED = 0.02
"""More events than this share in one read with others: distances of events mean little then."""
_FIELDS: Mapping[str, str] = {
    "stream_options": "ask without counts, --no-usage; then a tokenizer or events count tokens",
    "include_usage": "ask without counts, --no-usage; then a tokenizer or events count tokens",
    "max_tokens": "bound answers by another field, --limit-field max_completion_tokens",
    "max_completion_tokens": "bound answers by another field, --limit-field max_tokens",
    "ignore_eos": "leave it out of --extra",
    "stream": "ask for answers as a whole, --no-stream",
}
"""Fields of a question that strict servers refuse, and what to do."""
_NOT_TAKEN = re.compile(
    r"not (permitted|allowed|supported)|un(supported|expected|known|recogni[sz]ed)|extra", re.I
)


def findings_of(requests: Sequence[Request], lag: Lag) -> list[Finding]:
    """Return what was wrong, the worst first.

    Args:
        requests: all of a load.
        lag: of the client.
    """
    found = [*_failed(requests), *_noted(requests), *_counts(requests), *_lag(requests, lag)]
    order = list(Severity)
    return sorted(found, key=lambda one: order.index(one.severity))


def _failed(requests: Sequence[Request]) -> Iterator[Finding]:
    for outcome in Outcome:
        ones = [one for one in requests if one.outcome is outcome]
        if ones and outcome is not Outcome.OK:
            reason, times = Counter(one.error for one in ones).most_common(1)[0]
            text = f"{len(ones)} of {len(requests)} requests: {outcome}; {times} times: {reason}"
            text += _advice(reason) if outcome is Outcome.REJECTED else ""
            yield Finding(rule=f"request-{outcome}", severity=Severity.ERROR, message=text)
    again = sum(one.attempts > 1 for one in requests)
    if again:
        text = f"{again} of {len(requests)} requests were sent more than once; their times hold the last attempt only"  # noqa: E501
        yield Finding(rule="request-again", severity=Severity.WARNING, message=text)


def _advice(reason: str) -> str:
    """Return what to do about a field of ours that a server does not take."""
    if not _NOT_TAKEN.search(reason):  # a value out of bounds is another matter
        return ""
    for field, advice in _FIELDS.items():
        if re.search(rf"\b{field}\b", reason):
            return f" (it does not take the field {field}: {advice})"
    return ""


def _noted(requests: Sequence[Request]) -> Iterator[Finding]:
    notes = Counter(note for one in requests for note in one.notes)
    for note, times in notes.most_common():
        text = f"{note}, in {times} of {len(requests)} requests"
        yield Finding(rule="server-note", severity=Severity.WARNING, message=text)


def _counts(requests: Sequence[Request]) -> Iterator[Finding]:
    done = [one for one in requests if one.ok]
    told = [one for one in done if one.counted_out is Counted.USAGE]
    pairs = [(one.tokens_out or 0, len(one.chunks)) for one in told if one.chunks]
    yield from _differ("events with text", "usage-events", pairs, Severity.NOTE)
    pairs = [(one.tokens_out or 0, one.tokenized_out or 0) for one in told if one.tokenized_out]
    yield from _differ("the tokenizer", "usage-tokenizer", pairs, Severity.WARNING)
    over = sum((one.tokens_out or 0) > (one.asked_tokens or 1 << 62) for one in told)
    if over:
        text = f"{over} answers have more tokens than were asked for, as the server counts"
        yield Finding(rule="usage-over", severity=Severity.WARNING, message=text)
    who = Counter(one.counted_out for one in done)
    if len(who) > 1:
        named = ", ".join(f"{kind or 'nobody'} {times}" for kind, times in who.most_common())
        text = f"tokens were counted in different ways: {named}"
        yield Finding(rule="counted-apart", severity=Severity.WARNING, message=text)


def _differ(
    what: str, rule: str, pairs: Sequence[tuple[int, int]], severity: Severity
) -> Iterator[Finding]:
    """Compare the server's counts with others."""
    apart = sum(usage != other for usage, other in pairs)
    if apart:
        usage, other = (sum(column) for column in zip(*pairs, strict=True))
        text = (
            f"the server counts {usage} tokens, {what} {other};"
            f" {apart} of {len(pairs)} answers differ"
        )
        yield Finding(rule=rule, severity=severity, message=text)


def _lag(requests: Sequence[Request], lag: Lag) -> Iterator[Finding]:
    if lag.late_p99_s > LATE_S or lag.busy > BUSY:
        text = (
            f"the client was late: its loop by {lag.late_p99_s * 1e3:.3g} ms (99th percentile),"
            f" {lag.busy:.0%} of a core used; give it more processes"
        )
        yield Finding(rule="client-late", severity=Severity.WARNING, message=text)
    if lag.events and lag.joined > JOINED * lag.events:
        text = (
            f"{lag.joined} of {lag.events} events came in one read with others of their stream;"
            " distances of events say little"
        )
        yield Finding(rule="events-joined", severity=Severity.NOTE, message=text)
    waits = sorted(one.lateness_s for one in requests if one.lateness_s is not None)
    if waits and waits[int(0.99 * (len(waits) - 1))] > LATE_S:
        text = f"one in a hundred requests was sent {waits[int(0.99 * (len(waits) - 1))]:.3g} s or more after its time"  # noqa: E501
        yield Finding(rule="sent-late", severity=Severity.WARNING, message=text)
