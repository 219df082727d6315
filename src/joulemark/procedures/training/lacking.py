"""What the nodes of a gathered training lack, each named with what is missing of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from joulemark.core.caution import Caution, Code
from joulemark.core.channel import Provenance
from joulemark.core.clock import NS
from joulemark.core.finding import Finding, Severity
from joulemark.core.units import digits, duration, si
from joulemark.procedures.training.gathered import Seen
from joulemark.procedures.training.together import UNKNOWN_S, Placed

EDGE_S = 1.0
"""The edges of a run may lack this much of a node's samples, s."""
HOLE_S = 1.5
"""Readings that are further apart leave a hole, s."""
CLOCK_S = 1.0
"""A clock that is further off is named, s."""
_METERS = (
    Code.METER_FAILED,
    Code.METER_LOST,
    Code.SAMPLER_LOST,
    Code.SAMPLER_LATE,
    Code.FOREIGN_OUTLET,
    Code.UNVERIFIED_DEVICE,
)


def finding(rule: str, severity: Severity, message: str) -> Finding:
    """Return a finding of gathering."""
    return Finding(rule=f"gather/{rule}", severity=severity, message=message)


def lacking(
    seen: Sequence[Seen], placed: Sequence[Placed], run: tuple[int, int] | None
) -> Iterator[Finding]:
    """Yield what is missing of each node and switch.

    Args:
        seen: all of them.
        placed: those that came, by the clock of the run.
        run: its start and stop, ns; None if nobody knows.
    """
    for one in seen:
        if not one.run and one.provenance is None:
            yield finding(
                "missing", Severity.ERROR, f"{one.part} never came: its energy is missing"
            )
    known = {one.part: one for one in seen}
    for each in placed:
        yield from _ends(each, run)
        yield from _meters(each, known[each.part], run)
        yield from _clock(each)
        yield from _own_clocks(each)
        yield from _not_its_own(each)


def _ends(placed: Placed, run: tuple[int, int] | None) -> Iterator[Finding]:
    who, span = _who(placed), placed.span
    cautions = {caution.code for caution in placed.node.stored.run.cautions}
    killed = "; its agent was killed" if Code.INCOMPLETE in cautions else ""
    if span is None:
        yield finding("empty", Severity.ERROR, f"{who} has no sample that carries energy{killed}")
        return
    for caution in placed.node.stored.run.cautions:
        if caution.code in (Code.COMMAND_FAILED, Code.INTERRUPTED):
            yield finding("command", Severity.WARNING, f"{who}: {_text(caution)}")
    if run is None:
        return
    late, early = (span[0] - run[0]) / NS, (run[1] - span[1]) / NS
    length = (run[1] - run[0]) / NS
    if late > length or early > length:
        yield finding("beside", Severity.ERROR, f"{who} has no sample of the run{killed}")
        return
    if late > EDGE_S:
        what = f"{who} was late: its first sample is {duration(late)} after the run began"
        yield finding("late", Severity.ERROR, what)
    if early > EDGE_S:
        what = f"{who} ended early: its last sample is {duration(early)} before the run's end"
        yield finding("ended-early", Severity.ERROR, what + killed)


def _meters(placed: Placed, seen: Seen, run: tuple[int, int] | None) -> Iterator[Finding]:
    who = _who(placed)
    for caution in placed.node.stored.run.cautions:
        if caution.code in _METERS:
            yield finding("meter", Severity.WARNING, f"{who}: {_text(caution)}")
    if run is not None and seen.longest_gap_s > HOLE_S:
        what = (
            f"{who} has no reading for {duration(seen.longest_gap_s)} of the run; what was sampled "
            f"covers {digits(100 * seen.coverage, 3)} % of it"
        )
        yield finding("hole", Severity.ERROR, what)
    computed = sorted(set(seen.meters) - set(_software(placed)))
    if computed and seen.provenance not in (None, Provenance.MEASURED):
        what = f"{who}: its power is {seen.provenance}, not measured ({', '.join(computed)})"
        yield finding("not-measured", Severity.WARNING, what)


def _own_clocks(placed: Placed) -> Iterator[Finding]:
    """Tell what meters note of clocks of their own, by which nothing is counted."""
    notes = {
        f"{trace.channel.meter}: {clause}"
        for trace in placed.node.traces
        for clause in trace.channel.note.split("; ")
        if "clock" in clause
    }
    for note in sorted(notes):
        yield finding("meter-clock", Severity.NOTE, f"{_who(placed)}: {note}")


def _not_its_own(placed: Placed) -> Iterator[Finding]:
    """Tell what an agent read of other nodes, and what is no hardware by its own account."""
    who = _who(placed)
    others = sorted({trace.channel.node for trace in placed.node.others})
    if others:
        what = f"{who}: its meters read {', '.join(others)} as well, which is left out"
        yield finding("other-node", Severity.WARNING, what)
    virtual = _software(placed)
    if virtual:
        what = (
            f"{who}: an instrument in software is read ({', '.join(virtual)}): nothing was measured"
        )
        yield finding("virtual", Severity.WARNING, what)


def _software(placed: Placed) -> list[str]:
    """Return the meters that read an instrument in software, as it says itself."""
    channels = (trace.channel for trace in placed.traces)
    return sorted({one.meter for one in channels if one.carries_energy and one.is_virtual})


def _text(caution: Caution) -> str:
    return f"{caution.code.text} ({caution.detail})" if caution.detail else caution.code.text


def _clock(placed: Placed) -> Iterator[Finding]:
    who = _who(placed)
    if not placed.compared:
        what = (
            f"{who}: its clock was not compared with that of the run; it is taken as right within "
            f"{UNKNOWN_S:g} s"
        )
        yield finding("clock-unknown", Severity.WARNING, what)
    elif abs(placed.offset_s) > CLOCK_S:
        way = "behind" if placed.offset_s > 0 else "ahead"
        what = (
            f"{who}: its clock is {duration(abs(placed.offset_s))} {way}; set right within "
            f"{si(placed.half_s, 's', 2)}"
        )
        yield finding("clock-off", Severity.WARNING, what)
    if not placed.consistent:
        what = f"{who}: its clock, or the one it was compared with, was set during the run"
        yield finding("clock-set", Severity.WARNING, what)


def _who(placed: Placed) -> str:
    return f"{placed.part} ({placed.node.identity.host})"
