"""Several parts as one."""

from __future__ import annotations

import numpy as np

from joulemark.accounting.supply import Supply
from joulemark.core.record import replace
from joulemark.core.trace import Trace
from tests.accounting.serving import CHANNEL, ns


def counter(part: str, watts: float, every: float, update_s: float | None = None) -> Trace:
    channel = replace(CHANNEL, name=f"m/{part}", part=part, update_s=update_s)
    time = np.arange(0, ns(10), ns(every))
    return Trace.of(channel, time, watts * time / 1e9)


def test_moments_of_which_readings_tell_are_those_of_the_coarsest_part() -> None:
    fine, coarse = counter("gpu", 300.0, 0.1), counter("cpu", 100.0, 1.0)
    for parts in ([fine, coarse], [coarse, fine]):
        told = Supply.of(parts).told(ns(2.5), ns(6.5))
        assert told.tolist() == [ns(t) for t in (3, 4, 5, 6)]
    assert Supply.of([coarse]).told(ns(2.1), ns(2.9)).tolist() == []


def test_a_counter_that_is_late_tells_of_moments_before_it_was_read() -> None:
    told = Supply.of([counter("gpu", 300.0, 1.0, update_s=0.4)]).told(ns(2.5), ns(4.5))
    assert told.tolist() == [ns(2.8), ns(3.8)]
