"""Work done so that a power sensor sees it: risen at the begin, and not always at one moment.

A sensor that sees 25 of every 100 ms shows a job of nearly its own pace always at the same moment
of that job: however often the job is repeated back to back, its energy is off by 19 to 29 % (A100,
job of 100 ms). Delays of an eighth of the period after every few jobs lead the sensor through all
of the job; with eight shifts, each three times, 3.5 to 4.9 % were left (arXiv 2312.02741).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping

from joulemark.accounting.boundary import part_of
from joulemark.accounting.sensor import unseen
from joulemark.core.channel import Channel, Quantity
from joulemark.core.window import PAUSES, Work

SHIFTS, ROUNDS = 8, 3
"""Delays that lead once through the period, and how often they do."""
LEAST_PERIODS = 4
"""Work between two delays lasts at least so many periods of the sensor."""
RISE_S = 0.25
"""A board and a sensor with a short window have risen by then (arXiv 2312.02741)."""

Worked = tuple[Work, Mapping[str, float]]


def blind_period_s(channels: Iterable[Channel]) -> float:
    """Return the longest period of the power sensors that miss some of the time; zero for none.

    A part with an energy counter does not depend on such a sensor.
    """
    periods = [
        channel.update_s
        for channel, window_s in _averaged(channels)
        if channel.update_s and unseen(window_s, channel.update_s) > 0
    ]
    return max(periods, default=0.0)


def rise_s(channels: Iterable[Channel]) -> float:
    """Return how long readings rise when a load begins; zero where energy comes from counters.

    A quarter of a second, as boards themselves take so long, or the longest averaging window.
    """
    windows = [window_s for _, window_s in _averaged(channels)]
    return max(RISE_S, *windows) if windows else 0.0


def _averaged(channels: Iterable[Channel]) -> list[tuple[Channel, float]]:
    """Return the averaging power sensors of parts that have no energy counter, with the windows."""
    channels = list(channels)
    counted = {part_of(c) for c in channels if c.quantity in (Quantity.ENERGY, Quantity.INTERVAL)}
    return [
        (c, c.window_s)
        for c in channels
        if c.quantity is Quantity.POWER and part_of(c) not in counted and c.window_s
    ]


def pieces(seconds: float, period_s: float) -> int:
    """Return into how many pieces a window is cut: whole rounds of shifts, or as many as fit."""
    fit = int(seconds / (LEAST_PERIODS * period_s) + 1e-9)
    return min(fit - fit % SHIFTS if fit >= SHIFTS else max(fit, 1), SHIFTS * ROUNDS)


def shifted(
    work: Callable[[float], Worked],
    seconds: float,
    period_s: float,
    sleep: Callable[[float], None] = time.sleep,
) -> Worked:
    """Work for about ``seconds`` with delays between, and say how long they were.

    Args:
        work: works for so many seconds; says what was done, and other numbers of it.
        seconds: how long in all.
        period_s: update period of the sensor, s.
        sleep: waits for so many seconds.
    """
    count = pieces(seconds, period_s)
    done, facts = work(seconds / count)
    for _ in range(count - 1):
        sleep(period_s / SHIFTS)
        more, facts = work(seconds / count)
        done = Work(done.count + more.count, done.unit)
    return done, {**facts, PAUSES: (count - 1) * period_s / SHIFTS}
