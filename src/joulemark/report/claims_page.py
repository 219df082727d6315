"""The page "What the record says": every claim, its figures, its verdict, and what is behind it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from joulemark.analysis.claims.audit import Audit
from joulemark.analysis.claims.suspicion import Suspicion
from joulemark.analysis.claims.verdict import Judged, Part, Verdict, verdict
from joulemark.report.claims import OWN, PLURAL, published, recomputed, summary, worst
from joulemark.report.format import clean
from joulemark.report.html import STYLES, rendered

MOST = 60
"""So many files of a claim, and findings of a kind, are listed."""
_CLASSES = {
    Verdict.STANDS: "stands",
    Verdict.OTHER: "other",
    Verdict.FALLS: "falls",
    Verdict.UNKNOWN: "unknown",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A claim as the page shows it.

    Attributes:
        anchor: of its part of the page.
        where: it stands.
        says: it.
        verdict: in words.
        mark: class of the verdict.
        published: the figure that is furthest off, as published.
        record: likewise, as recomputed.
        rows: name, published, record, verdict, its class and note of each figure.
        found: what detectors found.
        untraced: what could not be followed back.
        sources: files and rows behind it.
        more: how many more of these there are.
    """

    anchor: str
    where: str
    says: str
    verdict: str
    mark: str
    published: str
    record: str
    rows: Sequence[tuple[str, ...]]
    found: Sequence[Suspicion]
    untraced: Sequence[str]
    sources: Sequence[str]
    more: int


def claims_page(found: Audit, where: str) -> str:
    """Return the page.

    Args:
        found: the audit.
        where: the store, to be named on the page.
    """
    kinds: dict[str, list[Suspicion]] = {}
    for seen in found.found:
        kinds.setdefault(seen.detector, []).append(seen)
    return rendered(
        "claims.html.j2",
        styles=(*STYLES, "claims.css"),
        where=clean(where),
        source=clean(found.source, 400),
        verdicts=[(PLURAL[n], _CLASSES[n], count) for n, count in found.verdicts.items()],
        claims=[_shown(one) for one in found.judged],
        kinds=[(name, len(of), of[:MOST], max(len(of) - MOST, 0)) for name, of in kinds.items()],
        notes=list(summary(found))[1:3],
        own=OWN,
    )


def _shown(one: Judged) -> Shown:
    part = worst(one)
    places = [source for each in one.parts for source in each.sources]
    sources = list(dict.fromkeys(places))
    return Shown(
        anchor=f"claim-{one.claim.id}",
        where=one.claim.where,
        says=one.claim.says[:1].upper() + one.claim.says[1:],
        verdict=one.verdict.value,
        mark=_CLASSES[one.verdict],
        published=published(one, part),
        record=recomputed(part),
        rows=list(_rows(one)),
        found=one.found,
        untraced=one.untraced,
        sources=sources[:MOST],
        more=max(len(sources) - MOST, 0),
    )


def _rows(one: Judged) -> Iterator[tuple[str, ...]]:
    for part in one.parts:
        said = verdict(part, at_least=one.claim.at_least)
        cells = (part.name, published(one, part), recomputed(part))
        yield (*cells, said.value, _CLASSES[said], _note(part))


def _note(part: Part) -> str:
    return clean(part.note, 500)
