"""The figures of a power result: as published, and as the integral of the same readings.

MLPerf Inference publishes the plain mean of an analyser's readings between the first query and the
last completion, or from it the energy of a stream or query. Beside it stands here the integral of
the readings over the same time, which says how far it can be trusted. A reading that is not there
(zero, negative, none) is bridged by a straight line between its neighbours, as the plain mean in
effect fills it with the mean of all; what that time may have held is in the uncertainty.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from joulemark.accounting.curve import ABSURD, curve_of
from joulemark.accounting.integrate import energy_between
from joulemark.core.channel import Accuracy, Channel, Domain, Instrument, Quantity
from joulemark.core.clock import NS
from joulemark.core.trace import Trace
from joulemark.core.value import Source, Term, Value

Floats = NDArray[np.float64]
Times = NDArray[np.int64]
Flags = NDArray[np.bool_]

PERIOD_S = 1.0
"""An analyser is read once a second."""
MISSED = 1.5
"""So many periods between two readings are at least one reading too few."""
QUERY_SAMPLES = 8
"""Samples of one query of MultiStream."""
MILLI = 1000.0
STREAMS = frozenset({"SingleStream", "MultiStream"})
"""Scenarios whose figure is an energy; of the others it is a power."""
COMMON = frozenset({Term.GAIN, Term.OFFSET})
"""What the mean of the readings and their integral are wrong by alike."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number as published, without uncertainty.

    Attributes:
        value: the number.
        unit: its unit: W, mJ, samples/J or tokens/J.
    """

    value: float
    unit: str


@dataclass(frozen=True, slots=True)
class Integral:
    """Energy of a window from readings once a second.

    Attributes:
        energy: J.
        power: mean over the window, W.
        coverage: share of the window's seconds of which there is a reading, 0 to 1.
        own: the part of the half-width of ``power`` that the plain mean of the same readings does
            not share (all but the analyser's accuracy), W.
    """

    energy: Value
    power: Value
    coverage: float
    own: float


def is_read(watts: Floats) -> Flags:
    """Return which readings (W) are readings: finite, above zero, not absurd."""
    read: Flags = (watts > 0) & (watts < ABSURD)
    return read


def within(time: Times, begin: int, end: int) -> Flags:
    """Return which moments lie between two others, neither included."""
    inside: Flags = (time > begin) & (time < end)
    return inside


def mean_power(watts: Floats) -> float | None:
    """Return the plain mean of readings, W; None of none."""
    return float(watts.mean()) if len(watts) else None


def metric(
    power_w: float, seconds: float, scenario: str, measured: str, queries: float | None
) -> Figure | None:
    """Return the figure that is published as a result's power.

    Args:
        power_w: plain mean, W.
        seconds: from the first query to the last completion, s.
        scenario: of the result.
        measured: scenario that LoadGen ran; another one where the result is inferred from it.
        queries: how many it ran.

    Returns:
        Power in W; of the stream scenarios energy of a stream or query in mJ, and None where it is
        not known how many there were.
    """
    if scenario not in STREAMS:
        return Figure(power_w, "W")
    if not queries or not math.isfinite(queries) or queries < 0:
        return None
    inferred = scenario == "MultiStream" and measured == "SingleStream"
    samples = QUERY_SAMPLES if inferred else 1
    return Figure(samples * power_w * seconds * MILLI / queries, "mJ")


def samples_of(scenario: str) -> int:
    """Return how many samples the energy of a stream or query is for."""
    return QUERY_SAMPLES if scenario == "MultiStream" else 1


def efficiency(
    published: Figure, samples: int, rate: float | None, *, tokens: bool = False
) -> Figure | None:
    """Return work per joule.

    Args:
        published: the figure of :func:`metric`.
        samples: how many an energy is for.
        rate: performance in samples or tokens per second, where the figure is a power.
        tokens: whether it counts tokens.

    Returns:
        Samples or tokens per joule; None of no power, or without a performance.
    """
    if published.value <= 0:
        return None
    if published.unit == "mJ":
        return Figure(samples * MILLI / published.value, "samples/J")
    if rate is None:
        return None
    return Figure(rate / published.value, "tokens/J" if tokens else "samples/J")


def analyser_accuracy(stated: float | None, over: Floats, readings: int, limit: float) -> Accuracy:
    """Return the accuracy of an analyser's energy, as a 95 % half-width.

    Args:
        stated: mean relative uncertainty that its driver stated for the run; None if it did not.
        over: relative uncertainties stated for single readings, of those above the limit.
        readings: how many there were.
        limit: the largest that is allowed of a reading; taken for those without a statement.
    """
    if stated is not None:
        return Accuracy(gain=stated, source="mean uncertainty stated by PTDaemon")
    excess = float((over - limit).sum()) / max(readings, len(over), 1)
    return Accuracy(gain=limit + excess, source=f"{100 * limit:g} % of a reading, and what exceeds")


def integral(
    time: Times, watts: Floats, begin: int, end: int, *, accuracy: Accuracy, skew_s: float = 0.0
) -> Integral | None:
    """Return energy and mean power between two moments, from readings once a second.

    Args:
        time: of the readings, ns, shape (n,).
        watts: readings, W, shape (n,); what is no reading is bridged.
        begin: ns.
        end: ns, after ``begin``.
        accuracy: of the analyser.
        skew_s: how far the clock that stamps the readings may be from the one that stamps the
            window, s.

    Returns:
        None where there is no reading in the window, or where it is not longer than zero.
    """
    read = is_read(watts)
    if end <= begin or not (read & within(time, begin, end)).any():
        return None
    curve = curve_of(Trace.of(_channel(accuracy), time[read], watts[read]), gap_s=math.inf)
    energy = energy_between(curve, begin, end, edge_u_s=abs(skew_s) / math.sqrt(3))
    missing = _missing_s(curve.time, begin, end)
    highest = float(watts[read & within(time, begin, end)].max())
    here = Source(Term.COVERAGE, f"bridged@{begin}")
    joules = energy.joules.plus(here, highest * missing / math.sqrt(3))
    seconds = (end - begin) / NS
    power = joules.scaled(1 / seconds, "W")
    own = power.only(lambda source: source.term not in COMMON).u95
    return Integral(joules, power, energy.coverage - missing / seconds, own)


def _channel(accuracy: Accuracy) -> Channel:
    return Channel(
        name="ptdaemon/wall",
        meter="ptdaemon",
        part="wall",
        domain=Domain.WALL,
        quantity=Quantity.POWER,
        unit="W",
        accuracy=accuracy,
        instrument=Instrument.ANALYSER,
        update_s=PERIOD_S,
    )


def _missing_s(time: Times, begin: int, end: int) -> float:
    """Return the seconds without a reading between readings, within the window."""
    between: Floats = np.diff(np.clip(time, begin, end)).astype(np.float64) / NS
    return float((between[between > MISSED * PERIOD_S] - PERIOD_S).sum())
