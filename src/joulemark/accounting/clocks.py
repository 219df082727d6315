"""How far one host's clock is from another's, from messages that were stamped on both sides.

One side sends, the other stamps what comes and what it answers, the first stamps the answer: four
stamps, as NTP exchanges them (RFC 5905, section 8). Neither way took less than no time, so the
offset lies within half the time that the two messages travelled, whatever the network did; nothing
is assumed of how that time is split. An exchange that came through quickly says much, a slow one
little, and every one keeps saying something later on: two clocks do not run apart faster than
:data:`RATE`. What all of them allow is an interval at every moment; its middle is taken.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Times = NDArray[np.int64]

RATE = 1.2e-3
"""Two clocks run apart no faster: on either side 500 parts in a million by which a kernel slews its
clock at most, and 100 of the crystal."""
STAMP_NS = 1.0
"""How wrong the difference of two stamps of whole ns may be."""
KEPT = 256
"""Of more exchanges the quickest of each stretch are kept."""


class Exchange(NamedTuple):
    """Four stamps: two of the clock that asks, two of the one that answers; ns.

    Attributes:
        sent: when the question was sent.
        received: when it came, by the other clock.
        answered: when the answer was sent, by the other clock.
        came: when the answer came.
    """

    sent: int
    received: int
    answered: int
    came: int

    @property
    def delay(self) -> int:
        """Time that both messages travelled, ns."""
        return (self.came - self.sent) - (self.answered - self.received)

    @property
    def possible(self) -> bool:
        """Whether no message came before it was sent, as far as two clocks can tell."""
        least = -(RATE * (self.answered - self.received) + 2 * STAMP_NS)
        return self.came >= self.sent and self.answered >= self.received and self.delay >= least


class Drift(NamedTuple):
    """How fast one clock gains on another.

    Attributes:
        rate: s/s; above zero where the offset grows.
        half_width: it is no further than this from the truth, s/s.
    """

    rate: float
    half_width: float


@dataclass(frozen=True, slots=True, eq=False)
class Offset:
    """What must be added to one clock to have the other, over time.

    Attributes:
        time: moments of the exchanges by the first clock, ns, increasing, shape (n,).
        middle: the offset there, ns, shape (n,).
        low: no less than this, as that exchange alone says, ns, shape (n,).
        high: no more than this, likewise.
        consistent: whether one clock agrees with all exchanges; if not, one of the two was set.
    """

    time: Times
    middle: Floats
    low: Floats
    high: Floats
    consistent: bool

    def at(self, moment: int) -> tuple[float, float]:
        """Return the offset at a moment of the first clock, and how wrong it may be; ns."""
        low, high = _bounds(self.time, self.low, self.high, np.array([moment]))
        offset = float(np.interp(moment, self.time, self.middle))
        return offset, max(abs(float(high[0]) - offset), abs(offset - float(low[0])))

    def moved(self, times: Times) -> Times:
        """Return moments of the first clock as the other has them, ns, in their order."""
        origin = self.time[0]
        offset = np.interp((times - origin).astype(float), self.time - origin, self.middle)
        moved: Times = times + np.rint(offset).astype(np.int64)
        return moved

    def inverse(self) -> Offset:
        """Return what must be added to the other clock to have this one."""
        time = self.moved(self.time)
        return Offset(time, -self.middle, -self.high, -self.low, self.consistent)

    def drift(self) -> Drift | None:
        """Return how fast the offset grows, from the pair that tells best; None of one moment."""
        n = len(self.time)
        first, last = np.triu_indices(n, 1)
        if not len(first):
            return None
        span = (self.time[last] - self.time[first]).astype(float)
        half = (self.high - self.low) / 2
        width = (half[first] + half[last]) / span
        best = int(width.argmin())
        own = (self.high + self.low) / 2
        rate = float((own[last[best]] - own[first[best]]) / span[best])
        return Drift(rate, float(width[best]))


def offset_of(exchanges: Iterable[Exchange]) -> Offset | None:
    """Return the offset that exchanges tell; None if none of them can be.

    Args:
        exchanges: in any order.
    """
    said = _quickest(sorted((e for e in exchanges if e.possible), key=_moment))
    if not said:
        return None
    time = np.array([_moment(e) for e in said], dtype=np.int64)
    # the answering clock had this offset at some moment between the two stamps of the asking one
    slack = np.array([(e.came - e.sent) / 2 * RATE + STAMP_NS for e in said])
    low = np.array([float(e.answered - e.came) for e in said]) - slack
    high = np.array([float(e.received - e.sent) for e in said]) + slack
    lowest, highest = _bounds(time, low, high, time)
    return Offset(time, (lowest + highest) / 2, low, high, bool((lowest <= highest).all()))


def _moment(exchange: Exchange) -> int:
    return (exchange.sent + exchange.came) // 2


def _quickest(exchanges: list[Exchange]) -> list[Exchange]:
    """Return the quickest exchange of each moment, and of each of ``KEPT`` stretches of many."""
    best: dict[int, Exchange] = {}
    if not exchanges:
        return []
    first, last = _moment(exchanges[0]), _moment(exchanges[-1])
    length = math.ceil((last - first + 1) / KEPT) if len(exchanges) > KEPT else 1
    for exchange in exchanges:
        stretch = (_moment(exchange) - first) // length
        if stretch not in best or exchange.delay < best[stretch].delay:
            best[stretch] = exchange
    return list(best.values())


def _bounds(time: Times, low: Floats, high: Floats, at: Times) -> tuple[Floats, Floats]:
    """Return what all exchanges together allow at some moments: lowest and highest offset, ns."""
    away = RATE * np.abs(time[:, None] - at[None, :]).astype(float)
    return (low[:, None] - away).max(axis=0), (high[:, None] + away).min(axis=0)
