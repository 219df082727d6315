"""Meters checked against each other: what balances, what is left over, what cannot be true.

Three looks. Over a phase: every part against the disjoint measured parts within it, and every
channel against the one that speaks for its part. Over the run: how each part moves with the parts
within it, which readings only make sense in another unit, which counters are one. Over both: which
sensors stood still. Nothing is corrected; what cannot be true is said.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

from joulemark.accounting.balance import (
    Agreement,
    Balance,
    Reading,
    Verdict,
    agreements,
    balances,
    members,
)
from joulemark.accounting.boundary import Part, PartEnergy, parents_of, part_of
from joulemark.accounting.curve import Curve
from joulemark.accounting.finding import Finding
from joulemark.accounting.frozen import Watched, frozen
from joulemark.accounting.implausible import (
    above_rating,
    disagreement,
    unit_of_balance,
    unit_of_readings,
)
from joulemark.accounting.motion import Motion, follows, motion, slope
from joulemark.accounting.series import spans_of
from joulemark.accounting.twins import repeated, twins
from joulemark.core.caution import Code
from joulemark.core.trace import Trace
from joulemark.core.units import si
from joulemark.core.window import Window

STILL = 0.25
"""A whole that moves by less than this for each watt of its parts does not follow them."""

_EXPLAINS: Mapping[Code, tuple[Code, ...]] = {
    Code.WRONG_UNIT: (Code.ABOVE_RATING, Code.CHILD_ABOVE_PARENT, Code.METERS_DISAGREE),
    Code.FROZEN_SENSOR: (Code.UNRELATED_METERS,),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossCheck:
    """What the meters of one phase say of each other.

    Attributes:
        balances: each part that contains measured parts, against them.
        agreements: each further channel of a part, against the one that speaks for it.
        findings: what is doubtful or impossible.
    """

    balances: tuple[Balance, ...] = ()
    agreements: tuple[Agreement, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def impossible(self) -> tuple[Finding, ...]:
        """The findings that cannot be true."""
        return tuple(finding for finding in self.findings if finding.impossible)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCheck:
    """What is looked at once for all phases of a run.

    Attributes:
        watched: all that the run recorded.
        motions: how each part moved with the disjoint parts within it.
        beside: how the channel that speaks for a part moved with those of other meters, by name.
        findings: what concerns the whole run.
        gpus: whether the system has accelerators.
    """

    watched: Watched
    motions: Mapping[Part, Motion | None]
    beside: Mapping[str, Motion | None]
    findings: tuple[Finding, ...]
    gpus: bool


def check_run(
    parts: Sequence[PartEnergy],
    curves: Sequence[Curve],
    traces: Iterable[Trace],
    windows: Iterable[Window],
    *,
    gpus: bool,
) -> RunCheck:
    """Return what the meters of a run say of each other over all its windows.

    Args:
        parts: one for each part that was read in some phase, with the channel that speaks for it.
        curves: of all channels that carry energy.
        traces: everything recorded.
        windows: all windows of the run, closed.
        gpus: whether the system has accelerators.
    """
    watched = Watched(curves, {trace.channel.name: trace for trace in traces})
    spans, by_name = spans_of(windows), {curve.channel.name: curve for curve in curves}
    known, parts = [curve.channel for curve in curves], _read(parts, by_name)
    motions = {
        part_of(parts[whole].channel): motion(
            by_name[parts[whole].channel.name], [by_name[parts[i].channel.name] for i in inner]
        )
        for whole, inner in members(parts, known)
    }
    carrying = [watched.traces[channel.name] for channel in known]
    findings = [
        *unit_of_readings(carrying, spans),
        *twins(curves, parents_of(known)),
        *frozen(watched, spans),
    ]
    return RunCheck(
        watched=watched,
        motions=motions,
        beside=_beside(parts, curves),
        findings=tuple(findings),
        gpus=gpus,
    )


def _beside(parts: Sequence[PartEnergy], curves: Sequence[Curve]) -> dict[str, Motion | None]:
    """Compare in time what meters with clocks and paces of their own say of one part."""
    chosen = {part_of(part.channel): part.channel for part in parts}
    by_name = {curve.channel.name: curve for curve in curves}
    found = {}
    for curve in curves:
        first = chosen.get(part_of(curve.channel))
        if first is not None and first.meter != curve.channel.meter:
            found[curve.channel.name] = motion(by_name[first.name], [curve])
    return found


def check_phase(
    parts: Sequence[PartEnergy],
    readings: Sequence[Reading],
    windows: Sequence[Window],
    run: RunCheck,
) -> CrossCheck:
    """Return what the meters of one phase say of each other.

    Args:
        parts: energies of the phase, one for each part.
        readings: energy of every channel over the phase.
        windows: of the phase, closed.
        run: what was seen over the whole run.
    """
    seconds = sum(window.duration_s for window in windows if window.duration_s > 0)
    known, parts = [curve.channel for curve in run.watched.curves], _read(parts, run.watched.traces)
    weighed = balances(parts, known, seconds, run.motions, gpus=run.gpus)
    chosen = {part_of(part.channel): part.channel for part in parts}
    compared = agreements(chosen, readings, seconds, run.beside)
    found = [*run.findings, *frozen(run.watched, spans_of(windows))]
    for balance in weighed:
        found += _of_balance(balance)
    for agreement in compared:
        found += [each for each in (disagreement(agreement),) if each is not None]
        names = (agreement.channel.name, agreement.other.name)
        found += _clocks(agreement.motion, names, agreement.other.name)
    found += above_rating(readings, seconds)
    return CrossCheck(
        balances=tuple(weighed), agreements=tuple(compared), findings=_without_echoes(found)
    )


def _read(parts: Iterable[PartEnergy], names: Container[str]) -> list[PartEnergy]:
    """Return the parts that a meter read; a calibration's figure of another part checks nothing."""
    return [part for part in parts if part.channel.name in names]


def _of_balance(balance: Balance) -> list[Finding]:
    names = balance.names
    found = [each for each in (unit_of_balance(balance), repeated(balance)) if each is not None]
    if balance.verdict is Verdict.IMPOSSIBLE and not found:
        seen = f"{balance.whole.name}: {balance.whole_w}, its parts: {balance.sum_w}"
        found.append(Finding(Code.CHILD_ABOVE_PARENT, seen, names))
    moved = balance.motion
    if moved is None:
        return found
    if moved.slope + moved.u95 < STILL and not found:
        seen = (
            f"{balance.whole.name} moved {slope(moved)} W for each W of its parts, "
            f"which moved {si(moved.moved_w, 'W', 3)}"
        )
        found.append(Finding(Code.UNRELATED_METERS, seen, names))
    return found + _clocks(moved, names, "its parts")


def _clocks(moved: Motion | None, names: tuple[str, ...], other: str) -> list[Finding]:
    """Return that one record is behind another, where only a shift makes them alike."""
    if moved is None or abs(moved.lag_s) <= moved.lag_u_s or not follows(moved):
        return []
    way = "behind" if moved.lag_s > 0 else "ahead of"
    seen = f"{names[0]} is {si(abs(moved.lag_s), 's', 2)} {way} {other}"
    return [Finding(Code.CLOCKS_APART, seen, names)]


def _without_echoes(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Leave out what another finding explains: a channel is said to be wrong once.

    A wrong unit explains power above a rating, parts above their whole and a disagreement, a still
    sensor that it does not move; what a sensor did during the whole run need not be said of a phase
    again.
    """
    kept: list[Finding] = []
    found = list(findings)
    causes = {
        code: {name for each in found if each.code is cause for name in each.channels}
        for cause, codes in _EXPLAINS.items()
        for code in codes
    }
    for each in found:
        echo = bool(causes.get(each.code, set()) & set(each.channels))
        said = any(other.code is each.code and _covers(other, each) for other in kept)
        if not echo and not said:
            kept.append(each)
    return tuple(kept)


def _covers(first: Finding, second: Finding) -> bool:
    return set(first.channels) <= set(second.channels)
