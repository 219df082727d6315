"""Rules on what the readings come to: means, sums and products, and the integral."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from joulemark.accounting.mlperf_power import Flags, Floats, is_read
from joulemark.core.finding import Severity
from joulemark.core.units import digits
from joulemark.formats.inference.parsed import PowerLog, Readings
from joulemark.formats.inference.timed import TimedRun
from joulemark.rules.inference.review import Review
from joulemark.rules.rule import Seen, rule

LOWER, HIGHER = -0.05, 0.05
"""How far the mean power of the test may be from that of ranging."""
LOW_FACTOR = 0.5
LOW_AMPS = 0.2
SAME_PRODUCT = 0.05
"""Watts are volts times amperes times power factor, within this."""
SAME_SUM = 0.01
"""The whole is the sum of its channels, within this."""


@rule(
    "inference/mean-power-lower",
    source="official check 13",
    severity=Severity.ERROR,
    advice="Run the same workload both times; let the system reach its steady temperature before "
    "ranging.",
)
def mean_power_lower(review: Review) -> Iterator[Seen]:
    """The mean power of the test is not more than 5 % below that of ranging."""
    change = _change(review.ranging, review.testing)
    if change is not None and change <= LOWER:
        yield _means(review, change), review.testing_power.name, None


@rule(
    "inference/mean-power-higher",
    source="our own: the side that check 13 does not look at",
    severity=Severity.WARNING,
    advice="Run the same workload both times: the range of the test rests on ranging.",
)
def mean_power_higher(review: Review) -> Iterator[Seen]:
    """The mean power of the test is not more than 5 % above that of ranging."""
    change = _change(review.ranging, review.testing)
    if change is not None and change > HIGHER:
        yield _means(review, change), review.testing_power.name, None


def _change(ranging: TimedRun, testing: TimedRun) -> float | None:
    before, after = ranging.mean_w, testing.mean_w
    return None if before is None or after is None else round(after / before - 1, 4)


def _means(review: Review, change: float) -> str:
    before, after = review.ranging.mean_w or 0.0, review.testing.mean_w or 0.0
    return (
        f"mean power is {digits(after)} W in the test, {digits(before)} W in ranging: "
        f"{100 * change:+.1f} %"
    )


@rule(
    "inference/low-power-factor",
    source="our own: a low power factor, small currents and high crests read wrong together",
    severity=Severity.NOTE,
    advice="Compare with an analyser of a smaller range and a higher crest factor (CF 6).",
)
def low_power_factor(review: Review) -> Iterator[Seen]:
    """The analyser can follow the current: not both power factor below 0.5 and less than 0.2 A."""
    run, factor = review.testing, review.figures.power_factor
    amps = _known(run.log.whole.amps[run.used])
    if factor is None or not len(amps):
        return
    mean = float(amps.mean())
    if factor < LOW_FACTOR and mean < LOW_AMPS:
        what = f"mean power factor {factor:.2f} at {digits(mean, 3)} A"
        yield what, run.log.name, run.first_line(run.used)


def _known(values: Floats) -> Floats:
    return values[is_read(values)]


@rule(
    "inference/power-product",
    source="our own: what the figures of one line must come to",
    severity=Severity.WARNING,
    advice="Hand in the log as PTDaemon wrote it.",
)
def power_product(review: Review) -> Iterator[Seen]:
    """Watts are volts times amperes times power factor, line by line."""
    log = review.testing_power
    single = () if log.parts else (log.whole,)  # of several, what stands for the whole is a mean
    worst: tuple[int, float, str, int] | None = None
    for part in (*single, *log.parts):
        off, given = _off_product(part)
        bad = given & (off > SAME_PRODUCT)
        if bad.sum() > 0.01 * given.sum() and (worst is None or bad.sum() > worst[0]):
            first = int(np.flatnonzero(bad)[0])
            worst = int(bad.sum()), float(off[first]), part.name, int(log.line[first])
    if worst is not None:
        what = (
            f"{worst[2]}: {worst[0]} readings are not V·A·PF, the first by {100 * worst[1]:.0f} %"
        )
        yield what, log.name, worst[3]


def _off_product(part: Readings) -> tuple[Floats, Flags]:
    """Return how far power is from its product, relative, and where all of it is given."""
    given = is_read(part.watts) & is_read(part.volts) & is_read(part.amps) & is_read(part.pf)
    with np.errstate(all="ignore"):
        off = np.abs(part.volts * part.amps * part.pf / part.watts - 1)
    return off, given


@rule(
    "inference/channel-sum",
    source="our own; PTDaemon adds up channels, the server adds up analysers, failures included",
    severity=Severity.WARNING,
    advice="Look at the channels of the lines named: a failed reading is not to be added as 1 W.",
)
def channel_sum(review: Review) -> Iterator[Seen]:
    """The power of a line is the sum of its channels, or of its analysers."""
    log, run = review.testing_power, review.testing
    total = _sum_of(log)
    if total is None:
        return
    with np.errstate(all="ignore"):
        off = np.abs(total / log.whole.watts - 1)
    bad = run.inside & is_read(log.whole.watts) & ~(off <= SAME_SUM)
    if bad.any():
        first = int(np.flatnonzero(bad)[0])
        what = (
            f"{bad.sum()} readings are not the sum of their parts, the first {total[first]:g} W "
            f"for {log.whole.watts[first]:g} W"
        )
        yield what, log.name, int(log.line[first])


def _sum_of(log: PowerLog) -> Floats | None:
    """Return the sum of the outermost parts, W; None where there are none."""
    parts = [part for part in log.parts if "/" not in part.name]
    if not parts:
        return None
    total: Floats = np.sum([part.watts for part in parts], axis=0)
    return total


@rule(
    "inference/integral",
    source="our own: no official tool integrates",
    severity=Severity.WARNING,
    advice="Say in the submission what the readings lack; the integral with its uncertainty is the "
    "better figure.",
)
def integral(review: Review) -> Iterator[Seen]:
    """The plain mean of the readings agrees with their integral over the window.

    That is within what the integral is uncertain by, the analyser's accuracy aside, which both
    share.
    """
    figures = review.figures
    if figures.published_w is None or figures.average_power_w is None:
        return
    other = figures.average_power_w.value
    if abs(figures.published_w - other) > figures.own_u95_w:
        what = (
            f"the mean of the readings is {digits(figures.published_w, 5)} W, their integral over "
            f"the window {digits(other, 5)} W ± {digits(figures.own_u95_w, 2)} W"
        )
        yield what, review.testing_power.name, None


RULES = (
    mean_power_lower,
    mean_power_higher,
    low_power_factor,
    power_product,
    channel_sum,
    integral,
)
