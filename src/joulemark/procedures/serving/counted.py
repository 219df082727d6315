"""A run of serving as comparisons see it: the windows that count, with what was done in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from joulemark.accounting.serving_windows import Steady, Unknown
from joulemark.core.errors import UsageError
from joulemark.core.record import replace as with_fields
from joulemark.core.window import Window, Work
from joulemark.procedures.serving.repeat import Repeat
from joulemark.procedures.serving.results import PHASE, ServingResult, serving_of
from joulemark.store.reader import StoredRun

BY_REQUEST = "requests"
"""Phase of the same windows with requests for their work; that of ``load`` are output tokens."""


def counted(stored: StoredRun, result: ServingResult | None = None) -> StoredRun:
    """Return a run whose windows of loads are those that count, each by tokens and by requests.

    Args:
        stored: a run of serving.
        result: what it came to, where that is known already.
    """
    result = result or serving_of(stored)
    windows = [window for window in stored.run.windows if window.phase != PHASE]
    windows += [window for repeat in result.repeats for window in _windows(repeat)]
    windows.sort(key=lambda window: window.start)
    return replace(stored, run=with_fields(stored.run, windows=tuple(windows)))


def refuse_without_window(result: ServingResult, where: str) -> None:
    """Refuse a run of which no window counts.

    Raises:
        UsageError: if it is one; says why.
    """
    if any(isinstance(repeat.window, Steady) for repeat in result.repeats):
        return
    reasons = [one.window.reason for one in result.repeats if isinstance(one.window, Unknown)]
    raise UsageError(
        f"no window of it counts: {reasons[0] if reasons else 'there was no load'}",
        where=where,
        remedy="see joulemark show RUN, or measure again with a longer load",
    )


def _windows(repeat: Repeat) -> Iterator[Window]:
    window = repeat.window
    if isinstance(window, Steady):
        counts = repeat.work.between(np.array([window.start, window.stop]))
        load = with_fields(repeat.load, start=window.start, stop=window.stop, facts={})
        yield with_fields(load, work=Work(float(counts.tokens_out[0]), "token"))
        yield with_fields(load, phase=BY_REQUEST, work=Work(float(counts.requests[0]), "request"))
