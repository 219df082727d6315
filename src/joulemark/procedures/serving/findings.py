"""What was wrong with a run of serving: a function of what it keeps, like its figures."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from joulemark.accounting.serving_windows import LEVEL, Unknown
from joulemark.core.channel import Provenance
from joulemark.core.finding import Finding, Severity
from joulemark.core.record import replace
from joulemark.core.request import Counted, Request
from joulemark.core.run import Status
from joulemark.procedures.serving.beyond import beyond_findings
from joulemark.procedures.serving.findings_beside import beside
from joulemark.procedures.serving.repeat import Repeat
from joulemark.procedures.serving.results import ServingResult
from joulemark.procedures.serving.settings import number_of, was_cut
from joulemark.procedures.serving.whose import ELSEWHERE
from joulemark.workloads.openai.findings import findings_of
from joulemark.workloads.openai.lag import Lag

SERVER = "openai"
"""The engine that is a server, asked over the network."""
ENOUGH_OF_A_CORE = 0.5
"""Client processes are advised so that none uses more of a core than this."""
MOST_PROCESSES = 64
LASTED = 0.9
"""A load of a given time that lasts for less of it ran out of requests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A finding, and of which load it is.

    Attributes:
        finding: what was seen.
        repeat: of which load, from 1; None of the run.
    """

    finding: Finding
    repeat: int | None = None


def findings_of_run(result: ServingResult) -> list[Told]:
    """Return what was wrong with each load and with the run, the worst first.

    Requests that the bound of a load's time cut off are no failures. A share of failed requests
    that was allowed beforehand is a warning instead of an error.
    """
    found = [Told(finding=one) for one in _of_run(result)]
    for repeat, lag, aside in zip(result.repeats, result.lags, result.asides, strict=True):
        ones = [*_of_load(repeat, lag, result.settings), *beside(repeat, aside)]
        found += [Told(finding=one, repeat=repeat.number + 1) for one in ones]
        more = beyond_findings(repeat, result)
        found += [Told(finding=one, repeat=repeat.number + 1) for one in more]
    order = list(Severity)
    return sorted(found, key=lambda one: order.index(one.finding.severity))


def failed(findings: Sequence[Told]) -> bool:
    """Return whether something is an error."""
    return any(one.finding.severity is Severity.ERROR for one in findings)


def _of_run(result: ServingResult) -> Iterator[Finding]:
    if not any(one.ok for repeat in result.repeats for one in repeat.requests):
        text = "no request was answered" if result.repeats else "no load was begun"
        yield _error("nothing-answered", text)
    if result.status in (Status.INTERRUPTED, Status.FAILED):
        text = f"the run is {result.status.value}: its last load is not whole"
        yield _warning("not-whole", text)
    if result.server_exit_code is not None:
        text = f"the server ended by itself, exit code {result.server_exit_code}; see its log"
        yield _error("server-ended", text)
    yield from _billed(result)
    if result.calibration_left:
        text = (
            "figures by token and request are of the readings as they are; the calibration is"
            " applied to the phases and in compare"
        )
        yield Finding(rule="not-calibrated", severity=Severity.NOTE, message=text)
    if result.provenance is None and result.repeats:
        yield _warning("no-energy", "no energy was read: there are times and counts only")


def _billed(result: ServingResult) -> Iterator[Finding]:
    """Tell of an estimate that bills more than the server."""
    server = result.settings.get("server")
    reason = server.get("process_unknown") if isinstance(server, Mapping) else None
    if reason and result.provenance is Provenance.ESTIMATED:
        text = (
            f"which process serves is unknown ({reason}): the estimate bills all work of this"
            " machine, that of the client too (--server-pid PID)"
        )
        yield _warning("whole-machine-billed", text)
    elif reason and ELSEWHERE in str(reason):
        text = f"the meters that were named are taken for those of the server: {reason}"
        yield Finding(rule="server-elsewhere", severity=Severity.NOTE, message=text)


def _of_load(repeat: Repeat, lag: Lag | None, settings: Mapping[str, Any]) -> Iterator[Finding]:
    kept = [one for one in repeat.requests if not was_cut(one, settings)]
    yield from _cut(repeat, kept, settings)
    lag = lag or Lag()
    for one in findings_of(kept, lag):
        yield _allowed(_advised(one, lag, settings), kept, settings)
    if isinstance(repeat.window, Unknown) and any(one.ok for one in repeat.requests):
        text = f"no window counts: {repeat.window.reason}"
        yield _warning("no-window", text)
    yield from _below(repeat, settings)
    yield from _uncounted(kept)


def _cut(repeat: Repeat, kept: Sequence[Request], settings: Mapping[str, Any]) -> Iterator[Finding]:
    """Tell what a bound of time cut off, or that the requests did not last as long."""
    begun = sum(one.sent is not None for one in repeat.requests)
    cut = begun - sum(one.sent is not None for one in kept)
    if len(kept) < len(repeat.requests):
        text = f"{begun} requests were sent; the end of the load's time cut {cut} of them off"
        yield Finding(rule="load-cut", severity=Severity.NOTE, message=text)
        return
    arrivals = settings.get("arrivals")
    lasting = number_of(arrivals.get("lasting_s")) if isinstance(arrivals, Mapping) else None
    if lasting is not None and repeat.load.duration_s < LASTED * lasting:
        text = (
            f"all {len(repeat.requests)} requests were over after {repeat.load.duration_s:.3g} s of"
            f" {lasting:g} s (--requests N)"
        )
        yield _warning("load-short", text)


def _advised(finding: Finding, lag: Lag, settings: Mapping[str, Any]) -> Finding:
    if finding.rule != "client-late":
        return finding
    if settings.get("engine", SERVER) != SERVER:
        text = (
            f"what came next was handed to the engine {lag.late_p99_s * 1e3:.3g} ms late (99th"
            " percentile); times of tokens are the engine's own"
        )
        return replace(finding, message=text, severity=Severity.NOTE)
    seen, _, _ = finding.message.partition(";")
    if lag.busy < ENOUGH_OF_A_CORE:
        advice = "it had to wait for the processor: run it on another machine, or ask for less"
    else:
        now = int(number_of(settings.get("client_processes")) or 1)
        wanted = max(math.ceil(now * lag.busy / ENOUGH_OF_A_CORE), now + 1)
        advice = f"give it more processes (--client-processes {min(wanted, MOST_PROCESSES)})"
    return replace(finding, message=f"{seen}; {advice}")


def _allowed(finding: Finding, kept: Sequence[Request], settings: Mapping[str, Any]) -> Finding:
    share = number_of(settings.get("allow_failed"))
    if finding.severity is not Severity.ERROR or not share:
        return finding
    bad = sum(not one.ok for one in kept)
    if bad > share * len(kept):
        return replace(finding, message=f"{finding.message}; {share:.4g} of all were allowed")
    message = f"{finding.message}; allowed: up to {share:.4g} of all"
    return replace(finding, severity=Severity.WARNING, message=message)


def _below(repeat: Repeat, settings: Mapping[str, Any]) -> Iterator[Finding]:
    arrivals = settings.get("arrivals")
    target = number_of(arrivals.get("concurrency")) if isinstance(arrivals, Mapping) else None
    if target is None or not repeat.work.requests:
        return
    most = float(repeat.work.in_flight.level.max())
    if most < LEVEL * target:
        text = f"at most {most:g} requests were under way at once; {target:g} were asked for"
        if len(repeat.requests) < target:
            text += f"; there were only {len(repeat.requests)} (--requests N)"
        yield _warning("below-concurrency", text)


def _uncounted(requests: Sequence[Request]) -> Iterator[Finding]:
    done = [one for one in requests if one.ok]
    who = Counter(one.counted_out for one in done)
    chunks, nobody = who[Counted.CHUNKS], who[None]
    if chunks:
        text = (
            f"the server did not count the tokens of {chunks} of {len(done)} answers:"
            " events with text stand in, and may hold several tokens each"
        )
        yield _warning("tokens-uncounted", text)
    if nobody:
        text = f"nobody counted the tokens of {nobody} of {len(done)} answers; they count as none"
        yield _warning("tokens-uncounted", text)


def _warning(rule: str, text: str) -> Finding:
    return Finding(rule=rule, severity=Severity.WARNING, message=text)


def _error(rule: str, text: str) -> Finding:
    return Finding(rule=rule, severity=Severity.ERROR, message=text)
