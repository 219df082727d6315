"""Requests and curves for tests of serving."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from joulemark.accounting.supply import Supply
from joulemark.core.channel import Channel, Domain, Quantity
from joulemark.core.clock import NS
from joulemark.core.request import Outcome, Request
from joulemark.core.trace import Trace


def ns(seconds: float) -> int:
    """Return seconds in ns."""
    return round(seconds * NS)


def request(
    sent: float,
    chunks: Sequence[float],
    *,
    tokens_in: int | None = 10,
    tokens_out: int | None = None,
    running: tuple[int, ...] = (),
    cached: int | None = None,
    ended: float | None = None,
    outcome: Outcome = Outcome.OK,
) -> Request:
    """Return a request; each event brings one token unless told otherwise. Times in s."""
    times = tuple(ns(t) for t in chunks)
    last = ns(ended) if ended is not None else times[-1] if times else None
    return Request(
        id=f"{sent}",
        planned=ns(sent),
        sent=ns(sent),
        first_token=times[0] if times else None,
        chunks=times,
        running=running,
        ended=last,
        tokens_in=tokens_in,
        tokens_out=tokens_out if tokens_out is not None or not times else len(times),
        cached_tokens=cached,
        outcome=outcome,
    )


CHANNEL = Channel(
    name="m/gpu",
    meter="m",
    part="gpu",
    domain=Domain.GPU,
    quantity=Quantity.ENERGY,
    unit="J",
    resolution=1e-6,
)


def counter(seconds: Sequence[float], joules: Sequence[float]) -> Supply:
    """Return the curve of a counter read at ``seconds``."""
    times = [ns(t) for t in seconds]
    return Supply.of([Trace.of(CHANNEL, times, joules)])


def constant(watts: float, seconds: float, every: float = 0.1) -> Supply:
    """Return the curve of a constant power."""
    times = np.arange(0, seconds + every / 2, every)
    return counter(times.tolist(), (watts * times).tolist())
