"""Watching a distant sensor for a moment: how often it has news, and how fine a counter counts."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from statistics import median

from joulemark.core.errors import JoulemarkError
from joulemark.core.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

WATCH_S = 3.0
"""How long a sensor is watched before it is believed."""
EVERY_S = 0.2
FINE_S = 2.0
"""A counter whose step is more than the machine uses in so long is too coarse: readings of power,
a second apart, then say more."""
MOST_DECIMALS = 15
"""No sensor tells more."""


@record(frozen=True, slots=True)
class Seen:
    """What was seen of one value.

    Attributes:
        values: that were told, in their order; without those that were no number.
        update_s: median time between two changes; None if it changed less than twice.
        decimal: what the last decimal that was ever told is worth.
        step: smallest change that was seen, or ``decimal``, whichever is more.
    """

    values: tuple[float, ...]
    update_s: float | None
    decimal: float
    step: float


def watch(
    ask: Callable[[], Sequence[float | None]],
    *,
    clock: Callable[[], float],
    wait: Callable[[float], None],
    watch_s: float = WATCH_S,
) -> list[Seen]:
    """Ask again and again, and return what was seen of each value.

    Args:
        ask: returns the values now.
        clock: s.
        wait: lets time pass, s.
        watch_s: for how long; zero asks once.

    Raises:
        JoulemarkError: if there is no answer at all.
    """
    end = clock() + watch_s
    told: list[tuple[float, Sequence[float | None]]] = []
    while not told or clock() < end:
        if told:
            wait(EVERY_S)
        try:
            values = ask()
        except JoulemarkError:
            if not told:
                raise
            break  # it has been seen; whoever reads it will say what is wrong
        told.append((clock(), values))
    width = len(told[0][1])
    return [_seen([(moment, values[place]) for moment, values in told]) for place in range(width)]


def _seen(told: list[tuple[float, float | None]]) -> Seen:
    known = [(moment, value) for moment, value in told if value is not None]
    changes = [later for before, later in pairwise(known) if before[1] != later[1]]
    between = [b[0] - a[0] for a, b in pairwise(changes)]
    steps = [abs(b[1] - a[1]) for a, b in pairwise(known) if a[1] != b[1]]
    decimal = min((_last_decimal(value) for _, value in known), default=1.0)
    step = max(decimal, min(steps, default=0.0))
    return Seen(tuple(v for _, v in known), median(between) if between else None, decimal, step)


def _last_decimal(value: float) -> float:
    """Return what the last decimal of a number is worth; 1 for whole numbers.

    >>> _last_decimal(12.25)
    0.01
    """
    exponent = Decimal(repr(value)).normalize().as_tuple().exponent
    return 10.0 ** min(max(int(exponent), -MOST_DECIMALS), 0)


def fine_enough(counter: Seen, joules: float, watts: float | None) -> str:
    """Return why an energy counter is not to be used; empty if it is.

    Args:
        counter: what was seen of it.
        joules: one of its unit, J.
        watts: power meanwhile, W; None if that is not known.
    """
    if len(counter.values) < 2 or counter.update_s is None:
        return "it had no news while it was watched"
    if counter.values[-1] < counter.values[0]:
        return "it went back while it was watched"
    if watts is not None and counter.step * joules > watts * FINE_S:
        return f"its steps of {counter.step * joules:.3g} J are too coarse"
    return ""
