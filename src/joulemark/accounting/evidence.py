"""Which tier of evidence a result reaches: every condition is looked at, the weakest part decides.

A tier is a row of bounds, one for each condition that it asks for; a condition is a function of
what the result has and of its bound. The tier of a result is the highest of which every condition
holds, so that one failed condition demotes, and says why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from joulemark.accounting import conditions
from joulemark.accounting.conditions import Facts
from joulemark.accounting.results import PhaseResult
from joulemark.core.channel import Instrument, Provenance
from joulemark.core.energy import WHOLE
from joulemark.core.evidence import Condition, Conduct, Evidence, Tier

Bounds = Mapping[str, float]

CONDITIONS: Mapping[str, Callable[[Facts, float], Condition]] = {
    "provenance": conditions.provenance,
    "meter class": conditions.meter_class,
    "accuracy": conditions.accuracy,
    "consistency": conditions.consistency,
    "coverage": conditions.coverage,
    "sensor updates": conditions.updates,
    "skipped samples": conditions.skipped,
    "boundary": conditions.boundary,
    "interval": conditions.interval,
    "cross-check": conditions.cross_check,
    "calibration": conditions.calibration,
    "origin": conditions.origin,
    "length": conditions.length,
    "protocol": conditions.protocol,
    "clocks": conditions.clocks,
}
"""Every condition, by its name."""

TIERS: Mapping[Tier, Bounds] = {
    Tier.ON_CHIP: {
        "provenance": 1,
        "meter class": 1,
        "accuracy": 1,
        "consistency": 1,
        "coverage": WHOLE,
        "sensor updates": 10,
        "boundary": 0,
    },
    Tier.CROSS_CHECKED: {
        "provenance": 1,
        "meter class": 2,
        "accuracy": 1,
        "consistency": 1,
        "coverage": WHOLE,
        "sensor updates": 10,
        "skipped samples": 0.01,
        "boundary": 1,
        "cross-check": 0.5,
        "origin": 1,
    },
    Tier.CALIBRATED: {
        "provenance": 1,
        "meter class": 3,
        "accuracy": 1,
        "consistency": 1,
        "coverage": WHOLE,
        "sensor updates": 30,
        "skipped samples": 0.01,
        "boundary": 2,
        "interval": 0.10,
        "calibration": 366,
        "origin": 1,
    },
    Tier.ACCREDITED: {
        "provenance": 1,
        "meter class": 4,
        "accuracy": 1,
        "consistency": 1,
        "coverage": WHOLE,
        "sensor updates": 60,
        "skipped samples": 0.01,
        "boundary": 2,
        "interval": 0.01,
        "calibration": 366,
        "origin": 1,
        "length": 60,
        "protocol": 1,
        "clocks": 0.5,
    },
}
"""What each tier asks for: the bound of each condition, 1 where it is a plain yes or no.

See ``docs/decisions/0010``.

One sample a second, 60 of them, at most 1 % uncertainty, a meter calibrated within the year and
clocks within half a second are the rules of MLPerf's power measurements and of SPEC's accepted
meters as of 2026-11.
"""

CLAIMS: Mapping[Instrument, Tier] = {
    Instrument.ON_CHIP: Tier.ON_CHIP,
    Instrument.PLATFORM: Tier.CROSS_CHECKED,
    Instrument.EXTERNAL: Tier.CALIBRATED,
    Instrument.ANALYSER: Tier.ACCREDITED,
}
"""The tier that a class of meter allows; the first for any other."""


def evidence(result: PhaseResult, conduct: Conduct, *, gpus: bool) -> Evidence | None:
    """Return the tier of a result; None where nothing was read.

    Args:
        result: one phase, cross-checked.
        conduct: how the run was conducted.
        gpus: whether the system has accelerators.
    """
    if result.total is None:
        return None
    facts = Facts(result=result, total=result.total, conduct=conduct, gpus=gpus)
    checks = {
        tier: tuple(CONDITIONS[name](facts, bound) for name, bound in bounds.items())
        for tier, bounds in TIERS.items()
    }
    reached = [tier for tier, found in checks.items() if all(each.holds for each in found)]
    claims = [CLAIMS.get(channel.instrument, Tier.ESTIMATED) for channel in facts.added]
    return Evidence(
        tier=max(reached, default=Tier.ESTIMATED),
        claim=min(claims),
        declared=result.total.provenance is Provenance.DECLARED,
        checks=checks,
    )
