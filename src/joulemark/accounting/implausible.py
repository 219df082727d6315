"""Power that a part cannot draw: above its rating, or off by a thousand."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from joulemark.accounting.balance import Agreement, Balance, Reading, Verdict, mean_watts
from joulemark.accounting.finding import Finding
from joulemark.accounting.series import Span, raw_watts
from joulemark.core.caution import Code
from joulemark.core.channel import Channel, Domain, Instrument
from joulemark.core.trace import Trace
from joulemark.core.units import digits, si

ALLOWANCE: Mapping[Domain, float] = {
    Domain.PACKAGE: 2.5,
    Domain.CORE: 2.5,
    Domain.UNCORE: 2.5,
    Domain.PSYS: 2.5,
    Domain.DRAM: 1.5,
    Domain.GPU: 1.2,
}
"""Times the rated power that a part may hold over a whole phase; 1.1 for other kinds.

Processors of the desktop are sold with a lasting turbo power of twice their thermal design power
(253 W for 125 W: Intel Core i9-13900K), and boards lift the limit; a GPU is held at its limit by
its own regulation; a nameplate is a bound of the supply.
"""
USUAL_ALLOWANCE = 1.1

PLAUSIBLE_W: Mapping[Domain, tuple[float, float]] = {
    Domain.WALL: (0.5, 1e5),
    Domain.NODE: (0.5, 5e4),
    Domain.PSYS: (0.3, 5e3),
    Domain.PACKAGE: (0.05, 2e3),
    Domain.CORE: (0.0, 2e3),
    Domain.UNCORE: (0.0, 1e3),
    Domain.DRAM: (0.01, 1e3),
    Domain.GPU: (0.2, 3e3),
    Domain.SWITCH: (0.5, 1e4),
}
"""Least and most power of a part of each kind that anybody is likely to meet, W. Boards and rails
begin at microwatts and have none."""

THOUSAND = (10**2.5, 10**3.5)
"""A ratio between these is taken for a slip of a thousand."""
LEAST_SHARE = 0.005
"""A card or a machine that is switched on draws at least this share of its rating."""
BEYOND_RATING = 10.0
"""Times what is allowed above a rating; up to there it is a hot part, beyond it a wrong unit."""


def above_rating(readings: Sequence[Reading], seconds: float) -> list[Finding]:
    """Return the channels whose mean power over a phase is above what the part is rated for.

    Args:
        readings: energy of every channel over the phase.
        seconds: time in its windows, s.
    """
    found = []
    for channel, energy in readings:
        if channel.rated_w is None or not channel.rated_w > 0:
            continue
        watts = mean_watts(channel, energy, seconds)
        allowed = ALLOWANCE.get(channel.domain, USUAL_ALLOWANCE)
        if watts.value - watts.u95 > allowed * channel.rated_w:
            seen = f"{channel.name}: {watts}, rated {si(channel.rated_w, 'W', 3)}"
            found.append(Finding(Code.ABOVE_RATING, seen, (channel.name,)))
    return found


def unit_of_readings(traces: Iterable[Trace], spans: Sequence[Span]) -> list[Finding]:
    """Return the channels whose readings make sense only if multiplied or divided by 1000.

    What a model says, or somebody states for a whole network at once, was not read.

    Args:
        traces: of channels that carry energy, as recorded.
        spans: the windows of the run.
    """
    found = []
    for trace in traces:
        channel, watts = trace.channel, raw_watts(trace, spans)
        read = channel.instrument is not Instrument.MODEL
        if math.isnan(watts) or not read or _plausible(channel, watts):
            continue
        for factor, times in ((1e-3, "1000 times too large"), (1e3, "1000 times too small")):
            if _plausible(channel, factor * watts):
                said = f"{channel.name}: {si(watts, 'W', 3)} ({_bound(channel)}) looks {times}"
                found.append(Finding(Code.WRONG_UNIT, said, (channel.name,)))
    return found


def _plausible(channel: Channel, watts: float) -> bool:
    low, high = _range(channel)
    return low <= watts <= high


def _range(channel: Channel) -> tuple[float, float]:
    low, high = PLAUSIBLE_W.get(channel.domain, (0.0, math.inf))
    if channel.rated_w is not None and channel.rated_w > 0:
        if channel.domain in (Domain.GPU, Domain.NODE, Domain.WALL):
            low = max(low, LEAST_SHARE * channel.rated_w)
        allowed = ALLOWANCE.get(channel.domain, USUAL_ALLOWANCE)
        high = min(high, BEYOND_RATING * allowed * channel.rated_w)
    if channel.max_power_w is not None:
        high = min(high, channel.max_power_w)
    return low, high


def _bound(channel: Channel) -> str:
    if channel.rated_w is not None and channel.rated_w > 0:
        return f"rated {si(channel.rated_w, 'W', 3)}"
    low, high = _range(channel)
    return f"usual for a {channel.domain}: {si(low, 'W', 2)} to {si(high, 'W', 2)}"


def unit_of_balance(balance: Balance) -> Finding | None:
    """Return the slip of a thousand that a balance shows, by its slope or by its size.

    The slope tells it wherever the parts moved. Without motion only parts far above their whole
    do: a whole far above its parts may have other parts.
    """
    names, motion = balance.names, balance.motion
    if motion is not None and motion.slope > 0 and motion.correlation > 0:
        slope = motion.slope
        if _thousand(slope) or _thousand(1 / slope):
            seen = f"{balance.whole.name} moves {digits(slope, 3)} W for each W of its parts"
            return Finding(Code.WRONG_UNIT, seen, names)
    if balance.verdict is Verdict.IMPOSSIBLE and balance.whole_w.value > 0:
        times = balance.sum_w.value / balance.whole_w.value
        if _thousand(times):
            seen = f"the parts of {balance.whole.name} use {digits(times, 3)} times what it does"
            return Finding(Code.WRONG_UNIT, seen, names)
    return None


def disagreement(agreement: Agreement) -> Finding | None:
    """Return what two channels of one part that cannot both be right show."""
    if agreement.agrees:
        return None
    first, second = agreement.channel, agreement.other
    names = (first.name, second.name)
    seen = f"{first.name}: {agreement.channel_w}, {second.name}: {agreement.other_w}"
    ratio = 0.0 if agreement.ratio is None else agreement.ratio.value
    slip = ratio > 0 and (_thousand(ratio) or _thousand(1 / ratio))
    return Finding(Code.WRONG_UNIT if slip else Code.METERS_DISAGREE, seen, names)


def _thousand(ratio: float) -> bool:
    low, high = THOUSAND
    return low <= ratio <= high
