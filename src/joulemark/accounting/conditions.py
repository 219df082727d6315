"""The conditions of the tiers of evidence: each looks at one thing and says what it saw."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from joulemark.accounting.balance import Balance, Verdict, stated
from joulemark.accounting.boundary import ASPECTS, COOLING
from joulemark.accounting.motion import follows
from joulemark.accounting.results import PhaseResult
from joulemark.core.caution import Code
from joulemark.core.channel import Channel, Domain, Instrument, Provenance
from joulemark.core.clock import NS
from joulemark.core.energy import Energy
from joulemark.core.evidence import Condition, Conduct, Protocol
from joulemark.core.units import digits

CLASSES = (
    (Instrument.MODEL, Instrument.UNKNOWN),
    (Instrument.ON_CHIP,),
    (Instrument.PLATFORM,),
    (Instrument.EXTERNAL,),
    (Instrument.ANALYSER,),
)
"""Classes of meters, the weakest first."""

TELLING = 0.25
"""Two meters that agree within a wider interval than this (ratio, 95 %) confirm nothing."""
_DATE = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
_DETAILS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the conditions look at.

    Attributes:
        result: the phase, cross-checked.
        total: its energy.
        conduct: how the run was conducted.
        gpus: whether the system has accelerators.
    """

    result: PhaseResult
    total: Energy
    conduct: Conduct
    gpus: bool

    @property
    def added(self) -> list[Channel]:
        """The channels whose energies are the total, in every window."""
        found = [
            part.channel
            for window in self.result.windows
            for part in window.parts
            if part.added
        ]  # fmt: skip
        return list({channel.name: channel for channel in found}.values())


def provenance(facts: Facts, bound: float) -> Condition:
    """No part of the total comes from a model."""
    modelled = [c.part for c in facts.added if c.provenance is Provenance.ESTIMATED]
    seen = f"{_listed(modelled)} estimated" if modelled else facts.total.provenance.value
    return Condition("provenance", "no part estimated by a model", seen, not modelled)


def meter_class(facts: Facts, bound: float) -> Condition:
    """Every part was read by a meter of this class or a higher one."""
    ranked = [(_rank(channel.instrument), channel) for channel in facts.added]
    lowest, weakest = min(ranked, key=lambda pair: pair[0])
    asked = CLASSES[int(bound)][0].value
    required = f"{asked} meters" if bound == len(CLASSES) - 1 else f"{asked} meters or better"
    seen = f"{weakest.instrument.value} ({weakest.meter})"
    return Condition("meter class", required, seen, lowest >= bound)


def _rank(instrument: Instrument) -> int:
    return next(place for place, kinds in enumerate(CLASSES) if instrument in kinds)


def accuracy(facts: Facts, bound: float) -> Condition:
    """Every meter has an accuracy, and somebody who states it."""
    lacking = [c.name for c in facts.added if not stated(c)]
    seen = f"none for {_listed(lacking)}" if lacking else "stated for every meter"
    return Condition("accuracy", "stated, with its source", seen, not lacking)


def consistency(facts: Facts, bound: float) -> Condition:
    """No meter of the total says something impossible."""
    names = {name for c in facts.added for name in (c.name, *_calibrated_from(c))}
    against = [f for f in facts.result.crosscheck.impossible if names & set(f.channels)]
    seen = f"{against[0].code.value}: {against[0].detail}" if against else "nothing impossible"
    return Condition("consistency", "no impossible reading in the total", seen, not against)


def _calibrated_from(channel: Channel) -> list[str]:
    """Return the channels that a calibrated figure is computed from; none for a reading."""
    return channel.source.split(" + ") if channel.calibration else []


def coverage(facts: Facts, bound: float) -> Condition:
    """Valid readings cover the window, without gaps."""
    share = facts.total.coverage
    required, seen = f"{digits(100 * bound, 4)} % or more", f"{digits(100 * share, 4)} %"
    return Condition("coverage", required, seen, share >= bound)


def updates(facts: Facts, bound: float) -> Condition:
    """In every window every sensor gave enough new values."""
    fewest = min(w.total.updates for w in facts.result.windows if w.total is not None)
    required = f"{bound:.0f} or more in each window"
    return Condition("sensor updates", required, f"{fewest:.0f}", fewest >= bound)


def skipped(facts: Facts, bound: float) -> Condition:
    """Few samples were not taken in time."""
    required = f"at most {digits(100 * bound, 2)} %"
    ticks, lost = facts.conduct.ticks, facts.conduct.skipped
    if not ticks:
        return Condition("skipped samples", required, "no sampler of ours", holds=True)
    seen = f"{lost} of {ticks}"
    return Condition("skipped samples", required, seen, lost <= bound * ticks)


def boundary(facts: Facts, bound: float) -> Condition:
    """What is in the total: 0 every part with a sensor, 1 all that computes, 2 all of the node."""
    lost = [c.detail for c in facts.total.cautions if c.code is Code.MISSING_PART]
    if bound == 0:
        seen = _listed(lost) or "every part that has a sensor"
        return Condition("boundary", "every part that has a sensor", seen, not lost)
    inner = (Domain.PACKAGE, Domain.DRAM, Domain.GPU)
    if bound == 1:
        asked = [name for name, domain in ASPECTS if domain in inner]
        required = "processor, memory and GPUs"
    else:
        asked = [name for name, domain in ASPECTS if domain is not Domain.SWITCH]
        required = "the whole system, its power supply included"
    absent = [*lost, *(name for name in facts.result.lacks if name in asked)]
    seen = f"without {_listed(absent)}" if absent else f"all but {_listed(_outside(facts))}"
    return Condition("boundary", required, seen, not absent)


def _outside(facts: Facts) -> list[str]:
    return list(facts.result.lacks) or [COOLING]


def interval(facts: Facts, bound: float) -> Condition:
    """The 95 % interval of the total is known and narrow."""
    joules = facts.total.joules
    required = f"±{digits(100 * bound, 2)} % or narrower"
    if not (joules.value > 0 and joules.u95 > 0):
        return Condition("interval", required, "unknown", holds=False)
    width = joules.u95 / joules.value
    return Condition("interval", required, f"±{digits(100 * width, 2)} %", width <= bound)


def cross_check(facts: Facts, bound: float) -> Condition:
    """Each part of the total was confirmed by a meter of another kind, and nothing spoke against.

    Confirmed is a part whose measured parts make up at least ``bound`` of it, or move as it does;
    or one that a channel of another meter agrees with.
    """
    required = "agrees with an independent meter"
    failing = [c.name for c in facts.added if not _confirmed(c, facts.result, bound)]
    seen = f"no meter confirms {_listed(failing)}" if failing else _confirmers(facts, bound)
    return Condition("cross-check", required, seen, not failing)


def _confirmed(channel: Channel, result: PhaseResult, bound: float) -> str:
    """Return the meters that confirm a channel; nothing if none does."""
    check = result.crosscheck
    doubtful = {name for finding in check.impossible for name in finding.channels}
    telling = [a for a in check.agreements if a.agrees and a.ratio and a.ratio.u95 <= TELLING]
    pairs = [(one.channel, [one.other]) for one in telling]
    pairs += [(one.other, [one.channel]) for one in telling]
    for balance in check.balances:
        if _holds(balance, bound):
            pairs.append((balance.whole, list(balance.parts)))
            pairs += [(inner, [balance.whole]) for inner in balance.parts]
    for confirmed, others in pairs:
        sound = not doubtful & {confirmed.name, *(other.name for other in others)}
        if confirmed.name == channel.name and sound and _other(others, channel):
            return " and ".join(dict.fromkeys(other.meter for other in others))
    return ""


def _other(channels: list[Channel], than: Channel) -> bool:
    """Return whether sensors of another meter, and no models, read these channels."""
    return all(c.meter != than.meter and c.instrument is not Instrument.MODEL for c in channels)


def _holds(balance: Balance, bound: float) -> bool:
    if balance.verdict is Verdict.IMPOSSIBLE or not balance.whole_w.value > 0:
        return False
    return follows(balance.motion) or balance.sum_w.value >= bound * balance.whole_w.value


def _confirmers(facts: Facts, bound: float) -> str:
    found = dict.fromkeys(_confirmed(c, facts.result, bound) for c in facts.added)
    return f"confirmed by {_listed(list(found))}"


def calibration(facts: Facts, bound: float) -> Condition:
    """Each meter was calibrated, and not too long before."""
    required = f"dated, at most {bound:.0f} days before the run"
    began = datetime.fromtimestamp(facts.result.windows[0].window.start // NS, UTC).date()
    said = {c.name: c.calibration or _own(facts.conduct.protocol, c.name) for c in facts.added}
    for channel in facts.added:
        when = _dated(said[channel.name])
        if when is None:
            what = "undated" if said[channel.name] else "none"
            return Condition("calibration", required, f"{what} for {channel.name}", holds=False)
        if not timedelta(0) <= began - when <= timedelta(days=bound):
            return Condition("calibration", required, f"{channel.name}: {when}", holds=False)
    seen = "; ".join(dict.fromkeys(said.values()))
    return Condition("calibration", required, seen[:_DETAILS], holds=True)


def _own(followed: Protocol | None, channel: str) -> str:
    """Return what a protocol noted of the calibration of a meter itself; empty for nothing."""
    return "" if followed is None else followed.calibrated.get(channel, "")


def _dated(text: str) -> date | None:
    """Return the latest date (2026-11-25) in a text; None where there is none."""
    found = []
    for match in _DATE.finditer(text):
        try:
            found.append(date(*map(int, match.groups())))
        except ValueError:
            continue
    return max(found, default=None)


def origin(facts: Facts, bound: float) -> Condition:
    """The run read its meters itself, or holds the meter's own logs with their checksums."""
    required = "read by this run, or the meter's own logs with checksums"
    if facts.total.provenance is not Provenance.DECLARED:
        return Condition("origin", required, "read by this run", holds=True)
    logs = {} if facts.conduct.protocol is None else facts.conduct.protocol.files
    seen = f"played back, with logs {_listed(list(logs))}" if logs else "played back"
    return Condition("origin", required, seen, bool(logs))


def length(facts: Facts, bound: float) -> Condition:
    """Every window is long enough."""
    shortest = min(w.window.duration_s for w in facts.result.windows)
    return Condition(
        "length", f"{bound:.0f} s or more", f"{digits(shortest, 3)} s", shortest >= bound
    )


def protocol(facts: Facts, bound: float) -> Condition:
    """A named protocol with a ranging and a testing run was followed."""
    required = "a named protocol, with ranging and testing runs"
    followed = facts.conduct.protocol
    if followed is None:
        return Condition("protocol", required, "none", holds=False)
    runs = (("ranging", followed.ranging), ("testing", followed.testing))
    missing = [name for name, done in runs if not done]
    seen = f"{followed.name}, no {_listed(missing)}" if missing else followed.name
    return Condition("protocol", required, seen[:_DETAILS], bool(followed.name) and not missing)


def clocks(facts: Facts, bound: float) -> Condition:
    """The clocks of meter and load were compared, and found close."""
    required = f"compared, within {digits(bound, 2)} s"
    offset = _offset(facts.conduct.protocol)
    seen = "not compared" if offset is None else f"{digits(offset, 2)} s apart"
    return Condition("clocks", required, seen, offset is not None and offset <= bound)


def _offset(followed: Protocol | None) -> float | None:
    if followed is None or followed.clock_offset_s is None:
        return None
    return abs(followed.clock_offset_s)


def _listed(names: list[str]) -> str:
    """Return names as text, the first three of many."""
    shown = ", ".join(names[:3])
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown
