"""The figures that can be compared, of a whole phase and of each of its windows."""

from __future__ import annotations

from enum import StrEnum

from joulemark.accounting.uncertainty import CLOCK_RATE_U
from joulemark.analysis.observed import Observation, Repeat
from joulemark.core.value import Source, Term, Value

WHOLE_REPEAT = "repeat"
"""Unit of work where none was counted."""


class Metric(StrEnum):
    """What is compared. Energy, net energy and time are per unit of work, else per repeat."""

    ENERGY = "energy"
    NET = "net"
    GROSS = "gross"
    POWER = "power"
    TIME = "time"

    @property
    def of_work(self) -> bool:
        """Whether it is a figure per unit of work."""
        return self in (Metric.ENERGY, Metric.NET, Metric.TIME)


def unit_of(of: Observation, metric: Metric) -> str:
    """Return the unit of a figure."""
    if metric is Metric.POWER:
        return "W"
    unit = of.unit if metric.of_work and of.unit else WHOLE_REPEAT
    return f"{'s' if metric is Metric.TIME else 'J'}/{unit}"


def figure(of: Observation, metric: Metric) -> Value | None:
    """Return a figure of a phase with the uncertainties that its windows share or not.

    The scatter of repeats is not in it. None where it was not measured.
    """
    count = float(len(of.repeats)) if metric is Metric.GROSS else of.count
    value: Value | None
    if metric is Metric.TIME:
        value = _time(of)
    elif metric is Metric.POWER:
        value, count = of.energy, of.covered_s
    else:
        value = of.net if metric is Metric.NET else of.energy
    if value is None or not count > 0:
        return None
    return value.scaled(1 / count, unit_of(of, metric))


def _time(of: Observation) -> Value:
    """Return the time in the windows; the rate of the machine's clock is its uncertainty."""
    node = of.channels[0].node if of.channels else ""
    return Value(of.seconds, "s", {Source(Term.CLOCK, node): CLOCK_RATE_U * of.seconds})


def single(repeat: Repeat, metric: Metric) -> float | None:
    """Return the same figure of one window; None where it was not measured."""
    value, count = repeat.joules, repeat.count
    if metric is Metric.TIME:
        value = repeat.seconds
    elif metric is Metric.POWER:
        count = repeat.covered_s
    elif metric is Metric.GROSS:
        count = 1.0
    elif metric is Metric.NET:
        value = repeat.net
    return value / count if value is not None and count > 0 else None
