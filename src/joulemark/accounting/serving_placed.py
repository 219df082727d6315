"""Where in time the work on a prompt is placed.

An engine that batches computes a step for all that run, and then writes their tokens one after
another. Whoever reads them sees the tokens of one step at moments that lie close together; the work
on a prompt whose first token is among them began with the step, when the step before it was read.

Where the others had several tokens since a request was let in, its prompt was computed beside them,
in pieces or on hardware of its own: the work then fills all the time since.
"""

from __future__ import annotations

import heapq

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.int64]

SEVERAL = 1.5
"""More events than this by each that runs are those of several steps."""


def begun_of(first: Times, sent: Times, ended: Times, ends: Times, owner: Times) -> Times:
    """Return when the work on each prompt began: with its step, or when it was let in if later.

    The step began when the last event of anybody was read that is older than the first token by
    more than half of a step. How long a step is shows the event nearest to the first token that has
    one before it of the same request, and the request's own second event; the shorter counts.

    Args:
        first: when the first token of each answer was read, ns, by the time of sending, shape (n,).
        sent: when each question was sent, ns, shape (n,).
        ended: when each answer ended, ns, shape (n,).
        ends: when each event was read, by request and in order, ns, shape (m,), m ≥ n.
        owner: place of the request of each event, shape (m,).
    """
    if not len(first):
        return sent
    let_in = _let_in(first, sent, ended)
    times, limit = np.unique(ends), first - _half_step(first, ends, owner)
    place = np.searchsorted(times, limit, "left")
    step = np.where(place > 0, times[np.maximum(place - 1, 0)], sent)
    every = np.sort(ends)
    between = np.searchsorted(every, step, "right") - np.searchsorted(every, let_in, "right")
    last = ends[np.append(np.flatnonzero(np.diff(owner)), len(owner) - 1)]
    running = np.searchsorted(np.sort(first), step) - np.searchsorted(np.sort(last), step)
    beside = between > SEVERAL * np.maximum(running, 1)
    return np.where(beside, let_in, np.maximum(step, sent))


def _let_in(first: Times, sent: Times, ended: Times) -> Times:
    """Return when a server that serves in order let each request in, ns.

    As many run at once as were ever seen to be answered at once; the others wait for an end.
    """
    begins, stops = np.sort(first), np.sort(ended)
    at_once = int((np.arange(1, len(first) + 1) - np.searchsorted(stops, begins)).max(initial=1))
    busy: list[int] = []
    found = np.empty_like(sent)
    for i, (since, until) in enumerate(zip(sent.tolist(), ended.tolist(), strict=True)):
        free = heapq.heappop(busy) if len(busy) >= at_once else since
        found[i] = max(since, free)
        heapq.heappush(busy, until)
    return found


def _half_step(first: Times, ends: Times, owner: Times) -> Times:
    """Return half of the length of the step that each first token came from, ns; zero for none."""
    later = np.flatnonzero(np.diff(owner) == 0) + 1  # events that follow one of their request
    if not len(later):
        return np.zeros_like(first)
    length = ends[later] - ends[later - 1]
    order = np.argsort(ends[later], kind="stable")
    at, lasts = ends[later][order], length[order]
    after = np.minimum(np.searchsorted(at, first), len(at) - 1)
    before = np.maximum(after - 1, 0)
    nearest = np.where(first - at[before] <= at[after] - first, before, after)
    steps = lasts[nearest]
    second = np.flatnonzero(np.diff(owner, prepend=-1) > 0) + 1  # place after each first event
    own = second[second < len(ends)]
    own = own[owner[own] == owner[own - 1]]
    steps[owner[own]] = np.minimum(steps[owner[own]], ends[own] - ends[own - 1])
    return steps // 2
