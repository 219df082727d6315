"""Claims that cite public numbers: their figures, series of them, and what they are results of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from joulemark.analysis.claims import origins
from joulemark.analysis.claims.claim import Claim
from joulemark.analysis.claims.known import Known, in_work, relative, untraced
from joulemark.analysis.claims.origins import Named
from joulemark.analysis.claims.suspicion import Suspicion
from joulemark.analysis.claims.verdict import Judged, Part, whole
from joulemark.analysis.figures.data import Point
from joulemark.analysis.record.entry import Entry
from joulemark.analysis.record.names import round_of
from joulemark.core.units import digits, si

UNITS = {"energy_j": "J", "power_w": "W", "latency_s": "s", "performance": "/s", "per_joule": "/J"}
LOW, HIGH = "99", "99.9"


def listed(claim: Claim, known: Known, points: Sequence[Point] = ()) -> Judged:
    """Return the figures of cited results, and whose the plotted ones are.

    Args:
        claim: it.
        known: what it is held against.
        points: the plotted ones; by default those of the claim's figure.
    """
    entries = _all(claim, known)
    wanted = [_named(claim, point) for point in points or claim.points]
    held = [_cited(one, entries) for one in wanted]
    scaled = [
        Named(w.name, w.value * claim.factor, w.cited, w.benchmark, w.scenario) for w in wanted
    ]
    found = origins.holders(
        [one for one, entry in zip(scaled, held, strict=True) if _off(claim, one, entry)],
        entries,
        claim.quantity,
    )
    parts = [_part(claim, one, entry, found) for one, entry in zip(wanted, held, strict=True)]
    kept = [entry for entry in held if entry is not None]
    return Judged(claim, whole(claim, parts), parts, tuple(found), untraced(kept))


def _off(claim: Claim, one: Named, entry: Entry | None) -> bool:
    """Return whether a plotted number is not that of the result it is cited from."""
    value = None if entry is None else getattr(entry, claim.quantity)
    return value is None or abs(value - one.value) > 0.002 * value


def _all(claim: Claim, known: Known) -> list[Entry]:
    chosen = known.record.where(suite=claim.suite, division="closed")
    return [made for entry in chosen if (made := in_work(entry, claim.work)) is not None]


def _named(claim: Claim, point: Point) -> Named:
    benchmark = claim.benchmarks.get(point.x, claim.benchmark)
    scenario = claim.scenario if claim.suite == "inference" else ""
    return Named(point.x, point.y, point.label, benchmark, scenario)


def _cited(one: Named, entries: Sequence[Entry]) -> Entry | None:
    return next(
        (
            entry
            for entry in entries
            if entry.public_id == one.cited
            and one.benchmark in (entry.name, entry.benchmark)
            and entry.scenario == one.scenario
        ),
        None,
    )


def _part(claim: Claim, one: Named, entry: Entry | None, found: Sequence[Suspicion]) -> Part:
    value = None if entry is None else getattr(entry, claim.quantity)
    value = None if value is None else value / claim.factor
    u95 = None if entry is None or entry.u95 is None or value is None else entry.u95 * value
    if claim.quantity == "latency_s":
        u95 = None
    said = [of for of in found if any(text.startswith(f"{one.name}: ") for text in of.evidence)]
    return Part(
        name=one.name,
        published=one.value,
        recomputed=value,
        u95=u95,
        unit=claim.unit,
        explained=bool(said),
        note="; ".join((f"cited as {one.cited}", *(f"see why: {of.detector}" for of in said))),
        keys=() if entry is None else (entry.key,),
        sources=() if entry is None else entry.sources,
    )


def normalised(claim: Claim, known: Known) -> Judged:
    """Return figures of cited results, divided by the first of them."""
    entries = _all(claim, known)
    wanted = [_named(claim, point) for point in claim.points]
    held = [_cited(one, entries) for one in wanted]
    base = held[0]
    rounds = [
        [e for e in entries if e.round == round_of("", one.cited) and e.scenario == claim.scenario]
        for one in wanted
    ]
    found = list(origins.series(wanted, rounds, claim.quantity))
    parts = []
    for one, entry in zip(wanted, held, strict=True):
        part = Part(name=one.name, published=one.value, ratio=True, note=f"cited as {one.cited}")
        if entry is not None and base is not None:
            part = _ratio(part, entry, base, claim.quantity)
        parts.append(part)
    kept = [entry for entry in held if entry is not None]
    if not found and any(_differs(part) for part in parts):
        found.append(_hard_coded(wanted))
    return Judged(claim, whole(claim, parts), parts, tuple(found), untraced(kept))


def _differs(part: Part) -> bool:
    one, other = part.published, part.recomputed
    return one is not None and other is not None and abs(one - other) > 0.002 * abs(other)


def _hard_coded(wanted: Sequence[Named]) -> Suspicion:
    numbers = ", ".join(digits(one.value, 5) for one in wanted)
    return Suspicion(
        detector="hard-coded",
        what=f"{numbers}: written into a script, and no row gives them",
        evidence=(f"asked: every system with results in all {len(wanted)} rounds",),
        correction="take the figures of the cited results",
    )


def _ratio(part: Part, entry: Entry, base: Entry, quantity: str) -> Part:
    one, other = getattr(entry, quantity), getattr(base, quantity)
    if not one or not other:
        return part
    u95 = 0.0 if entry is base else relative(entry, base)
    return Part(
        name=part.name,
        published=part.published,
        recomputed=one / other,
        u95=None if u95 is None else u95 * one / other,
        ratio=True,
        note=f"{part.note}: {si(one, UNITS.get(quantity, ''))}",
        keys=(entry.key,),
        sources=entry.sources,
    )


def change(claim: Claim, known: Known) -> Judged:
    """Return a figure of the last of some results in that of the first."""
    held = [
        next((e for e in known.numbered(n) if claim.benchmark in (e.name, e.benchmark)), None)
        for n in (claim.ids[0], claim.ids[-1])
    ]
    first, last = held
    part = Part(published=claim.number, step=claim.step, ratio=True)
    if first is not None and last is not None:
        made = _ratio(Part(), last, first, claim.quantity)
        part = Part(
            published=claim.number,
            recomputed=made.recomputed,
            u95=made.u95,
            step=claim.step,
            ratio=True,
            note=" in that of ".join(_size(entry, claim.quantity) for entry in (last, first)),
            keys=(first.key, last.key),
            sources=(*first.sources, *last.sources),
        )
    kept = [entry for entry in held if entry is not None]
    return Judged(claim, whole(claim, [part]), [part], (), untraced(kept))


def _size(entry: Entry, quantity: str) -> str:
    return f"{entry.public_id}: {si(getattr(entry, quantity), UNITS.get(quantity, ''))}"


def variant(claim: Claim, known: Known) -> Judged:
    """Return the efficiency at the high target in that at the low one, of cited results."""
    parts, kept = [], []
    pairs = {point.label: _targets(claim, known.numbered(point.label)) for point in claim.points}
    for point in claim.points:
        part = Part(name=point.x, published=point.y, ratio=True, note=f"cited as {point.label}")
        low, high = pairs[point.label]
        if low is not None and high is not None:
            kept += [low, high]
            part = _ratio(part, high, low, "per_joule")
        parts.append(part)
    found = _others(claim, known, parts)
    said = {of.what.partition(":")[0] for of in found}
    parts = [
        replace(part, explained=True, note=f"{part.note}; see why: identity")
        if part.name in said
        else part
        for part in parts
    ]
    return Judged(claim, whole(claim, parts), parts, found, untraced(kept))


def _targets(claim: Claim, entries: Sequence[Entry]) -> tuple[Entry | None, Entry | None]:
    of = {
        entry.target: entry
        for entry in entries
        if entry.benchmark == claim.benchmark and entry.scenario == claim.scenario
    }
    return of.get(LOW), of.get(HIGH)


def _others(claim: Claim, known: Known, parts: Sequence[Part]) -> tuple[Suspicion, ...]:
    """Return of which other results the ratios are that are not those of the cited ones."""
    found = []
    for part, point in zip(parts, claim.points, strict=True):
        if not _differs(part):
            continue
        round_ = round_of("", point.label)
        numbers = {e.public_id for e in known.record if e.round == round_ and e.public_id}
        for number in sorted(numbers - {point.label}):
            low, high = _targets(claim, known.numbered(number))
            made = _ratio(Part(), high, low, "per_joule").recomputed if low and high else None
            if made is not None and abs(made - point.y) <= 0.0006:
                found.append(_ratio_of(point, number, made, (low, high)))
    return tuple(found)


def _ratio_of(
    point: Point, number: str, made: float, pair: tuple[Entry | None, Entry | None]
) -> Suspicion:
    entries = [entry for entry in pair if entry is not None]
    return Suspicion(
        detector="identity",
        what=f"{point.x}: {digits(point.y, 3)} is cited as {point.label}; {number} has it",
        keys=tuple(entry.key for entry in entries),
        sources=tuple(s for entry in entries for s in entry.sources[:1]),
        evidence=(f"{number} gives {digits(made, 4)}",),
        correction=f"cite {number}, or take the figure of {point.label}",
    )


def cited(claim: Claim, known: Known) -> Judged:
    """Return how many cited numbers hold results of the suite and benchmark that is claimed."""
    numbers = list(dict.fromkeys(point.label for point in claim.points))
    held = {number: known.numbered(number) for number in numbers}
    right = [
        number
        for number, entries in held.items()
        if any(e.suite == claim.suite and e.benchmark.startswith(claim.benchmark) for e in entries)
    ]
    part = Part(
        published=float(len(numbers)),
        recomputed=float(len(right)) if any(held.values()) else None,
        unit="cited numbers",
        note=f"{', '.join(numbers)}: results of {claim.suite} of {claim.benchmark}",
        keys=tuple(e.key for entries in held.values() for e in entries[:1]),
        sources=tuple(s for entries in held.values() for e in entries[:1] for s in e.sources[:1]),
    )
    found = [_category(claim, number, held[number]) for number in numbers if number not in right]
    return Judged(claim, whole(claim, [part]), [part], tuple(f for f in found if f))


def _category(claim: Claim, number: str, entries: Sequence[Entry]) -> Suspicion | None:
    if not entries:
        return None
    suites = ", ".join(sorted({entry.suite for entry in entries}))
    benchmarks = ", ".join(sorted({entry.name for entry in entries}))
    return Suspicion(
        detector="category",
        what=f"{number} is cited for {claim.suite}, and holds results of {suites} alone",
        keys=tuple(entry.key for entry in entries),
        sources=tuple(dict.fromkeys(s for entry in entries for s in entry.sources[:1]))[:4],
        evidence=(f"its benchmarks: {benchmarks}",),
        correction=f"call it {suites}",
    )
