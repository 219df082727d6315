"""One's own runs in the figures of trends."""

from __future__ import annotations

from collections.abc import Sequence

from joulemark.analysis.figures.data import Point, Series
from joulemark.analysis.record.entry import Evidence
from joulemark.analysis.trends.against import OF, Against
from joulemark.analysis.trends.best import Best, efficiency
from joulemark.analysis.trends.macs import energy_of_mac, needs
from joulemark.analysis.trends.own import Laid


def best_own(laid: Sequence[Laid], found: Sequence[Best]) -> tuple[Series, ...]:
    """Return runs of one's own for the figure of the best so far, at the last round."""
    plain = len(found) == 1
    firsts = {id(best.line): efficiency(best.steps[0].here) for best in found}
    return tuple(
        Series(name=_mine(one), points=(_own(one, efficiency(one.entry) / first),))
        for one in laid
        if (first := 1.0 if plain else firsts[id(one.line)])
    )


def against_own(laid: Sequence[Laid], what: Against) -> tuple[Series, ...]:
    """Return runs of one's own for the figure against another quantity, where it is known."""
    return tuple(
        Series(name=_mine(one), points=(_own(one, efficiency(one.entry), OF[what](one.entry)),))
        for one in laid
        if OF[what](one.entry)
    )


def macs_own(laid: Sequence[Laid]) -> tuple[Series, ...]:
    """Return runs of one's own for the figure of operations."""
    found = ((one, energy_of_mac(one.entry), needs(one.line)) for one in laid)
    return tuple(
        Series(name=_mine(one), points=(_own(one, joules, macs.macs),))
        for one, joules, macs in found
        if joules is not None and macs is not None
    )


def _mine(one: Laid) -> str:
    whose = "your run" if one.entry.evidence is Evidence.OWN else one.entry.submitter
    return f"{whose} {one.entry.system}".strip()


def _own(one: Laid, y: float, at: float | None = None) -> Point:
    entry = one.entry
    return Point(
        x=one.line.rounds[-1] if at is None else entry.name,
        at=at,
        y=y,
        u95=None if entry.u95 is None else entry.u95 * y,
        label=entry.key,
        keys=(entry.key,),
        note="; ".join(entry.remarks),
    )
