"""Which part of a run of serving counts: warm-up, steady state, drain, by a stated rule.

A rule either names a window or says why there is none; no rule ever falls back to the whole run.
Those of ML.ENERGY are here by name, to compare: arXiv 2505.06371v2 for V2, ml-energy/benchmark
v3.0.0 and ml-energy/data v0.3.1 for V3.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from joulemark.accounting.serving_work import Floats, Steps, Times, Work, even_edges
from joulemark.accounting.supply import Supply
from joulemark.core.clock import NS
from joulemark.core.student import NORMAL_975, student_975

V2, V3 = "ML.ENERGY/steady/V2", "ML.ENERGY/steady/V3"
STEADY, ALL = "steady/1", "whole/1"
RULES: Mapping[str, str] = {
    V2: (
        "from the first request sent until no request that was sent waits for its first token, "
        "for the first time; none unless more than 0.95 of the largest batch run on average"
    ),
    V3: (
        "from the first token of the B-th request that got one until N - B - 1 requests have "
        "ended, of N requests and a largest batch of B; said to be unstable below 20 s or below "
        "0.85 of the largest batch"
    ),
    STEADY: (
        "from one long latency (nine of ten requests are answered sooner) after the load reached "
        "its target until it leaves it for good (closed loop, saturation), or after the first "
        "request until the last is sent (arrivals of their own, which may not come ever faster "
        "or slower themselves); then the longest part up to that end over which output tokens "
        "per second, power and, for arrivals of their own, requests in flight have no trend; at "
        "least a minimum time and a minimum number of sensor updates"
    ),
    ALL: (
        "from the first request sent to the last end: warm-up and drain with the rest, so that the "
        "figures depend on how many requests there were"
    ),
}
"""What each rule says. A rule that changes gets a new version in its name."""

V2_FULL, V3_FULL, V3_SHORTEST_S = 0.95, 0.85, 20.0
LEVEL = 0.95
"""Load at this share of its target is at its target."""
BATCHES = 12
"""Means over as many equal parts are tested for a trend."""
BEYOND = 1.5
"""A slope this many times its 95 % half-width is no chance: 0.8 % of steady series have one."""
MATTERS = 0.05
"""Drift over the window, by its mean, below which a trend does no harm."""
STARTS = 6
"""Beginnings that are tried, evenly over the first half of what has the load."""
MOST_ALIKE = 0.5
"""Neighbours that are more alike than this are so by a course, not by chance."""
FILLED = 0.9
"""Share of requests whose latency passes before what began together has come apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demands:
    """What a steady state has to have.

    Attributes:
        seconds: shortest length, s.
        updates: fewest new values of the sensor.
    """

    seconds: float = 10.0
    updates: int = 30


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something that cannot be told, and why."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Steady:
    """The part of a run that counts. Warm-up is before it, drain after it.

    Attributes:
        rule: its name, of ``RULES``.
        start: ns.
        stop: ns.
        drift: drift over the window by its mean, of each series that was tested.
        remarks: what speaks against it by the rule's own authors.
    """

    rule: str
    start: int
    stop: int
    drift: Mapping[str, float]
    remarks: tuple[str, ...] = ()


def mlenergy_v2(work: Work, batch: int) -> Steady | Unknown:
    """Return the window of ML.ENERGY V2, as far as a client can see it.

    Their engine told its own queue; here a request waits from its sending to its first token.

    Args:
        work: of the run.
        batch: most requests that the server runs at once.
    """
    if not work.requests:
        return Unknown("no request was answered")
    waiting = Steps.of(np.append(work.sent, work.first), np.repeat([1.0, -1.0], len(work.requests)))
    start = int(work.sent[0])
    stop = int(waiting.time[np.flatnonzero(waiting.level < 0.5)[0]])
    running = _mean(work.served, start, stop)
    if running <= V2_FULL * batch:
        return Unknown(f"{running:.1f} requests ran on average; {V2} asks for {V2_FULL} of {batch}")
    return Steady(rule=V2, start=start, stop=stop, drift={})


def mlenergy_v3(work: Work, batch: int) -> Steady | Unknown:
    """Return the window of ML.ENERGY V3.

    Args:
        work: of the run.
        batch: most requests that the server runs at once (``max_num_seqs``).
    """
    count = len(work.requests)
    if batch < 1 or count - batch - 1 < 1:
        return Unknown(f"{count} requests are too few for a batch of {batch}")
    start = int(np.sort(work.first)[batch - 1])
    stop = int(np.sort(work.ended)[count - batch - 2])
    if stop <= start:
        return Unknown(f"the {count - batch - 1} first ended before {batch} had begun")
    remarks, running = [], _mean(work.served, start, stop)
    if stop - start < V3_SHORTEST_S * NS:
        remarks.append(f"{(stop - start) / NS:.1f} s; stable from {V3_SHORTEST_S:g} s")
    if running < V3_FULL * batch:
        remarks.append(f"{running:.1f} requests ran on average; stable from {V3_FULL} of {batch}")
    return Steady(rule=V3, start=start, stop=stop, drift={}, remarks=tuple(remarks))


def steady(
    work: Work,
    supply: Supply,
    *,
    target: float | None,
    running: bool = False,
    demands: Demands | None = None,
) -> Steady | Unknown:
    """Return the steady state by our own rule.

    Args:
        work: of the run.
        supply: energy of what served.
        target: requests that are to be there: the concurrency of a closed loop, the largest batch
            under saturation; None for arrivals of their own, which are steady at no number.
        running: whether the target is of running requests (from the work on their prompt to their
            end), not of those in flight.
        demands: least length and updates.
    """
    asked = demands or Demands()
    span = _loaded(work, target, running=running)
    if isinstance(span, Unknown):
        return span
    reason = ""
    for i in range(STARTS):
        start, stop = span[0] + (span[1] - span[0]) * i // (2 * (STARTS - 1)), span[1]
        short = _too_little(supply, start, stop, asked)
        if short:
            return Unknown(f"{reason}, and {short} after that" if reason else short)
        drift, trends = _trends(work, supply, start, stop, rising=target is None)
        if not trends:
            return Steady(rule=STEADY, start=start, stop=stop, drift=drift)
        reason = reason or "; ".join(trends)
    return Unknown(reason)


def whole(work: Work) -> Steady | Unknown:
    """Return the time of the whole load; only for those who ask for it by name."""
    if not work.requests:
        return Unknown("no request was answered")
    return Steady(rule=ALL, start=int(work.sent[0]), stop=int(work.ended.max()), drift={})


def _loaded(work: Work, target: float | None, *, running: bool) -> tuple[int, int] | Unknown:
    if not work.requests:
        return Unknown("no request was answered")
    if target is None:
        filled = max(int(np.quantile(work.ended - work.sent, FILLED)), 0)
        start, stop = int(work.sent[0]) + filled, int(work.sent[-1])
        if stop <= start:
            return Unknown("arrivals end before the first answers")
        drift = arrival_drift(work.sent)
        if drift:
            return Unknown(f"requests per second drift by {100 * drift:+.0f} %")
        return start, stop
    load = work.served if running else work.in_flight
    there = np.flatnonzero(load.level >= LEVEL * target)
    if not len(there):
        return Unknown(f"at most {load.level.max():g} requests at once; the target is {target:g}")
    start, stop = int(load.time[there[0]]), int(load.time[there[-1] + 1])
    start += int(np.quantile(work.ended - (work.prompts.begin if running else work.sent), FILLED))
    if stop <= start:
        return Unknown("the load is not at its target for longer than it takes to answer")
    mean = _mean(load, start, stop)
    if mean < LEVEL * target:
        return Unknown(f"{mean:.1f} requests on average; the target is {target:g}")
    return start, stop


def _too_little(supply: Supply, start: int, stop: int, asked: Demands) -> str:
    seconds = (stop - start) / NS
    if seconds < asked.seconds:
        return f"only {seconds:.1f} s; at least {asked.seconds:g} s are asked for"
    updates = supply.between(start, stop).updates
    if updates < asked.updates:
        return f"only {updates:.0f} sensor updates; at least {asked.updates} are asked for"
    return ""


def _trends(
    work: Work, supply: Supply, start: int, stop: int, *, rising: bool
) -> tuple[dict[str, float], list[str]]:
    edges = even_edges(start, stop, BATCHES)
    counts = work.between(edges)
    joules = supply.steps(edges)
    series = {"tokens per second": counts.tokens_out / counts.seconds}
    series["power"] = joules / counts.seconds
    if rising:
        series["requests in flight"] = counts.in_flight
    drift, found = dict[str, float](), list[str]()
    for name, values in series.items():
        drift[name], beyond = trend(values)
        if beyond > BEYOND and abs(drift[name]) > MATTERS:
            found.append(f"{name} drift by {100 * drift[name]:+.0f} %")
    return drift, found


def arrival_drift(sent: Times) -> float:
    """Return by how much the rate of arrivals drifts, by its mean; zero if that may be chance.

    Laplace's test (Cox and Lewis, The Statistical Analysis of Series of Events, 3.3): the mean of
    the times, against the middle; its error is that of a renewal process, which grows with the
    coefficient of variation of the distances and is never taken below a tenth of Poisson's.

    Args:
        sent: times in order, not all alike, ns, shape (n,).
    """
    span, count = float(sent[-1] - sent[0]), len(sent)
    gaps = np.diff(sent)
    off = float(np.mean(sent - sent[0])) / span - 0.5
    error = max(float(np.std(gaps) / np.mean(gaps)), 0.1) / math.sqrt(12 * count)
    drift = 12 * off
    chance = abs(off) <= BEYOND * NORMAL_975 * error or abs(drift) <= MATTERS
    return 0.0 if chance else drift


def trend(values: Floats) -> tuple[float, float]:
    """Return the drift of a series by its mean, and its size by its 95 % half-width.

    The slope of a straight line through the values, with Student's t for their scatter about a
    parabola, so that a series which levels off does not hide its trend in its own curvature. The
    error of neighbours that are alike is widened by ``sqrt((1 + r) / (1 - r))``, ``r`` the
    correlation of neighbouring residuals where that is above zero.

    Args:
        values: of equal, adjacent parts of the time, at least five, shape (n,).
    """
    count, mean = len(values), float(np.mean(values))
    place = np.arange(count) - (count - 1) / 2
    bend = place**2 - np.mean(place**2)
    slope = float(place @ values / (place @ place))
    rest = values - mean - slope * place - float(bend @ values / (bend @ bend)) * bend
    square = float(rest @ rest)
    if mean == 0 or square <= 1e-18 * mean * mean:
        return (0.0, 0.0) if abs(slope) <= 1e-9 * abs(mean) else (slope * count / mean, math.inf)
    alike = min(max(float(rest[1:] @ rest[:-1]) / square, 0.0), MOST_ALIKE)
    error = math.sqrt(square / (count - 3) / float(place @ place) * (1 + alike) / (1 - alike))
    return slope * count / mean, abs(slope) / (student_975(count - 3) * error)


def _mean(load: Steps, start: int, stop: int) -> float:
    before, after = load.integral(np.array([start, stop]))
    return float(after - before) * NS / max(stop - start, 1)


MLENERGY: Mapping[str, Callable[[Work, int], Steady | Unknown]] = {V2: mlenergy_v2, V3: mlenergy_v3}
"""The rules of ML.ENERGY by name."""
