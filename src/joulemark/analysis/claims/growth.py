"""Claims of progress: the best of the last round in that of the first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from joulemark.analysis.claims import detect_breaks
from joulemark.analysis.claims.claim import Claim
from joulemark.analysis.claims.known import Known, in_work, relative, untraced
from joulemark.analysis.claims.suspicion import Suspicion, told
from joulemark.analysis.claims.verdict import Judged, Part, whole
from joulemark.analysis.record.definitions import Definitions, Kind, definitions, order
from joulemark.analysis.record.entry import Entry
from joulemark.core.units import digits
from joulemark.formats.results.declared import WATTS, DeclaredResult

CLOSE = 0.001
"""A figure is made of two rows if it is their quotient to this, relative."""


def growth(claim: Claim, known: Known) -> Judged:
    """Return what the record gives for a claim of progress."""
    entries, lost = _in_one_unit(known.asked(claim))
    broken, entries = _since_break(entries)
    ends = _ends(known, entries)
    if ends is None:
        part = Part(published=claim.number, step=claim.step, ratio=True)
        return Judged(claim, whole(claim, [part]), [part], (), ("no result of it in the record",))
    first, last, notes = ends
    ratio = (last.per_joule or 0.0) / (first.per_joule or 1.0)
    u95 = relative(first, last)
    rows = _rows(known, claim)
    began = _began(entries)
    found = [
        *_windows(known, began, first),
        *_made_of(claim, began.per_joule or 0.0, rows),
        *_tokens(claim, ratio, (first, last)),
        *known.about([first, last]),
        *(one for one in known.found if one.detector == detect_breaks.NAME and _is_of(one, claim)),
        *broken,
    ]
    part = Part(
        published=claim.number,
        recomputed=ratio,
        u95=None if u95 is None else u95 * ratio,
        step=claim.step,
        ratio=True,
        explained=bool(found),
        note="; ".join((_from(first, last), *notes)),
        keys=(first.key, last.key),
        sources=tuple(dict.fromkeys((*first.sources, *last.sources))),
    )
    behind = (*untraced([first, last]), *lost)
    return Judged(claim, whole(claim, [part]), [part], tuple(dict.fromkeys(found)), behind)


def _in_one_unit(entries: Sequence[Entry]) -> tuple[list[Entry], tuple[str, ...]]:
    """Return results in the unit of work of the first round, and which nothing converts."""
    ordered = sorted(entries, key=lambda entry: order(entry.round))
    work = next((entry.work for entry in ordered if entry.work and entry.per_joule), "")
    found, lost = [], []
    for entry in ordered:
        made = in_work(entry, work)
        if made is None:
            what = f"{entry.round} {entry.name}: {entry.work}s, which nothing converts to {work}s"
            lost.append(what)
        else:
            found.append(made)
    return found, tuple(dict.fromkeys(lost))


def _ends(known: Known, entries: Sequence[Entry]) -> tuple[Entry, Entry, tuple[str, ...]] | None:
    """Return the best of the first round and the best of all; windows that are too short aside."""
    sound = [e for e in entries if e.per_joule is not None and known.short(e) is None]
    if not sound:
        return None
    rounds = sorted({e.round for e in sound}, key=order)
    first = max((e for e in sound if e.round == rounds[0]), key=_efficiency)
    last = max(sound, key=_efficiency)
    notes = [r for e in (first, last) for r in e.remarks if r.startswith("converted:")]
    return first, last, tuple(dict.fromkeys(notes))


def _efficiency(entry: Entry) -> float:
    return entry.per_joule or 0.0


def _began(entries: Sequence[Entry]) -> Entry:
    """Return the best of the first round, whatever its windows."""
    known = [e for e in entries if e.per_joule is not None]
    begin = min((e.round for e in known), key=order)
    return max((e for e in known if e.round == begin), key=_efficiency)


def _from(first: Entry, last: Entry) -> str:
    told_of = []
    for entry in (first, last):
        who = entry.public_id or entry.system_name or entry.system
        value = digits(entry.per_joule or 0.0, 4)
        told_of.append(f"{value} {entry.work}s/J ({entry.round}, {who})")
    return " -> ".join(told_of)


def _since_break(entries: Sequence[Entry]) -> tuple[list[Suspicion], list[Entry]]:
    """Return the results since the last change of meaning, and that change if it hid some."""
    meaning: Definitions = definitions()
    if not entries:
        return [], []
    one = entries[0]
    breaks = [
        change
        for change in meaning.changes_of(one.suite, one.benchmark, one.scenario)
        if change.kind is Kind.BREAK
    ]
    for change in breaks[-1:]:
        kept = [e for e in entries if order(e.round) >= order(change.since)]
        gone = [e for e in entries if e not in kept]
        if kept and gone:
            what = (
                f"{one.name} {one.scenario}: {gone[0].round} and {change.since} are of two things"
            )
            return [
                Suspicion(
                    detector=detect_breaks.NAME,
                    what=what,
                    keys=tuple(e.key for e in gone),
                    evidence=(change.what, change.source),
                    correction=f"begin the trend with {change.since}",
                )
            ], kept
    return [], list(entries)


def _windows(known: Known, began: Entry, first: Entry) -> Iterator[Suspicion]:
    """Yield that a trend begins with a measurement that was too short."""
    short = known.short(began)
    if short is None:
        return
    who = began.public_id or began.system
    mended = f"begin with {first.public_id or first.system} of {first.round}"
    yield Suspicion(
        detector="window",
        what=f"the trend begins with {who}, whose shortest window is {digits(short, 3)} s",
        keys=(began.key,),
        sources=began.sources,
        evidence=(f"{began.suite} demands more; runs {', '.join(began.runs)}",),
        correction=mended if first is not began else "no later round has a sound one",
    )


def _rows(known: Known, claim: Claim) -> list[DeclaredResult]:
    """Return the rows under audit that a claim is about."""
    return [
        row
        for row in known.corpus.audited
        if row.benchmark == claim.benchmark
        and row.scenario == claim.scenario
        and claim.category in row.system_type
        and row.public_id
        and row.power_unit == WATTS
        and row.power
        and row.performance
    ]


def _made_of(claim: Claim, first: float, rows: Sequence[DeclaredResult]) -> Iterator[Suspicion]:
    """Yield of which rows of the tables the published best is the quotient."""
    wanted = (claim.number or 0.0) * first
    if claim.at_least or not wanted:
        return
    for power in rows:
        for rate in rows:
            if rate is power or (rate.round, rate.public_id) != (power.round, power.public_id):
                continue
            made = (rate.performance or 0.0) / (power.power or 1.0)
            if abs(made - wanted) <= CLOSE * wanted:
                yield _two_rows(rate, power, made)
                return


def _two_rows(rate: DeclaredResult, power: DeclaredResult, made: float) -> Suspicion:
    unit = rate.performance_unit.replace("/s", "/J")
    return Suspicion(
        detector="foreign power",
        what=f"{digits(made, 4)} {unit} is made of two rows under {rate.public_id}",
        keys=(rate.key, power.key),
        sources=(rate.sources[0], power.sources[-1]),
        evidence=(
            f"{digits(rate.performance or 0, 6)} {rate.performance_unit} of {told(rate)}",
            f"{digits(power.power or 0, 6)} W of another row of that name",
        ),
        correction=f"join each rate with its own power: {digits(rate.per_joule or 0, 4)} {unit}",
    )


def _tokens(claim: Claim, ratio: float, ends: tuple[Entry, Entry]) -> Iterator[Suspicion]:
    """Yield that a claim follows only where tokens of one round are taken for samples."""
    each = definitions().tokens_per_sample(ends[0].benchmark)
    if not claim.at_least or each is None or claim.number is None:
        return
    if ratio < claim.number <= ratio * each:
        naive = digits(ratio * each, 3)
        yield Suspicion(
            detector="unit",
            what="it follows only if tokens a second of one round are taken for samples a second",
            keys=tuple(entry.key for entry in ends),
            sources=tuple(entry.sources[0] for entry in ends if entry.sources),
            evidence=(f"{digits(ratio, 3)} times {digits(each, 3)} tokens a sample are {naive}",),
            correction="count both rounds in one unit",
        )


def _is_of(one: Suspicion, claim: Claim) -> bool:
    benchmark = claim.benchmark.partition("-99")[0]
    return one.what.startswith(f"{benchmark} {claim.scenario}:")
