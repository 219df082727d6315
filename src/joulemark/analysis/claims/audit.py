"""All claims, held against the record, with what detectors found behind them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from joulemark.analysis.claims import growth, numbered, pairs
from joulemark.analysis.claims.claim import Claim, Claims, claims
from joulemark.analysis.claims.known import Known, untraced
from joulemark.analysis.claims.origins import Named, holders
from joulemark.analysis.claims.suspicion import Suspicion
from joulemark.analysis.claims.verdict import SAME, Judged, Part, Verdict, whole
from joulemark.analysis.record.entry import Entry
from joulemark.core.units import digits


@dataclass(frozen=True, slots=True)
class Audit:
    """What became of claims and tables.

    Attributes:
        source: of the claims.
        judged: the claims.
        found: what detectors found in the tables.
        audited: rows of the tables.
        entries: results in the record.
    """

    source: str
    judged: Sequence[Judged]
    found: Sequence[Suspicion]
    audited: int
    entries: int

    @property
    def verdicts(self) -> Mapping[Verdict, int]:
        """How many claims have each verdict."""
        counted = Counter(one.verdict for one in self.judged)
        return {verdict: counted[verdict] for verdict in Verdict}


def audit(known: Known, of: Claims | None = None) -> Audit:
    """Return what the record says of claims.

    Args:
        known: the record, the tables, and what was found in them.
        of: the claims; those of the source study by default.
    """
    of = of or claims()
    judged = [ways()[claim.kind](claim, known) for claim in of.claims]
    return Audit(of.source, judged, known.found, len(known.corpus.audited), len(known.record))


def ways() -> Mapping[str, Callable[[Claim, Known], Judged]]:
    """Return how each kind of claim is computed."""
    return {
        "growth": growth.growth,
        "listed": numbered.listed,
        "normalised": numbered.normalised,
        "variant": numbered.variant,
        "change": numbered.change,
        "cited": numbered.cited,
        "variants": pairs.variants,
        "consecutive": pairs.consecutive,
        "end": _end,
        "count": _count,
        "unverifiable": _unverifiable,
    }


def _end(claim: Claim, known: Known) -> Judged:
    """Return the least or greatest power of the results that a claim is about."""
    entries = [e for e in known.asked(claim) if e.power_w]
    part = Part(published=claim.number, step=claim.step, unit=claim.unit)
    if not entries:
        return Judged(claim, whole(claim, [part]), [part])
    choose = min if claim.end == "least" else max
    at = choose(entries, key=lambda entry: entry.power_w or 0.0)
    value = at.power_w or 0.0
    found = _of_others(claim, known, at)
    part = Part(
        published=claim.number,
        recomputed=value,
        u95=None if at.u95 is None else at.u95 * value,
        unit=claim.unit,
        step=claim.step,
        explained=bool(found),
        note=f"{at.public_id or at.submitter} {at.system_name or at.system}, {at.name}, {at.round}",
        keys=(at.key,),
        sources=at.sources,
    )
    return Judged(claim, whole(claim, [part]), [part], found, untraced([at]))


def _of_others(claim: Claim, known: Known, at: Entry) -> tuple[Suspicion, ...]:
    """Return of which scenario a power is that is not that of the result at the end."""
    number, value = claim.number or 0.0, at.power_w or 0.0
    if abs(number - value) <= max(claim.step, SAME * value):
        return ()
    name = f"{digits(number, 5)} {claim.unit}"
    found: list[Suspicion] = []
    for entry in known.asked(claim, scenario=""):
        wanted = Named(name, number, at.public_id, entry.name, claim.scenario)
        found += holders([wanted], [entry], "power_w")
    return tuple(found[:1])


def _count(claim: Claim, known: Known) -> Judged:
    """Return how many there are of what is counted, and how that comes about."""
    counted = known.counts.get(claim.of)
    part = Part(
        published=claim.number,
        recomputed=None if counted is None else counted[0],
        step=claim.step,
        unit=claim.of,
        explained=counted is not None,
        note="the tables are not imported" if counted is None else counted[1],
    )
    return Judged(claim, whole(claim, [part]), [part])


def _unverifiable(claim: Claim, known: Known) -> Judged:
    del known
    part = Part(published=claim.number, note=claim.why, ratio=True)
    return Judged(claim, Verdict.UNKNOWN, [part], (), (claim.why,))
