"""What latency came of a load: percentiles of TTFT, TPOT, ITL and of the whole, goodput, rates.

Ours, and how four clients differ, as their public sources stood on 2026-11-26 (vLLM's
``vllm/benchmarks`` at 02cfb534, SGLang's ``python/sglang/benchmark/serving.py`` at 00f9ec47,
``mlenergy/llm/benchmark.py`` of ML.ENERGY V3 at 053fb7a4, AIPerf's metrics reference v0.13.0):

* ``ttft``: from sending a request to reading the first event with text, s; reasoning counts as
  text. So do AIPerf and SGLang. vLLM and ML.ENERGY take the first event with a choice, text or not:
  where a chat's stream begins by naming the role, that one.
* ``tpot``: (latency - ttft) / (tokens out - 1) of each request with two tokens or more: vLLM,
  SGLang, ML.ENERGY ("Avg TPOT" of V2 is the mean of this). Ours and SGLang's latency ends with the
  stream ([DONE]), vLLM's with the last event that has a choice, ML.ENERGY's with the counts.
* ``itl``: distances of neighbouring events with text, all requests pooled: SGLang (which divides
  them by tokens where it knows that tokens are guessed ahead), vLLM (of events with a choice), and
  AIPerf's "inter chunk latency". An event with several tokens is one event; ML.ENERGY adds a zero
  for each further token, so its median and percentiles are lower where events hold several.
* ``itl_per_token``: (last event - first event with text) / (tokens out - 1), one number a request.
  AIPerf's "inter token latency" is this, unless it is asked for counts of each event.
* ``latency``: from sending to the end of the answer, s. AIPerf's "request latency" ends with the
  last event with text.
* ``lateness``: from the planned time to sending: the client's own fault, s. No latency holds it,
  nor the making of a connection; with vLLM, SGLang and ML.ENERGY the latter is in TTFT.

Requests that failed are in no percentile; they count against goodput.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from joulemark.core.clock import NS
from joulemark.core.request import Request

Floats = NDArray[np.float64]
PERCENTILES = (50.0, 90.0, 95.0, 99.0)
_NONE = -1  # of a time or a count that there is not


@dataclass(frozen=True, slots=True)
class Spread:
    """Figures of one kind of time.

    Attributes:
        count: how many values.
        mean: mean, s.
        deviation: standard deviation (of the values), s.
        percentiles: value by percentile, linear between order statistics, s.
        most: largest, s.
    """

    count: int
    mean: float
    deviation: float
    percentiles: dict[float, float]
    most: float


@dataclass(frozen=True, slots=True)
class Target:
    """A service level: bounds that a good request keeps, s; None bounds nothing."""

    ttft_s: float | None = None
    tpot_s: float | None = None
    latency_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """What a load came to.

    Attributes:
        duration_s: from the first sending to the last end, s.
        requests: requests in all.
        completed: those whose answer is complete.
        tokens_in: tokens of the prompts of those; those that nobody counted are not in it.
        tokens_out: tokens of their answers, likewise.
        request_rate: completed requests per s.
        output_rate: tokens out per s.
        total_rate: tokens in and out per s.
        good: requests that kept the target; None without one.
        goodput: good requests per s: those that keep every bound, one of a single token that of
            TPOT (vLLM's ``request_goodput``, AIPerf's ``goodput``). DistServe's goodput is another:
            the highest rate at which a share of the requests is good.
        spreads: figures by name, as in the module's text; a name without values is absent.
    """

    duration_s: float
    requests: int
    completed: int
    tokens_in: int
    tokens_out: int
    request_rate: float
    output_rate: float
    total_rate: float
    good: int | None
    goodput: float | None
    spreads: dict[str, Spread]


def latency_of(
    requests: Sequence[Request],
    target: Target | None = None,
    percentiles: Sequence[float] = PERCENTILES,
    *,
    duration_s: float | None = None,
) -> Latency:
    """Return the figures of a load.

    Args:
        requests: all of them, also those that failed.
        target: what makes a request good.
        percentiles: which percentiles to give, in 0 … 100.
        duration_s: what rates are by, s, where these are the requests of a window; by default
            from the first sending to the last end.
    """
    done = [one for one in requests if one.ok]
    times = per_request(done)
    pooled = {**{k: v[~np.isnan(v)] for k, v in times.items()}, "itl": distances(done)}
    length = _duration(requests) if duration_s is None else duration_s
    into = sum(one.tokens_in or 0 for one in done)
    out = sum(one.tokens_out or 0 for one in done)
    good = None if target is None else int(_good(times, target).sum())
    return Latency(
        duration_s=length,
        requests=len(requests),
        completed=len(done),
        tokens_in=into,
        tokens_out=out,
        request_rate=_rate(len(done), length),
        output_rate=_rate(out, length),
        total_rate=_rate(into + out, length),
        good=good,
        goodput=None if good is None else _rate(good, length),
        spreads={k: spread(v, percentiles) for k, v in pooled.items() if v.size},
    )


def kept_by(requests: Sequence[Request], target: Target) -> list[bool]:
    """Return of each request whether it is complete and keeps a service level."""
    kept = _good(per_request(requests), target).tolist()
    return [one.ok and fine for one, fine in zip(requests, kept, strict=True)]


def per_request(requests: Sequence[Request]) -> dict[str, Floats]:
    """Return times of each request, s, NaN where it has none; each of shape ``(count,)``."""
    planned = _column([one.planned for one in requests])
    sent = _column([one.sent for one in requests])
    first = _column([one.first_token for one in requests])
    ended = _column([one.ended for one in requests])
    last = _column([one.chunks[-1] if one.chunks else None for one in requests])
    more = np.array([(one.tokens_out or 0) - 1 for one in requests], dtype=np.float64)
    more[more < 1] = np.nan
    return {
        "ttft": _between(sent, first),
        "tpot": _between(first, ended) / more,
        "itl_per_token": _between(first, last) / more,
        "latency": _between(sent, ended),
        "lateness": _between(planned, sent),
    }


def distances(requests: Sequence[Request]) -> Floats:
    """Return the distances of neighbouring events with text, all requests pooled, s."""
    counts = np.array([len(one.chunks) for one in requests], dtype=np.int64)
    stamps = np.fromiter(
        (stamp for one in requests for stamp in one.chunks), dtype=np.int64, count=int(counts.sum())
    )
    if stamps.size < 2:
        return np.empty(0)
    found = np.diff(stamps) / NS
    inner = np.ones(found.size, dtype=bool)
    ends = np.cumsum(counts)[:-1] - 1  # from one request to the next is no distance
    inner[ends[(ends >= 0) & (ends < found.size)]] = False
    return np.asarray(found[inner], dtype=np.float64)


def spread(values: Floats, percentiles: Sequence[float] = PERCENTILES) -> Spread:
    """Return figures of values, s; there must be one at least."""
    found = np.percentile(values, percentiles).tolist() if percentiles else []
    return Spread(
        int(values.size),
        float(values.mean()),
        float(values.std()),
        dict(zip(percentiles, found, strict=True)),
        float(values.max()),
    )


def _good(times: dict[str, Floats], target: Target) -> NDArray[np.bool_]:
    """Return which requests keep the target; one without a TPOT (one token) keeps that bound."""
    kept = np.ones(times["latency"].size, dtype=bool)
    if target.ttft_s is not None:
        kept &= times["ttft"] <= target.ttft_s
    if target.tpot_s is not None:
        kept &= ~(times["tpot"] > target.tpot_s)
    if target.latency_s is not None:
        kept &= times["latency"] <= target.latency_s
    return kept


def _duration(requests: Sequence[Request]) -> float:
    begun = [one.sent for one in requests if one.sent is not None]
    ended = [one.ended for one in requests if one.ended is not None]
    return max((max(ended) - min(begun)) / NS, 0.0) if begun and ended else 0.0


def _rate(count: int, length: float) -> float:
    return count / length if length > 0 else 0.0


def _column(values: Sequence[int | None]) -> NDArray[np.int64]:
    return np.array([_NONE if value is None else value for value in values], dtype=np.int64)


def _between(start: NDArray[np.int64], stop: NDArray[np.int64]) -> Floats:
    """Return differences, s: in whole ns first, which float64 could not hold since 1970."""
    found = (stop - start) / NS
    found[(start == _NONE) | (stop == _NONE)] = np.nan
    return np.asarray(found, dtype=np.float64)
